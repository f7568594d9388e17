import { type FileHandle, open, stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { removeTemporariesOf, replaceFileWith } from '../files/atomicFile.ts';

/** Outdated lines that are tolerated before the file is rewritten at the next start. */
const SPARE_LINES_BEFORE_REWRITE = 1000;
const LINES_PER_WRITE = 2000;
/** Lines parsed between two turns of the event loop: about a millisecond. */
const LINES_PER_TURN = 500;

/** Logged state of one file of a watch folder. */
export interface LoggedFile {
  /** Bytes; a file is new when its size or modification time changes. */
  size: number;
  mtimeMs: number;
  /** The transfer of the file, until it ends. */
  transfer?: string;
  /** The object of this name was made from this file: a newer version may replace it. */
  isOwn: boolean;
}

/** `[path, size, mtimeMs, transfer, isOwn]`; short, since there may be 100,000. */
const lineSchema = z.tuple([z.string(), z.number(), z.number(), z.string().nullable(), z.boolean()]);

/**
 * Log of the files that a watch folder has queued: one line per file and change, appended and synced, so that a crash
 * leaves whole lines or one torn line at the end, which is ignored. A lost line costs a request to the storage, never a
 * second upload: identical content is not sent twice.
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
    // A pipe has no end.
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

  /** In memory at once; on disk when it resolves, or with the next lines while the disk is full. @throws Error of the system */
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
      // A torn line is closed first.
      this.#unwritten = ['\n', ...lines, ...this.#unwritten];
      throw error;
    }
  }

  /** @returns the number of lines. */
  async #read(): Promise<number> {
    let count = 0;
    for await (const line of this.#handle.readLines({ start: 0, autoClose: false })) {
      count += 1;
      const read = parseLine(line);
      if (read) this.#files.set(...read);
      if (count % LINES_PER_TURN === 0) await nextTurn();
    }
    // The last line may be torn: the next one starts on a new line.
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
        // Windows cannot rename over an open file.
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
