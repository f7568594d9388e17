import type { IpcMainInvokeEvent } from 'electron';
import { describe, expect, it, vi } from 'vitest';
import { bindRequests, forwardEvents, isTrustedSender, type RequestBinding } from '../../../electron/ipc.ts';
import { EVENT_CHANNEL, REQUEST_CHANNEL, type Vouched } from '../../../shared/bridge.ts';
import { NearplayError } from '../../../shared/errors.ts';
import { type EventName, EVENTS, type RequestHandlers, type RequestName, REQUESTS } from '../../../shared/ipc.ts';

type Listener = (event: IpcMainInvokeEvent, ...args: unknown[]) => unknown;

const PAGE = { protocol: 'nearplay:', host: 'app' };
const FROM_PAGE: Vouched = { gesture: false, fromPage: true };
const SENDER = { senderFrame: { url: 'nearplay://app/index.html', parent: null } };

/** Electron's end of the wire: keeps the listeners and calls them as a window would. */
function fakeIpcMain() {
  const listeners = new Map<string, Listener>();
  return {
    listeners,
    ipcMain: {
      handle: (channel: string, listener: Listener) => void listeners.set(channel, listener),
      removeHandler: (channel: string) => void listeners.delete(channel),
    },
    /** As the preload sends it. */
    call: (name: unknown, [payload, ...more]: unknown[] = [], sender: unknown = SENDER, vouched: unknown = FROM_PAGE) =>
      Promise.resolve(listeners.get(REQUEST_CHANNEL)?.(sender as IpcMainInvokeEvent, name, payload, vouched, ...more)),
  };
}

function setUp(handlers: Partial<RequestHandlers> = {}, options: Partial<RequestBinding> = {}) {
  const wire = fakeIpcMain();
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const notGiven = Object.keys(REQUESTS).map((name) => [
    name,
    () => Promise.reject(new Error(`no handler for ${name}`)),
  ]);
  const all = { ...Object.fromEntries(notGiven), ...handlers } as RequestHandlers;
  const unbind = bindRequests({ ipcMain: wire.ipcMain, handlers: all, page: PAGE, log, ...options });
  return { ...wire, log, unbind };
}

