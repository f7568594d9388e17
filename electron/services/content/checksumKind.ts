import type { StorageConfiguration } from '../../../shared/preferences.ts';
import { isOfAws } from '../storage/objectPlace.ts';

/**
 * What the CRC-32 that the storage keeps of an object in parts is made of: the object's bytes, or the parts' checksums
 * (S3 User Guide, "Checking object integrity in Amazon S3").
 */
export const CHECKSUM_KINDS = ['FULL_OBJECT', 'COMPOSITE'] as const;
export type ChecksumKind = (typeof CHECKSUM_KINDS)[number];

/**
 * The kind to ask a storage for. AWS keeps both, and one of the whole can be compared with any file, however the object
 * was cut. Other servers with S3's protocol may know the composite one only, or lose the kind on the way: MinIO's
 * replication sends the checksum without its type (getCRCMeta in cmd/bucket-replication.go, February 2026), so its copy of
 * an object in parts with a checksum of the whole is refused, and one with a composite checksum arrives.
 */
export function checksumKindFor(storage: StorageConfiguration): ChecksumKind {
  return isOfAws(storage) ? 'FULL_OBJECT' : 'COMPOSITE';
}
