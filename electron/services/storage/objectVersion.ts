/** One version of one object of the main storage. */
export interface ObjectVersion {
  /** Relative to the storage's prefix. */
  key: string;
  /** Bytes. */
  size: number;
  /** As the storage says it; '' where it says none, which is not the same as any other. */
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

/** Without quotes and the mark of a weak one. */
export function bareEtag(etag: string): string {
  return etag.replace(/^W\//, '').replaceAll('"', '');
}

/** Whether both are known and the same. */
export function sameEtag(one: string, other: string): boolean {
  return bareEtag(one) !== '' && bareEtag(one) === bareEtag(other);
}
