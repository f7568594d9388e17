import { createHash } from 'node:crypto';
import { NearplayError } from '../../../shared/errors.ts';
import type { KeptChecksum, PresentObject } from './presentObject.ts';
import { retrying } from './retrying.ts';
import type { Receipt } from './transferRecord.ts';
import type { Completed } from './uploadCalls.ts';
import type { UploadNeeds } from './uploadTask.ts';

/** Content that was sent, by all that a storage may say of it. */
export interface Sent {
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
export interface Said extends KeptChecksum {
  size?: number;
  etag: string;
}

/** What that says of the content that was sent. `open`: neither that it is there nor that it is not. */
export type Standing = 'proved' | 'open' | 'contradicted';

/**
 * The one rule for "it arrived". A checksum of the same kind decides. Without one, an ETag that is the MD5 of what was sent
 * proves it; another ETag says nothing, since encryption and other makers have ETags that only look like an MD5. An answer to a
 * write proves nothing without an ETag: what answers with a page of its own has none, whatever else it repeats.
 */
export function standingOf(said: Said, sent: Sent): Standing {
  if (said.size !== undefined && said.size !== sent.size) return 'contradicted';
  const isEqual = [
    [said.crc32, sent.crc32],
    [said.composite, sent.composite],
  ].flatMap(([kept, own]) => (kept === undefined || own === undefined ? [] : [kept === own]));
  if (isEqual.includes(false)) return 'contradicted';
  if (isEqual.length > 0) return said.size !== undefined || looksLikeEtag(said.etag) ? 'proved' : 'open';
  const etag = md5Of(said.etag);
  return etag !== undefined && etag === sent.etag?.() ? 'proved' : 'open';
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

export interface ArrivalQuestion {
  /** For sentences: relative to the storage's prefix. */
  key: string;
  wholeKey: string;
  sent: Sent;
  /** To the last request of the write; absent where nobody heard it. */
  answer?: Completed;
  /** Also an answer that proves it is compared with what the storage has afterwards. */
  asksAlways?: boolean;
  signal: AbortSignal;
}

export interface Arrived {
  object: PresentObject;
  verifiedBy: Receipt['verifiedBy'];
}

/**
 * Proves that what was sent is in the storage: by the answer to the write, or by asking with HEAD. Where another version has the
 * name by now, the one that was sent is asked for. Where looking is not permitted, the answer itself has to have proved it.
 *
 * @throws NearplayError damaged when something contradicts it, or the storage does not have it; unproved when nothing proves it;
 *   and what repetition did not cure of HEAD
 */
export async function proveArrival(needs: UploadNeeds, question: ArrivalQuestion): Promise<Arrived> {
  const { answer, sent, key, asksAlways = false } = question;
  const standing = answer ? standingOf(answer, sent) : 'open';
  const byAnswer = (): Arrived | undefined =>
    answer && standing === 'proved' ? { object: { ...answer, size: sent.size }, verifiedBy: 'answer' } : undefined;
  const atOnce = asksAlways ? undefined : byAnswer();
  if (atOnce) return atOnce;
  const present = await lookFor(needs, question);
  if (present === 'refused') return byAnswer() ?? fail(standing, key);
  if (!present) throw new NearplayError('damaged', `The storage said that it took "${key}", and does not have it.`);
  const found = standingOf(present, sent);
  if (found === 'proved') return { object: present, verifiedBy: 'head' };
  const known = found === 'open' ? byAnswer() : undefined;
  return known ?? fail(found, key);
}

/** What the storage has of it; `null` when it has nothing; `refused` where looking is not permitted. */
async function lookFor(
  needs: UploadNeeds,
  { wholeKey, answer, signal }: ArrivalQuestion,
): Promise<PresentObject | null | 'refused'> {
  const head = (versionId?: string) =>
    retrying(needs, signal, () => needs.calls.head(wholeKey, signal, versionId)).catch((error: unknown) => {
      if (error instanceof NearplayError && error.code === 'access-denied') return 'refused' as const;
      throw error;
    });
  const present = await head();
  const ours = answer?.versionId;
  if (present === 'refused' || ours === undefined || present?.versionId === ours) return present;
  // Somebody has written or deleted it since.
  return head(ours);
}

function fail(standing: Standing, key: string): never {
  if (standing === 'contradicted') {
    throw new NearplayError('damaged', `"${key}" is not in the storage as it was sent. Upload it again.`);
  }
  const message = `The storage gave no proof that "${key}" arrived whole, so it does not count as uploaded.`;
  throw new NearplayError('unproved', message);
}
