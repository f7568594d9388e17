import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { type StoredChecksum, storedChecksumOf } from '../../content/compositeCrc32.ts';
import { type Fingerprint, fingerprintOf } from '../../content/fingerprint.ts';

/** An object as the storage describes it. */
export interface RemoteObject extends StoredChecksum {
  /** Bytes; absent where the storage does not say. */
  size?: number;
  etag: string;
  /** What its content can be compared by, whatever program put it there. */
  fingerprint?: Fingerprint;
  versionId?: string;
  /** The id of the record that it was sent by in one request. */
  transfer?: string;
}

type Answer = Omit<HeadObjectCommandOutput, '$metadata'>;

/** What an answer to HEAD with checksum mode says of an object. */
export function remoteObjectOf(answer: Answer): RemoteObject {
  const { ContentLength: size, ETag: etag = '', VersionId: versionId, Metadata: metadata } = answer;
  const fingerprint = fingerprintOf(answer);
  return {
    ...(size !== undefined && { size }),
    etag,
    ...storedChecksumOf(answer),
    ...(fingerprint && { fingerprint }),
    ...(versionId !== undefined && { versionId }),
    ...(metadata?.['transfer'] !== undefined && { transfer: metadata['transfer'] }),
  };
}
