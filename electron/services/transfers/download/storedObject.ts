import { HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { NearplayError } from '../../../../shared/errors.ts';
import { endpointOf } from '../../../../shared/storagePlace.ts';
import {
  type ComparedFile,
  type Fingerprint,
  fingerprintOf,
  hasContent,
  partSizeBy,
} from '../../content/fingerprint.ts';
import type { Studio } from '../../reading/studio.ts';
import { lastingVersion, type ObjectVersion } from '../../storage/objectVersion.ts';
import { wholeKey } from '../../storage/storageKeys.ts';

/** What a content was compared by: the checksum's name, `md5` for an ETag that is one. */
export type ProvedBy = Lowercase<Fingerprint['algorithm']>;

/** One version of an object as one storage has it. ETags may differ between storages: each pins its own. */
export interface StoredObject {
  storage: string;
  version: ObjectVersion;
  /** As this storage says it; empty where it says none. */
  etag: string;
  /** What the storage keeps of the content. */
  fingerprint?: Fingerprint;
}

/** Names the main storage's object for good: the same key in another bucket or on another server is another one. */
export function objectPlaceOf({ clients, preferences }: Pick<Studio, 'clients' | 'preferences'>, key: string): string {
  const storage = clients.configurationOf(preferences.mainStorage);
  return [endpointOf(storage) ?? storage.region, storage.bucket, wholeKey(storage, key)].join('\n');
}

/**
 * Asks a storage for a version, with what it keeps of the content.
 *
 * @throws NearplayError object-changed when it has another content under the key now; and what the storage says of it:
 *   no-such-key, access-denied, offline …
 */
export async function lookAt(
  studio: Studio,
  storage: string,
  version: ObjectVersion,
  signal: AbortSignal,
): Promise<StoredObject> {
  const head = await headOf(studio, storage, version, signal);
  assertFromStorage(head);
  const { ETag: etag = '', VersionId: versionId, ContentLength: size = 0 } = head;
  const lasting = lastingVersion(version);
  const isSame = lasting === undefined ? bare(etag) === bare(version.etag) : (versionId ?? lasting) === lasting;
  if (size !== version.size || !isSame) throw new NearplayError('object-changed');
  const fingerprint = fingerprintOf(head);
  return { storage, version, etag, ...(fingerprint && { fingerprint }) };
}

/**
 * Whether a file has the content that the storage keeps a checksum of: by which one; `null` where it keeps none that can be
 * compared.
 *
 * @throws NearplayError damaged when the content is another one
 */
export async function proveContent(
  studio: Studio,
  stored: StoredObject,
  file: ComparedFile,
  signal: AbortSignal,
): Promise<ProvedBy | null> {
  const { fingerprint, version } = stored;
  if (!fingerprint) return null;
  const provedBy = fingerprint.algorithm.toLowerCase() as ProvedBy;
  const differs = () => new NearplayError('damaged', `What arrived is not what the storage keeps the ${provedBy} of.`);
  if (fingerprint.of === 'whole') {
    if (await hasContent(file, { fingerprint, signal })) return provedBy;
    throw differs();
  }
  const part = (number: number) => headOf(studio, stored.storage, version, signal, number);
  const { ContentLength: length = 0, PartsCount: count } = await part(1);
  const partSize = partSizeBy(fingerprint, version.size, { size: length, ...(count !== undefined && { count }) });
  if (partSize === undefined) return null;
  if (await hasContent(file, { fingerprint, partSize, signal })) return provedBy;
  // Parts of many sizes may add up to what as many of one size do: then nobody knows where to cut.
  const isEven = version.size <= 2 * partSize || (await part(2)).ContentLength === partSize;
  if (!isEven) return null;
  throw differs();
}

/** @throws NearplayError not-a-storage for an answer that has nothing of S3's: a page of a firewall, with 200 */
export function assertFromStorage({
  ETag: etag,
  $metadata,
}: Pick<HeadObjectCommandOutput, 'ETag' | '$metadata'>): void {
  if (etag === undefined && $metadata.requestId === undefined) throw new NearplayError('not-a-storage');
}

/** Without quotes and the mark of a weak one. */
export function bare(etag: string): string {
  return etag.replace(/^W\//, '').replaceAll('"', '');
}

function headOf(
  studio: Studio,
  storage: string,
  version: ObjectVersion,
  signal: AbortSignal,
  part?: number,
): Promise<HeadObjectCommandOutput> {
  const configuration = studio.clients.configurationOf(storage);
  const versionId = lastingVersion(version);
  const command = new HeadObjectCommand({
    Bucket: configuration.bucket,
    Key: wholeKey(configuration, version.key),
    ChecksumMode: 'ENABLED',
    ...(versionId !== undefined && { VersionId: versionId }),
    ...(part !== undefined && { PartNumber: part }),
  });
  const asked = { storage, action: 's3:GetObject', key: version.key, versionId, signal };
  return studio.requests.request(asked, (client, send) => client.send(command, send));
}
