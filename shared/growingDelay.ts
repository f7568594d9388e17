/** Growth of the delays between attempts. Milliseconds. */
export interface Growth {
  first: number;
  most: number;
  /** Factor from one delay to the next; default 2. */
  factor?: number;
}

/**
 * The delay after a failed attempt, in milliseconds: `first`, then doubled each time, up to `most`. Without jitter;
 * requests that many clients repeat use `backoffDelay` of electron/services/runtime.
 *
 * @param before waits that have passed already, from 0.
 */
export function growingDelay({ first, most, factor = 2 }: Growth, before: number): number {
  return Math.min(most, first * factor ** Math.max(0, before));
}
