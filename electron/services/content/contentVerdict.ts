import { createHash } from 'node:crypto';
import type { StoredChecksum } from './compositeCrc32.ts';

/** Content that was sent, by all that a storage may say of it. */
export interface SentContent {
  /** Bytes. */
  size: number;
  /** Base64, of all bytes. */
  crc32: string;
  /** Base64, a dash and the number of parts: as S3 makes it of the parts that were sent. */
  composite?: string | undefined;
  /**
   * The ETag of this content where ETags are MD5s (S3 API Reference, "Object"): hexadecimal, with the number of parts where it
   * was sent in parts. Calculated only where the storage says no checksum; `undefined` where it is not known.
   */
  etag?: () => string | undefined;
}

/** What a storage says of an object, in an answer to a write (without a size) or to HEAD (with it). */
export interface StoredContent extends StoredChecksum {
  size?: number;
  etag: string;
}

/** What that says of the content that was sent. `open`: neither that it is there nor that it is not. */
export type ContentVerdict = 'proved' | 'open' | 'contradicted';

/**
 * The one rule for "it arrived". A checksum of the same kind decides. Without one, an ETag that is the MD5 of what was sent
 * proves it; another ETag says nothing, since encryption and other makers have ETags that only look like an MD5. An answer to a
 * write proves nothing without an ETag: what answers with a page of its own has none, whatever else it repeats.
 */
export function verdictOn(said: StoredContent, sent: SentContent): ContentVerdict {
  if (said.size !== undefined && said.size !== sent.size) return 'contradicted';
  const isEqual = [[said.crc32, sent.crc32], compositesOf(said.composite, sent.composite)].flatMap(([kept, own]) =>
    kept === undefined || own === undefined ? [] : [kept === own],
  );
  if (isEqual.includes(false)) return 'contradicted';
  if (isEqual.length > 0) return said.size !== undefined || looksLikeEtag(said.etag) ? 'proved' : 'open';
  const etag = md5Of(said.etag);
  return etag !== undefined && etag === sent.etag?.() ? 'proved' : 'open';
}

/** Without the number of parts where the storage leaves it out. */
function compositesOf(kept: string | undefined, own: string | undefined): [string | undefined, string | undefined] {
  return [kept, kept?.includes('-') === false ? own?.replace(/-\d+$/, '') : own];
}

/** A strong one (RFC 9110, section 8.8.3), or the bare hexadecimal that some servers send. */
export function looksLikeEtag(etag: string): boolean {
  return /^"[^"\s]+"$/.test(etag) || md5Of(etag) !== undefined;
}

/** The MD5 that an ETag may be, in lower case, with the number of parts where it has one. */
function md5Of(etag: string): string | undefined {
  return /^"?([0-9a-f]{32}(?:-\d+)?)"?$/i.exec(etag)?.[1]?.toLowerCase();
}

/** The ETag of an object in parts where ETags are MD5s: that of the parts' MD5s in a row, a dash and their number. */
export function etagOfParts(md5s: readonly string[]): string {
  const row = Buffer.from(md5s.join(''), 'hex');
  return `${createHash('md5').update(row).digest('hex')}-${md5s.length}`;
}
