/** One version of one object of the main storage. */
export interface ObjectVersion {
  /** Relative to the storage's prefix. */
  key: string;
  /** Bytes. */
  size: number;
  etag: string;
  /** Milliseconds since the epoch, on the storage's clock; S3 counts whole seconds. */
  lastModified: number;
  /** Absent when it comes from a listing: ListObjectsV2 names no versions. */
  versionId?: string;
}

/** The id of a version that stays what it is. `null` is what buckets without versioning say: that one is replaced. */
export function lastingVersion({ versionId }: Pick<ObjectVersion, 'versionId'>): string | undefined {
  return versionId === undefined || versionId === 'null' || versionId === '' ? undefined : versionId;
}
