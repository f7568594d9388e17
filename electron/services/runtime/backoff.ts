import type { ErrorCode } from '../../../shared/errors.ts';
import { growingDelay } from '../../../shared/growingDelay.ts';
import { SECOND_MS } from '../../../shared/units.ts';

export interface BackoffOptions {
  /** Milliseconds; upper limit of the first delay. */
  first: number;
  /** Milliseconds; upper limit of any delay. */
  most: number;
}

export const BACKOFF: BackoffOptions = { first: SECOND_MS / 2, most: 30 * SECOND_MS };

/**
 * Milliseconds before attempt number `attempt` + 1. Exponential with full jitter, and never below a tenth, so that
 * clients that failed together do not retry together (AWS Architecture Blog, "Exponential Backoff and Jitter").
 *
 * @param attempt failed attempts so far, from 1.
 * @param random from 0 to 1.
 */
export function backoffDelay(attempt: number, random: number, { first, most }: BackoffOptions = BACKOFF): number {
  const ceiling = growingDelay({ first, most }, attempt - 1);
  return Math.round(ceiling * (0.1 + 0.9 * random));
}

/** Attempts of one request before its whole transfer waits or fails. */
const ATTEMPTS: Partial<Record<ErrorCode, number>> = {
  // The storage is reachable and asks for fewer requests.
  'slow-down': 12,
  'storage-failed': 8,
  // No answer: the transfer waits as a whole instead, and shows it.
  offline: 3,
  timeout: 3,
  // A part is read and sent again.
  damaged: 4,
  // The first refusal has the storage's time; the next request uses it.
  'clock-skew': 3,
};

/** Attempts for an error of this kind; 1 for one that retries do not resolve. */
export function attemptsFor(code: ErrorCode): number {
  return ATTEMPTS[code] ?? 1;
}
