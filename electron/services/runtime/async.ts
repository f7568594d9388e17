import { NearplayError } from '../../../shared/errors.ts';

/** Milliseconds pass. @throws NearplayError cancelled, at once, when the signal says so */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/** On the machine's own timers. */
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

/** A signal that follows this one, so many milliseconds later: for what is nearly over and costs more to do again. */
export function lingering(signal: AbortSignal, milliseconds: number): AbortSignal {
  const later = new AbortController();
  const follow = () => setTimeout(() => later.abort(), milliseconds).unref();
  if (signal.aborted) later.abort();
  else signal.addEventListener('abort', follow, { once: true });
  return later.signal;
}

/** What comes of the work, unless the signal says that nobody waits any more. @throws NearplayError cancelled, at once */
export async function orCancelled<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  if (signal.aborted) throw new NearplayError('cancelled');
  return new Promise((resolve, reject) => {
    const stop = () => reject(new NearplayError('cancelled'));
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/**
 * What comes of the work, or what `late` gives or throws when the time is over first. The work itself goes on; its end is
 * heard by nobody then.
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
