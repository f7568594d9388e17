import { randomBytes } from 'node:crypto';
import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, type Stats, writeSync } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { explainFileError } from './fileErrors.ts';
import { assertFile, writePlaceOf, writePlaceOfSync } from './writePlace.ts';

/** Bytes of the longest name on ext4, APFS and XFS; NTFS counts UTF-16 units, of which a name never has more than bytes. */
const MAX_NAME_BYTES = 255;
const RANDOM_BYTES = 8;
const TEMPORARY = /^\..*\.[0-9a-f]{16}\.nearplay-tmp$/su;
/** Creates a new file only, and never follows a symbolic link. Windows has no O_NOFOLLOW. */
export const NEW_FILE_FLAGS =
  constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | ((constants.O_NOFOLLOW as number | undefined) ?? 0);
/** Readable by the user alone. */
const PRIVATE_MODE = 0o600;
const PERMISSIONS = 0o777;
const OF_GROUP = 0o070;
/** Milliseconds before each retry: virus scanners and indexers of Windows keep a new file open for a moment. */
const RENAME_PAUSES_MS: readonly number[] = [20, 50, 100, 200, 400, 800];
const HELD_ON_WINDOWS: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'EBUSY']);

export interface AtomicFileOptions {
  /** Mode of a new file, before the umask; default: readable by the user alone. */
  mode?: number;
  /** Whether an existing file's permissions are kept, as for a user's own file; default: `mode`. */
  keepsPermissions?: boolean;
}

/**
 * Replaces a file so that a crash at any moment leaves the old content or the new one: a temporary file with a random
 * name beside it is written, synced and renamed over it, then the folder is synced. A failure leaves the old file only.
 * Links are followed to the file at their end; only a regular file is replaced.
 *
 * @throws NearplayError disk-full, destination-unwritable, not-a-folder, name-too-long
 */
export async function replaceFile(
  file: string,
  content: string | Uint8Array,
  options: AtomicFileOptions = {},
): Promise<void> {
  await replaceFileWith(file, (write) => write(content), options);
}

/** As `replaceFile`, for content that comes in pieces. @throws what `fill` throws, and as replaceFile */
export async function replaceFileWith(
  file: string,
  fill: (write: (piece: string | Uint8Array) => Promise<void>) => Promise<void>,
  { mode = PRIVATE_MODE, keepsPermissions = false }: AtomicFileOptions = {},
): Promise<void> {
  const { path, old } = assertFile(file, await writePlaceOf(file));
  const beside = temporaryNameFor(path);
  try {
    const handle = await open(beside, NEW_FILE_FLAGS, mode);
    try {
      await fill((piece) => handle.appendFile(piece));
      if (keepsPermissions && old) await givePermissionsOf(old, handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renameReplacing(beside, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw explainFileError(cause, { path: file, doing: 'write' });
  }
}

/** As `replaceFile`, synchronous: for the last write before a window closes. @throws NearplayError as replaceFile */
export function replaceFileSync(file: string, content: string, { mode = PRIVATE_MODE }: AtomicFileOptions = {}): void {
  const { path } = assertFile(file, writePlaceOfSync(file));
  const beside = temporaryNameFor(path);
  try {
    const descriptor = openSync(beside, NEW_FILE_FLAGS, mode);
    try {
      writeSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(beside, path);
  } catch (cause) {
    rmSync(beside, { force: true });
    throw explainFileError(cause, { path: file, doing: 'write' });
  }
}

/**
 * Gives a new file the permissions of the one it replaces, and its owner and group where the system allows it. Without
 * the group, its permissions are reduced to those of all others, so that no other group gains access. Drives without
 * permissions refuse all of it.
 */
export async function givePermissionsOf(old: Stats, handle: FileHandle): Promise<void> {
  if (process.platform === 'win32') return;
  const { uid, gid } = await handle.stat();
  let mode = old.mode & PERMISSIONS;
  if (uid !== old.uid || gid !== old.gid) {
    const isOfGroup = await handle
      .chown(old.uid, old.gid)
      .catch(() => handle.chown(uid, old.gid))
      .then(
        () => true,
        () => false,
      );
    // The group gets the permissions of all others.
    if (!isOfGroup) mode &= ~OF_GROUP | (mode << 3);
  }
  await handle.chmod(mode).catch(() => undefined);
}

/** Whether a name is that of a temporary file of `replaceFile`, which is useless after a crash. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}

/** Removes temporary files left by crashes beside a file that only this process writes. */
export async function removeTemporariesOf(file: string): Promise<void> {
  const place = await writePlaceOf(file).catch(() => undefined);
  const path = place?.kind === 'file' ? place.path : file;
  const folder = dirname(path);
  const own = hiddenName(basename(path), `.${'0'.repeat(2 * RANDOM_BYTES)}.nearplay-tmp`);
  const beginning = own.slice(0, -`${'0'.repeat(2 * RANDOM_BYTES)}.nearplay-tmp`.length);
  for (const name of await readdir(folder).catch(() => [])) {
    if (isTemporaryName(name) && name.startsWith(beginning)) await rm(join(folder, name), { force: true });
  }
}

/**
 * A hidden name that begins with a file's name and fits the file system: `.NAME` and the ending, with the end of a long
 * name cut.
 *
 * @param ending of ASCII.
 */
export function hiddenName(name: string, ending: string): string {
  let cut = '';
  let bytes = 1 + ending.length;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_NAME_BYTES) break;
    cut += character;
  }
  return `.${cut}${ending}`;
}

export function randomText(): string {
  return randomBytes(RANDOM_BYTES).toString('hex');
}

interface Renaming {
  rename?: (from: string, to: string) => Promise<void>;
  platform?: string;
}

/**
 * Renames, replacing an existing file. Windows refuses while another program has the file open: retried for about 1.5
 * seconds.
 *
 * @throws the error of the file system
 */
export async function renameReplacing(from: string, to: string, renaming: Renaming = {}): Promise<void> {
  const { rename: doRename = rename, platform = process.platform } = renaming;
  for (const pause of platform === 'win32' ? RENAME_PAUSES_MS : []) {
    try {
      await doRename(from, to);
      return;
    } catch (error) {
      if (!HELD_ON_WINDOWS.has(codeOf(error))) throw error;
      await wait(pause);
    }
  }
  await doRename(from, to);
}

/** Makes a rename durable. Windows cannot sync a folder and does not need to. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r').catch(() => undefined);
  try {
    // Some network drives refuse it, and a folder may be writable but unreadable; the rename is atomic all the same.
    await handle?.sync();
  } catch (error) {
    if (codeOf(error) === 'EIO' || codeOf(error) === 'ENOSPC') throw error;
  } finally {
    await handle?.close();
  }
}

function temporaryNameFor(file: string): string {
  return join(dirname(file), hiddenName(basename(file), `.${randomText()}.nearplay-tmp`));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
