import type { StorageConfiguration } from '../../../shared/preferences.ts';
import { isOfAws } from '../storage/objectPlace.ts';

/**
 * What the stored CRC-32 of an object in parts covers: the object's bytes, or the parts' checksums (S3 User Guide,
 * "Checking object integrity in Amazon S3").
 */
export const CHECKSUM_KINDS = ['FULL_OBJECT', 'COMPOSITE'] as const;
export type ChecksumKind = (typeof CHECKSUM_KINDS)[number];

/**
 * The checksum kind to request from a storage. AWS supports both, and a checksum of the whole can be compared with any
 * file, whatever the part size. Other S3-compatible servers may support composite ones only, or lose the kind: MinIO's
 * replication sends the checksum without its type (getCRCMeta in cmd/bucket-replication.go, February 2026), so that the
 * replica of an object in parts with a checksum of the whole is refused, and one with a composite checksum is accepted.
 */
export function checksumKindFor(storage: StorageConfiguration): ChecksumKind {
  return isOfAws(storage) ? 'FULL_OBJECT' : 'COMPOSITE';
}
