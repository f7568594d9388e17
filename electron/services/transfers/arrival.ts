import { NearplayError } from '../../../shared/errors.ts';
import type { PresentObject } from './presentObject.ts';
import { retrying } from './retrying.ts';
import { standingOf, type Sent, type Standing } from './standing.ts';
import type { Receipt } from './transferRecord.ts';
import type { Completed } from './uploadCalls.ts';
import type { UploadNeeds } from './uploadTask.ts';

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
