/** One version of one object of the main storage. */
export interface ObjectVersion {
  /** Relative to the storage's prefix. */
  key: string;
  /** Bytes. */
  size: number;
  /** As the storage returns it; '' where it returns none, which matches no other ETag. */
  etag: string;
  /** Milliseconds since the epoch, on the storage's clock; S3 counts whole seconds. */
  lastModified: number;
  /** Absent for entries of a listing: ListObjectsV2 has no version ids. */
  versionId?: string;
}

/** Id of an immutable version. `null` is the id in buckets without versioning, whose content is replaced. */
export function lastingVersion({ versionId }: Pick<ObjectVersion, 'versionId'>): string | undefined {
  return versionId === undefined || versionId === 'null' || versionId === '' ? undefined : versionId;
}

/** The ETag without quotes and without the prefix of a weak one (`W/`). */
function bareEtag(etag: string): string {
  return etag.replace(/^W\//, '').replaceAll('"', '');
}

/** Whether both are present and equal. */
export function sameEtag(one: string, other: string): boolean {
  return bareEtag(one) !== '' && bareEtag(one) === bareEtag(other);
}
