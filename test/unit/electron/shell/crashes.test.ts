import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { survive } from '../../../../electron/shell/crashes.ts';

function setUp() {
  const app = new EventEmitter();
  const source = new EventEmitter();
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const clock = { now: 0 };
  survive(app as unknown as Parameters<typeof survive>[0], source, log, () => clock.now);
  const page = { reload: vi.fn() };
  const crash = (reason: string) => app.emit('render-process-gone', {}, page, { reason, exitCode: 1 });
  return { source, log, clock, page, crash };
}

describe('what nobody caught', () => {
  it('is in the log with its stack, and ends nothing', () => {
    const { source, log } = setUp();
    source.emit('uncaughtException', new Error('a'));
    source.emit('unhandledRejection', 'b');
    expect(log.error).toHaveBeenCalledTimes(2);
    expect(log.error.mock.calls[0]?.[1]).toMatchObject({ stack: expect.stringContaining('Error: a') as string });
  });
});

describe('a page that crashed', () => {
  it('is loaded again, but not over and over', () => {
    const { page, crash, clock, log } = setUp();
    crash('oom');
    clock.now = 9_999;
    crash('oom');
    expect(page.reload).toHaveBeenCalledOnce();
    clock.now = 10_000;
    crash('crashed');
    expect(page.reload).toHaveBeenCalledTimes(2);
    expect(log.error).toHaveBeenCalledTimes(3);
  });

  it('is let go when it ended in order', () => {
    const { page, crash, log } = setUp();
    crash('clean-exit');
    expect(page.reload).not.toHaveBeenCalled();
    expect(log.error).not.toHaveBeenCalled();
  });
});
