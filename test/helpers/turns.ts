import { setTimeout as wait } from 'node:timers/promises';

const TURN_MS = 10;

/**
 * Number of event-loop turns while `work` ran: work in one piece leaves hardly any. A count, not a time, so that it
 * means the same on a busy machine; `npm run bench:queue` measures times.
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
 * Waits for so many milliseconds of an event loop that turns every ten: longer on a busy machine, with as many turns as
 * on a quiet one.
 */
export async function loopTime(milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += TURN_MS) await wait(TURN_MS);
}
