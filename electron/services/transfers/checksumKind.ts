import type { StorageConfiguration } from '../../../shared/preferences.ts';
import { endpointOf } from '../../../shared/storagePlace.ts';

/**
 * What the CRC-32 that the storage keeps of an object in parts is made of: the object's bytes, or the parts' checksums
 * (S3 User Guide, "Checking object integrity in Amazon S3").
 */
export const CHECKSUM_KINDS = ['FULL_OBJECT', 'COMPOSITE'] as const;
export type ChecksumKind = (typeof CHECKSUM_KINDS)[number];

/** And what AWS calls itself in China. */
const HOST_OF_AWS = /\.amazonaws\.com(\.cn)?$/;

/**
 * The kind to ask a storage for. AWS keeps both, and one of the whole can be compared with any file, however the object
 * was cut. Other servers with S3's protocol may know the composite one only, or lose the kind on the way: MinIO's
 * replication sends the checksum without its type (getCRCMeta in cmd/bucket-replication.go, February 2026), so its copy of
 * an object in parts with a checksum of the whole is refused, and one with a composite checksum arrives.
 */
export function checksumKindFor(storage: StorageConfiguration): ChecksumKind {
  const endpoint = endpointOf(storage);
  if (endpoint === undefined) return 'FULL_OBJECT';
  return URL.canParse(endpoint) && HOST_OF_AWS.test(new URL(endpoint).hostname) ? 'FULL_OBJECT' : 'COMPOSITE';
}
