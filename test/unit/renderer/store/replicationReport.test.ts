import { expect, it, vi } from 'vitest';
import { NearplayApiError } from '../../../../renderer/api.ts';
import { createReporting, mendable, problemsIn } from '../../../../renderer/store/replicationReport.ts';
import type { NearplayApi } from '../../../../shared/ipc.ts';
import type { ReplicationReport } from '../../../../shared/replication.ts';

const none = { objects: 0, bytes: 0 };
const some = { objects: 2, bytes: 20 };

function reportOf(totals: Partial<ReplicationReport['totals']>): ReplicationReport {
  return {
    folder: '',
    compared: 10,
    totals: { pending: none, stuck: none, failed: none, never: none, missing: none, ...totals },
    objects: [],
    truncated: false,
  };
}

function storeOver(reportReplication: () => Promise<ReplicationReport>) {
  const cancelReport = vi.fn(() => Promise.resolve());
  const store = createReporting({ reportReplication, cancelReport } as Partial<NearplayApi> as NearplayApi);
  return { store, cancelReport };
}

it('shows the worst problem first, and none that there is not', async () => {
  const report = reportOf({ pending: some, failed: some, never: some });
  expect(problemsIn(report)).toEqual(['failed', 'never', 'pending']);
  const { store } = storeOver(() => Promise.resolve(report));
  await store.getState().run('shots/');
  expect(store.getState()).toMatchObject({ phase: 'done', shown: 'failed', compared: 10, folder: 'shots/' });
});

it('offers no manifest for what is on its way', () => {
  expect(mendable(reportOf({ pending: some }))).toEqual([]);
  expect(mendable(reportOf({ pending: some, stuck: some, missing: some }))).toEqual(['missing', 'stuck']);
});

it('counts while it runs, and drops what comes after it was cancelled', async () => {
  let finish: (report: ReplicationReport) => void = () => undefined;
  const { store, cancelReport } = storeOver(() => new Promise((resolve) => (finish = resolve)));
  const running = store.getState().run('');
  store.getState().progressed(7);
  expect(store.getState()).toMatchObject({ phase: 'running', compared: 7 });
  await store.getState().cancel();
  expect(cancelReport).toHaveBeenCalledOnce();
  finish(reportOf({ failed: some }));
  await running;
  store.getState().progressed(9);
  expect(store.getState()).toMatchObject({ phase: 'cancelled', report: undefined, compared: 7 });
});

it('says why it failed', async () => {
  const refusal = new NearplayApiError({ code: 'access-denied', message: 'No.', retryable: false });
  const { store } = storeOver(() => Promise.reject(refusal));
  await store.getState().run('');
  expect(store.getState()).toMatchObject({ phase: 'failed', failure: { code: 'access-denied' } });
});