describe('requests', () => {
  it('answers every name of the contract on one channel, and none after it was told to stop', async () => {
    const handler = vi.fn(() => Promise.resolve());
    const handlers = Object.fromEntries(Object.keys(REQUESTS).map((name) => [name, handler]));
    const { listeners, unbind, call } = setUp(handlers);
    expect([...listeners.keys()]).toEqual([REQUEST_CHANNEL]);
    const clicked: Vouched = { gesture: true, fromPage: false };
    const replies = new Map<string, unknown>();
    for (const name of Object.keys(REQUESTS)) replies.set(name, await call(name, [], SENDER, clicked));
    for (const [name, { schema }] of Object.entries(REQUESTS)) {
      // Without a payload: those that need one say so.
      const expected = schema.safeParse(undefined).success
        ? { result: undefined }
        : { error: new NearplayError('bad-request').report() };
      expect(replies.get(name), name).toStrictEqual(expected);
    }
    unbind();
    expect(listeners.size).toBe(0);
  });

  it.each([['noSuchRequest'], ['toString'], ['__proto__'], ['constructor'], [''], [7], [undefined], [{}]])(
    'refuses %j, which is no name of the contract, and never hangs',
    async (name) => {
      expect(await setUp().call(name)).toMatchObject({ error: { code: 'bad-request' } });
    },
  );

  it.each([[null], [true], [{}], [{ gesture: 1, fromPage: true }], [{ gesture: true, fromPage: true, more: 1 }]])(
    'refuses a request of which the preload vouches %j',
    async (vouched) => {
      const clear = vi.fn();
      const { call } = setUp({ clearTransfers: clear });
      expect(await call('clearTransfers', [], SENDER, vouched)).toMatchObject({ error: { code: 'bad-request' } });
      expect(clear).not.toHaveBeenCalled();
    },
  );

  it.each<[RequestName, unknown]>([
    ['chooseUploads', { folder: '' }],
    ['importPreferences', undefined],
    ['exportReceipts', undefined],
    ['exportPreferences', { text: '{}' }],
    ['saveManifest', { problems: ['failed'] }],
    ['download', { key: 'a.mov' }],
    ['showDownload', { id: 'a' }],
    ['verifyFolder', { folder: '' }],
    ['addWatchFolder', { folder: '', existing: true }],
    ['openExternal', { url: 'https://docs.aws.amazon.com/' }],
  ])('%s opens a window of the system, and takes a click or a key', async (name, payload) => {
    const handler = vi.fn(() => Promise.resolve(null));
    const { call } = setUp({ [name]: handler });
    const unasked = await call(name, [payload]);
    expect(unasked).toMatchObject({ error: { code: 'bad-request', message: 'That takes a click or a key.' } });
    expect(handler).not.toHaveBeenCalled();
    expect(await call(name, [payload], SENDER, { gesture: true, fromPage: true })).toEqual({ result: null });
    expect(handler).toHaveBeenCalledOnce();
  });

  it('takes paths from the preload only', async () => {
    const add = vi.fn(() => Promise.resolve({ files: 1 }));
    const { call } = setUp({ addUploads: add });
    const payload = { folder: '', paths: ['/etc/passwd'] };
    const named = await call('addUploads', [payload], SENDER, { gesture: true, fromPage: true });
    expect(named).toMatchObject({ error: { code: 'bad-request' } });
    expect(add).not.toHaveBeenCalled();
    expect(await call('addUploads', [payload], SENDER, { gesture: false, fromPage: false })).toEqual({
      result: { files: 1 },
    });
  });

  it('hands a checked payload to the handler and its result back in an envelope', async () => {
    const cancel = vi.fn(() => Promise.resolve());
    const { call } = setUp({ removeWatchFolder: cancel });
    expect(await call('removeWatchFolder', [{ id: 'a' }])).toStrictEqual({ result: undefined });
    expect(cancel).toHaveBeenCalledExactlyOnceWith({ id: 'a' });
  });

  it.each([
    ['a missing payload', []],
    ['another type', ['a']],
    ['an empty id', [{ id: '' }]],
    ['a key too many', [{ id: 'a', other: 1 }]],
    ['an argument too many', [{ id: 'a' }, 1]],
  ])('refuses %s before the handler sees it', async (_name, args) => {
    const cancel = vi.fn(() => Promise.resolve());
    const { call } = setUp({ removeWatchFolder: cancel });
    expect(await call('removeWatchFolder', args)).toMatchObject({ error: { code: 'bad-request' } });
    expect(cancel).not.toHaveBeenCalled();
  });

  it('keeps the code and the message of our own errors', async () => {
    const fail = () => Promise.reject(new NearplayError('access-denied', 'Ask for s3:GetObject on studio-media.'));
    const { call, log } = setUp({ clearTransfers: fail });
    expect(await call('clearTransfers')).toEqual({
      error: { code: 'access-denied', message: 'Ask for s3:GetObject on studio-media.', retryable: false },
    });
    expect(log.error).not.toHaveBeenCalled();
  });

  it('reports what nobody foresaw as internal, and logs it without the payload', async () => {
    const { call, log } = setUp({ readPreferencesVersion: () => Promise.reject(new TypeError('secret detail')) });
    const reply = await call('readPreferencesVersion', [{ versionId: 'from-the-page' }]);
    expect(reply).toMatchObject({ error: { code: 'internal' } });
    expect(JSON.stringify(reply)).not.toContain('secret detail');
    expect(log.error).toHaveBeenCalledOnce();
    expect(JSON.stringify(log.error.mock.calls)).not.toContain('from-the-page');
  });

  it('answers a handler that throws instead of rejecting', async () => {
    const { call } = setUp({
      clearTransfers: () => {
        throw new NearplayError('offline');
      },
    });
    expect(await call('clearTransfers')).toMatchObject({ error: { code: 'offline' } });
  });

  it('answers with timeout when the handler never does', async () => {
    const forever = () => new Promise<never>(() => undefined);
    const { call } = setUp({ clearTransfers: forever }, { limits: { reply: 20, report: 60_000, dialog: 60_000 } });
    expect(await call('clearTransfers')).toMatchObject({ error: { code: 'timeout' } });
  });

  it.each([
    ['a web page', { senderFrame: { url: 'https://app/index.html', parent: null } }],
    ['another host of the scheme', { senderFrame: { url: 'nearplay://other/index.html', parent: null } }],
    ['a host that only begins the same', { senderFrame: { url: 'nearplay://app.example/', parent: null } }],
    ['a frame inside the page', { senderFrame: { url: 'nearplay://app/index.html', parent: {} } }],
    ['a frame that is gone', { senderFrame: null }],
    ['something that is no URL', { senderFrame: { url: '', parent: null } }],
  ])('refuses %s', async (_name, sender) => {
    const clear = vi.fn(() => Promise.resolve());
    const { call } = setUp({ clearTransfers: clear });
    expect(await call('clearTransfers', [], sender)).toMatchObject({ error: { code: 'forbidden-sender' } });
    expect(clear).not.toHaveBeenCalled();
    expect(isTrustedSender(sender, PAGE)).toBe(false);
  });
});

describe('events', () => {
  it('reach windows that are alive, until the end', () => {
    const listeners = new Map<EventName, (payload: never) => void>();
    const on = (name: EventName, listener: (payload: never) => void) => {
      listeners.set(name, listener);
      return () => void listeners.delete(name);
    };
    const alive = { isDestroyed: () => false, send: vi.fn() };
    const gone = { isDestroyed: () => true, send: vi.fn() };
    const end = forwardEvents({ on }, () => [alive, gone]);
    expect([...listeners.keys()].sort()).toEqual(Object.keys(EVENTS).sort());
    listeners.get('libraryChanged')?.({ folder: 'shots/' } as never);
    expect(alive.send).toHaveBeenCalledExactlyOnceWith(EVENT_CHANNEL, 'libraryChanged', { folder: 'shots/' });
    expect(gone.send).not.toHaveBeenCalled();
    end();
    expect(listeners.size).toBe(0);
  });
});
