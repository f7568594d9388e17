import type { App } from 'electron';
import { stackOf } from '../services/runtime/errorFacts.ts';
import type { Log } from '../services/runtime/log.ts';

/** The parts of `process` that are used here. */
export interface ErrorSource {
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): unknown;
}

/**
 * Logs unexpected errors and crashed processes. An unexpected error in main does not end the app: uploads are running,
 * and Electron's own dialog would show a stack trace.
 */
export function installCrashHandlers(app: Pick<App, 'on'>, source: ErrorSource, log: Log): void {
  source.on('uncaughtException', (error) => log.error('Uncaught exception', { error, stack: stackOf(error) }));
  source.on('unhandledRejection', (error) => log.error('Unhandled rejection', { error, stack: stackOf(error) }));
  app.on('child-process-gone', (_event, { type, reason, exitCode }) => {
    log.error('Child process gone', { type, reason, exitCode });
  });
}
