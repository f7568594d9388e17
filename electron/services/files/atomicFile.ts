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
/** Never a file of somebody else, nor what a symbolic link points to. Windows has no O_NOFOLLOW. */
export const NEW_FILE_FLAGS =
  constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | ((constants.O_NOFOLLOW as number | undefined) ?? 0);
/** Readable by the user alone. */
const PRIVATE_MODE = 0o600;
const PERMISSIONS = 0o777;
const OF_GROUP = 0o070;
/** Milliseconds before each further try: virus scanners and indexers of Windows keep a new file open for a moment. */
const RENAME_PAUSES_MS: readonly number[] = [20, 50, 100, 200, 400, 800];
const HELD_ON_WINDOWS: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'EBUSY']);

export interface AtomicFileOptions {
  /** Of a new file, before the umask; default: readable by the user alone. */
  mode?: number;
  /** Whether a file that is there keeps its permissions, as one of the user's own does; default: it gets `mode`. */
  keepsPermissions?: boolean;
}

/**
 * Writes a file so that a crash at any moment leaves the old content or the new one: under a random name of its own beside
 * it, synced, then renamed over it, then the folder synced. A failure leaves the old file and nothing else. What is no
 * regular file is never renamed over: links are followed to the file at their end, all else is refused.
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
    await giveName(beside, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw explainFileError(cause, { path: file, doing: 'write' });
  }
}

/** As `replaceFile`, for the moment before a window closes. @throws NearplayError as replaceFile */
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
 * Gives a new file the permissions of the one whose place it takes, with owner and group where the system allows it. A group
 * that cannot be kept is not replaced by another one that could read more. Drives without permissions refuse all of it.
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
    // Only what all others may do as well.
    if (!isOfGroup) mode &= ~OF_GROUP | (mode << 3);
  }
  await handle.chmod(mode).catch(() => undefined);
}

/** Whether a name is one that `replaceFile` writes under; after a crash such a file is of no use to anybody. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}

/** Removes what crashes left beside a file of which this process is the only writer. */
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
 * A hidden name beside a file that begins with its name and never exceeds what a file system takes: `.NAME` and the ending,
 * with the end of a long name cut away.
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
 * Renames over whatever is there. Windows refuses as long as another program has the file open: that is waited for, for some
 * 1.5 seconds.
 *
 * @throws the error of the file system
 */
export async function giveName(from: string, to: string, renaming: Renaming = {}): Promise<void> {
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

/** A rename is on disk when its folder is. Windows cannot sync a folder and does not need to. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r').catch(() => undefined);
  try {
    // Some network drives refuse it, and a folder may be writable but not readable; the rename is still atomic there.
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
