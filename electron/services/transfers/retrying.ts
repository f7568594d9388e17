import { NearplayError } from '../../../shared/errors.ts';
import { attemptsFor, backoffDelay } from './backoff.ts';
import type { UploadNeeds } from './uploadTask.ts';

/**
 * Repeats a request as long as its kind of error is worth it, with growing waits.
 *
 * @throws NearplayError the last one
 */
export async function retrying<Answer>(
  { random, sleep, lanes }: Pick<UploadNeeds, 'random' | 'sleep' | 'lanes'>,
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
