import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { Checksums } from './compositeCrc32.ts';
import { fingerprintOf, type Fingerprint } from './contentProof.ts';

/** What the storage says of its CRC-32: one of both at most, none where it keeps none. Base64. */
export type KeptChecksum = Partial<Checksums>;

/** An object as the storage describes it. */
export interface PresentObject extends KeptChecksum {
  size: number;
  etag: string;
  /** What its content can be compared by, whatever program put it there. */
  fingerprint?: Fingerprint;
  versionId?: string;
  /** The id of the record that it was sent by in one request. */
  transfer?: string;
}

type Answer = Omit<HeadObjectCommandOutput, '$metadata'>;

/** What an answer to HEAD with checksum mode says of an object. */
export function presentObjectOf(answer: Answer): PresentObject {
  const { ContentLength: size = 0, ETag: etag = '', VersionId: versionId, Metadata: metadata } = answer;
  const fingerprint = fingerprintOf(answer);
  return {
    size,
    etag,
    ...keptChecksumOf(answer),
    ...(fingerprint && { fingerprint }),
    ...(versionId !== undefined && { versionId }),
    ...(metadata?.['transfer'] !== undefined && { transfer: metadata['transfer'] }),
  };
}

/** By the type that the storage names; those that name none give a composite one away by its dash. */
export function keptChecksumOf(answer: Pick<Answer, 'ChecksumCRC32' | 'ChecksumType'>): KeptChecksum {
  const { ChecksumCRC32: value, ChecksumType: type } = answer;
  if (value === undefined) return {};
  return type === 'COMPOSITE' || value.includes('-') ? { composite: value } : { crc32: value };
}
