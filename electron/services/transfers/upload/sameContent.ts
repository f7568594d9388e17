import { decides, hasContent, partSizeBy } from '../../content/fingerprint.ts';
import type { StableFile } from '../../files/stableFile.ts';
import { sameEtag } from '../../storage/objectVersion.ts';
import type { RemoteObject } from '../http/objectInfo.ts';
import { retrying } from '../http/retry.ts';
import type { UploadContext } from './uploadContext.ts';

/** `unknown`: of the same size, and the storage keeps nothing that decides. */
export type Likeness = 'same' | 'other' | 'unknown';

/**
 * Whether an object has the bytes of a file, by size and by its stored checksum.
 *
 * @param stored the object that has the key; only the sizes of its first parts are requested again.
 * @throws NearplayError file-changed, file-unreadable, cancelled, and errors that retries did not resolve
 */
export async function likenessOf(
  context: UploadContext,
  wholeKey: string,
  file: StableFile,
  stored: RemoteObject,
  signal: AbortSignal,
): Promise<Likeness> {
  const { fingerprint, size } = stored;
  if (size !== undefined && size !== file.identity.size) return 'other';
  if (!fingerprint) return 'unknown';
  const otherwise = decides(fingerprint, context.storage) ? 'other' : 'unknown';
  if (fingerprint.of === 'whole') return (await hasContent(file, { fingerprint, signal })) ? 'same' : otherwise;
  const part = async (number: number) => {
    const found = await retrying(context, signal, () => context.api.headPart(wholeKey, number, signal));
    return found && sameEtag(found.etag, stored.etag) ? found : undefined;
  };
  const first = await part(1);
  const partSize = first && partSizeBy(fingerprint, file.identity.size, first);
  if (partSize === undefined) return 'unknown';
  if (await hasContent(file, { fingerprint, partSize, signal })) return 'same';
  // Parts of several sizes can be as many as even ones would be: then their boundaries are unknown.
  const isEven = file.identity.size <= 2 * partSize || (await part(2))?.size === partSize;
  return isEven ? otherwise : 'unknown';
}
