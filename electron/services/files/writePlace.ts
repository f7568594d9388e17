import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { NearplayError } from '../../../shared/errors.ts';
import { isDeviceOfWindows } from '../../../shared/localNames.ts';
import { explainFileError } from './fileErrors.ts';

/** Links that are followed one after the other; Linux follows 40 (path_resolution(7)). */
const MAX_LINKS = 40;
/** Sticky and writable by all, as /tmp is. */
const SHARED_FOLDER = 0o1002;
/** Folders in which a name stands for a stream that the process has open: /dev/fd on macOS, where /dev/fd leads on Linux. */
const DESCRIPTORS = /^(?:\/proc\/\d+(?:\/task\/\d+)?\/fd|\/dev\/fd)$/;

/**
 * What a name leads to that is to be written. `file`: a regular file, or nothing yet, at the end of all links; `old` is what is
 * there. `stream`: a pipe or a device that takes bytes. `descriptor`: a file or socket that this process has open already.
 */
export type WritePlace =
  | { kind: 'file'; path: string; old?: Stats }
  | { kind: 'stream'; path: string; what: 'pipe' | 'device' }
  | { kind: 'descriptor'; descriptor: number };

type Special = Exclude<WritePlace, { kind: 'file' }>;

/**
 * Looks at what a name leads to before it is written, and changes nothing. Links of the file itself are followed one by one, so
 * that the file at their end can be replaced and the links stay; a link to nothing leads to the file that it names.
 *
 * @throws NearplayError destination-unwritable for a folder, a socket, a block device and links in a circle; not-a-folder …
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

/** As `writePlaceOf`, for what is written at once: a log line, or the last thing before a window closes. @throws as there */
export function writePlaceOfSync(file: string): WritePlace {
  try {
    return placeAt(file, endOfSync(file));
  } catch (cause) {
    throw explained(cause, file);
  }
}

/** For what has to be a file: it is renamed into its place, or gone on with. @throws NearplayError destination-unwritable */
export function assertFile(file: string, place: WritePlace): Extract<WritePlace, { kind: 'file' }> {
  if (place.kind !== 'file') throw noFile(file, nameOf(place));
  return place;
}

/**
 * What a name leads to that is neither a file nor a folder, as "a pipe"; `undefined` for files, folders, and what is not there.
 * Never throws.
 */
export async function specialAt(file: string, platform: string = process.platform): Promise<string | undefined> {
  if (reservedName(file, platform) !== undefined) return 'a device';
  const { there, folder } = (await endOf(file, () => undefined).catch(() => undefined)) ?? {};
  if (there?.isSocket()) return 'a socket';
  if (there?.isBlockDevice()) return 'a disk device';
  const what = streamIn(there);
  if (what) return `a ${what}`;
  return there && folder !== undefined && DESCRIPTORS.test(folder) ? 'an open stream' : undefined;
}

/** @param said as in "a pipe" */
export function noFile(file: string, said: string): NearplayError {
  return new NearplayError('destination-unwritable', `"${file}" is ${said} and not a file. Choose another name.`);
}

interface End {
  path: string;
  /** Absent where nothing is there yet. */
  there?: Stats | undefined;
  folder: string;
}

/** @throws the error of the system; ELOOP for links in a circle */
async function endOf(file: string, mayFollow: typeof assertMayFollow): Promise<End> {
  let path = file;
  for (let links = 0; links <= MAX_LINKS; links++) {
    const there = await lstat(path).catch(ignoreMissing);
    if (!there?.isSymbolicLink()) return { path, there, folder: dirname(path) };
    const folder = await realpath(dirname(path));
    // What such a link says is no path: `pipe:[4711]`.
    if (DESCRIPTORS.test(folder)) return { path, there: await stat(path), folder };
    mayFollow(path, there, await stat(folder));
    const next = ledTo(folder, await readlink(path));
    path = join(await realpath(dirname(next)), basename(next));
  }
  throw failure('ELOOP');
}

/** As `endOf`. */
function endOfSync(file: string): End {
  let path = file;
  for (let links = 0; links <= MAX_LINKS; links++) {
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (!there?.isSymbolicLink()) return { path, there, folder: dirname(path) };
    const folder = realpathSync.native(dirname(path));
    if (DESCRIPTORS.test(folder)) return { path, there: statSync(path), folder };
    assertMayFollow(path, there, statSync(folder));
    const next = ledTo(folder, readlinkSync(path));
    path = join(realpathSync.native(dirname(next)), basename(next));
  }
  throw failure('ELOOP');
}

/** Not brought into form: where a folder on the way is a link, `..` is not one name back. */
function ledTo(folder: string, target: string): string {
  return isAbsolute(target) ? target : `${folder}/${target}`;
}

function placeAt(file: string, { path, there, folder }: End): WritePlace {
  if (there?.isDirectory()) throw failure('EISDIR');
  if (there?.isBlockDevice()) throw noFile(file, 'a disk device');
  const what = streamIn(there);
  if (what) return { kind: 'stream', path, what };
  if (there && DESCRIPTORS.test(folder)) {
    // Another process's files are not this one's to write into.
    const isOwn = folder === '/dev/fd' || folder.startsWith(`/proc/${process.pid}/`);
    if (isOwn) return { kind: 'descriptor', descriptor: Number(basename(path)) };
    throw noFile(file, 'a stream of another program');
  }
  if (there?.isSocket()) throw noFile(file, 'a socket');
  return { kind: 'file', path, ...(there && { old: there }) };
}

function streamIn(there: Stats | undefined): 'pipe' | 'device' | undefined {
  if (there?.isFIFO()) return 'pipe';
  return there?.isCharacterDevice() ? 'device' : undefined;
}

/** `NUL` takes everything; what the other names stand for is never meant. */
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
 * Linux lets nobody be led through a link that another user left in a folder like /tmp (proc(5), protected_symlinks). A path
 * whose links are resolved here passes that rule by, so it is kept here; on macOS too, which has no such rule.
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

/** As the system says it, where nothing is tried that it would refuse. */
function failure(code: 'EISDIR' | 'ELOOP'): Error {
  return Object.assign(new Error(`${code}, write`), { code });
}

function ignoreMissing(cause: unknown): undefined {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
  throw cause;
}
