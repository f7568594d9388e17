import { expect, it, vi } from 'vitest';
import { NearplayApiError } from '../../../../renderer/api.ts';
import { createVerification, findingsIn } from '../../../../renderer/store/verification.ts';
import type { NearplayApi } from '../../../../shared/ipc.ts';
import type { VerifyReport } from '../../../../shared/verify.ts';

const REPORT: VerifyReport = {
  path: '/mnt/plates',
  folder: 'show/',
  compared: 12,
  bytes: 3400,
  same: 9,
  totals: { different: 0, missing: 2, unproved: 1, unanswered: 0, unreadable: 0, 'left-out': 0 },
  files: [],
  truncated: false,
};

function storeOver(verifyFolder: () => Promise<VerifyReport | null>, cancelVerify = () => Promise.resolve(null)) {
  return createVerification({ verifyFolder, cancelVerify } as unknown as NearplayApi);
}

it('names what was found, worst first', () => {
  expect(findingsIn(REPORT)).toEqual(['missing', 'unproved']);
});

it('counts while it runs and shows the worst at the end', async () => {
  let answer: (report: VerifyReport) => void = () => undefined;
  const store = storeOver(() => new Promise((resolve) => (answer = resolve)));
  const running = store.getState().run('show/');
  expect(store.getState().phase).toBe('choosing');
  store.getState().progressed(5, 1000);
  expect(store.getState()).toMatchObject({ phase: 'running', compared: 5, bytes: 1000 });
  answer(REPORT);
  expect(await running).toBe(true);
  expect(store.getState()).toMatchObject({ phase: 'done', compared: 12, bytes: 3400, shown: 'missing' });
  store.getState().progressed(5, 1000);
  expect(store.getState().compared).toBe(12);
});

it('has nothing to show when the chooser was cancelled', async () => {
  const store = storeOver(() => Promise.resolve(null));
  expect(await store.getState().run('')).toBe(false);
  expect(store.getState().phase).toBe('idle');
});

it('drops the answer of a run that was cancelled', async () => {
  let answer: (report: VerifyReport) => void = () => undefined;
  const cancelVerify = vi.fn(() => Promise.resolve(null));
  const store = storeOver(() => new Promise((resolve) => (answer = resolve)), cancelVerify);
  const running = store.getState().run('');
  await store.getState().cancel();
  answer(REPORT);
  await running;
  expect(store.getState()).toMatchObject({ phase: 'cancelled', report: undefined });
  expect(cancelVerify).toHaveBeenCalledOnce();
});

it('keeps a failure to show it', async () => {
  const error = new NearplayApiError({ code: 'offline', message: 'no', retryable: true });
  const store = storeOver(() => Promise.reject(error));
  await store.getState().run('');
  expect(store.getState()).toMatchObject({ phase: 'failed', failure: { code: 'offline' } });
});
