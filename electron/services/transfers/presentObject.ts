import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { Checksums } from './compositeCrc32.ts';

/** What the storage says of its CRC-32: one of both at most, none where it keeps none. Base64. */
export type KeptChecksum = Partial<Checksums>;

/** An object as the storage describes it. */
export interface PresentObject extends KeptChecksum {
  size: number;
  etag: string;
  /** Hexadecimal, where the ETag is one of the object's bytes. */
  md5?: string;
  versionId?: string;
}

type Answer = Omit<HeadObjectCommandOutput, '$metadata'>;

/** What an answer to HEAD with checksum mode says of an object. */
export function presentObjectOf(answer: Answer): PresentObject {
  const { ContentLength: size = 0, ETag: etag = '', VersionId: versionId } = answer;
  const md5 = md5Of(answer);
  return {
    size,
    etag,
    ...keptChecksumOf(answer),
    ...(md5 !== undefined && { md5 }),
    ...(versionId !== undefined && { versionId }),
  };
}

/** By the type that the storage names; those that name none give a composite one away by its dash. */
export function keptChecksumOf(answer: Pick<Answer, 'ChecksumCRC32' | 'ChecksumType'>): KeptChecksum {
  const { ChecksumCRC32: value, ChecksumType: type } = answer;
  if (value === undefined) return {};
  return type === 'COMPOSITE' || value.includes('-') ? { composite: value } : { crc32: value };
}

/** Whether what the storage keeps is what was sent, as far as it keeps anything. */
export function agrees(kept: KeptChecksum, sent: { crc32: string; composite?: string | undefined }): boolean {
  const isEqual = (a: string | undefined, b: string | undefined) => a === undefined || b === undefined || a === b;
  return isEqual(kept.crc32, sent.crc32) && isEqual(kept.composite, sent.composite);
}

/**
 * An ETag is the MD5 of the bytes for objects that were put in one request, plain or with keys of S3's own (S3 API
 * Reference, "Object"); with KMS or the customer's keys, and of parts, it is something else.
 */
function md5Of({ ETag: etag, ServerSideEncryption: encryption, SSECustomerAlgorithm: ownKey }: Answer) {
  if (ownKey !== undefined || (encryption !== undefined && encryption !== 'AES256')) return undefined;
  return /^"?([0-9a-f]{32})"?$/i.exec(etag ?? '')?.[1]?.toLowerCase();
}
