import { expect, it } from 'vitest';
import { createApi, NearplayApiError, reportOf } from '../../../renderer/api.ts';
import { NO_API } from './noApi.ts';

it('unwraps a result', async () => {
  const page = { folder: 'a/', entries: [] };
  const api = createApi({ ...NO_API, listLibrary: () => Promise.resolve({ result: page }) });
  await expect(api.listLibrary({ folder: 'a/' })).resolves.toBe(page);
});

it('rejects with the code, the message and whether a retry can help', async () => {
  const error = { code: 'slow-down', message: 'Slower, please.', retryable: true } as const;
  const api = createApi({ ...NO_API, clearTransfers: () => Promise.resolve({ error }) });
  const thrown: unknown = await api.clearTransfers().catch((reason: unknown) => reason);
  expect(thrown).toBeInstanceOf(NearplayApiError);
  expect(reportOf(thrown)).toEqual(error);
});

it('turns a bridge that breaks into an error of ours, without its text', async () => {
  const api = createApi({ ...NO_API, clearTransfers: () => Promise.reject(new Error('secret path')) });
  const thrown: unknown = await api.clearTransfers().catch((reason: unknown) => reason);
  expect(reportOf(thrown)).toMatchObject({ code: 'internal', retryable: true });
  expect(reportOf(thrown).message).not.toContain('secret');
});
