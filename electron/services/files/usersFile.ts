import { constants, write } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { NearplayError } from '../../../shared/errors.ts';
import { SECOND_MS } from '../../../shared/units.ts';
import { replaceFile } from './atomicFile.ts';
import { explainFileError } from './fileErrors.ts';
import { writePlaceOf } from './writePlace.ts';

/** Mode of files that other programs may read, before the umask. */
const SHARED_MODE = 0o666;
/** Time-out for a pipe whose reader accepts no bytes. */
const STUCK_TIMEOUT_MS = 10 * SECOND_MS;
/** Delay before a write to a full pipe is tried again. */
const FULL_PAUSE_MS = 20;
/**
 * A pipe without a reader is refused at once, and a terminal does not become the controlling one. Windows has neither
 * flag.
 */
const STREAM_FLAGS =
  constants.O_WRONLY |
  ((constants.O_NONBLOCK as number | undefined) ?? 0) |
  ((constants.O_NOCTTY as number | undefined) ?? 0);

export interface UsersFileOptions {
  /** Milliseconds without a byte accepted by a pipe's reader; default 10 s. */
  stuckAfterMs?: number;
  platform?: string;
}

/**
 * Writes a file that the user named: receipts, an export. A regular or new file is replaced as a whole or not at all,
 * keeps its permissions, and links to it stay. A device, a pipe or an open stream (`/dev/null`, `/dev/stdout`,
 * `>(command)`) is written to and never replaced.
 *
 * @throws NearplayError disk-full, destination-unwritable (also a pipe without a reader), not-a-folder, name-too-long
 */
export async function writeUsersFile(file: string, text: string, options: UsersFileOptions = {}): Promise<void> {
  const { stuckAfterMs = STUCK_TIMEOUT_MS, platform } = options;
  const place = await writePlaceOf(file, platform);
  if (place.kind === 'file') return replaceFile(file, text, { mode: SHARED_MODE, keepsPermissions: true });
  try {
    if (place.kind === 'descriptor') await pour(place.descriptor, text, stuckAfterMs);
    else await writeStream(place.path, text, stuckAfterMs);
  } catch (cause) {
    throw unread(cause, file) ?? explainFileError(cause, { path: file, doing: 'write' });
  }
}

async function writeStream(path: string, text: string, stuckAfterMs: number): Promise<void> {
  const handle = await open(path, STREAM_FLAGS);
  try {
    await pour(handle.fd, text, stuckAfterMs);
  } finally {
    await handle.close();
  }
}

const writeTo = promisify(write) as (
  descriptor: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: null,
) => Promise<{ bytesWritten: number }>;

/** Writes at the descriptor's position; waits while a pipe is full. @throws the error of the system */
async function pour(descriptor: number, text: string, stuckAfterMs: number): Promise<void> {
  const bytes = Buffer.from(text);
  let moved = performance.now();
  for (let written = 0; written < bytes.length;) {
    try {
      const { bytesWritten } = await writeTo(descriptor, bytes, written, bytes.length - written, null);
      written += bytesWritten;
      moved = performance.now();
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN' || performance.now() - moved > stuckAfterMs) throw error;
      await wait(FULL_PAUSE_MS);
    }
  }
}

/** The error for a pipe without a working reader. */
function unread(cause: unknown, file: string): NearplayError | undefined {
  const reason = UNREAD[codeOf(cause)];
  if (reason === undefined) return undefined;
  return new NearplayError('destination-unwritable', `"${file}" ${reason}`, { cause });
}

const UNREAD: Readonly<Record<string, string>> = {
  ENXIO: 'is a pipe that no program reads. Start the one that reads it first.',
  EPIPE: 'is a pipe whose reader has ended. Start it again.',
  EAGAIN: 'is a pipe whose reader takes nothing more.',
};

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
