import { NearplayError } from '../../../../shared/errors.ts';
import { type ContentVerdict, type SentContent, verdictOn } from '../../content/contentVerdict.ts';
import type { RemoteObject } from '../http/objectInfo.ts';
import { retrying } from '../http/retry.ts';
import type { Completed } from '../http/s3UploadApi.ts';
import type { Receipt } from '../journal/uploadRecord.ts';
import type { UploadContext } from './uploadContext.ts';

export interface ArrivalQuestion {
  /** For sentences: relative to the storage's prefix. */
  key: string;
  wholeKey: string;
  sent: SentContent;
  /** To the last request of the write; absent where nobody heard it. */
  answer?: Completed;
  /** Also an answer that proves it is compared with what the storage has afterwards. */
  asksAlways?: boolean;
  signal: AbortSignal;
}

export interface Arrived {
  object: RemoteObject;
  verifiedBy: Receipt['verifiedBy'];
}

/**
 * Proves that what was sent is in the storage: by the answer to the write, or by asking with HEAD. Where another version has the
 * name by now, the one that was sent is asked for. Where looking is not permitted, the answer itself has to have proved it.
 *
 * @throws NearplayError damaged when something contradicts it, or the storage does not have it; unproved when nothing proves it;
 *   and what repetition did not cure of HEAD
 */
export async function proveArrival(context: UploadContext, question: ArrivalQuestion): Promise<Arrived> {
  const { answer, sent, key, asksAlways = false } = question;
  const standing = answer ? verdictOn(answer, sent) : 'open';
  const byAnswer = (): Arrived | undefined =>
    answer && standing === 'proved' ? { object: { ...answer, size: sent.size }, verifiedBy: 'answer' } : undefined;
  const atOnce = asksAlways ? undefined : byAnswer();
  if (atOnce) return atOnce;
  const present = await lookFor(context, question);
  if (present === 'refused') return byAnswer() ?? fail(standing, key);
  if (!present) throw new NearplayError('damaged', `The storage said that it took "${key}", and does not have it.`);
  const found = verdictOn(present, sent);
  if (found === 'proved') return { object: present, verifiedBy: 'head' };
  const known = found === 'open' ? byAnswer() : undefined;
  return known ?? fail(found, key);
}

/** What the storage has of it; `null` when it has nothing; `refused` where looking is not permitted. */
async function lookFor(
  context: UploadContext,
  { wholeKey, answer, signal }: ArrivalQuestion,
): Promise<RemoteObject | null | 'refused'> {
  const head = (versionId?: string) =>
    retrying(context, signal, () => context.api.head(wholeKey, signal, versionId)).catch((error: unknown) => {
      if (error instanceof NearplayError && error.code === 'access-denied') return 'refused' as const;
      throw error;
    });
  const present = await head();
  const ours = answer?.versionId;
  if (present === 'refused' || ours === undefined || present?.versionId === ours) return present;
  // Somebody has written or deleted it since.
  return head(ours);
}

function fail(standing: ContentVerdict, key: string): never {
  if (standing === 'contradicted') {
    throw new NearplayError('damaged', `"${key}" is not in the storage as it was sent. Upload it again.`);
  }
  const message = `The storage gave no proof that "${key}" arrived whole, so it does not count as uploaded.`;
  throw new NearplayError('unproved', message);
}
