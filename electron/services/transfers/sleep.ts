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
