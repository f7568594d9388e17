import type { IpcMainInvokeEvent } from 'electron';
import { describe, expect, it, vi } from 'vitest';
import { bindRequests, forwardEvents, isTrustedSender, type RequestBinding, TIMEOUTS } from '../../../electron/ipc.ts';
import { NearplayError } from '../../../shared/errors.ts';
import { type EventName, EVENTS, type RequestHandlers, REQUESTS } from '../../../shared/ipc.ts';

type Listener = (event: IpcMainInvokeEvent, ...args: unknown[]) => unknown;

const PAGE = { protocol: 'nearplay:', host: 'app' };
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
    call: (channel: string, args: unknown[] = [], sender: unknown = SENDER) =>
      Promise.resolve(listeners.get(channel)?.(sender as IpcMainInvokeEvent, ...args)),
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
  it('answers every name of the contract, and none after it was told to stop', () => {
    const { listeners, unbind } = setUp();
    expect([...listeners.keys()].sort()).toEqual(Object.keys(REQUESTS).sort());
    unbind();
    expect(listeners.size).toBe(0);
  });

  it('hands a checked payload to the handler and its result back in an envelope', async () => {
    const cancel = vi.fn(() => Promise.resolve(null));
    const { call } = setUp({ 'remove-upload-folder': cancel });
    expect(await call('remove-upload-folder', [{ id: 'a' }])).toEqual({ result: null });
    expect(cancel).toHaveBeenCalledExactlyOnceWith({ id: 'a' });
  });

  it.each([
    ['a missing payload', []],
    ['another type', ['a']],
    ['an empty id', [{ id: '' }]],
    ['a key too many', [{ id: 'a', other: 1 }]],
    ['an argument too many', [{ id: 'a' }, 1]],
  ])('refuses %s before the handler sees it', async (_name, args) => {
    const cancel = vi.fn(() => Promise.resolve(null));
    const { call } = setUp({ 'remove-upload-folder': cancel });
    expect(await call('remove-upload-folder', args)).toMatchObject({ error: { code: 'bad-request' } });
    expect(cancel).not.toHaveBeenCalled();
  });

  it('keeps the code and the message of our own errors', async () => {
    const fail = () => Promise.reject(new NearplayError('access-denied', 'Ask for s3:GetObject on studio-media.'));
    const { call, log } = setUp({ 'clear-transfers': fail });
    expect(await call('clear-transfers')).toEqual({
      error: { code: 'access-denied', message: 'Ask for s3:GetObject on studio-media.', retryable: false },
    });
    expect(log.error).not.toHaveBeenCalled();
  });

  it('reports what nobody foresaw as internal, and logs it without the payload', async () => {
    const { call, log } = setUp({ 'read-preferences-version': () => Promise.reject(new TypeError('secret detail')) });
    const reply = await call('read-preferences-version', [{ versionId: 'from-the-page' }]);
    expect(reply).toMatchObject({ error: { code: 'internal' } });
    expect(JSON.stringify(reply)).not.toContain('secret detail');
    expect(log.error).toHaveBeenCalledOnce();
    expect(JSON.stringify(log.error.mock.calls)).not.toContain('from-the-page');
  });

  it('answers a handler that throws instead of rejecting', async () => {
    const { call } = setUp({
      'clear-transfers': () => {
        throw new NearplayError('offline');
      },
    });
    expect(await call('clear-transfers')).toMatchObject({ error: { code: 'offline' } });
  });

  it('answers with timeout when the handler never does', async () => {
    const forever = () => new Promise<never>(() => undefined);
    const { call } = setUp({ 'clear-transfers': forever }, { timeouts: { ...TIMEOUTS, 'clear-transfers': 20 } });
    expect(await call('clear-transfers')).toMatchObject({ error: { code: 'timeout' } });
  });

  it.each([
    ['a web page', { senderFrame: { url: 'https://app/index.html', parent: null } }],
    ['another host of the scheme', { senderFrame: { url: 'nearplay://other/index.html', parent: null } }],
    ['a host that only begins the same', { senderFrame: { url: 'nearplay://app.example/', parent: null } }],
    ['a frame inside the page', { senderFrame: { url: 'nearplay://app/index.html', parent: {} } }],
    ['a frame that is gone', { senderFrame: null }],
    ['something that is no URL', { senderFrame: { url: '', parent: null } }],
  ])('refuses %s', async (_name, sender) => {
    const clear = vi.fn(() => Promise.resolve(null));
    const { call } = setUp({ 'clear-transfers': clear });
    expect(await call('clear-transfers', [], sender)).toMatchObject({ error: { code: 'forbidden-sender' } });
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
    expect([...listeners.keys()].sort()).toEqual([...EVENTS].sort());
    listeners.get('library-changed')?.({ folder: 'shots/' } as never);
    expect(alive.send).toHaveBeenCalledExactlyOnceWith('library-changed', { folder: 'shots/' });
    expect(gone.send).not.toHaveBeenCalled();
    end();
    expect(listeners.size).toBe(0);
  });
});
