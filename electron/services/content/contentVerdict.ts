import { createHash } from 'node:crypto';
import { type StoredChecksum, storedChecksumOf } from './compositeCrc32.ts';

/** Sent content, with every property that a storage may return of it. */
export interface SentContent {
  /** Bytes. */
  size: number;
  /** Base64, of all bytes. */
  crc32: string;
  /** Base64, a dash and the number of parts, as S3 calculates it of the sent parts. */
  composite?: string | undefined;
  /**
   * The ETag of this content where ETags are MD5s (S3 API Reference, "Object"): hexadecimal, with the number of parts
   * for an upload in parts. Calculated only when the storage returns no checksum; `undefined` when unknown.
   */
  etag?: () => string | undefined;
}

/** Properties of an object in an answer to a write (without a size) or to HEAD (with it). */
export interface StoredContent extends StoredChecksum {
  size?: number;
  etag: string;
}

/** What they prove of the sent content. `open`: neither proved nor contradicted. */
export type ContentVerdict = 'proved' | 'open' | 'contradicted';

/**
 * The rule for a proved upload. A checksum of the same kind decides. Without one, an ETag that is the MD5 of the sent
 * content proves it; any other ETag proves nothing, since encryption and other servers have ETags that only look like
 * an MD5. An answer to a write proves nothing without an ETag: the page of a proxy has none, whatever else it repeats.
 */
export function verdictOn(stored: StoredContent, sent: SentContent): ContentVerdict {
  if (stored.size !== undefined && stored.size !== sent.size) return 'contradicted';
  const isEqual = [[stored.crc32, sent.crc32], compositesOf(stored.composite, sent.composite)].flatMap(
    ([found, own]) => (found === undefined || own === undefined ? [] : [found === own]),
  );
  if (isEqual.includes(false)) return 'contradicted';
  if (isEqual.length > 0) return stored.size !== undefined || looksLikeEtag(stored.etag) ? 'proved' : 'open';
  const etag = md5Of(stored.etag);
  return etag !== undefined && etag === sent.etag?.() ? 'proved' : 'open';
}

/** An object without bytes. The checksum of parts does not apply: it is written in one request. */
const EMPTY: SentContent = { size: 0, crc32: 'AAAAAA==', etag: () => createHash('md5').digest('hex') };

/** Whether the answer to a write proves that an empty object was written. */
export function provesEmpty(answer: Parameters<typeof storedChecksumOf>[0] & { ETag?: string | undefined }): boolean {
  return verdictOn({ etag: answer.ETag ?? '', ...storedChecksumOf(answer) }, EMPTY) === 'proved';
}

/** Composites to compare, without the number of parts when the storage leaves it out. */
function compositesOf(found: string | undefined, own: string | undefined): [string | undefined, string | undefined] {
  return [found, found?.includes('-') === false ? own?.replace(/-\d+$/, '') : own];
}

/** Whether a value is a strong ETag (RFC 9110, section 8.8.3), or the bare hexadecimal that some servers send. */
export function looksLikeEtag(etag: string): boolean {
  return /^"[^"\s]+"$/.test(etag) || md5Of(etag) !== undefined;
}

/** The MD5 in an ETag, in lower case, with the number of parts if it has one. */
function md5Of(etag: string): string | undefined {
  return /^"?([0-9a-f]{32}(?:-\d+)?)"?$/i.exec(etag)?.[1]?.toLowerCase();
}

/**
 * The ETag of an object in parts where ETags are MD5s: the MD5 of the parts' MD5s in a row, a dash and their number.
 */
export function etagOfParts(md5s: readonly string[]): string {
  const row = Buffer.from(md5s.join(''), 'hex');
  return `${createHash('md5').update(row).digest('hex')}-${md5s.length}`;
}
