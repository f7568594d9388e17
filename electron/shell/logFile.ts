import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Bytes after which the file is set aside; one older file is kept. */
const LIMIT = 5 * 1024 * 1024;

/**
 * Writes lines to a file of at most 5 MiB, plus the one before it (`.1`). Synchronous, so that the last line before a
 * crash is there. A disk that takes no more costs log lines, never the app.
 */
export function logFile(file: string, limit = LIMIT): (line: string) => void {
  let size: number | undefined;
  return (line) => {
    try {
      size ??= prepare(file);
      if (size > limit) {
        renameSync(file, `${file}.1`);
        size = 0;
      }
      appendFileSync(file, line, { mode: 0o600 });
      size += Buffer.byteLength(line);
    } catch {
      size = undefined;
    }
  };
}

function prepare(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
