import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { type ErrorCode, NearplayError } from '../../../shared/errors.ts';
import { SECOND_MS } from '../../../shared/units.ts';
import { knownSize } from './objectSizes.ts';
import { lastingVersion, type ObjectVersion, sameEtag } from './objectVersion.ts';
import type { StorageClients } from './storageClients.ts';
import { wholeKey } from './storageKeys.ts';
import type { StorageRequests } from './storageRequests.ts';

/** Short: a player waits for the answer. */
const READ_TIMEOUT_MS = 4 * SECOND_MS;

/** Errors without information about the requested object: no answer, or an answer about something else. */
const INCONCLUSIVE_CODES: ReadonlySet<ErrorCode> = new Set([
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

/** Result of HEAD. */
export interface ObjectHead extends ObjectVersion {
  contentType?: string;
  /** Value of `x-amz-replication-status`; absent when no replication rule applies, or the storage does not say. */
  replicationStatus?: string;
  metadata: Readonly<Record<string, string>>;
}

/** HEAD and first-byte requests for single objects. */
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

  /** Whether there is such an object. @throws NearplayError as head, but for no-such-key */
  async isThere(storage: string, key: string, versionId?: string): Promise<boolean> {
    try {
      await this.head(storage, key, versionId);
      return true;
    } catch (error) {
      if (error instanceof NearplayError && error.code === 'no-such-key') return false;
      throw error;
    }
  }

  /**
   * Reads the first byte, as a player does: some faults appear in GET only.
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
      { storage, action: 's3:GetObject', key, timeout: READ_TIMEOUT_MS },
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
      if (error instanceof NearplayError && !INCONCLUSIVE_CODES.has(error.code)) return false;
      throw error;
    }
  }
}

/** A missing date is an error: 1970 would pass the replication delay at once. @throws NearplayError not-a-storage */
function knownDate({ LastModified: date }: { LastModified?: Date | undefined }): number {
  const time = date?.getTime();
  if (time !== undefined && !Number.isNaN(time)) return time;
  const message = 'The storage, or a proxy in front of it, does not say when the file was stored. Ask IT.';
  throw new NearplayError('not-a-storage', message);
}
