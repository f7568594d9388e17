import { expect, it, vi } from 'vitest';
import { createApi, NearplayApiError, reportOf } from '../../../renderer/api.ts';
import type { Bridge } from '../../../shared/bridge.ts';
import { type NearplayApi, REQUESTS } from '../../../shared/ipc.ts';

const never = (): never => {
  throw new Error('not part of this test');
};
const bridgeOver = (request: Bridge['request']): Bridge => ({ request, uploadFiles: never, on: never });

it('unwraps a result', async () => {
  const page = { folder: 'a/', entries: [] };
  const api = createApi(bridgeOver(() => Promise.resolve({ result: page })));
  await expect(api.listLibrary({ folder: 'a/' })).resolves.toBe(page);
});

it("rejects with main's whole report, the other side's own words included", async () => {
  const error = { code: 'slow-down', message: 'Slower, please.', retryable: true, detail: 'SlowDown: 7' } as const;
  const api = createApi(bridgeOver(() => Promise.resolve({ error })));
  const thrown: unknown = await api.clearTransfers().catch((reason: unknown) => reason);
  expect(thrown).toBeInstanceOf(NearplayApiError);
  expect(reportOf(thrown)).toEqual(error);
});

it('turns a bridge that breaks into an error of ours, without its text', async () => {
  const api = createApi(bridgeOver(() => Promise.reject(new Error('secret path'))));
  const thrown: unknown = await api.clearTransfers().catch((reason: unknown) => reason);
  expect(reportOf(thrown)).toMatchObject({ code: 'internal', retryable: true });
  expect(reportOf(thrown).message).not.toContain('secret');
});

it('turns a bridge that throws in place of answering into a rejection', async () => {
  const api = createApi(
    bridgeOver(() => {
      throw new TypeError('An object could not be cloned.');
    }),
  );
  await expect(api.clearTransfers()).rejects.toMatchObject({ code: 'internal' });
});

it('has a method for every request, which sends its name and its payload', async () => {
  const request = vi.fn<Bridge['request']>(() => Promise.resolve({ result: undefined }));
  const api: Record<string, unknown> = { ...createApi(bridgeOver(request)) };
  for (const name of Object.keys(REQUESTS)) {
    const method = api[name] as (payload: unknown) => Promise<unknown>;
    await method({ of: name });
  }
  expect(request.mock.calls).toEqual(Object.keys(REQUESTS).map((name) => [name, { of: name }]));
});

it('is no promise: what awaits it gets it at once', async () => {
  const api = createApi(bridgeOver(never));
  expect(await Promise.resolve(api)).toBe(api);
  expect('then' in api).toBe(false);
});

it('gives a listener the payload of its event, until the end', () => {
  const end = vi.fn();
  const on = vi.fn<Bridge['on']>(() => end);
  const listener = vi.fn<(change: { folder: string }) => void>();
  const api: NearplayApi = createApi({ request: never, uploadFiles: never, on });
  api.on('libraryChanged', listener)();
  expect(on.mock.lastCall?.[0]).toBe('libraryChanged');
  on.mock.lastCall?.[1]({ folder: 'shots/' });
  expect(listener).toHaveBeenCalledExactlyOnceWith({ folder: 'shots/' });
  expect(end).toHaveBeenCalledOnce();
});
