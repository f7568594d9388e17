import { NearplayError } from '../../../shared/errors.ts';
import type { StorageConfiguration } from '../../../shared/preferences.ts';
import type { ObjectVersion } from './objectVersion.ts';
import { relativeKey, wholeKey } from './storageKeys.ts';

interface Entry {
  Key?: string | undefined;
  Size?: number | undefined;
  ETag?: string | undefined;
  LastModified?: Date | undefined;
}

/** Common fields of answers to listings, with keys as received. */
interface Page {
  Contents?: readonly Entry[] | undefined;
  CommonPrefixes?: readonly { Prefix?: string | undefined }[] | undefined;
  EncodingType?: string | undefined;
}

/** Parameters of the listing; keys relative to the storage's prefix. */
export interface AskedNames {
  configuration: Pick<StorageConfiguration, 'prefix'>;
  prefix: string;
}

/**
 * The objects of a page, with keys relative to the storage's prefix, each once: some servers name an entry twice.
 *
 * @throws NearplayError not-a-storage for a page of something else: keys that were not asked for, entries without a size or a date
 *   (S3 API Reference, ListObjectsV2: every entry has both)
 */
export function listedObjects(page: Page, asked: AskedNames): ObjectVersion[] {
  const objects = new Map<string, ObjectVersion>();
  for (const { Key, Size: size, ETag: etag = '', LastModified } of page.Contents ?? []) {
    const key = keyOf(Key, page, asked);
    const lastModified = LastModified?.getTime();
    if (!isSize(size) || lastModified === undefined || Number.isNaN(lastModified)) {
      throw new NearplayError('not-a-storage', 'The storage lists a file without its size or its date. Ask IT.');
    }
    if (!objects.has(key)) objects.set(key, { key, size, etag, lastModified });
  }
  return [...objects.values()];
}

/** The folders of a page, as listedObjects. @throws NearplayError not-a-storage */
export function listedFolders(page: Page, asked: AskedNames): string[] {
  return [...new Set((page.CommonPrefixes ?? []).map(({ Prefix }) => keyOf(Prefix, page, asked)))];
}

/**
 * Decodes a key or another name of a listing: a server may URL-encode names without a request for it, and marks that
 * (S3 API Reference, `EncodingType`).
 *
 * @throws NearplayError not-a-storage for what cannot be read
 */
export function decodedName(name: string, { EncodingType: encoding }: { EncodingType?: string | undefined }): string {
  if (encoding === undefined || encoding === '') return name;
  if (encoding !== 'url') throw otherNames();
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch (cause) {
    throw otherNames(cause);
  }
}

/** @throws NearplayError not-a-storage for a name that does not begin with what was asked for */
function keyOf(name: string | undefined, page: Page, { configuration, prefix }: AskedNames): string {
  const whole = name === undefined ? undefined : decodedName(name, page);
  if (whole?.startsWith(wholeKey(configuration, prefix)) !== true) throw otherNames();
  return relativeKey(configuration, whole);
}

function isSize(size: number | undefined): size is number {
  return size !== undefined && Number.isSafeInteger(size) && size >= 0;
}

function otherNames(cause?: unknown): NearplayError {
  const message = 'The storage, or something in front of it, listed names that were not asked for. Ask IT.';
  return new NearplayError('not-a-storage', message, { cause });
}
