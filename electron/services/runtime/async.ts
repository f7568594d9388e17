import { NearplayError } from '../../../shared/errors.ts';

/** Waits for some milliseconds. @throws NearplayError cancelled, at once, when the signal is aborted */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/** Uses Node's timers. */
export const sleep: Sleep = (milliseconds, signal) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new NearplayError('cancelled'));
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      reject(new NearplayError('cancelled'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', stop, { once: true });
  });

/** A signal that is aborted some milliseconds after this one: for work that is nearly finished and costly to repeat. */
export function lingering(signal: AbortSignal, milliseconds: number): AbortSignal {
  const later = new AbortController();
  const follow = () => setTimeout(() => later.abort(), milliseconds).unref();
  if (signal.aborted) later.abort();
  else signal.addEventListener('abort', follow, { once: true });
  return later.signal;
}

/** The result of the work, unless the signal is aborted first. @throws NearplayError cancelled, at once */
export async function orCancelled<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  if (signal.aborted) {
    // It is under way, and its failure is of no interest any more.
    work.catch(() => undefined);
    throw new NearplayError('cancelled');
  }
  return new Promise((resolve, reject) => {
    const stop = () => reject(new NearplayError('cancelled'));
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/**
 * The result of the work, or that of `late` when the time is over first. The work itself continues, and its result is
 * ignored then.
 *
 * @param milliseconds of this process being awake.
 */
export async function deadline<Result>(
  work: Promise<Result>,
  milliseconds: number,
  late: () => Result | Promise<Result>,
): Promise<Result> {
  const over = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => over.resolve(undefined), milliseconds);
  try {
    return await Promise.race([work, over.promise.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}
