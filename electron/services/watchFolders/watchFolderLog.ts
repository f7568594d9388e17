import { type FileHandle, open, stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { removeTemporariesOf, replaceFileWith } from '../files/atomicFile.ts';

/** So many lines more than there are files, and the file is written anew when it is opened. */
const SPARE_LINES_BEFORE_REWRITE = 1000;
const LINES_PER_WRITE = 2000;
/** Lines read before others have their turn: a millisecond or so. */
const LINES_PER_TURN = 500;

/** What is remembered of one file of a watched folder. */
export interface LoggedFile {
  /** Bytes; with the time of the last change, what tells that a file is another one now. */
  size: number;
  mtimeMs: number;
  /** The transfer it was given to, until that is over. */
  transfer?: string;
  /** The object of this name is known to be of this file: a newer file may replace it. */
  isOwn: boolean;
}

/** `[path, size, mtimeMs, transfer, isOwn]`; short, since there may be 100,000. */
const lineSchema = z.tuple([z.string(), z.number(), z.number(), z.string().nullable(), z.boolean()]);

/**
 * What a watched folder has handed over, on disk: a line for each file and each change of it, appended and synced, so that a
 * crash leaves whole lines or a torn one at the end, which is left out. A line that is lost costs a question to the storage, never
 * an upload: the same content is not sent twice.
 */
export class WatchFolderLog {
  readonly #files = new Map<string, LoggedFile>();
  #handle: FileHandle;
  #unwritten: string[] = [];
  #writing: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** @throws Error of the system where the file can be neither read nor made */
  static async open(file: string): Promise<WatchFolderLog> {
    const there = await stat(file).catch(() => undefined);
    // A pipe gives no end that could be read to.
    if (there && !there.isFile())
      throw Object.assign(new Error('EINVAL: not a regular file, open'), { code: 'EINVAL' });
    const folderLog = new WatchFolderLog(await open(file, 'a+', 0o600));
    const lines = await folderLog.#read();
    if (lines > 2 * folderLog.#files.size + SPARE_LINES_BEFORE_REWRITE) await folderLog.#writeAnew(file);
    return folderLog;
  }

  /** @param path relative to the folder, with forward slashes. */
  get(path: string): LoggedFile | undefined {
    return this.#files.get(path);
  }

  entries(): IterableIterator<[string, LoggedFile]> {
    return this.#files.entries();
  }

  /** Known at once; on disk when it resolves, or with the next ones when the disk is full now. @throws Error of the system */
  record(files: Iterable<[string, LoggedFile]>): Promise<void> {
    for (const [path, file] of files) {
      this.#files.set(path, file);
      this.#unwritten.push(lineOf(path, file));
    }
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#append());
    return this.#writing;
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#handle.close();
  }

  async #append(): Promise<void> {
    const lines = this.#unwritten;
    if (lines.length === 0) return;
    this.#unwritten = [];
    try {
      await this.#handle.appendFile(lines.join(''));
      await this.#handle.sync();
    } catch (error) {
      // After half a line, a line of its own.
      this.#unwritten = ['\n', ...lines, ...this.#unwritten];
      throw error;
    }
  }

  /** @returns the lines that there are. */
  async #read(): Promise<number> {
    let count = 0;
    for await (const line of this.#handle.readLines({ start: 0, autoClose: false })) {
      count += 1;
      const read = parseLine(line);
      if (read) this.#files.set(...read);
      if (count % LINES_PER_TURN === 0) await nextTurn();
    }
    // The last line may be torn; what comes next begins a new one.
    if (count > 0) this.#unwritten.push('\n');
    return count;
  }

  async #writeAnew(file: string): Promise<void> {
    await removeTemporariesOf(file);
    const old = this.#handle;
    try {
      await replaceFileWith(file, async (write) => {
        const lines: string[] = [];
        for (const [path, remembered] of this.#files) {
          lines.push(lineOf(path, remembered));
          if (lines.length === LINES_PER_WRITE) await write(lines.splice(0).join(''));
        }
        await write(lines.join(''));
        // Windows renames over no file that is open.
        await old.close();
      });
    } finally {
      await old.close();
      this.#handle = await open(file, 'a', 0o600);
    }
  }
}

function lineOf(path: string, { size, mtimeMs, transfer, isOwn }: LoggedFile): string {
  return `${JSON.stringify([path, size, mtimeMs, transfer ?? null, isOwn])}\n`;
}

function parseLine(line: string): [string, LoggedFile] | undefined {
  try {
    const [path, size, mtimeMs, transfer, isOwn] = lineSchema.parse(JSON.parse(line));
    return [path, { size, mtimeMs, ...(transfer !== null && { transfer }), isOwn }];
  } catch {
    return undefined;
  }
}
