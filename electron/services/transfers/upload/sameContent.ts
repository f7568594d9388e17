import { type Fingerprint, hasContent, partSizeBy } from '../../content/fingerprint.ts';
import type { StableFile } from '../../files/stableFile.ts';
import { sameEtag } from '../../storage/objectVersion.ts';
import type { RemoteObject } from '../http/objectInfo.ts';
import { retrying } from '../http/retry.ts';
import type { UploadContext } from './uploadContext.ts';

/**
 * Whether an object has the bytes of a file, by size and by what the storage keeps of it. `false` where the storage keeps nothing
 * that could be compared.
 *
 * @param present what has the name; nothing is asked again but the size of its parts.
 * @throws NearplayError file-changed, file-unreadable, cancelled, and what repetition did not cure
 */
export async function isSameContent(
  context: UploadContext,
  wholeKey: string,
  file: StableFile,
  present: RemoteObject,
  signal: AbortSignal,
): Promise<boolean> {
  const { fingerprint, size } = present;
  if ((size !== undefined && size !== file.identity.size) || !fingerprint) return false;
  if (fingerprint.of === 'whole') return hasContent(file, { fingerprint, signal });
  const asked = { etag: present.etag, size: file.identity.size };
  const partSize = await partSizeOf(context, wholeKey, asked, fingerprint, signal);
  return partSize !== undefined && hasContent(file, { fingerprint, partSize, signal });
}

/** `undefined` when the object is another one by now, or its parts are not all of one size. */
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
