import { Crc64Nvme } from '@aws-sdk/crc64-nvme';
import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Checksum, CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from './records.ts';
import { badDigest, S3Error } from './s3Error.ts';

export const checksumHeader = (algorithm: ChecksumAlgorithm) => `x-amz-checksum-${algorithm.toLowerCase()}`;

/** A checksum that grows with each chunk. */
export interface RunningChecksum {
  update(chunk: Buffer): void;
  /** Base64. */
  digest(): Promise<string>;
}

export function startChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  if (algorithm === 'SHA256') return hashed(createHash('sha256'));
  if (algorithm === 'SHA1') return hashed(createHash('sha1'));
  if (algorithm === 'CRC32') return runningCrc32();
  const crc = new Crc64Nvme();
  return {
    update: (chunk) => crc.update(chunk),
    digest: async () => Buffer.from(await crc.digest()).toString('base64'),
  };
}

function hashed(hash: Hash): RunningChecksum {
  return { update: (chunk) => void hash.update(chunk), digest: () => Promise.resolve(hash.digest('base64')) };
}

function runningCrc32(): RunningChecksum {
  let value = 0;
  return {
    update: (chunk) => {
      value = crc32(chunk, value);
    },
    digest: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return Promise.resolve(bytes.toString('base64'));
    },
  };
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Other headers that begin as the checksums' do. */
const ABOUT_CHECKSUMS = new Set(['x-amz-checksum-mode', 'x-amz-checksum-algorithm', 'x-amz-checksum-type']);

/**
 * The checksum that a request announces, in its headers or in its trailer.
 * @throws S3Error NotImplemented for one that the sample storage cannot calculate: it is never let through unchecked.
 */
export function announcedAlgorithm(headers: Headers): ChecksumAlgorithm | undefined {
  const trailer = String(headers['x-amz-trailer'] ?? '').toLowerCase();
  const names = [...Object.keys(headers), trailer].filter(
    (name) => name.startsWith('x-amz-checksum-') && !ABOUT_CHECKSUMS.has(name),
  );
  const [name] = names;
  if (name === undefined) return undefined;
  const algorithm = CHECKSUM_ALGORITHMS.find((candidate) => checksumHeader(candidate) === name);
  if (!algorithm) throw new S3Error('NotImplemented', 501, `${name} is not part of the sample storage.`);
  return algorithm;
}

/** @throws S3Error BadDigest when the announced value is not the calculated one. */
export function verifyChecksum(
  algorithm: ChecksumAlgorithm,
  calculated: string,
  announced: string | undefined,
): Checksum {
  if (announced !== undefined && announced !== calculated) throw badDigest(algorithm);
  return { algorithm, value: calculated, type: 'FULL_OBJECT' };
}

/** The header that gives a checksum back. */
export function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  return checksum ? { [checksumHeader(checksum.algorithm)]: checksum.value } : {};
}

/** The element that gives a checksum back in a document. */
export function checksumElement(checksum: Checksum | undefined): Record<string, string> {
  return checksum ? { [`Checksum${checksum.algorithm}`]: checksum.value } : {};
}
