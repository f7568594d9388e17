import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { MAX_DOCUMENT_BYTES } from '../../../shared/documentText.ts';
import { SECOND_MS } from '../../../shared/units.ts';
import { deadline } from '../runtime/async.ts';

/** Time-out of a read: a disconnected network drive never answers. */
const READ_TIMEOUT_MS = 10 * SECOND_MS;
/** A pipe without a writer is opened at once, and refused. Windows has no such flag and needs none. */
const OPEN_FLAGS = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);

/** Content of a file; `missing` and `fault` say why there is none. A fault is the end of a sentence about the file. */
export type SmallFile =
  { bytes: Uint8Array; fault?: never; missing?: never } | { fault: string; missing: boolean; bytes?: never };

/**
 * Reads a settings file: a regular one of at most `maxBytes`, checked before it is read. Never throws, and takes at
 * most ten seconds.
 */
export async function readSmallFile(file: string, maxBytes = MAX_DOCUMENT_BYTES): Promise<SmallFile> {
  const fault = 'did not answer in time; is it on a network drive that is away?';
  return deadline(readNow(file, maxBytes), READ_TIMEOUT_MS, () => ({ fault, missing: false }));
}

/** As readSmallFile, synchronous: for settings that are required before anything else. */
export function readSmallFileSync(file: string, maxBytes = MAX_DOCUMENT_BYTES): SmallFile {
  let descriptor: number | undefined;
  try {
    const before = refusalOf(statSync(file), maxBytes);
    if (before !== undefined) return { fault: before, missing: false };
    descriptor = openSync(file, OPEN_FLAGS);
    const refusal = refusalOf(fstatSync(descriptor), maxBytes);
    if (refusal !== undefined) return { fault: refusal, missing: false };
    const buffer = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (let read = 1; read > 0 && length < buffer.length; length += read) {
      read = readSync(descriptor, buffer, length, buffer.length - length, null);
    }
    return asRead(buffer, length, maxBytes);
  } catch (error) {
    return faultOf(error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * Reads a file of the app's own, of any size. A pipe in its place is refused at once.
 *
 * @throws the error of the system; EINVAL for anything but a regular file
 */
export async function readRegularFile(file: string): Promise<Buffer> {
  const handle = await open(file, OPEN_FLAGS);
  try {
    if ((await handle.stat()).isFile()) return await handle.readFile();
  } finally {
    await handle.close();
  }
  throw Object.assign(new Error('EINVAL: not a regular file, read'), { code: 'EINVAL' });
}

async function readNow(file: string, maxBytes: number): Promise<SmallFile> {
  let handle: FileHandle | undefined;
  try {
    // Opening a device can have side effects, so it is checked before.
    const before = refusalOf(await stat(file), maxBytes);
    if (before !== undefined) return { fault: before, missing: false };
    handle = await open(file, OPEN_FLAGS);
    const refusal = refusalOf(await handle.stat(), maxBytes);
    if (refusal !== undefined) return { fault: refusal, missing: false };
    // The file may grow meanwhile, and some have no size of their own (/proc): one byte more than allowed is requested.
    const buffer = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (let read = 1; read > 0 && length < buffer.length; length += read) {
      ({ bytesRead: read } = await handle.read(buffer, length, buffer.length - length));
    }
    return asRead(buffer, length, maxBytes);
  } catch (error) {
    return faultOf(error);
  } finally {
    await handle?.close().catch(() => undefined);
  }
}

function asRead(buffer: Buffer, length: number, maxBytes: number): SmallFile {
  if (length > maxBytes) return { fault: tooLarge(maxBytes), missing: false };
  return { bytes: buffer.subarray(0, length) };
}

function refusalOf(stats: Stats, maxBytes: number): string | undefined {
  if (stats.isDirectory()) return 'is a folder';
  if (!stats.isFile()) return 'is not a regular file but a pipe or a device';
  return stats.size > maxBytes ? tooLarge(maxBytes) : undefined;
}

function tooLarge(maxBytes: number): string {
  return `is larger than ${maxBytes / 1_000_000} MB`;
}

const FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  ENOTDIR: 'is not there',
  EACCES: 'may not be read by you',
  EPERM: 'may not be read by you',
  EBUSY: 'is in use by another program',
  ELOOP: 'is a link that leads in a circle',
};

function faultOf(error: unknown): SmallFile {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const fault = FAULTS[code] ?? `cannot be read${code === '' ? '' : ` (${code})`}`;
  return { fault, missing: code === 'ENOENT' || code === 'ENOTDIR' };
}
