import { describe, expect, it, vi } from 'vitest';
import { TransferNotices } from '../../../../electron/shell/notifications.ts';
import { AwakeWhileTransferring } from '../../../../electron/shell/power.ts';
import { overallProgress } from '../../../../electron/shell/progress.ts';
import { watchTransfers } from '../../../../electron/shell/transfersWatch.ts';
import type { Transfer } from '../../../../shared/ipc.ts';

function transfer(id: string, state: Transfer['state'], sent = 0, size = 100): Transfer {
  return { id, state, sent, size, direction: 'upload', name: `${id}.mov`, key: id, bytesPerSecond: 0, startedAt: 0 };
}

describe('the bar on the icon', () => {
  it('is absent when nothing is open', () => {
    expect(overallProgress([])).toBe(-1);
    expect(overallProgress([transfer('a', 'done', 100), transfer('b', 'failed', 50)])).toBe(-1);
  });

  it('counts what is done with what is open, by bytes', () => {
    expect(overallProgress([transfer('a', 'done', 100), transfer('b', 'running', 50), transfer('c', 'waiting')])).toBe(
      0.5,
    );
  });

  it('moves for empty files and never passes the end', () => {
    expect(overallProgress([transfer('a', 'done', 0, 0), transfer('b', 'waiting', 0, 0)])).toBe(0.5);
    expect(overallProgress([transfer('a', 'running', 120)])).toBe(1);
  });
});

describe('the word at the end', () => {
  it('comes once, when the last open transfer has ended', () => {
    const notices = new TransferNotices();
    expect(notices.update([transfer('a', 'running'), transfer('b', 'waiting')])).toBeUndefined();
    expect(notices.update([transfer('a', 'done'), transfer('b', 'running')])).toBeUndefined();
    expect(notices.update([transfer('a', 'done'), transfer('b', 'done')])).toEqual({
      title: '2 uploads finished',
      body: 'a.mov and 1 more',
    });
    expect(notices.update([transfer('a', 'done'), transfer('b', 'done')])).toBeUndefined();
  });

  it('names the failure before the success', () => {
    const notices = new TransferNotices();
    notices.update([transfer('a', 'running'), transfer('b', 'running')]);
    const failed: Transfer = {
      ...transfer('b', 'failed'),
      error: { code: 'access-denied', message: 'The storage refused access.', retryable: false },
    };
    const notice = notices.update([transfer('a', 'done'), failed]);
    expect(notice).toEqual({ title: 'An upload failed', body: 'b.mov: The storage refused access.' });
  });

  it('is not said of what the user cancelled', () => {
    const notices = new TransferNotices();
    notices.update([transfer('a', 'running')]);
    expect(notices.update([transfer('a', 'cancelled')])).toBeUndefined();
  });
});

describe('the machine', () => {
  it('stays awake while a transfer is open, and is released once', () => {
    const blocker = { start: vi.fn(() => 7), stop: vi.fn(() => true) };
    const awake = new AwakeWhileTransferring(blocker);
    awake.update([transfer('a', 'running')]);
    awake.update([transfer('a', 'running', 50)]);
    expect(blocker.start).toHaveBeenCalledExactlyOnceWith('prevent-app-suspension');
    awake.update([transfer('a', 'done', 100)]);
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
    const watch = watchTransfers({ awake: { update: vi.fn() }, showProgress, notify, isLookedAt: () => looked });
    watch([transfer('a', 'running', 25)]);
    watch([transfer('a', 'done', 100)]);
    expect(showProgress.mock.calls).toEqual([[0.25], [-1]]);
    expect(notify).toHaveBeenCalledTimes(count);
  });
});
