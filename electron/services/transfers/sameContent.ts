import { hasContent, partSizeBy, type Fingerprint } from './contentProof.ts';
import type { SteadyFile } from './fileIdentity.ts';
import type { PresentObject } from './presentObject.ts';
import { retrying } from './retrying.ts';
import type { UploadNeeds } from './uploadTask.ts';

/**
 * Whether an object has the bytes of a file, by size and by what the storage keeps of it. `false` where the storage keeps nothing
 * that could be compared.
 *
 * @param present what has the name; nothing is asked again but the size of its parts.
 * @throws NearplayError file-changed, file-unreadable, cancelled, and what repetition did not cure
 */
export async function isSameContent(
  needs: UploadNeeds,
  wholeKey: string,
  file: SteadyFile,
  present: PresentObject,
  signal: AbortSignal,
): Promise<boolean> {
  const { fingerprint, size } = present;
  if (size !== file.identity.size || !fingerprint) return false;
  if (fingerprint.of === 'whole') return hasContent(file, { fingerprint, signal });
  const partSize = await partSizeOf(needs, wholeKey, present, fingerprint, signal);
  return partSize !== undefined && hasContent(file, { fingerprint, partSize, signal });
}

/** `undefined` when the object is another one by now, or its parts are not all of one size. */
async function partSizeOf(
  { calls, ...needs }: UploadNeeds,
  wholeKey: string,
  present: PresentObject,
  fingerprint: Fingerprint,
  signal: AbortSignal,
): Promise<number | undefined> {
  const first = await retrying(needs, signal, () => calls.headFirstPart(wholeKey, signal));
  return first?.etag === present.etag ? partSizeBy(fingerprint, present.size, first) : undefined;
}
