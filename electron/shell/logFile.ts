import { appendFileSync, renameSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { MIB } from '../../shared/units.ts';
import { writePlaceOfSync } from '../services/files/writePlace.ts';
import { privateFolder } from './privateFolder.ts';

/** Bytes after which the file is set aside; one older file is kept. */
const MAX_FILE_BYTES = 5 * MIB;
/** Times its limit that the file may have where it cannot be set aside. */
const MAX_OVERSIZE_FACTOR = 2;

/**
 * Writes lines to a file of at most 5 MiB, plus the one before it (`.1`). Where that one cannot be replaced, as while a viewer
 * holds it on Windows, the file goes on to twice its size and then begins anew. Synchronous, so that the last line before a
 * crash is there. A disk that takes no more costs log lines, never the app. A link is followed, and what is set aside lies
 * beside the file that it leads to; a device (/dev/null) gets all lines; a pipe gets none, since it could hold the app up.
 */
export function logFile(
  file: string,
  limit = MAX_FILE_BYTES,
  rename: typeof renameSync = renameSync,
): (line: string) => void {
  let size: number | undefined;
  let place = file;
  /** The size at which setting the file aside is tried. */
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
  // Never full, and so never set aside.
  if (place.kind === 'stream' && place.what === 'device') return { size: -Infinity, place: place.path };
  throw new Error('Not a file that a log can be written to');
}
