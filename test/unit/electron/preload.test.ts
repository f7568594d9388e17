import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type BridgedApi, EVENTS, REQUESTS } from '../../../shared/ipc.ts';

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
const api = electron.exposed.get('nearplay') as BridgedApi;

beforeEach(() => {
  vi.resetAllMocks();
  userActivation.isActive = true;
  electron.ipcRenderer.invoke.mockResolvedValue({ result: null });
});

describe('window.nearplay', () => {
  it('is the only thing exposed, and all of it are functions', () => {
    expect([...electron.exposed.keys()]).toEqual(['nearplay']);
    expect(Object.values(api).every((member) => typeof member === 'function')).toBe(true);
  });

  it('has a method for every request and every event', async () => {
    const argument = { folder: '', key: 'k', purpose: 'play', id: 'i' } as never;
    electron.webUtils.getPathForFile.mockReturnValue('/media/a.mov');
    const subscribers = Object.keys(api).filter((name) => name.startsWith('on'));
    for (const [name, method] of Object.entries(api)) {
      const call = method as (...args: unknown[]) => unknown;
      if (subscribers.includes(name)) call(() => undefined);
      else await (name === 'uploadFiles' ? call('', [new File([], 'a.mov')]) : call(argument));
    }
    const channels = (calls: unknown[][]) => calls.map(([channel]) => channel).sort();
    expect(channels(electron.ipcRenderer.invoke.mock.calls)).toEqual(Object.keys(REQUESTS).sort());
    expect(channels(electron.ipcRenderer.on.mock.calls)).toEqual([...EVENTS].sort());
  });

  it('opens no dialog and no browser without a click or a key', async () => {
    userActivation.isActive = false;
    const { chooseUploads, importPreferences, exportReceipts, exportPreferences, saveManifest } = api;
    const { saveCopy, verifyFolder, addUploadFolder, openExternal, listTransfers } = api;
    const replies = await Promise.all([
      chooseUploads({ folder: '' }),
      importPreferences(),
      exportReceipts(),
      exportPreferences({ text: '{}' }),
      saveManifest({ problems: [] }),
      saveCopy({ key: 'k' }),
      verifyFolder({ folder: '' }),
      addUploadFolder({ folder: '', existing: true }),
      openExternal('https://docs.aws.amazon.com/'),
    ]);
    for (const reply of replies) expect(reply).toMatchObject({ error: { code: 'bad-request' } });
    expect(electron.ipcRenderer.invoke).not.toHaveBeenCalled();
    await listTransfers({});
    expect(electron.ipcRenderer.invoke).toHaveBeenCalledOnce();
  });

  it('looks up the paths of files itself', async () => {
    electron.webUtils.getPathForFile.mockImplementation((file: File) => `/media/${file.name}`);
    await api.uploadFiles('shots/', [new File([], 'a.mov'), new File([], 'b.mov')]);
    expect(electron.ipcRenderer.invoke).toHaveBeenCalledExactlyOnceWith('add-uploads', {
      folder: 'shots/',
      paths: ['/media/a.mov', '/media/b.mov'],
    });
  });

  it.each([
    ['a file made in JavaScript', [new File(['x'], 'made-up.mov')], 'made-up.mov'],
    ['a path in place of a file', ['/etc/passwd'], 'That is not a file'],
  ])('refuses %s, with a clear error', async (_name, files, words) => {
    electron.webUtils.getPathForFile.mockReturnValue('');
    const reply = await api.uploadFiles('', files);
    expect(reply).toMatchObject({ error: { code: 'bad-request', message: expect.stringContaining(words) as string } });
    expect(electron.ipcRenderer.invoke).not.toHaveBeenCalled();
  });

  it('answers with an envelope even when nobody listens in main', async () => {
    electron.ipcRenderer.invoke.mockRejectedValue(new Error("No handler registered for 'get-bootstrap'"));
    expect(await api.getBootstrap()).toMatchObject({ error: { code: 'internal' } });
  });

  it('gives listeners the payload without the event, and unsubscribes what it subscribed', () => {
    const listener = vi.fn();
    const end = api.onLibraryChanged(listener);
    const [channel, forward] = electron.ipcRenderer.on.mock.lastCall as [string, (...args: unknown[]) => void];
    forward({ sender: 'ipcRenderer' }, { folder: 'shots/' });
    expect(listener).toHaveBeenCalledExactlyOnceWith({ folder: 'shots/' });
    end();
    expect(electron.ipcRenderer.off).toHaveBeenCalledExactlyOnceWith(channel, forward);
  });
});
