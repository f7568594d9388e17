import { NearplayError } from '../../../../shared/errors.ts';
import type { Sleep } from '../../runtime/async.ts';
import { attemptsFor, backoffDelay } from '../../runtime/backoff.ts';
import type { RequestSlots } from './requestSlots.ts';

export interface RetryingOptions {
  /** From 0 to 1. */
  random: () => number;
  sleep: Sleep;
  slots: Pick<RequestSlots, 'slowDown'>;
  /** Called for each failed attempt, also for those that are retried. */
  failed?: (error: NearplayError) => void;
}

/**
 * Retries a request as often as its kind of error allows, with growing delays.
 *
 * @throws NearplayError of the last attempt
 */
export async function retrying<Answer>(
  { random, sleep, slots, failed }: RetryingOptions,
  signal: AbortSignal,
  work: () => Promise<Answer>,
): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof NearplayError) failed?.(error);
      if (!(error instanceof NearplayError) || attempt >= attemptsFor(error.code)) throw error;
      if (error.code === 'slow-down' || error.code === 'timeout') slots.slowDown();
      await sleep(backoffDelay(attempt, random()), signal);
    }
  }
}
