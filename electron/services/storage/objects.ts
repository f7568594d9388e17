import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { type ErrorCode, NearplayError } from '../../../shared/errors.ts';
import { knownSize } from './objectSizes.ts';
import { lastingVersion, type ObjectVersion, sameEtag } from './objectVersion.ts';
import type { StorageClients } from './storageClients.ts';
import { wholeKey } from './storageKeys.ts';
import type { StorageRequests } from './storageRequests.ts';

/** A player waits for the answer. */
const READ_TIMEOUT = 4000;

/** Errors that say nothing of the object that was asked for: nobody answered, or not to this. */
const SAYS_NOTHING: ReadonlySet<ErrorCode> = new Set([
  'offline',
  'timeout',
  'slow-down',
  'storage-failed',
  'not-a-storage',
  'proxy-sign-in',
  'credentials-expired',
  'credentials-missing',
  'clock-skew',
  'cancelled',
  'internal',
]);

/** What HEAD tells of an object. */
export interface ObjectHead extends ObjectVersion {
  contentType?: string;
  /** `x-amz-replication-status` as S3 says it; absent when no replication rule applies. */
  replicationStatus?: string;
  metadata: Readonly<Record<string, string>>;
}

/** Asks storages about single objects. */
export class Objects {
  readonly #clients: StorageClients;
  readonly #requests: StorageRequests;

  constructor(clients: StorageClients, requests: StorageRequests) {
    this.#clients = clients;
    this.#requests = requests;
  }

  /**
   * @param versionId asks for this version; absent: for the current one.
   * @throws NearplayError no-such-key, access-denied, offline, timeout …; not-a-storage where it does not say how large or how old it is
   */
  async head(storage: string, key: string, versionId?: string): Promise<ObjectHead> {
    const configuration = this.#clients.configurationOf(storage);
    const command = new HeadObjectCommand({
      Bucket: configuration.bucket,
      Key: wholeKey(configuration, key),
      ...(versionId !== undefined && { VersionId: versionId }),
    });
    const action = versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
    const answer = await this.#requests.request({ storage, action, key, versionId }, (client, options) =>
      client.send(command, options),
    );
    if (answer.DeleteMarker) throw new NearplayError('no-such-key');
    return {
      key,
      size: knownSize(answer),
      etag: answer.ETag ?? '',
      lastModified: knownDate(answer),
      ...(answer.VersionId !== undefined && { versionId: answer.VersionId }),
      ...(answer.ContentType !== undefined && { contentType: answer.ContentType }),
      ...(answer.ReplicationStatus !== undefined && { replicationStatus: answer.ReplicationStatus }),
      metadata: answer.Metadata ?? {},
    };
  }

  /**
   * Reads the first byte, as a player would: some faults show in GET and not in HEAD.
   *
   * @throws NearplayError no-such-key, access-denied, slow-down, offline …
   */
  async readFirstByte(storage: string, { key, versionId, size }: ObjectVersion): Promise<void> {
    const configuration = this.#clients.configurationOf(storage);
    const command = new GetObjectCommand({
      Bucket: configuration.bucket,
      Key: wholeKey(configuration, key),
      ...(versionId !== undefined && { VersionId: versionId }),
      // An empty object has no first byte: S3 answers 416 (RFC 9110, 15.5.17).
      ...(size > 0 && { Range: 'bytes=0-0' }),
    });
    await this.#requests.request(
      { storage, action: 's3:GetObject', key, timeout: READ_TIMEOUT },
      async (client, send) => {
        const { Body } = await client.send(command, send);
        await Body?.transformToByteArray();
      },
    );
  }

  /**
   * Whether a storage holds exactly this version, by version id and size; a HEAD does not prove that it can be read.
   *
   * @param withBytes whether it also gives the first byte: archived objects and refused keys show in GET only.
   * @throws NearplayError without an answer.
   */
  async holds(storage: string, version: ObjectVersion, withBytes = false): Promise<boolean> {
    try {
      if (withBytes) await this.readFirstByte(storage, version);
      const { versionId, size, etag } = await this.head(storage, version.key, version.versionId);
      if (size !== version.size) return false;
      const lasting = lastingVersion(version);
      return lasting === undefined ? sameEtag(etag, version.etag) : versionId === lasting;
    } catch (error) {
      // A missing key is 404 with s3:ListBucket on the bucket and 403 without (S3 User Guide, HeadObject); a version id
      // that the bucket has never seen is 400.
      if (error instanceof NearplayError && !SAYS_NOTHING.has(error.code)) return false;
      throw error;
    }
  }
}

/** An age that is not known is not that of 1970, which would be read from a replica at once. @throws NearplayError not-a-storage */
function knownDate({ LastModified: date }: { LastModified?: Date | undefined }): number {
  const time = date?.getTime();
  if (time !== undefined && !Number.isNaN(time)) return time;
  const message = 'The storage, or a proxy in front of it, does not say when the file was stored. Ask IT.';
  throw new NearplayError('not-a-storage', message);
}
