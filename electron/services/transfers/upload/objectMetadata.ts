import { nameOfKey } from '../../../../shared/keys.ts';
import { contentTypeOf } from '../../content/contentType.ts';
import type { ObjectDescription } from '../http/s3UploadApi.ts';

/**
 * Bytes of the uploader's name. All user-defined metadata has 2 KB of US-ASCII (S3 User Guide, "Working with object
 * metadata").
 */
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
  /** The first bytes of the content, if available. */
  beginning?: Uint8Array;
  uploader?: string | undefined;
  /** Id of the upload record, when the object itself has to name its upload. */
  transfer?: string;
}

/**
 * Content type by name and content, and metadata: `mtime` in seconds since the epoch with a fraction to the nanosecond
 * (as rclone writes and reads it; with less precision rclone takes the file for changed and uploads it again),
 * `uploader`, percent-encoded where it is not ASCII, and `transfer`, for files uploaded in one request.
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

/** Cuts between characters: half of one cannot be decoded. */
function encodedWithin(longest: number, name: string): string {
  let encoded = '';
  for (const character of name.toWellFormed()) {
    const next = encoded + encodeURIComponent(character);
    if (next.length > longest) break;
    encoded = next;
  }
  return encoded;
}
