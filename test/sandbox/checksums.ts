import { Crc64Nvme } from '@aws-sdk/crc64-nvme';
import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { badDigest } from './s3Error.ts';
import type { Checksum, ChecksumAlgorithm } from './store.ts';

export const ALGORITHMS: readonly ChecksumAlgorithm[] = ['CRC32', 'CRC64NVME', 'SHA256'];

export const checksumHeader = (algorithm: ChecksumAlgorithm) => `x-amz-checksum-${algorithm.toLowerCase()}`;

interface Running {
  update(chunk: Buffer): void;
  /** Base64. */
  digest(): Promise<string>;
}

export function startChecksum(algorithm: ChecksumAlgorithm): Running {
  if (algorithm === 'SHA256') return hashed(createHash('sha256'));
  if (algorithm === 'CRC32') return runningCrc32();
  const crc = new Crc64Nvme();
  return {
    update: (chunk) => crc.update(chunk),
    digest: async () => Buffer.from(await crc.digest()).toString('base64'),
  };
}

function hashed(hash: Hash): Running {
  return { update: (chunk) => void hash.update(chunk), digest: () => Promise.resolve(hash.digest('base64')) };
}

function runningCrc32(): Running {
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

/** The checksum that a request announces, in its headers or in its trailer. */
export function announcedAlgorithm(headers: Headers): ChecksumAlgorithm | undefined {
  const trailer = String(headers['x-amz-trailer'] ?? '').toLowerCase();
  return ALGORITHMS.find((name) => headers[checksumHeader(name)] !== undefined || trailer === checksumHeader(name));
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
