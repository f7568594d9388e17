import type { ConflictAnswer } from '../../shared/transfers.ts';
import type { TransferQueue } from '../services/transfers/queue/queue.ts';
import type { CommandContext } from './surroundings.ts';

/** A capital letter answers for all that are left. */
const ANSWERS: ReadonlyMap<string, ConflictAnswer> = new Map([
  ['s', 'skip'],
  ['r', 'replace'],
  ['k', 'keep-both'],
]);
const CHOICES = 'skip (s), replace (r), keep both (k); S, R or K for all';

/**
 * Asks whoever sits at the terminal about names that are taken, one after the other.
 *
 * @returns whether anything goes on by that: false without a terminal, and where nobody answers.
 */
export async function askAboutConflicts(uploads: TransferQueue, { surroundings }: CommandContext): Promise<boolean> {
  const { ask } = surroundings;
  const waiting = uploads.list().filter(({ blockedFor }) => blockedFor === 'conflict');
  if (!ask || waiting.length === 0) return false;
  for (const [index, { id, key }] of waiting.entries()) {
    const given = await answerTo(`"${key}" is there already, with other content: ${CHOICES}? `, ask);
    if (given === undefined) return index > 0;
    const isForAll = given !== given.toLowerCase();
    const answer = ANSWERS.get(given.toLowerCase()) ?? 'skip';
    uploads.decide(answer, isForAll ? waiting.slice(index).map((one) => one.id) : [id]);
    if (isForAll) break;
  }
  return true;
}

/** One of the letters; `undefined` when there are no more answers. */
async function answerTo(
  question: string,
  ask: (question: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  for (;;) {
    const answer = (await ask(question))?.trim();
    if (answer === undefined || ANSWERS.has(answer.toLowerCase())) return answer;
  }
}
