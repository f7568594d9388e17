import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NearplayError } from '../../../../shared/errors.ts';
import { nameOfKey } from '../../../../shared/keys.ts';
import { numberedName, safeFileName } from '../../../../shared/localNames.ts';

const NAMES_TRIED = 1000;

/** Where a download goes. */
export interface DestinationPath {
  path: string;
  /** What has the name is replaced: it was named as the destination, or has the object's own name. */
  mayReplace: boolean;
}

/**
 * The file that a download to a destination makes. A file that was named is replaced, and so is one in a named folder that has the
 * object's own name, as `cp` does. Where the name had to be changed for the disk, or the disk takes another name for the same (`A` and
 * `a`), the file that has it may be of another object: the next free number is taken.
 *
 * @param destination a file, or a folder (existing, or with a closing slash).
 * @throws NearplayError destination-unwritable where a thousand names are taken
 */
export async function destinationPath(destination: string, key: string): Promise<DestinationPath> {
  const isFolder = /[/\\]$/.test(destination) || (await stat(destination).catch(() => undefined))?.isDirectory();
  if (isFolder !== true) return { path: destination, mayReplace: true };
  const name = safeFileName(key);
  const path = join(destination, name);
  if (!(await isThere(path))) return { path, mayReplace: isOwnName(name, key) };
  if (isOwnName(name, key) && (await hasExactName(path))) return { path, mayReplace: true };
  for (let number = 2; number <= NAMES_TRIED; number++) {
    const numbered = join(destination, numberedName(name, number));
    if (!(await isThere(numbered))) return { path: numbered, mayReplace: false };
  }
  const message = `There are ${NAMES_TRIED} files named like "${name}" in ${destination} already. Choose the name of a file.`;
  throw new NearplayError('destination-unwritable', message);
}

function isOwnName(name: string, key: string): boolean {
  return name === nameOfKey(key);
}

/** Not that of a link's target: a link that leads to nothing has the name, too. */
async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/** A folder that cannot be listed is taken at its word. */
async function hasExactName(path: string): Promise<boolean> {
  const names = await readdir(dirname(path)).catch(() => undefined);
  return names === undefined || isAmong(basename(path), names);
}

/** macOS hands out names in NFD. */
export function isAmong(name: string, names: readonly string[]): boolean {
  const composed = name.normalize('NFC');
  return names.some((other) => other.normalize('NFC') === composed);
}
