import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { keptChecksumOf, type KeptChecksum } from './compositeCrc32.ts';
import { fingerprintOf, type Fingerprint } from './contentProof.ts';

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
