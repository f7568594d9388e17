import type { IncomingHttpHeaders } from 'node:http';
import type { Version } from './records.ts';
import { conditionalConflict, notFound, preconditionFailed, S3Error } from './s3Error.ts';
import type { Bucket } from './store.ts';

const matches = (header: string, etag: string) =>
  header.split(',').some((part) => ['*', etag, `"${etag}"`].includes(part.trim()));

/**
 * Conditions of GET and HEAD (RFC 9110, section 13). Resolves to 'not-modified' where 304 is the answer.
 * @throws S3Error PreconditionFailed.
 */
export function checkReadConditions(headers: IncomingHttpHeaders, version: Version): 'ok' | 'not-modified' {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  const since = Date.parse(headers['if-modified-since'] ?? '');
  const unmodifiedSince = Date.parse(headers['if-unmodified-since'] ?? '');
  if (ifMatch !== undefined && !matches(ifMatch, version.etag)) throw preconditionFailed();
  if (ifMatch === undefined && version.lastModified > unmodifiedSince) throw preconditionFailed();
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, version.etag) ? 'not-modified' : 'ok';
  return version.lastModified <= since ? 'not-modified' : 'ok';
}

/**
 * Conditional writes (S3 User Guide, "Conditional requests"): If-None-Match takes only `*`. `order` is when the write
 * began: a delete of the key after that is a conflict, and a multipart upload that it hits has to be begun again.
 * @throws S3Error PreconditionFailed, ConditionalRequestConflict, NotImplemented; NoSuchKey for If-Match on nothing.
 */
export function checkWriteConditions(headers: IncomingHttpHeaders, bucket: Bucket, key: string, order: number): void {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifMatch === undefined && ifNoneMatch === undefined) return;
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw new S3Error('NotImplemented', 501, 'If-None-Match of a write takes only *.');
  }
  if (bucket.versionsOf(key).some((version) => version.isDeleteMarker && version.order > order)) {
    throw conditionalConflict();
  }
  const current = bucket.current(key);
  if (ifNoneMatch !== undefined && current) throw preconditionFailed();
  if (ifMatch === undefined) return;
  if (!current) throw notFound(key);
  if (!matches(ifMatch, current.etag)) throw preconditionFailed();
}
