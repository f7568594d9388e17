import type { FoundFile } from '../../files/findFiles.ts';
import { type ConflictPolicy, STREAM_PATH, type UploadRecord } from '../journal/uploadRecord.ts';

/** S3 User Guide, "Naming Amazon S3 objects": 1,024 bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;
export const KEY_TOO_LONG_MESSAGE =
  'The name with its folders is longer than S3 keeps (1,024 bytes). Shorten it and upload again.';

/** Fields of a new record that do not come from the file. */
export interface NewRecordFields {
  id: string;
  order: number;
  /** Relative to the main storage's prefix. */
  key: string;
  policy: ConflictPolicy;
  /** Milliseconds since the epoch. */
  createdAt: number;
}

export function recordOf({ path, root, size, mtimeMs, inode }: FoundFile, fresh: NewRecordFields): UploadRecord {
  return {
    ...{ path, ...(root !== undefined && { root }), size, mtimeMs, inode, ...fresh, wanted: fresh.key },
    ...{ state: 'waiting', confirmed: 0, abandoned: [], unconfirmedStarts: [] },
  };
}

/** A stream in the shape of a file; its size is known at its end. */
export function streamFile(name: string): FoundFile {
  return { path: STREAM_PATH, name, size: 0, mtimeMs: 0, ctimeMs: 0, inode: '0' };
}

export function isStream({ path }: Pick<UploadRecord, 'path'>): boolean {
  return path === STREAM_PATH;
}

/** @param wholeKey prefix included. */
export function isKeyTooLong(wholeKey: string): boolean {
  return Buffer.byteLength(wholeKey) > MAX_KEY_BYTES;
}

/**
 * Groups new records into journal sheets: one per large file, since those are written often, and one for all small
 * files.
 */
export function groupForSheets<Job extends { isLarge: boolean }>(jobs: readonly Job[]): Job[][] {
  const small = jobs.filter(({ isLarge }) => !isLarge);
  const large = jobs.filter(({ isLarge }) => isLarge).map((job) => [job]);
  return small.length > 0 ? [small, ...large] : large;
}
