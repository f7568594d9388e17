import { appendFileSync, renameSync, statSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { privateFolder } from './privateFolder.ts';

/** Bytes after which the file is set aside; one older file is kept. */
const LIMIT = 5 * 1024 * 1024;
/** Times its limit that the file may have where it cannot be set aside. */
const LARGEST = 2;

/**
 * Writes lines to a file of at most 5 MiB, plus the one before it (`.1`). Where that one cannot be replaced, as while a viewer
 * holds it on Windows, the file goes on to twice its size and then begins anew. Synchronous, so that the last line before a
 * crash is there. A disk that takes no more costs log lines, never the app.
 */
export function logFile(file: string, limit = LIMIT, rename: typeof renameSync = renameSync): (line: string) => void {
  let size: number | undefined;
  /** The size at which setting the file aside is tried. */
  let next = limit;
  const setAside = (full: number): number => {
    next = full + limit / 10;
    try {
      rename(file, `${file}.1`);
    } catch {
      if (full <= LARGEST * limit) return full;
      truncateSync(file);
    }
    next = limit;
    return 0;
  };
  return (line) => {
    try {
      size ??= prepare(file);
      if (size > next) size = setAside(size);
      appendFileSync(file, line, { mode: 0o600 });
      size += Buffer.byteLength(line);
    } catch {
      size = undefined;
    }
  };
}

function prepare(file: string): number {
  privateFolder(dirname(file));
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
