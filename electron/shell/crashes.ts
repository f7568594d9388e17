import type { App } from 'electron';
import type { Log } from '../services/contract.ts';

const SECOND = 1000;
/** A page that crashes again this soon would crash for ever. */
const RELOAD_AT_MOST_EVERY = 10 * SECOND;

/** What this file needs of `process`. */
export interface ErrorSource {
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): unknown;
}

/**
 * Whatever goes wrong beneath the app is in the log. An unexpected error in main does not end it: uploads are under way,
 * and Electron's own dialog would show a stack trace to an artist. A page that crashed is loaded again.
 */
export function survive(app: Pick<App, 'on'>, source: ErrorSource, log: Log, now: () => number): void {
  let reloadedAt = -Infinity;
  source.on('uncaughtException', (error) => log.error('Nobody caught an error', { error, stack: stackOf(error) }));
  source.on('unhandledRejection', (error) => log.error('Nobody caught a rejection', { error, stack: stackOf(error) }));
  app.on('render-process-gone', (_event, contents, { reason, exitCode }) => {
    if (reason === 'clean-exit') return;
    log.error('The window crashed', { reason, exitCode });
    if (now() - reloadedAt < RELOAD_AT_MOST_EVERY) return;
    reloadedAt = now();
    contents.reload();
  });
  app.on('child-process-gone', (_event, { type, reason, exitCode }) => {
    log.error('A process of the app crashed', { type, reason, exitCode });
  });
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
