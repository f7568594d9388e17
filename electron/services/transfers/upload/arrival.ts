import { NearplayError } from '../../../../shared/errors.ts';
import { type ContentVerdict, type SentContent, verdictOn } from '../../content/contentVerdict.ts';
import type { RemoteObject } from '../http/objectInfo.ts';
import { retrying } from '../http/retry.ts';
import type { Completed } from '../http/s3UploadApi.ts';
import type { Receipt } from '../journal/uploadRecord.ts';
import type { UploadContext } from './uploadContext.ts';

export interface ArrivalQuestion {
  /** For messages: relative to the storage's prefix. */
  key: string;
  wholeKey: string;
  sent: SentContent;
  /** Answer to the last request of the write; absent when it was lost. */
  answer?: Completed;
  /** Whether the object is checked by HEAD even when the answer proves it. */
  asksAlways?: boolean;
  signal: AbortSignal;
}

export interface Arrived {
  object: RemoteObject;
  verifiedBy: Receipt['verifiedBy'];
}

/**
 * Proves that the sent content is in the storage, by the answer to the write or by HEAD. When another version has
 * become current, HEAD asks for the sent one. When HEAD is not permitted, the answer itself has to prove it.
 *
 * @throws NearplayError damaged when the storage contradicts it or has no such object; unproved when nothing proves it;
 *   and errors of HEAD that retries did not resolve
 */
export async function proveArrival(context: UploadContext, question: ArrivalQuestion): Promise<Arrived> {
  const { answer, sent, key, asksAlways = false } = question;
  const standing = answer ? verdictOn(answer, sent) : 'open';
  const byAnswer = (): Arrived | undefined =>
    answer && standing === 'proved' ? { object: { ...answer, size: sent.size }, verifiedBy: 'answer' } : undefined;
  const atOnce = asksAlways ? undefined : byAnswer();
  if (atOnce) return atOnce;
  const stored = await lookUp(context, question);
  if (stored === 'refused') return byAnswer() ?? fail(standing, key);
  if (!stored) throw new NearplayError('damaged', `The storage said that it took "${key}", and does not have it.`);
  const found = verdictOn(stored, sent);
  if (found === 'proved') return { object: stored, verifiedBy: 'head' };
  const known = found === 'open' ? byAnswer() : undefined;
  return known ?? fail(found, key);
}

/** The stored object; `null` when there is none; `refused` when HEAD is not permitted. */
async function lookUp(
  context: UploadContext,
  { wholeKey, answer, signal }: ArrivalQuestion,
): Promise<RemoteObject | null | 'refused'> {
  const head = (versionId?: string) =>
    retrying(context, signal, () => context.api.head(wholeKey, signal, versionId)).catch((error: unknown) => {
      if (error instanceof NearplayError && error.code === 'access-denied') return 'refused' as const;
      throw error;
    });
  const stored = await head();
  const ours = answer?.versionId;
  if (stored === 'refused' || ours === undefined || stored?.versionId === ours) return stored;
  // Another writer has replaced or deleted it since.
  return head(ours);
}

function fail(standing: ContentVerdict, key: string): never {
  if (standing === 'contradicted') {
    throw new NearplayError('damaged', `"${key}" is not in the storage as it was sent. Upload it again.`);
  }
  const message = `The storage gave no proof that "${key}" arrived whole, so it does not count as uploaded.`;
  throw new NearplayError('unproved', message);
}
