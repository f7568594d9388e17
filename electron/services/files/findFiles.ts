import type { BigIntStats } from 'node:fs';
import { dirname, join, parse, type posix, resolve } from 'node:path';
import { NearplayError } from '../../../shared/errors.ts';
import type { LeftOut } from '../../../shared/leftOut.ts';
import { shownBelow, utf8Of } from './leftOut.ts';
import { type DiskOperations, type LocalDisk, NoAnswer, THIS_COMPUTER } from './localDisk.ts';
import { type FileLook, statIdentity } from './stableFile.ts';

/** Files that operating systems create in folders, which users do not mean to upload. */
const LITTER = /^(\.|Thumbs\.db$|desktop\.ini$|Icon\r$|~\$)/i;
/** Files per batch of lstat: enough to occupy the disk, few enough to leave the event loop free. */
const STAT_BATCH_FILES = 64;

export interface FoundFile extends FileLook {
  /** Absolute. */
  path: string;
  /** Path from the chosen file or folder's own name on, with forward slashes, in NFC: macOS returns NFD. */
  name: string;
  /**
   * The folder out of which its path must not lead: the chosen one, or that of a file that was chosen itself. Absent for a
   * chosen link, which is followed.
   */
  root?: string;
  /** Chosen itself, not found in a chosen folder. */
  isChosen?: true;
}

export interface FindOptions {
  /** Called for each entry below the chosen ones that is not returned, except hidden files and litter. */
  leftOut: (one: LeftOut) => void;
  signal?: AbortSignal | undefined;
  disk?: LocalDisk | undefined;
}

/**
 * Finds the files of chosen files and folders in batches, each folder's in the order of their names. Hidden files and
 * litter below a chosen folder are skipped; a chosen file is taken whatever its name, and a chosen link is followed. A
 * chosen file that becomes a link later is not.
 * Links in a folder are not followed, as with rclone: they are passed to `leftOut`.
 *
 * @throws NearplayError file-unreadable when a chosen path cannot be read, not-a-file when it is neither a file nor a
 *   folder, both before any file is returned; cancelled
 */
export async function* findFiles(paths: readonly string[], options: FindOptions): AsyncGenerator<FoundFile[]> {
  const walk = new Walk(options);
  const chosen = await Promise.all(paths.map((path) => walk.lookAtChosen(resolve(path), nameOfChosen(path))));
  for (const { path, name, found, isLink } of chosen) {
    const root = isLink ? {} : { root: dirname(path) };
    if (found.isFile()) yield [{ path, name: name.normalize('NFC'), isChosen: true, ...root, ...statIdentity(found) }];
    else yield* walk.filesBelow(path, name, path);
  }
}

/**
 * Name of a chosen file or folder in the storage. The root of a file system has none: a drive is named by its letter.
 */
export function nameOfChosen(
  path: string,
  pathOf: Pick<typeof posix, 'parse' | 'resolve'> = { parse, resolve },
): string {
  const { base, root } = pathOf.parse(pathOf.resolve(path));
  if (base !== '') return base;
  const letters = root.replaceAll(/[^\p{L}\p{N}]+/gu, ' ').trim();
  return letters === '' ? 'root' : letters;
}

interface Chosen {
  path: string;
  name: string;
  /** Of what a link leads to. */
  found: BigIntStats;
  isLink: boolean;
}

/** One search, with its disk and its callbacks. */
class Walk {
  readonly #leftOut: (one: LeftOut) => void;
  readonly #disk: LocalDisk;
  readonly #signal: AbortSignal | undefined;

  constructor({ leftOut, signal, disk = THIS_COMPUTER }: FindOptions) {
    this.#leftOut = leftOut;
    this.#disk = disk;
    this.#signal = signal;
  }

  async lookAtChosen(path: string, name: string): Promise<Chosen> {
    const look = async (on: DiskOperations) => {
      const itself = await on.lstat(path);
      const isLink = itself.isSymbolicLink();
      return { found: isLink ? await on.stat(path) : itself, isLink };
    };
    const { found, isLink } = await this.#disk.ask(path, look, this.#signal).catch((cause: unknown) => {
      if (cause instanceof NearplayError) throw cause;
      const message = `"${path}" cannot be read. It may have been moved or locked.`;
      throw new NearplayError('file-unreadable', message, { cause, detail: codeOf(cause) });
    });
    if (!found.isFile() && !found.isDirectory()) {
      throw new NearplayError('not-a-file', `"${path}" is neither a file nor a folder.`);
    }
    // A link may lead to another drive than its path.
    if (found.isDirectory()) await this.#disk.realPathOf(path, this.#signal).catch(rethrowCancelled);
    return { path, name, found, isLink };
  }

  async *filesBelow(folder: string, name: string, root: string): AsyncGenerator<FoundFile[]> {
    const folders: string[] = [];
    const entries = await this.#entriesOf(folder);
    for (let from = 0; from < entries.length; from += STAT_BATCH_FILES) {
      const batch = entries.slice(from, from + STAT_BATCH_FILES);
      const looks = await Promise.all(batch.map((entry) => this.#look(join(folder, entry))));
      const files: FoundFile[] = [];
      for (const [index, entry] of batch.entries()) {
        const [found, path] = [looks[index], join(folder, entry)];
        if (found?.isFile())
          files.push({ path, name: `${name}/${entry}`.normalize('NFC'), root, ...statIdentity(found) });
        else if (found?.isDirectory()) folders.push(entry);
        else if (found) this.#leftOut({ path, why: found.isSymbolicLink() ? 'link' : 'special' });
      }
      if (files.length > 0) yield files;
    }
    for (const below of folders) yield* this.filesBelow(join(folder, below), `${name}/${below}`, root);
  }

  /** Sorted, so that frames are uploaded and listed in order; a file system returns them in any order. */
  async #entriesOf(folder: string): Promise<string[]> {
    try {
      const found = await this.#disk.ask(folder, (on) => on.readdir(folder), this.#signal);
      const names = found.filter((name) => !LITTER.test(name)).flatMap((name) => this.#text(folder, name));
      return names.sort();
    } catch (error) {
      this.#failed(folder, error);
      return [];
    }
  }

  #text(folder: string, bytes: string): string | [] {
    const name = utf8Of(bytes);
    if (name !== undefined) return name;
    this.#leftOut({ path: shownBelow(folder, bytes), why: 'name' });
    return [];
  }

  async #look(path: string): Promise<BigIntStats | undefined> {
    try {
      return await this.#disk.ask(path, (on) => on.lstat(path), this.#signal);
    } catch (error) {
      this.#failed(path, error);
      return undefined;
    }
  }

  #failed(path: string, error: unknown): void {
    rethrowCancelled(error);
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') this.#leftOut({ path, why: 'vanished' });
    else if (error instanceof NoAnswer) this.#leftOut({ path, why: 'unanswered' });
    else this.#leftOut({ path, why: 'unreadable', detail: code });
  }
}

function rethrowCancelled(error: unknown): void {
  if (error instanceof NearplayError && error.code === 'cancelled') throw error;
}

/** The system's code, such as EACCES. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
