import type { App } from 'electron';
import { SECOND_MS } from '../../shared/units.ts';
import type { Log } from '../services/runtime/log.ts';

/** Longer than the services take, shorter than a user's patience. */
const STOP_TIMEOUT_MS = 8 * SECOND_MS;

/** Ends the app after `stop` has settled, or after the time-out: a server that does not answer must not block quitting. */
export function stopBeforeQuit(
  app: Pick<App, 'on' | 'exit'>,
  stop: () => Promise<void>,
  log: Log,
  timeout = STOP_TIMEOUT_MS,
): void {
  let stopping = false;
  app.on('will-quit', (event) => {
    event.preventDefault();
    if (stopping) return;
    stopping = true;
    const timer = setTimeout(() => {
      log.warn('The services did not stop in time', { milliseconds: timeout });
      app.exit(0);
    }, timeout);
    stop()
      .catch((error: unknown) => log.error('The services did not stop properly', { error }))
      .finally(() => {
        clearTimeout(timer);
        app.exit(0);
      });
  });
}
