import { opendir, stat } from 'node:fs/promises';
import { join, parse, resolve, type posix } from 'node:path';
import { NearplayError } from '../../../shared/errors.ts';

/** What operating systems leave in folders; nobody means to upload it. */
const LITTER = /^(\.|Thumbs\.db$|desktop\.ini$|Icon\r$|~\$)/i;
/** Files that are looked at together: the disk has more than one to do, the event loop is never long away. */
const AT_ONCE = 64;

export interface FoundFile {
  /** Absolute. */
  path: string;
  /** Below what was chosen, beginning with its own name, with forward slashes, in NFC: macOS hands out NFD. */
  name: string;
  size: number;
  mtimeMs: number;
  inode: string;
}

/** A folder below the chosen one that cannot be read. */
export type Unreadable = (path: string) => void;

/**
 * The files of chosen files and folders, a few at a time, each folder's in the order of their names. Hidden files, the litter of
 * operating systems and symbolic links below a chosen folder are left out; a chosen file is taken whatever its name.
 *
 * @throws NearplayError file-unreadable when a chosen path cannot be read, before any file was handed out
 */
export async function* findFiles(paths: readonly string[], unreadable: Unreadable): AsyncGenerator<FoundFile[]> {
  const chosen = await Promise.all(paths.map((path) => look(resolve(path), nameOfChosen(path))));
  for (const { path, name, found } of chosen) {
    if (found.isFile()) yield [asFile(path, name, found)];
    else if (found.isDirectory()) yield* filesBelow(path, name, unreadable);
    else throw new NearplayError('file-unreadable', `"${path}" is neither a file nor a folder.`);
  }
}

/**
 * The name under which a chosen file or folder goes up. The root of a file system has none of its own: a drive is called by its
 * letter.
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

async function* filesBelow(folder: string, name: string, unreadable: Unreadable): AsyncGenerator<FoundFile[]> {
  const folders: string[] = [];
  const files: string[] = [];
  try {
    for await (const entry of await opendir(folder, { bufferSize: AT_ONCE })) {
      if (LITTER.test(entry.name)) continue;
      if (entry.isDirectory()) folders.push(entry.name);
      else if (entry.isFile()) files.push(entry.name);
    }
  } catch {
    unreadable(folder);
  }
  // Frames go up, and are listed, one after the other; a file system hands them out in any order.
  files.sort();
  for (let from = 0; from < files.length; from += AT_ONCE) {
    yield await lookAtAll(folder, name, files.slice(from, from + AT_ONCE));
  }
  for (const below of folders.sort()) yield* filesBelow(join(folder, below), `${name}/${below}`, unreadable);
}

async function lookAtAll(folder: string, name: string, entries: readonly string[]): Promise<FoundFile[]> {
  const looks = await Promise.allSettled(entries.map((entry) => look(join(folder, entry), `${name}/${entry}`)));
  // One that vanished meanwhile was not meant to be found.
  return looks.flatMap((result) =>
    result.status === 'fulfilled' ? [asFile(result.value.path, result.value.name, result.value.found)] : [],
  );
}

async function look(path: string, name: string) {
  try {
    return { path, name, found: await stat(path, { bigint: true }) };
  } catch (cause) {
    const message = `"${path}" cannot be read. It may have been moved or locked.`;
    throw new NearplayError('file-unreadable', message, { cause });
  }
}

type Found = Awaited<ReturnType<typeof look>>['found'];

function asFile(path: string, name: string, { size, mtimeNs, ino }: Found): FoundFile {
  return {
    path,
    name: name.normalize('NFC'),
    size: Number(size),
    mtimeMs: Number(mtimeNs) / 1e6,
    inode: ino.toString(),
  };
}
