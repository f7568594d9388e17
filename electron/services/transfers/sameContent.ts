import { createHash } from 'node:crypto';
import { NearplayError } from '../../../shared/errors.ts';
import { CompositeCrc32 } from './compositeCrc32.ts';
import { crc32, toBase64 } from './crc32.ts';
import type { SteadyFile } from './fileIdentity.ts';
import type { PresentObject } from './presentObject.ts';
import { retrying } from './retrying.ts';
import type { UploadNeeds } from './uploadTask.ts';

const CHUNK = 1024 ** 2;

/**
 * Whether an object has the bytes of a file, by size and by what the storage keeps of it: the CRC-32 of the whole or of the
 * parts, or else an ETag that is an MD5. `false` where the storage keeps nothing that could be compared.
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
  if (present.size !== file.identity.size) return false;
  if (present.crc32 !== undefined) return (await crc32Of(needs, file, signal)) === present.crc32;
  if (present.composite !== undefined) {
    const partSize = await partSizeOf(needs, wholeKey, present, signal);
    return partSize !== undefined && (await compositeOfFile(needs, file, partSize, signal)) === present.composite;
  }
  return present.md5 !== undefined && (await md5Of(needs, file, signal)) === present.md5;
}

async function crc32Of(needs: UploadNeeds, file: SteadyFile, signal: AbortSignal): Promise<string> {
  let value = 0;
  await read(needs, file, signal, (chunk) => (value = crc32(chunk, value)));
  return toBase64(value);
}

async function compositeOfFile(
  needs: UploadNeeds,
  file: SteadyFile,
  partSize: number,
  signal: AbortSignal,
): Promise<string> {
  const composite = new CompositeCrc32(partSize);
  await read(needs, file, signal, (chunk) => composite.update(chunk));
  return composite.digest();
}

async function md5Of(needs: UploadNeeds, file: SteadyFile, signal: AbortSignal): Promise<string> {
  const hash = createHash('md5');
  await read(needs, file, signal, (chunk) => void hash.update(chunk));
  return hash.digest('hex');
}

/** `undefined` when the object is another one by now, or its parts are not all of one size. */
async function partSizeOf(
  { calls, ...needs }: UploadNeeds,
  wholeKey: string,
  present: PresentObject,
  signal: AbortSignal,
): Promise<number | undefined> {
  const first = await retrying(needs, signal, () => calls.headFirstPart(wholeKey, signal));
  if (first?.etag !== present.etag || first.size === 0) return undefined;
  return Math.ceil(present.size / first.size) === first.count ? first.size : undefined;
}

async function read(
  { buffers }: UploadNeeds,
  file: SteadyFile,
  signal: AbortSignal,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  await file.assertUnchanged();
  const { size } = file.identity;
  const buffer = await buffers.take(CHUNK, signal);
  try {
    for (let start = 0; start < size; start += CHUNK) {
      if (signal.aborted) throw new NearplayError('cancelled');
      const chunk = buffer.subarray(0, Math.min(CHUNK, size - start));
      await file.read(chunk, start);
      take(chunk);
    }
  } finally {
    buffers.giveBack(buffer, true);
  }
}
