import type { IncomingHttpHeaders } from 'node:http';
import { preconditionFailed } from './s3Error.ts';
import type { Version } from './store.ts';

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
 * Conditional writes (S3 User Guide, "Conditional requests"): If-None-Match takes only `*`.
 * @throws S3Error PreconditionFailed.
 */
export function checkWriteConditions(headers: IncomingHttpHeaders, current: Version | undefined): void {
  const ifMatch = headers['if-match'];
  if (headers['if-none-match'] === '*' && current) throw preconditionFailed();
  if (ifMatch !== undefined && !(current && matches(ifMatch, current.etag))) throw preconditionFailed();
}
