import type { App } from 'electron';
import type { Log } from '../services/runtime/log.ts';

/** What this file needs of `process`. */
export interface ErrorSource {
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): unknown;
}

/**
 * Whatever goes wrong beneath the app is in the log. An unexpected error in main does not end it: uploads are under way,
 * and Electron's own dialog would show a stack trace to an artist.
 */
export function installCrashHandlers(app: Pick<App, 'on'>, source: ErrorSource, log: Log): void {
  source.on('uncaughtException', (error) => log.error('Nobody caught an error', { error, stack: stackOf(error) }));
  source.on('unhandledRejection', (error) => log.error('Nobody caught a rejection', { error, stack: stackOf(error) }));
  app.on('child-process-gone', (_event, { type, reason, exitCode }) => {
    log.error('A process of the app crashed', { type, reason, exitCode });
  });
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
