import { appendFileSync, renameSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { MIB } from '../../shared/units.ts';
import { writePlaceOfSync } from '../services/files/writePlace.ts';
import { privateFolder } from './privateFolder.ts';

/** Size at which the file is rotated; one older file is kept. */
const MAX_FILE_BYTES = 5 * MIB;
/** Multiple of its limit up to which a file grows that cannot be rotated. */
const MAX_OVERSIZE_FACTOR = 2;

/**
 * Writes lines to a file of at most 5 MiB, plus the previous one (`.1`). Where the previous one cannot be replaced, as
 * while a viewer holds it on Windows, the file grows to twice its size and is then truncated. Synchronous, so that the
 * last line before a crash is written. A full disk costs log lines, never the app. A link is followed, and the rotated
 * file lies beside its target; a device (/dev/null) gets all lines; a pipe gets none, since it could block.
 */
export function logFile(
  file: string,
  limit = MAX_FILE_BYTES,
  rename: typeof renameSync = renameSync,
): (line: string) => void {
  let size: number | undefined;
  let place = file;
  /** The size at which the next rotation is tried. */
  let next = limit;
  const setAside = (full: number): number => {
    next = full + limit / 10;
    try {
      rename(place, `${place}.1`);
    } catch {
      if (full <= MAX_OVERSIZE_FACTOR * limit) return full;
      truncateSync(place);
    }
    next = limit;
    return 0;
  };
  return (line) => {
    try {
      if (size === undefined) ({ size, place } = prepare(file));
      if (size > next) size = setAside(size);
      appendFileSync(place, line, { mode: 0o600 });
      size += Buffer.byteLength(line);
    } catch {
      size = undefined;
    }
  };
}

/** @throws NearplayError where lines cannot be written */
function prepare(file: string): { size: number; place: string } {
  privateFolder(dirname(file));
  const place = writePlaceOfSync(file);
  if (place.kind === 'file') return { size: place.old?.size ?? 0, place: place.path };
  // Never full, so never rotated.
  if (place.kind === 'stream' && place.what === 'device') return { size: -Infinity, place: place.path };
  throw new Error('Not a file that a log can be written to');
}
