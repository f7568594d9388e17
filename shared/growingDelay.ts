/** How waits between attempts grow. Milliseconds. */
export interface Growth {
  first: number;
  most: number;
  /** How many times longer each wait is than the one before; default 2. */
  factor?: number;
}

/**
 * The wait after an attempt that failed, in milliseconds: `first`, then twice as long each time, up to `most`. Without jitter;
 * requests that many clients repeat take `backoffDelay` of electron/services/runtime.
 *
 * @param before waits that have passed already, from 0.
 */
export function growingDelay({ first, most, factor = 2 }: Growth, before: number): number {
  return Math.min(most, first * factor ** Math.max(0, before));
}
