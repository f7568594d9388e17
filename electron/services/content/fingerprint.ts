import { Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import type { StorageConfiguration } from '../../../shared/preferences.ts';
import { MIB } from '../../../shared/units.ts';
import type { StableFile } from '../files/stableFile.ts';
import { isOfAws } from '../storage/objectPlace.ts';
import { parseChecksum } from './checksumText.ts';
import { crc32 } from './crc32.ts';

const CHUNK_BYTES = MIB;

/** Algorithms that S3 stores and Nearplay calculates; the cheapest first. */
const ALGORITHMS = ['CRC32', 'SHA256', 'SHA1', 'SHA512', 'MD5', 'CRC32C', 'CRC64NVME'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** A stored digest of an object's content that a file can be compared with. */
export interface Fingerprint {
  algorithm: Algorithm;
  /** `parts`: the digest of the parts' digests in a row (S3 User Guide, "Checking object integrity in Amazon S3"). */
  of: 'whole' | 'parts';
  /** Number of parts, when the value has it. */
  parts?: number;
  /** Without the number of parts. */
  value: string;
  encoding: 'base64' | 'hex';
}

type Answer = Omit<HeadObjectCommandOutput, '$metadata'>;

/** The cheapest fingerprint in an answer to HEAD with checksum mode; `undefined` where there is none. */
export function fingerprintOf(answer: Answer): Fingerprint | undefined {
  for (const algorithm of ALGORITHMS) {
    const checksum = parseChecksum(algorithm, answer[`Checksum${algorithm}`]);
    if (!checksum) continue;
    const { digest, parts } = checksum;
    const isOfParts = answer.ChecksumType === 'COMPOSITE' || parts !== undefined;
    return { algorithm, ...numbered(isOfParts, parts), value: digest, encoding: 'base64' };
  }
  return isEtagOfContent(answer) ? etagFingerprint(answer.ETag) : undefined;
}

/** Whether it is the ETag, for want of a checksum. */
export function isEtag({ encoding }: Fingerprint): boolean {
  return encoding === 'hex';
}

/**
 * Whether content that differs from it is other content. A checksum always decides. An ETag that equals the MD5 proves
 * the content anywhere, but one that differs proves nothing where ETags may only look like an MD5: that they are MD5s is
 * known of Amazon alone (S3 API Reference, "Object"). The same rule holds for uploads (`verdictOn`).
 */
export function decides(fingerprint: Fingerprint, storage: StorageConfiguration): boolean {
  return !isEtag(fingerprint) || isOfAws(storage);
}

export function isSameFingerprint(one: Fingerprint, other: Fingerprint): boolean {
  return (
    one.algorithm === other.algorithm && one.of === other.of && one.parts === other.parts && one.value === other.value
  );
}

/** The MD5 in an ETag, of the bytes or (`…-3`) of the parts' MD5s; `undefined` for other ETags. */
export function etagFingerprint(etag: string | undefined): Fingerprint | undefined {
  const [, value, parts] = /^"?([0-9a-f]{32})(?:-(\d+))?"?$/i.exec(etag ?? '') ?? [];
  if (value === undefined) return undefined;
  return {
    algorithm: 'MD5',
    ...numbered(parts !== undefined, parts === undefined ? undefined : Number(parts)),
    value: value.toLowerCase(),
    encoding: 'hex',
  };
}

function numbered(isOfParts: boolean, parts: number | undefined): Pick<Fingerprint, 'of' | 'parts'> {
  return { of: isOfParts ? 'parts' : 'whole', ...(parts !== undefined && { parts }) };
}

/**
 * Whether the ETag is an MD5: not for objects encrypted with keys of KMS or of the customer (S3 API Reference,
 * "Object"), nor in directory buckets, whose ETags only look like one.
 */
function isEtagOfContent({ ServerSideEncryption: encryption, SSECustomerAlgorithm: own, StorageClass }: Answer) {
  const isPlain = own === undefined && (encryption === undefined || encryption === 'AES256');
  return isPlain && StorageClass !== 'EXPRESS_ONEZONE';
}

/**
 * The size of every part but the last; `undefined` when the parts differ in size, as some programs make them, or when
 * their number is unknown: their boundaries are unknown then.
 *
 * @param size bytes of the object.
 * @param firstPart by the answer to HEAD for part 1: bytes, and the number of parts.
 */
export function partSizeBy(
  { parts }: Fingerprint,
  size: number,
  firstPart: { size?: number | undefined; count?: number | undefined },
): number | undefined {
  if (firstPart.size === undefined) return undefined;
  const count = parts ?? firstPart.count;
  if (firstPart.size === 0) return size === 0 && count === 1 ? 1 : undefined;
  return Math.ceil(size / firstPart.size) === count ? firstPart.size : undefined;
}

/** The operations on a file that a comparison uses. */
export interface ComparedFile extends Pick<StableFile, 'path' | 'read' | 'assertUnchanged'> {
  identity: { size: number };
}

export interface Comparison {
  fingerprint: Fingerprint;
  /** Bytes; required for a fingerprint of parts. */
  partSize?: number;
  signal: AbortSignal;
  /** Called with bytes as they are read. */
  read?: (bytes: number) => void;
}

/**
 * Compares a file with a fingerprint. Reads it once; the next piece is read while one is digested.
 *
 * @throws NearplayError file-changed, file-unreadable, cancelled
 */
export async function hasContent(file: ComparedFile, comparison: Comparison): Promise<boolean> {
  const { fingerprint, partSize, signal, read } = comparison;
  const { algorithm, of, encoding, value } = fingerprint;
  const digest = of === 'parts' ? new DigestOfParts(algorithm, partSize ?? file.identity.size) : digestFor(algorithm);
  await file.assertUnchanged();
  for await (const chunk of chunksOf(file, signal)) {
    digest.update(chunk);
    read?.(chunk.length);
  }
  await file.assertUnchanged();
  const found = Buffer.from(await digest.digest()).toString(encoding);
  return found === value;
}

/** Chunks of a file; each is valid until the next one is requested. */
async function* chunksOf(file: ComparedFile, signal: AbortSignal): AsyncGenerator<Buffer> {
  const { size } = file.identity;
  const load = async (buffer: Buffer, start: number) => {
    const chunk = buffer.subarray(0, Math.min(CHUNK_BYTES, size - start));
    await file.read(chunk, start, signal);
    return chunk;
  };
  let [now, then] = [Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size)), Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size))];
  let loading = size > 0 ? load(now, 0) : undefined;
  for (let start = CHUNK_BYTES; loading; start += CHUNK_BYTES) {
    const chunk: Buffer = await loading;
    [now, then] = [then, now];
    loading = start < size ? load(now, start) : undefined;
    // A consumer that stops early does not await it.
    loading?.catch(() => undefined);
    yield chunk;
  }
}

