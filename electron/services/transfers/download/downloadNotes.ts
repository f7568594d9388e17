import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { DAY_MS } from '../../../../shared/units.ts';
import { isTemporaryName, replaceFile } from '../../files/atomicFile.ts';
import { readRegularFile } from '../../files/smallFile.ts';
import { utf8Text } from '../../files/utf8Text.ts';
import type { Machine } from '../../runtime/machine.ts';
import { discardLeft, isLeft } from './destinationClaim.ts';

/** What nobody went on with for so long is given up, and removed. */
const UNFINISHED_MAX_AGE_MS = 14 * DAY_MS;

const noteSchema = z.object({ destination: z.string(), begunAt: z.number() });

/**
 * Where the command line has begun downloads, in its own folder: a killed one leaves a file beside its destination, which
 * the same command goes on with; one that nobody repeats is removed after two weeks.
 */
export class DownloadNotes {
  readonly #folder: string;
  readonly #machine: Machine;
  readonly #now: () => number;
  readonly #running: Promise<string | undefined>[] = [];

  constructor(folder: string, machine: Machine, now: () => number = () => Date.now()) {
    this.#folder = folder;
    this.#machine = machine;
    this.#now = now;
  }

  /** Notes a download; that it cannot be noted keeps nobody from it. */
  begun(destination: string): void {
    this.#running.push(this.#write(destination).catch(() => undefined));
  }

  /** Those of this process are over, or can be gone on with by the next one. */
  async over(): Promise<void> {
    for (const file of await Promise.all(this.#running.splice(0))) {
      if (file !== undefined && !(await this.#hasLeft(file))) await rm(file, { force: true }).catch(() => undefined);
    }
  }

  /** Removes what was left two weeks ago, and notes of folders that are gone. Never what is being written. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const file = join(this.#folder, name);
      if (isTemporaryName(name)) await rm(file, { force: true }).catch(() => undefined);
      const note = await read(file);
      if (!note) continue;
      const isFolderThere = await stat(dirname(note.destination)).catch(() => undefined);
      if (isFolderThere && this.#now() - note.begunAt < UNFINISHED_MAX_AGE_MS) continue;
      await discardLeft(note.destination, { machine: this.#machine });
      await rm(file, { force: true }).catch(() => undefined);
    }
  }

  async #write(destination: string): Promise<string> {
    const file = join(this.#folder, `${createHash('sha256').update(destination).digest('hex').slice(0, 32)}.json`);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await replaceFile(file, JSON.stringify({ destination, begunAt: this.#now() }));
    return file;
  }

  async #hasLeft(file: string): Promise<boolean> {
    const note = await read(file);
    return note !== undefined && (await isLeft(note.destination));
  }
}

async function read(file: string): Promise<z.infer<typeof noteSchema> | undefined> {
  try {
    return noteSchema.parse(JSON.parse(utf8Text(await readRegularFile(file))));
  } catch {
    return undefined;
  }
}
