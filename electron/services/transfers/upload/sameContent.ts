import { type Fingerprint, hasContent, partSizeBy } from '../../content/fingerprint.ts';
import type { StableFile } from '../../files/stableFile.ts';
import { sameEtag } from '../../storage/objectVersion.ts';
import type { RemoteObject } from '../http/objectInfo.ts';
import { retrying } from '../http/retry.ts';
import type { UploadContext } from './uploadContext.ts';

/**
 * Whether an object has the bytes of a file, by size and by its stored checksum. `false` when the storage has nothing
 * to compare with.
 *
 * @param stored the object that has the key; only the size of its parts is requested again.
 * @throws NearplayError file-changed, file-unreadable, cancelled, and errors that retries did not resolve
 */
export async function isSameContent(
  context: UploadContext,
  wholeKey: string,
  file: StableFile,
  stored: RemoteObject,
  signal: AbortSignal,
): Promise<boolean> {
  const { fingerprint, size } = stored;
  if ((size !== undefined && size !== file.identity.size) || !fingerprint) return false;
  if (fingerprint.of === 'whole') return hasContent(file, { fingerprint, signal });
  const expected = { etag: stored.etag, size: file.identity.size };
  const partSize = await partSizeOf(context, wholeKey, expected, fingerprint, signal);
  return partSize !== undefined && hasContent(file, { fingerprint, partSize, signal });
}

/** `undefined` when the object has changed or its parts differ in size. */
async function partSizeOf(
  { api, ...context }: UploadContext,
  wholeKey: string,
  { etag, size }: { etag: string; size: number },
  fingerprint: Fingerprint,
  signal: AbortSignal,
): Promise<number | undefined> {
  const first = await retrying(context, signal, () => api.headFirstPart(wholeKey, signal));
  return first && sameEtag(first.etag, etag) ? partSizeBy(fingerprint, size, first) : undefined;
}