/** An incremental digest; the caller may reuse the bytes afterwards. */
export interface Digest {
  update(bytes: Uint8Array): void;
  digest(): Promise<Uint8Array>;
}

export function digestFor(algorithm: Algorithm): Digest {
  switch (algorithm) {
    case 'CRC32':
      return new Crc32Digest();
    case 'CRC32C':
      return new Crc32c();
    case 'CRC64NVME':
      return new Crc64Nvme();
    default: {
      const hash = createHash(algorithm);
      return { update: (bytes) => void hash.update(bytes), digest: () => Promise.resolve(hash.digest()) };
    }
  }
}

class Crc32Digest implements Digest {
  #value = 0;

  update(bytes: Uint8Array): void {
    this.#value = crc32(bytes, this.#value);
  }

  digest(): Promise<Uint8Array> {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.#value);
    return Promise.resolve(bytes);
  }
}

/** The digest of the parts' digests in a row, over chunks of any size. */
export class DigestOfParts implements Digest {
  readonly #algorithm: Algorithm;
  readonly #partSize: number;
  readonly #parts: Promise<Uint8Array>[] = [];
  #current: Digest;
  #filled = 0;

  /** @param partSize bytes of every part but the last. */
  constructor(algorithm: Algorithm, partSize: number) {
    this.#algorithm = algorithm;
    this.#partSize = partSize;
    this.#current = digestFor(algorithm);
  }

  update(bytes: Uint8Array): void {
    for (let taken = 0; taken < bytes.length;) {
      if (this.#filled === this.#partSize) this.#close();
      const piece = bytes.subarray(taken, taken + this.#partSize - this.#filled);
      this.#current.update(piece);
      this.#filled += piece.length;
      taken += piece.length;
    }
  }

  async digest(): Promise<Uint8Array> {
    const row = digestFor(this.#algorithm);
    for (const part of [...this.#parts, this.#current.digest()]) row.update(await part);
    return row.digest();
  }

  #close(): void {
    this.#parts.push(this.#current.digest());
    this.#current = digestFor(this.#algorithm);
    this.#filled = 0;
  }
}
