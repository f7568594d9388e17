import { nameOfKey } from '../../../../shared/keys.ts';
import { contentTypeOf } from '../../content/contentType.ts';
import type { ObjectDescription } from '../http/s3UploadApi.ts';

/** S3 User Guide, "Working with object metadata": 2 KB of user-defined metadata, of US-ASCII in headers. */
const MAX_UPLOADER_BYTES = 200;

/** `name.ext` as `name (2).ext`; the folder stays. */
export function numberedKey(key: string, number: number): string {
  const slash = key.lastIndexOf('/') + 1;
  const dot = key.lastIndexOf('.');
  const end = dot > slash ? dot : key.length;
  return `${key.slice(0, end)} (${number})${key.slice(end)}`;
}

export interface DescribedFile {
  /** Nanoseconds since the epoch; absent for a stream. */
  mtimeNs?: bigint;
  /** The first bytes of the content, where they are at hand. */
  beginning?: Uint8Array;
  uploader?: string | undefined;
  /** The record's id, where the object itself has to say which upload made it. */
  transfer?: string;
}

/**
 * Content type by name and content, and metadata: `mtime` in seconds since the epoch with a fraction, to the nanosecond (as
 * rclone writes and reads it: it takes a file for a changed one, and sends it again, when less is kept), and `uploader`,
 * percent-encoded where it is not ASCII; and `transfer`, of files sent in one request.
 */
export async function describeObject(
  key: string,
  { mtimeNs, beginning, uploader, transfer }: DescribedFile,
): Promise<ObjectDescription> {
  return {
    contentType: await contentTypeOf(nameOfKey(key), beginning),
    metadata: {
      ...(mtimeNs !== undefined && { mtime: secondsOf(mtimeNs) }),
      ...(uploader !== undefined && { uploader: encodedWithin(MAX_UPLOADER_BYTES, uploader) }),
      ...(transfer !== undefined && { transfer }),
    },
  };
}

function secondsOf(nanoseconds: bigint): string {
  const digits = String(nanoseconds < 0n ? -nanoseconds : nanoseconds).padStart(10, '0');
  return `${nanoseconds < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

/** Whole characters only: half of one cannot be decoded. */
function encodedWithin(longest: number, name: string): string {
  let encoded = '';
  for (const character of name.toWellFormed()) {
    const next = encoded + encodeURIComponent(character);
    if (next.length > longest) break;
    encoded = next;
  }
  return encoded;
}
