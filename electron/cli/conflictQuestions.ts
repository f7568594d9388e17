import type { ConflictAnswer } from '../../shared/transfers.ts';
import type { TransferQueue } from '../services/transfers/queue/queue.ts';
import type { CommandContext } from './surroundings.ts';

/** A capital letter answers for all remaining names. */
const ANSWERS: ReadonlyMap<string, ConflictAnswer> = new Map([
  ['s', 'skip'],
  ['r', 'replace'],
  ['k', 'keep-both'],
]);
const CHOICES = 'skip (s), replace (r), keep both (k); S, R or K for all';

/**
 * Asks at the terminal about each name that is taken, one after the other.
 *
 * @returns whether the uploads continue: false without a terminal, and without an answer.
 */
export async function askAboutConflicts(uploads: TransferQueue, { surroundings }: CommandContext): Promise<boolean> {
  const { ask } = surroundings;
  const waiting = uploads.list().filter(({ blockedFor }) => blockedFor === 'conflict');
  if (!ask || waiting.length === 0) return false;
  for (const [index, { id, key, contentUnknown }] of waiting.entries()) {
    const what = contentUnknown ? '; it is not known whether it is the same' : ', with other content';
    const given = await answerTo(`"${key}" is there already${what}: ${CHOICES}? `, ask);
    if (given === undefined) return index > 0;
    const isForAll = given !== given.toLowerCase();
    const answer = ANSWERS.get(given.toLowerCase()) ?? 'skip';
    uploads.decide(answer, isForAll ? waiting.slice(index).map((one) => one.id) : [id]);
    if (isForAll) break;
  }
  return true;
}

/** One of the letters; `undefined` at the end of input. */
async function answerTo(
  question: string,
  ask: (question: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  for (;;) {
    const answer = (await ask(question))?.trim();
    if (answer === undefined || ANSWERS.has(answer.toLowerCase())) return answer;
  }
}
