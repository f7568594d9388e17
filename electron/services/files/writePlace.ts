import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { NearplayError } from '../../../shared/errors.ts';
import { isDeviceOfWindows } from '../../../shared/localNames.ts';
import { explainFileError } from './fileErrors.ts';

/** Links followed one after another; Linux follows 40 (path_resolution(7)). */
const MAX_LINKS = 40;
/** Mode bits of a shared folder such as /tmp: sticky and writable by all. */
const SHARED_FOLDER = 0o1002;
/**
 * Folders whose names stand for streams that a process has open: /dev/fd on macOS, and the target of /dev/fd on Linux.
 */
const DESCRIPTORS = /^(?:\/proc\/\d+(?:\/task\/\d+)?\/fd|\/dev\/fd)$/;

/**
 * Target of a path to write. `file`: a regular file or nothing yet, at the end of all links; `old` is the existing
 * file. `stream`: a pipe or a device. `descriptor`: a file or socket that this process has open.
 */
export type WritePlace =
  | { kind: 'file'; path: string; old?: Stats }
  | { kind: 'stream'; path: string; what: 'pipe' | 'device' }
  | { kind: 'descriptor'; descriptor: number };

type Special = Exclude<WritePlace, { kind: 'file' }>;

/**
 * Resolves a path before it is written, without changing anything. Links of the file itself are followed one by one, so
 * that the file at the end can be replaced and the links stay; a link to nothing resolves to the file that it names.
 *
 * @throws NearplayError destination-unwritable for a folder, a socket, a block device and links in a circle;
 *   not-a-folder …
 */
export async function writePlaceOf(file: string, platform: string = process.platform): Promise<WritePlace> {
  const reserved = reservedOnWindows(file, platform);
  if (reserved) return reserved;
  try {
    return placeAt(file, await endOf(file, assertMayFollow));
  } catch (cause) {
    throw explained(cause, file);
  }
}

/**
 * As `writePlaceOf`, synchronous: for a log line, or the last write before a window closes. @throws as `writePlaceOf`
 */
export function writePlaceOfSync(file: string): WritePlace {
  try {
    return placeAt(file, endOfSync(file));
  } catch (cause) {
    throw explained(cause, file);
  }
}

/**
 * For a target that is renamed into place or resumed, which only a file can be. @throws NearplayError
 * destination-unwritable
 */
export function assertFile(file: string, place: WritePlace): Extract<WritePlace, { kind: 'file' }> {
  if (place.kind !== 'file') throw notAFile(file, nameOf(place));
  return place;
}

/**
 * Describes the target of a path when it is neither a file nor a folder, as "a pipe"; `undefined` for files, folders
 * and missing ones. Never throws.
 */
export async function specialAt(file: string, platform: string = process.platform): Promise<string | undefined> {
  if (reservedName(file, platform) !== undefined) return 'a device';
  const { found, folder } = (await endOf(file, () => undefined).catch(() => undefined)) ?? {};
  if (found?.isSocket()) return 'a socket';
  if (found?.isBlockDevice()) return 'a disk device';
  const what = streamIn(found);
  if (what) return `a ${what}`;
  return found && folder !== undefined && DESCRIPTORS.test(folder) ? 'an open stream' : undefined;
}

/** @param said as in "a pipe" */
export function notAFile(file: string, said: string): NearplayError {
  return new NearplayError('destination-unwritable', `"${file}" is ${said} and not a file. Choose another name.`);
}

interface End {
  path: string;
  /** Absent when the path does not exist. */
  found?: Stats | undefined;
  folder: string;
}

/** @throws the error of the system; ELOOP for links in a circle */
async function endOf(file: string, mayFollow: typeof assertMayFollow): Promise<End> {
  let path = file;
  for (let links = 0; links <= MAX_LINKS; links++) {
    const found = await lstat(path).catch(ignoreMissing);
    if (!found?.isSymbolicLink()) return { path, found, folder: dirname(path) };
    const folder = await realpath(dirname(path));
    // The target of such a link is not a path: `pipe:[4711]`.
    if (DESCRIPTORS.test(folder)) return { path, found: await stat(path), folder };
    mayFollow(path, found, await stat(folder));
    const next = linkTarget(folder, await readlink(path));
    path = join(await realpath(dirname(next)), basename(next));
  }
  throw failure('ELOOP');
}

