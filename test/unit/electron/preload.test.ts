import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Bridge, EVENT_CHANNEL, REQUEST_CHANNEL } from '../../../shared/bridge.ts';

const electron = vi.hoisted(() => ({
  exposed: new Map<string, unknown>(),
  ipcRenderer: { invoke: vi.fn(), on: vi.fn(), off: vi.fn() },
  webUtils: { getPathForFile: vi.fn() },
}));
vi.mock('electron', () => ({
  contextBridge: { exposeInMainWorld: (name: string, api: unknown) => electron.exposed.set(name, api) },
  ipcRenderer: electron.ipcRenderer,
  webUtils: electron.webUtils,
}));
const userActivation = { isActive: true };
vi.stubGlobal('navigator', { userActivation });
await import('../../../electron/preload.ts');
const bridge = electron.exposed.get('nearplay') as Bridge;
const subscribed = electron.ipcRenderer.on.mock.calls.map(([channel]): unknown => channel);
const [[, forward]] = electron.ipcRenderer.on.mock.calls as [[string, (...args: unknown[]) => void]];

beforeEach(() => {
  vi.resetAllMocks();
  userActivation.isActive = true;
  electron.ipcRenderer.invoke.mockResolvedValue({ result: null });
});

describe('window.nearplay', () => {
  it('is the only thing exposed: three functions, and neither ipcRenderer nor a channel of choice', () => {
    expect([...electron.exposed.keys()]).toEqual(['nearplay']);
    expect(Object.keys(bridge).sort()).toEqual(['on', 'request', 'uploadFiles']);
    expect(Object.values(bridge).every((member) => typeof member === 'function')).toBe(true);
    expect(subscribed).toEqual([EVENT_CHANNEL]);
  });

  it.each(['listLibrary', 'nearplay:event', 'toString', '__proto__'])(
    'sends %s as a name on the one channel of requests: main says whether there is such a request',
    async (name) => {
      await bridge.request(name, { folder: '' });
      expect(electron.ipcRenderer.invoke).toHaveBeenCalledExactlyOnceWith(
        REQUEST_CHANNEL,
        name,
        { folder: '' },
        { gesture: true, fromPage: true },
      );
    },
  );

  it('says by itself whether there was a click or a key, whatever the page sends', async () => {
    userActivation.isActive = false;
    const request = bridge.request as (...args: unknown[]) => Promise<unknown>;
    await request('download', { key: 'k' }, { gesture: true, fromPage: false });
    expect(electron.ipcRenderer.invoke).toHaveBeenCalledExactlyOnceWith(
      REQUEST_CHANNEL,
      'download',
      { key: 'k' },
      { gesture: false, fromPage: true },
    );
  });

  it('looks up the paths of files itself', async () => {
    electron.webUtils.getPathForFile.mockImplementation((file: File) => `/media/${file.name}`);
    await bridge.uploadFiles('shots/', [new File([], 'a.mov'), new File([], 'b.mov')]);
    expect(electron.ipcRenderer.invoke).toHaveBeenCalledExactlyOnceWith(
      REQUEST_CHANNEL,
      'addUploads',
      { folder: 'shots/', paths: ['/media/a.mov', '/media/b.mov'] },
      { gesture: true, fromPage: false },
    );
  });

  it.each([
    ['a file made in JavaScript', [new File(['x'], 'made-up.mov')], 'made-up.mov'],
    ['a path in place of a file', ['/etc/passwd'], 'That is not a file'],
  ])('refuses %s, with a clear error', async (_name, files, words) => {
    electron.webUtils.getPathForFile.mockReturnValue('');
    const reply = await bridge.uploadFiles('', files);
    expect(reply).toMatchObject({ error: { code: 'bad-request', message: expect.stringContaining(words) as string } });
    expect(electron.ipcRenderer.invoke).not.toHaveBeenCalled();
  });

  it('answers with an envelope even when nobody listens in main', async () => {
    electron.ipcRenderer.invoke.mockRejectedValue(new Error("No handler registered for 'nearplay:request'"));
    expect(await bridge.request('getBootstrap')).toMatchObject({ error: { code: 'internal' } });
  });

  it('gives listeners the payload of their event without the event of Electron, until the end', () => {
    const [listener, other] = [vi.fn(), vi.fn()];
    const end = bridge.on('libraryChanged', listener);
    bridge.on('readingChanged', other);
    forward({ sender: 'ipcRenderer' }, 'libraryChanged', { folder: 'shots/' });
    expect(listener).toHaveBeenCalledExactlyOnceWith({ folder: 'shots/' });
    expect(other).not.toHaveBeenCalled();
    end();
    forward({ sender: 'ipcRenderer' }, 'libraryChanged', { folder: 'shots/' });
    expect(listener).toHaveBeenCalledOnce();
  });

  it('ends one subscription of two with the same listener, and no other', () => {
    const listener = vi.fn();
    const ends = [bridge.on('libraryChanged', listener), bridge.on('libraryChanged', listener)];
    ends[0]?.();
    forward({}, 'libraryChanged', { folder: '' });
    expect(listener).toHaveBeenCalledOnce();
  });
});
