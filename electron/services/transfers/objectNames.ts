import { nameOfKey } from '../keys.ts';
import { contentTypeOf } from './contentType.ts';
import type { ObjectDescription } from './uploadCalls.ts';

/** S3 User Guide, "Working with object metadata": 2 KB of user-defined metadata, of US-ASCII in headers. */
const LONGEST_UPLOADER = 200;

/** `name.ext` as `name (2).ext`; the folder stays. */
export function numberedKey(key: string, number: number): string {
  const slash = key.lastIndexOf('/') + 1;
  const dot = key.lastIndexOf('.');
  const end = dot > slash ? dot : key.length;
  return `${key.slice(0, end)} (${number})${key.slice(end)}`;
}

export interface DescribedFile {
  /** Milliseconds since the epoch; absent for a stream. */
  mtimeMs?: number;
  /** The first bytes of the content, where they are at hand. */
  beginning?: Uint8Array;
  uploader?: string | undefined;
}

/**
 * Content type by name and content, and metadata: `mtime` in seconds since the epoch with a fraction (as rclone writes and reads
 * it), and `uploader`, percent-encoded where it is not ASCII.
 */
export async function describeObject(
  key: string,
  { mtimeMs, beginning, uploader }: DescribedFile,
): Promise<ObjectDescription> {
  return {
    contentType: await contentTypeOf(nameOfKey(key), beginning),
    metadata: {
      ...(mtimeMs !== undefined && { mtime: (mtimeMs / 1000).toFixed(6) }),
      ...(uploader !== undefined && { uploader: encodeURIComponent(uploader).slice(0, LONGEST_UPLOADER) }),
    },
  };
}
