import { NearplayError } from '../../../shared/errors.ts';
import { attemptsFor, backoffDelay } from './backoff.ts';
import type { Lanes } from './lanes.ts';
import type { Sleep } from './sleep.ts';

/** What repetition needs. */
export interface RetryingOptions {
  /** From 0 to 1. */
  random: () => number;
  sleep: Sleep;
  lanes: Pick<Lanes, 'complained'>;
}

/**
 * Repeats a request as long as its kind of error is worth it, with growing waits.
 *
 * @throws NearplayError the last one
 */
export async function retrying<Answer>(
  { random, sleep, lanes }: RetryingOptions,
  signal: AbortSignal,
  work: () => Promise<Answer>,
): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof NearplayError) || attempt >= attemptsFor(error.code)) throw error;
      if (error.code === 'slow-down' || error.code === 'timeout') lanes.complained();
      await sleep(backoffDelay(attempt, random()), signal);
    }
  }
}
