import { expect, it } from 'vitest';
import type { BridgedApi } from '../../../shared/ipc.ts';
import { createApi, NearplayApiError, reportOf } from '../../../renderer/api.ts';

const never = (): never => {
  throw new Error('not part of this test');
};
const EMPTY: BridgedApi = {
  getBootstrap: never,
  listLibrary: never,
  createLink: never,
  explainRoute: never,
  setSettings: never,
  chooseUploads: never,
  uploadFiles: never,
  cancelTransfer: never,
  retryTransfer: never,
  clearTransfers: never,
  importPreferences: never,
  refreshAddress: never,
  openExternal: never,
  onTransfersChanged: never,
  onReadingChanged: never,
  onPreferencesChanged: never,
  onSettingsChanged: never,
  onLibraryChanged: never,
  onReplicaReady: never,
  onReportProgress: never,
  createSequenceLinks: never,
  explainRegion: never,
  measureStorages: never,
  reportReplication: never,
  cancelReport: never,
  saveManifest: never,
  editPreferences: never,
  savePreferences: never,
  readPreferencesVersion: never,
  exportPreferences: never,
  saveCopy: never,
};

it('unwraps a result', async () => {
  const page = { folder: 'a/', entries: [] };
  const api = createApi({ ...EMPTY, listLibrary: () => Promise.resolve({ result: page }) });
  await expect(api.listLibrary({ folder: 'a/' })).resolves.toBe(page);
});

it('rejects with the code, the message and whether a retry can help', async () => {
  const error = { code: 'slow-down', message: 'Slower, please.', retryable: true } as const;
  const api = createApi({ ...EMPTY, clearTransfers: () => Promise.resolve({ error }) });
  const thrown: unknown = await api.clearTransfers().catch((reason: unknown) => reason);
  expect(thrown).toBeInstanceOf(NearplayApiError);
  expect(reportOf(thrown)).toEqual(error);
});

it('turns a bridge that breaks into an error of ours, without its text', async () => {
  const api = createApi({ ...EMPTY, clearTransfers: () => Promise.reject(new Error('secret path')) });
  const thrown: unknown = await api.clearTransfers().catch((reason: unknown) => reason);
  expect(reportOf(thrown)).toMatchObject({ code: 'internal', retryable: true });
  expect(reportOf(thrown).message).not.toContain('secret');
});
