import { setTimeout as wait } from 'node:timers/promises';

const TURN_MS = 10;

/**
 * How often others had their turn while `work` ran: what holds the event loop up in one piece leaves hardly any. A count and
 * no time, so that it means the same on a busy machine; the times are measured by `npm run bench:queue`.
 */
export async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 0);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return turns;
}

/**
 * Lets so many milliseconds pass in which the event loop turned every ten: on a busy machine it takes longer, and what had to
 * happen in that time has had as many turns as on a quiet one.
 */
export async function loopTime(milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += TURN_MS) await wait(TURN_MS);
}
