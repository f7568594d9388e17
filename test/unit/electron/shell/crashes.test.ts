import { EventEmitter } from 'node:events';
import { expect, it, vi } from 'vitest';
import { installCrashHandlers } from '../../../../electron/shell/crashes.ts';

it('what nobody caught is in the log with its stack, and ends nothing', () => {
  const app = new EventEmitter();
  const source = new EventEmitter();
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  installCrashHandlers(app as unknown as Parameters<typeof installCrashHandlers>[0], source, log);
  source.emit('uncaughtException', new Error('a'));
  source.emit('unhandledRejection', 'b');
  app.emit('child-process-gone', {}, { type: 'GPU', reason: 'crashed', exitCode: 1 });
  expect(log.error).toHaveBeenCalledTimes(3);
  expect(log.error.mock.calls[0]?.[1]).toMatchObject({ stack: expect.stringContaining('Error: a') as string });
});
