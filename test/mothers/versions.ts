import type { ObjectVersion } from '../../electron/services/storage/objectVersion.ts';

/** A version of seven bytes in a bucket with versioning, but for the patch. */
export function aVersion(patch: Partial<ObjectVersion> = {}): ObjectVersion {
  return { key: 'a.mov', size: 7, etag: '"1"', lastModified: 1_700_000_000_000, versionId: 'v1', ...patch };
}
