import { HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { NearplayError } from '../../../../shared/errors.ts';
import { endpointOf } from '../../../../shared/storagePlace.ts';
import { compositeCrc32Of } from '../../content/compositeCrc32.ts';
import { toBase64 } from '../../content/crc32.ts';
import {
  type ComparedFile,
  decides,
  type Fingerprint,
  fingerprintOf,
  hasContent,
  isSameFingerprint,
  partSizeBy,
} from '../../content/fingerprint.ts';
import type { Studio } from '../../reading/studio.ts';
import { knownSize } from '../../storage/objectSizes.ts';
import { lastingVersion, type ObjectVersion, sameEtag } from '../../storage/objectVersion.ts';
import { wholeKey } from '../../storage/storageKeys.ts';

/** What a content was proved by: the checksum's name, `md5` for an ETag that is one. */
export type ProvedBy = Lowercase<Fingerprint['algorithm']>;

/**
 * `other-etag`: there is no checksum, and the ETag looks like an MD5 and is another one. `incomparable`: the storage has
 * a checksum of parts whose sizes are unknown.
 */
export type Unproved = 'no-checksum' | 'other-etag' | 'incomparable';

export interface Proved {
  by: ProvedBy;
  /** The replica that the bytes came from, where main does not say what it keeps: its checksum is of its own bytes. */
  byWordOf?: string;
}

/** Result of the comparison of downloaded content. */
export type ContentProof = Proved | { unproved: Unproved };

/**
 * The answers of a storage about one version contradict each other: a proxy alters them. The content is unknown, and
 * the object was not replaced.
 */
export class Contradiction extends NearplayError {
  /** @param isCompressed the bytes are compressed in transit, so that their number differs from the storage's. */
  constructor(isCompressed: boolean) {
    super(
      isCompressed ? 'not-a-storage' : 'storage-failed',
      isCompressed
        ? 'Something between here and the storage compresses the file on its way (Content-Encoding). Ask IT to switch that off for the storage.'
        : 'The storage contradicts itself: what it gives is not what it describes (GET and HEAD), although the file is the same. Ask IT.',
    );
  }
}

/** One object version in one storage. ETags may differ between storages, so each has its own. */
export interface StoredObject {
  storage: string;
  version: ObjectVersion;
  /** The ETag of this storage; empty when it returns none. */
  etag: string;
  /** Fingerprint of the content in this storage. */
  fingerprint?: Fingerprint;
}

/**
 * Identifies an object of the main storage permanently: the same key in another bucket or on another server is another
 * object.
 */
export function objectPlaceOf({ clients, preferences }: Pick<Studio, 'clients' | 'preferences'>, key: string): string {
  const storage = clients.configurationOf(preferences.mainStorage);
  return [endpointOf(storage) ?? storage.region, storage.bucket, wholeKey(storage, key)].join('\n');
}

/**
 * Requests a version by HEAD, with its fingerprint.
 *
 * @throws NearplayError object-changed when the key has another content now; Contradiction when the version is the same
 *   with another size; and errors of the storage: no-such-key, access-denied, offline …
 */
export async function lookAt(
  studio: Studio,
  storage: string,
  version: ObjectVersion,
  signal: AbortSignal,
): Promise<StoredObject> {
  const head = await headOf(studio, storage, version, signal);
  assertFromStorage(head);
  const { ETag: etag = '' } = head;
  const size = knownSize(head);
  if (!isOfVersion(head, version)) throw new NearplayError('object-changed');
  if (size !== version.size) throw new Contradiction(false);
  const fingerprint = fingerprintOf(head);
  return { storage, version, etag, ...(fingerprint && { fingerprint }) };
}

/** A file to compare, with the CRC-32 of its parts where that was calculated while its bytes arrived. */
export interface ReceivedFile extends ComparedFile {
  /** @param partSize bytes of every part but the last. @returns `undefined` where it is not known of these parts */
  crc32OfParts?(partSize: number, signal: AbortSignal): Promise<readonly number[] | undefined>;
}

/**
 * Compares a file with the stored checksum: returns which one proved it, or why none did.
 *
 * @throws NearplayError damaged when the content differs
 */
export async function proveContent(
  studio: Studio,
  stored: StoredObject,
  file: ReceivedFile,
  signal: AbortSignal,
): Promise<ContentProof> {
  const { fingerprint, version } = stored;
  if (!fingerprint) return { unproved: 'no-checksum' };
  const provedBy = fingerprint.algorithm.toLowerCase() as ProvedBy;
  const differs = (): ContentProof => {
    if (!decides(fingerprint, studio.clients.configurationOf(stored.storage))) return { unproved: 'other-etag' };
    throw new NearplayError('damaged', `What arrived is not what the storage keeps the ${provedBy} of.`);
  };
  if (fingerprint.of === 'whole') {
    return (await isContentOf(file, fingerprint, Math.max(1, version.size), signal)) ? { by: provedBy } : differs();
  }
  const part = (number: number) => headOf(studio, stored.storage, version, signal, number);
  const { ContentLength: length, PartsCount: count } = await part(1);
  const partSize = partSizeBy(fingerprint, version.size, { size: length, count });
  if (partSize === undefined) return { unproved: 'incomparable' };
  if (await isContentOf(file, fingerprint, partSize, signal)) return { by: provedBy };
  // Parts of different sizes may be as many as parts of one size would be: their boundaries are unknown then.
  const isEven = version.size <= 2 * partSize || (await part(2)).ContentLength === partSize;
  if (!isEven) return { unproved: 'incomparable' };
  return differs();
}

/** Compares the checksums of what arrived where they are known, or else the bytes on disk. */
async function isContentOf(
  file: ReceivedFile,
  fingerprint: Fingerprint,
  partSize: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { algorithm, of, value } = fingerprint;
  const crcs = algorithm === 'CRC32' ? await file.crc32OfParts?.(partSize, signal) : undefined;
  if (!crcs) return hasContent(file, { fingerprint, partSize, signal });
  const [whole = 0] = crcs;
  return (of === 'whole' ? toBase64(whole) : compositeCrc32Of(crcs)) === value;
}

/**
 * Compares a file that came from a replica, with what main keeps: a replica that gives other bytes has their checksum
 * too.
 *
 * @param onMain `undefined` when main does not say what it keeps.
 * @throws NearplayError damaged when the content differs from that of main, or else of the replica
 */
export async function proveReplicated(
  studio: Studio,
  stored: StoredObject,
  onMain: StoredObject | undefined,
  file: ReceivedFile,
  signal: AbortSignal,
): Promise<ContentProof> {
  const isAsMain =
    stored.fingerprint && onMain?.fingerprint && isSameFingerprint(stored.fingerprint, onMain.fingerprint);
  const byMain = onMain && !isAsMain ? await proveContent(studio, onMain, file, signal) : undefined;
  if (byMain && 'by' in byMain) return byMain;
  const own = await proveContent(studio, stored, file, signal);
  if ('by' in own) return isAsMain ? own : { ...own, byWordOf: stored.storage };
  return byMain?.unproved === 'incomparable' ? byMain : own;
}

/** @throws NearplayError not-a-storage for an answer without anything of S3, as a firewall's page with status 200 */
export function assertFromStorage({
  ETag: etag,
  $metadata,
}: Pick<HeadObjectCommandOutput, 'ETag' | '$metadata'>): void {
  if (etag === undefined && $metadata.requestId === undefined) throw new NearplayError('not-a-storage');
}

/** Whether an answer is of this version: by version id, else by ETag, else by date. */
function isOfVersion(
  { ETag: etag = '', VersionId: versionId, LastModified }: HeadObjectCommandOutput,
  version: ObjectVersion,
) {
  const lasting = lastingVersion(version);
  if (lasting !== undefined && versionId !== undefined) return versionId === lasting;
  if (etag !== '' && version.etag !== '') return sameEtag(etag, version.etag);
  // The request named the version id.
  if (lasting !== undefined) return true;
  return LastModified?.getTime() === version.lastModified;
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
