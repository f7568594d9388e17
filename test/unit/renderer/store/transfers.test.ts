import { beforeEach, describe, expect, it, vi } from 'vitest';
import { NearplayApiError } from '../../../../renderer/api.ts';
import { createTransfers, NO_TOTALS } from '../../../../renderer/store/transfers.ts';
import type { NearplayApi } from '../../../../shared/ipc.ts';
import type { TransfersPage, TransferTotals } from '../../../../shared/transfers.ts';
import { aTransfer } from '../../../mothers/transfers.ts';

const totals = (files: Partial<TransferTotals['files']>): TransferTotals => ({
  ...NO_TOTALS,
  files: { ...NO_TOTALS.files, ...files },
});

type Methods = Partial<Record<keyof NearplayApi, unknown>>;
let frames: (() => void)[];
const notify = vi.fn();
const notifyFailure = vi.fn();
const notifySaved = vi.fn();

function storeOver(methods: Methods) {
  const surroundings = { schedule: (work: () => void) => void frames.push(work), notify, notifyFailure, notifySaved };
  return createTransfers(methods as unknown as NearplayApi, surroundings);
}

function drawFrame(): void {
  for (const work of frames.splice(0)) work();
}

beforeEach(() => {
  frames = [];
  vi.resetAllMocks();
});

describe('the list', () => {
  it('is loaded page by page, and nothing is asked for where there is nothing', async () => {
    const pages: Record<string, TransfersPage> = {
      start: { transfers: [aTransfer('t1'), aTransfer('t2')], cursor: 'more' },
      more: { transfers: [aTransfer('t3')] },
    };
    const listTransfers = vi.fn(({ cursor = 'start' }: { cursor?: string }) => Promise.resolve(pages[cursor]));
    const store = storeOver({ listTransfers });
    await store.getState().begin(totals({}));
    expect(listTransfers).not.toHaveBeenCalled();
    await store.getState().begin(totals({ waiting: 3 }));
    expect(store.getState().loading).toBe('complete');
    drawFrame();
    expect(store.getState().counts).toMatchObject({ all: 3, waiting: 3 });
  });

  it('is another one with other preferences', async () => {
    const listTransfers = vi.fn(() => Promise.resolve({ transfers: [aTransfer('t2')] }));
    const store = storeOver({ listTransfers });
    store.getState().take({ changed: [aTransfer('t1')], removed: [], totals: totals({ waiting: 1 }) });
    drawFrame();
    await store.getState().begin(totals({ waiting: 1 }));
    drawFrame();
    expect(store.index.get('t1')).toBeUndefined();
    expect(store.index.get('t2')).toBeDefined();
  });

  it('says that it could not be loaded, and can be asked again', async () => {
    const error = new NearplayApiError({ code: 'internal', message: 'no', retryable: false });
    const listTransfers = vi
      .fn()
      .mockRejectedValueOnce(error)
      .mockResolvedValue({ transfers: [aTransfer('t1')] });
    const store = storeOver({ listTransfers });
    await store.getState().begin(totals({ waiting: 1 }));
    expect(store.getState()).toMatchObject({ loading: 'failed', failure: { code: 'internal' } });
    await store.getState().load();
    expect(store.getState()).toMatchObject({ loading: 'complete', failure: undefined });
  });

  it('keeps news that comes while it loads', async () => {
    let answer: (page: TransfersPage) => void = () => undefined;
    const store = storeOver({ listTransfers: () => new Promise((resolve) => (answer = resolve)) });
    const loading = store.getState().begin(totals({ waiting: 2 }));
    answer({ transfers: [aTransfer('t1'), aTransfer('t2')] });
    await loading;
    store.getState().take({
      changed: [aTransfer('t1', { state: 'running' })],
      removed: ['t2'],
      totals: totals({ running: 1 }),
    });
    drawFrame();
    expect(store.index.get('t1')?.state).toBe('running');
    expect(store.index.get('t2')).toBeUndefined();
  });
});

describe('news', () => {
  it('is drawn once a frame, however much there is', () => {
    const store = storeOver({});
    const drawn = vi.fn();
    store.subscribe(drawn);
    for (let sent = 1; sent <= 10; sent++) {
      const changed = [aTransfer('t1', { state: 'running', sent })];
      store.getState().take({ changed, removed: [], totals: totals({ running: 1 }) });
    }
    expect(frames).toHaveLength(1);
    drawFrame();
    expect(drawn).toHaveBeenCalledTimes(1);
    expect(store.index.get('t1')?.sent).toBe(10);
  });

  it('is told to the row that it is about, and to no other', () => {
    const store = storeOver({});
    store.getState().take({ changed: [aTransfer('t1'), aTransfer('t2')], removed: [], totals: totals({}) });
    drawFrame();
    const [one, other] = [vi.fn(), vi.fn()];
    const end = store.subscribeTo('t1', one);
    store.subscribeTo('t2', other);
    const tick = () => {
      store.getState().take({ changed: [aTransfer('t1', { sent: 5 })], removed: [], totals: totals({}) });
      drawFrame();
    };
    tick();
    end();
    tick();
    expect(one).toHaveBeenCalledTimes(1);
    expect(other).not.toHaveBeenCalled();
  });

  it('changes the version only where the shown rows do', () => {
    const store = storeOver({});
    const { take, setFilter } = store.getState();
    take({
      changed: [aTransfer('t1', { state: 'running' }), aTransfer('t2')],
      removed: [],
      totals: totals({}),
    });
    drawFrame();
    setFilter('failed');
    const { version } = store.getState();
    take({ changed: [aTransfer('t1', { state: 'done' })], removed: [], totals: totals({}) });
    drawFrame();
    expect(store.getState().version).toBe(version);
    take({ changed: [aTransfer('t2', { state: 'failed' })], removed: [], totals: totals({}) });
    drawFrame();
    expect(store.getState().version).toBe(version + 1);
  });
});

it('tells failures of what was asked for, and rejects nothing', async () => {
  const error = new NearplayApiError({ code: 'bad-request', message: 'no', retryable: false });
  const store = storeOver({ pauseTransfers: () => Promise.reject(error) });
  await store.getState().pause(['t1']);
  expect(notifyFailure).toHaveBeenCalledWith(expect.objectContaining({ code: 'bad-request' }));
});

it('asks for some, or for all', async () => {
  const cancelTransfers = vi.fn().mockResolvedValue(null);
  const decideConflicts = vi.fn().mockResolvedValue(null);
  const { cancel, decide } = storeOver({ cancelTransfers, decideConflicts }).getState();
  await cancel(['t1']);
  await cancel();
  await decide('replace');
  expect(cancelTransfers.mock.calls).toEqual([[{ ids: ['t1'] }], [{}]]);
  expect(decideConflicts).toHaveBeenCalledWith({ answer: 'replace' });
});