/** As `endOf`. */
function endOfSync(file: string): End {
  let path = file;
  for (let links = 0; links <= MAX_LINKS; links++) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (!found?.isSymbolicLink()) return { path, found, folder: dirname(path) };
    const folder = realpathSync.native(dirname(path));
    if (DESCRIPTORS.test(folder)) return { path, found: statSync(path), folder };
    assertMayFollow(path, found, statSync(folder));
    const next = linkTarget(folder, readlinkSync(path));
    path = join(realpathSync.native(dirname(next)), basename(next));
  }
  throw failure('ELOOP');
}

/** Not normalised: where a folder on the way is a link, `..` does not undo one name. */
function linkTarget(folder: string, target: string): string {
  return isAbsolute(target) ? target : `${folder}/${target}`;
}

function placeAt(file: string, { path, found, folder }: End): WritePlace {
  if (found?.isDirectory()) throw failure('EISDIR');
  if (found?.isBlockDevice()) throw notAFile(file, 'a disk device');
  const what = streamIn(found);
  if (what) return { kind: 'stream', path, what };
  if (found && DESCRIPTORS.test(folder)) {
    // Files of another process must not be written to.
    const isOwn = folder === '/dev/fd' || folder.startsWith(`/proc/${process.pid}/`);
    if (isOwn) return { kind: 'descriptor', descriptor: Number(basename(path)) };
    throw notAFile(file, 'a stream of another program');
  }
  if (found?.isSocket()) throw notAFile(file, 'a socket');
  return { kind: 'file', path, ...(found && { old: found }) };
}

function streamIn(found: Stats | undefined): 'pipe' | 'device' | undefined {
  if (found?.isFIFO()) return 'pipe';
  return found?.isCharacterDevice() ? 'device' : undefined;
}

/** `NUL` accepts any bytes; the other device names are never intended. */
function reservedOnWindows(file: string, platform: string): WritePlace | undefined {
  const name = reservedName(file, platform);
  if (name === undefined) return undefined;
  if (/^nul$/i.test(name)) return { kind: 'stream', path: String.raw`\\.\NUL`, what: 'device' };
  const message = `Windows keeps the name "${name}" for a device. Choose another name.`;
  throw new NearplayError('destination-unwritable', message);
}

function reservedName(file: string, platform: string): string | undefined {
  if (platform !== 'win32') return undefined;
  const name = /[^/\\]*$/.exec(file)?.[0] ?? '';
  return isDeviceOfWindows(name) ? name : undefined;
}

/**
 * Linux does not follow a link that another user created in a folder like /tmp (proc(5), protected_symlinks). Resolving
 * the links here bypasses that rule, so it is applied here, and on macOS, which has no such rule.
 */
function assertMayFollow(path: string, link: Stats, folder: Stats): void {
  const user = process.geteuid?.();
  const isShared = (folder.mode & SHARED_FOLDER) === SHARED_FOLDER;
  if (user === undefined || !isShared || link.uid === user || link.uid === folder.uid) return;
  const message = `"${path}" is a link of another user in a folder that all can write to. It is not followed. Choose another name.`;
  throw new NearplayError('destination-unwritable', message);
}

function nameOf(place: Special): string {
  return place.kind === 'stream' ? `a ${place.what}` : 'an open stream';
}

function explained(cause: unknown, file: string): NearplayError {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ELOOP') {
    const message = `"${file}" is a link that leads in a circle. Choose another name.`;
    return new NearplayError('destination-unwritable', message, { cause });
  }
  return explainFileError(cause, { path: file, doing: 'write' });
}

/** The system's error, for operations that are not tried. */
function failure(code: 'EISDIR' | 'ELOOP'): Error {
  return Object.assign(new Error(`${code}, write`), { code });
}

function ignoreMissing(cause: unknown): undefined {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
  throw cause;
}
