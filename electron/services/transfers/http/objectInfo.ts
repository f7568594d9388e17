import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { type StoredChecksum, storedChecksumOf } from '../../content/compositeCrc32.ts';
import { type Fingerprint, fingerprintOf } from '../../content/fingerprint.ts';

/** An object as the storage describes it. */
export interface RemoteObject extends StoredChecksum {
  /** Bytes; absent when the storage does not return them. */
  size?: number;
  etag: string;
  /** Fingerprint of the content, for objects of any program. */
  fingerprint?: Fingerprint;
  versionId?: string;
  /** Id of the upload record, for an object that was uploaded in one request. */
  transfer?: string;
}

type Answer = Omit<HeadObjectCommandOutput, '$metadata'>;

/** The object in an answer to HEAD with checksum mode. */
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
