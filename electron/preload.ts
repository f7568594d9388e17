import { contextBridge, ipcRenderer, type IpcRendererEvent, webUtils } from 'electron';
import { type Bridge, type Envelope, EVENT_CHANNEL, REQUEST_CHANNEL, type Vouched } from '../shared/bridge.ts';
import { NearplayError, reportOf } from '../shared/errors.ts';

/** A reply always comes, and always as an envelope: contextBridge would strip the code off a thrown error. */
async function send<Result>(name: string, payload: unknown, fromPage: boolean): Promise<Envelope<Result>> {
  try {
    const vouched: Vouched = { gesture: navigator.userActivation.isActive, fromPage };
    return await invoke<Envelope<Result>>(name, payload, vouched);
  } catch (error) {
    return { error: reportOf(error) };
  }
}

/** The type of main's answer is the contract's: requests.ts binds each name to a handler of exactly this result. */
function invoke<Reply>(...wire: [name: string, payload: unknown, vouched: Vouched]): Promise<Reply> {
  return ipcRenderer.invoke(REQUEST_CHANNEL, ...wire);
}

/** By its tag: a File that crossed the bridge may belong to another world's File class. */
function isFile(value: unknown): value is File {
  return Object.prototype.toString.call(value) === '[object File]';
}

/** @throws NearplayError bad-request for what is not a file on this computer's disk. */
function pathOf(file: unknown): string {
  const path = isFile(file) ? webUtils.getPathForFile(file) : '';
  if (path !== '') return path;
  const name = isFile(file) && file.name !== '' ? `"${file.name}"` : 'That';
  throw new NearplayError('bad-request', `${name} is not a file on this computer. Save it to the disk first.`);
}

interface Subscription {
  name: string;
  listener: (payload: unknown) => void;
}
const subscriptions = new Set<Subscription>();

// Listeners get the payload only: the event of Electron would give the page ipcRenderer itself.
ipcRenderer.on(EVENT_CHANNEL, (_event: IpcRendererEvent, name: string, payload: unknown) => {
  for (const subscription of subscriptions) if (subscription.name === name) subscription.listener(payload);
});

const bridge: Bridge = {
  request: (name, payload) => send(name, payload, true),
  uploadFiles: async (folder, files) => {
    try {
      return await send('addUploads', { folder, paths: files.map(pathOf) }, false);
    } catch (error) {
      return { error: reportOf(error) };
    }
  },
  on: (name, listener) => {
    const subscription = { name, listener };
    subscriptions.add(subscription);
    return () => {
      subscriptions.delete(subscription);
    };
  },
};

contextBridge.exposeInMainWorld('nearplay', bridge);
