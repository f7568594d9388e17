import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { z } from 'zod';
import { partSchema, uploadSchema, versionSchema } from './records.ts';

const entrySchema = z.discriminatedUnion('what', [
  z.object({ what: z.literal('version'), version: versionSchema }),
  z.object({ what: z.literal('version-gone'), key: z.string(), versionId: z.string() }),
  z.object({ what: z.literal('upload'), upload: uploadSchema }),
  z.object({ what: z.literal('part'), uploadId: z.string(), part: partSchema }),
  z.object({ what: z.literal('upload-gone'), uploadId: z.string() }),
]);

/** One change of a bucket's index. `version` stands for both a new version and a changed one. */
export type JournalEntry = z.infer<typeof entrySchema>;

/**
 * The index of a bucket on disk: one line a change, written before the change is answered. A killed process leaves at
 * most one torn line, the last; `rewrite` replaces the file as a whole, by a rename.
 */
export class Journal {
  readonly #file: string;
  #descriptor: number | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * All entries, oldest first; none when there is no file yet.
   * @throws Error naming the line that is damaged, unless it is the torn last one.
   */
  async read(): Promise<JournalEntry[]> {
    const text = existsSync(this.#file) ? await readFile(this.#file, 'utf8') : '';
    const lines = text.split('\n');
    // A whole line ends in a line feed: what follows the last one was cut off.
    lines.pop();
    return lines.map((line, index) => parseEntry(line, `${this.#file}, line ${index + 1}`));
  }

  /** Makes the file hold exactly these entries, or leaves it as it was; further entries are appended to it. */
  async rewrite(entries: readonly JournalEntry[]): Promise<void> {
    this.close();
    const draft = `${this.#file}.new`;
    const handle = await open(draft, 'w', 0o600);
    try {
      await handle.writeFile(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, this.#file);
    this.#descriptor = openSync(this.#file, 'a');
  }

  append(entry: JournalEntry): void {
    if (this.#descriptor !== undefined) writeSync(this.#descriptor, `${JSON.stringify(entry)}\n`);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function parseEntry(line: string, where: string): JournalEntry {
  try {
    return entrySchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new Error(`The index of the sample storage is damaged: ${where}`, { cause });
  }
}
