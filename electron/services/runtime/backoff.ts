import type { ErrorCode } from '../../../shared/errors.ts';
import { growingDelay } from '../../../shared/growingDelay.ts';
import { SECOND_MS } from '../../../shared/units.ts';

export interface BackoffOptions {
  /** Milliseconds; the most that the first wait may take. */
  first: number;
  /** Milliseconds; no wait is longer. */
  most: number;
}

export const BACKOFF: BackoffOptions = { first: SECOND_MS / 2, most: 30 * SECOND_MS };

/**
 * Milliseconds to wait before attempt number `attempt` + 1. Exponential, and any fraction of it: clients that failed together do
 * not come back together (AWS Architecture Blog, "Exponential Backoff and Jitter", full jitter; never below a tenth).
 *
 * @param attempt the attempts that failed so far, from 1.
 * @param random from 0 to 1.
 */
export function backoffDelay(attempt: number, random: number, { first, most }: BackoffOptions = BACKOFF): number {
  const ceiling = growingDelay({ first, most }, attempt - 1);
  return Math.round(ceiling * (0.1 + 0.9 * random));
}

/** How often one request is tried before its whole transfer has to wait or to fail. */
const ATTEMPTS: Partial<Record<ErrorCode, number>> = {
  // The storage is there and asks for patience.
  'slow-down': 12,
  'storage-failed': 8,
  // Nobody answers: the transfer waits as a whole instead, and says so.
  offline: 3,
  timeout: 3,
  // A part is read and sent again.
  damaged: 4,
  // The first refusal tells the storage's time; the next request uses it.
  'clock-skew': 3,
};

/** Attempts that an error of this kind is worth, 1 for one that no repetition cures. */
export function attemptsFor(code: ErrorCode): number {
  return ATTEMPTS[code] ?? 1;
}
