import { describe, expect, it, vi } from 'vitest';
import type { UploadTransfer } from '../../../../../../electron/services/transfers/jobs/transfer.ts';
import { TransferList } from '../../../../../../electron/services/transfers/list/transferList.ts';
import type { Transfer, TransferTotals } from '../../../../../../shared/transfers.ts';

const NO_FILES = { waiting: 0, running: 0, paused: 0, blocked: 0, done: 0, failed: 0, cancelled: 0, skipped: 0 };
const BYTES = { size: 100, sent: 40, confirmed: 20, bytesPerSecond: 10, startedAt: 0 };

function upload(id: string, more: Partial<UploadTransfer> = {}): UploadTransfer {
  return { id, direction: 'upload', name: id, key: id, order: 1, state: 'running', policy: 'ask', ...BYTES, ...more };
}

function copy(id: string, state: Transfer['state']): Transfer {
  return { id, direction: 'download', name: id, key: id, order: -1, state, ...BYTES };
}

function setUp(copies: Transfer[]) {
  const totals: TransferTotals = { files: { ...NO_FILES, running: 1 }, size: 100, sent: 40, bytesPerSecond: 10 };
  const queue = {
    totals: () => totals,
    page: vi.fn((after: string | undefined) =>
      after === undefined ? { transfers: [upload('first')], next: 'first' } : { transfers: [upload('second')] },
    ),
    pause: vi.fn(),
    resume: vi.fn(),
    cancel: vi.fn(),
    retry: vi.fn(),
    clear: vi.fn(),
    decide: vi.fn(),
    move: vi.fn(),
  };
  const saved = {
    list: () => copies,
    has: (id: string) => copies.some((one) => one.id === id),
    cancel: vi.fn(),
    retry: vi.fn(),
    clear: vi.fn(),
  };
  return { queue, saved, list: new TransferList(queue, saved) };
}

describe('the list of transfers', () => {
  it('has the copies on its first page, before the uploads', () => {
    const { list } = setUp([copy('copy', 'running')]);
    const first = list.page(undefined);
    expect(first.transfers.map(({ id }) => id)).toEqual(['copy', 'first']);
    expect(list.page(first.cursor)).toMatchObject({ transfers: [{ id: 'second' }] });
    expect(list.page(first.cursor).cursor).toBeUndefined();
  });

  it('sums over both kinds', () => {
    const { list } = setUp([copy('a', 'running'), copy('b', 'done'), copy('c', 'failed')]);
    const { files, ...bytes } = list.totals();
    expect(files).toEqual({ ...NO_FILES, running: 2, done: 1, failed: 1 });
    expect(bytes).toEqual({ size: 300, sent: 120, bytesPerSecond: 30, secondsLeft: 6, openDownloads: 1 });
  });

  it('says what a blocked upload waits for, and keeps the policy to itself', () => {
    const { list, queue } = setUp([]);
    const blocked = upload('a', { state: 'blocked', blockedFor: 'sign-in' });
    const growing = upload('b', { state: 'blocked', blockedFor: 'file-settling' });
    const { changed } = list.ofUploads({ changed: [blocked, growing], removed: [], totals: queue.totals() });
    expect(changed.map(({ error }) => error?.code)).toEqual(['credentials-expired', undefined]);
    expect(changed[0]).not.toHaveProperty('policy');
  });

  it('says what the upload itself met, where it met what it waits for', () => {
    const { list, queue } = setUp([]);
    const met = { code: 'timeout', message: 'It did not get the next bytes in time.', retryable: true } as const;
    const own = upload('a', { state: 'blocked', blockedFor: 'offline', error: met });
    const other = upload('b', { state: 'blocked', blockedFor: 'sign-in', error: met });
    const { changed } = list.ofUploads({ changed: [own, other], removed: [], totals: queue.totals() });
    expect(changed.map(({ error }) => error?.message)).toEqual([met.message, expect.not.stringContaining('bytes')]);
  });

  it('cancels and retries copies with the uploads, and some by their ids', () => {
    const { list, queue, saved } = setUp([copy('running', 'running'), copy('failed', 'failed')]);
    list.cancel();
    expect(queue.cancel).toHaveBeenCalledWith(undefined);
    expect(saved.cancel.mock.calls).toEqual([['running'], ['failed']]);
    list.retry();
    expect(saved.retry.mock.calls).toEqual([['failed']]);
    list.cancel(['first']);
    expect(saved.cancel).toHaveBeenCalledTimes(2);
    list.clear();
    expect(saved.clear).toHaveBeenCalledOnce();
  });
});
