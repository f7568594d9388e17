import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DAY_MS } from '../../../../shared/units.ts';
import { isTemporaryName, replaceFile } from '../../files/atomicFile.ts';
import { readRegularFile } from '../../files/smallFile.ts';
import { utf8Text } from '../../files/utf8Text.ts';
import type { Machine } from '../../runtime/machine.ts';
import { discardPart, hasNote } from './destinationClaim.ts';

/** Age at which an unfinished download is removed. */
const UNFINISHED_MAX_AGE_MS = 14 * DAY_MS;

const noteSchema = z.object({ destination: z.string(), begunAt: z.number() });

/**
 * Records of the command line's downloads, in its own folder. A killed download leaves a part beside its destination,
 * which the same command resumes; a part that is not resumed is removed after two weeks.
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

  /** Records a download. A failed write does not stop the download. */
  begun(destination: string): void {
    this.#running.push(this.#write(destination).catch(() => undefined));
  }

  /** Removes the records of this process's finished downloads. */
  async over(): Promise<void> {
    for (const file of await Promise.all(this.#running.splice(0))) {
      if (file !== undefined && !(await this.#hasPart(file))) await rm(file, { force: true }).catch(() => undefined);
    }
  }

  /** Removes parts older than two weeks, with their records. Never those of running downloads. */
  async removeOld(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const file = join(this.#folder, name);
      if (isTemporaryName(name)) await rm(file, { force: true }).catch(() => undefined);
      const note = await read(file);
      if (!note) continue;
      // Also of a folder that is not there: its drive may only be away.
      if (this.#now() - note.begunAt < UNFINISHED_MAX_AGE_MS) continue;
      await discardPart(note.destination, { machine: this.#machine });
      await rm(file, { force: true }).catch(() => undefined);
    }
  }

  async #write(destination: string): Promise<string> {
    const file = join(this.#folder, `${createHash('sha256').update(destination).digest('hex').slice(0, 32)}.json`);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await replaceFile(file, JSON.stringify({ destination, begunAt: this.#now() }));
    return file;
  }

  async #hasPart(file: string): Promise<boolean> {
    const note = await read(file);
    return note !== undefined && (await hasNote(note.destination));
  }
}

async function read(file: string): Promise<z.infer<typeof noteSchema> | undefined> {
  try {
    return noteSchema.parse(JSON.parse(utf8Text(await readRegularFile(file))));
  } catch {
    return undefined;
  }
}
