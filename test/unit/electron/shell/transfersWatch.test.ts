import { describe, expect, it, vi } from 'vitest';
import { TransferNotifications } from '../../../../electron/shell/notifications.ts';
import { AwakeWhileTransferring } from '../../../../electron/shell/power.ts';
import { OverallProgress } from '../../../../electron/shell/progress.ts';
import { TransfersWatch } from '../../../../electron/shell/transfersWatch.ts';
import type { Transfer, TransferTotals } from '../../../../shared/transfers.ts';

const NO_FILES = { waiting: 0, running: 0, paused: 0, blocked: 0, done: 0, failed: 0, cancelled: 0, skipped: 0 };

function transfer(id: string, state: Transfer['state'], more: Partial<Transfer> = {}): Transfer {
  const bytes = { size: 100, sent: 0, confirmed: 0, bytesPerSecond: 0 };
  return { id, state, direction: 'upload', name: `${id}.mov`, key: id, order: 1, startedAt: 0, ...bytes, ...more };
}

function totals(files: Partial<TransferTotals['files']>, sent = 0, size = 100): TransferTotals {
  return { files: { ...NO_FILES, ...files }, size, sent, bytesPerSecond: 0 };
}

describe('the bar on the icon', () => {
  it('is absent when nothing is open, or all that is open waits for somebody', () => {
    const progress = new OverallProgress();
    expect(progress.update(totals({}, 0, 0))).toBe(-1);
    expect(progress.update(totals({ done: 1, failed: 1 }, 100))).toBe(-1);
    expect(progress.update(totals({ paused: 2, blocked: 1 }, 50, 300))).toBe(-1);
  });

  it('goes by bytes, over what is done and what is open of this batch', () => {
    const progress = new OverallProgress();
    progress.update(totals({}, 0, 0));
    expect(progress.update(totals({ running: 1, waiting: 1 }, 50, 200))).toBe(0.25);
    expect(progress.update(totals({ done: 1, running: 1 }, 150, 200))).toBe(0.75);
    expect(progress.update(totals({ done: 2 }, 200, 200))).toBe(-1);
  });

  it('begins anew with the next batch, and does not jump when what is done leaves the list', () => {
    const progress = new OverallProgress();
    progress.update(totals({ done: 2 }, 200, 200));
    expect(progress.update(totals({ done: 2, running: 1 }, 250, 300))).toBe(0.5);
    expect(progress.update(totals({ running: 1 }, 50, 100))).toBe(0.5);
  });

  it('moves for empty files and never passes the end', () => {
    const progress = new OverallProgress();
    progress.update(totals({}, 0, 0));
    expect(progress.update(totals({ waiting: 2 }, 0, 0))).toBe(0);
    expect(progress.update(totals({ done: 1, waiting: 1 }, 0, 0))).toBe(0.5);
    expect(progress.update(totals({ running: 1 }, 120, 100))).toBe(1);
  });
});

describe('the word at the end', () => {
  const news = (...changed: Transfer[]) => ({ changed, removed: [] });

  it('comes once, when nothing is under way any more', () => {
    const notices = new TransferNotifications();
    expect(notices.update(news(transfer('a', 'running'), transfer('b', 'waiting')))).toBeUndefined();
    expect(notices.update(news(transfer('a', 'done')))).toBeUndefined();
    expect(notices.update(news(transfer('b', 'done')))).toEqual({
      title: '2 transfers finished',
      body: 'a.mov and 1 more',
    });
    expect(notices.update(news(transfer('b', 'done')))).toBeUndefined();
  });

  it('says nothing of transfers that an earlier run had done', () => {
    expect(new TransferNotifications().update(news(transfer('a', 'done'), transfer('b', 'failed')))).toBeUndefined();
  });

  it('waits for those that wait for the network, not for those that the user paused or cleared', () => {
    const notices = new TransferNotifications();
    notices.update(news(transfer('a', 'running'), transfer('b', 'running'), transfer('c', 'waiting')));
    expect(notices.update(news(transfer('a', 'done'), transfer('b', 'blocked', { blockedFor: 'offline' })))).toBe(
      undefined,
    );
    expect(notices.update({ changed: [transfer('b', 'paused')], removed: [] })).toBeUndefined();
    expect(notices.update({ changed: [], removed: ['c'] })).toEqual({ title: 'Transfer finished', body: 'a.mov' });
  });

  it('names the failure before the success, and what needs an answer before both', () => {
    const notices = new TransferNotifications();
    notices.update(news(transfer('a', 'running'), transfer('b', 'running')));
    const error = {
      code: 'access-denied',
      message: 'The storage refused access.',
      retryable: false,
      detail: 'No.',
    } as const;
    expect(notices.update(news(transfer('a', 'done'), transfer('b', 'failed', { error })))).toEqual({
      title: 'A transfer failed',
      body: 'b.mov: The storage refused access. “No.”',
    });
    notices.update(news(transfer('a', 'running'), transfer('b', 'running')));
    const asking = transfer('a', 'blocked', { blockedFor: 'conflict' });
    expect(notices.update(news(asking, transfer('b', 'failed')))?.title).toBe('An upload needs your answer');
  });

  it('is not said of what the user cancelled', () => {
    const notices = new TransferNotifications();
    notices.update(news(transfer('a', 'running')));
    expect(notices.update(news(transfer('a', 'cancelled')))).toBeUndefined();
  });

  it('costs little for 100,000 transfers', () => {
    const notices = new TransferNotifications();
    for (let index = 0; index < 100_000; index++) notices.update(news(transfer(`t${index}`, 'waiting')));
    for (let index = 0; index < 99_999; index++) notices.update(news(transfer(`t${index}`, 'done')));
    expect(notices.update(news(transfer('t99999', 'done')))?.title).toBe('100000 transfers finished');
  });
});

describe('the machine', () => {
  it('stays awake while a transfer is open, and is released once', () => {
    const blocker = { start: vi.fn(() => 7), stop: vi.fn(() => true) };
    const awake = new AwakeWhileTransferring(blocker);
    awake.update(totals({ running: 1 }));
    awake.update(totals({ running: 1 }, 50));
    expect(blocker.start).toHaveBeenCalledExactlyOnceWith('prevent-app-suspension');
    awake.update(totals({ blocked: 1, paused: 1 }));
    awake.release();
    expect(blocker.stop).toHaveBeenCalledExactlyOnceWith(7);
  });
});

describe('watching transfers', () => {
  it.each([
    [true, 0],
    [false, 1],
  ])('when the window is looked at: %s, %i notifications', (looked, count) => {
    const notify = vi.fn();
    const showProgress = vi.fn();
    const watch = new TransfersWatch({ awake: { update: vi.fn() }, showProgress, notify, isLookedAt: () => looked });
    watch.update({ changed: [transfer('a', 'running')], removed: [], totals: totals({ running: 1 }, 25) });
    expect(watch.open).toEqual({ uploads: 1, downloads: 0 });
    watch.update({ changed: [transfer('a', 'done')], removed: [], totals: totals({ done: 1 }, 100) });
    expect(watch.open).toEqual({ uploads: 0, downloads: 0 });
    expect(showProgress.mock.calls).toEqual([[0.25], [-1]]);
    expect(notify).toHaveBeenCalledTimes(count);
  });
});
