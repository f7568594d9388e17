import { contextBridge, ipcRenderer, type IpcRendererEvent, webUtils } from 'electron';
import { NearplayError, reportOf } from '../shared/errors.ts';
// Types only: the schemas stay in main, where they check what comes from here.
import type { BridgedApi, Envelope, EventName, Events, RequestName, RequestPayload, Responses } from '../shared/ipc.ts';

type PayloadOf<Name extends RequestName> = RequestPayload<Name> extends undefined ? [] : [RequestPayload<Name>];

/** What opens a dialog of the system or the browser: page script alone must not put one before the user again and again. */
const TAKES_A_GESTURE: ReadonlySet<RequestName> = new Set([
  'choose-uploads',
  'import-preferences',
  'export-receipts',
  'export-preferences',
  'save-manifest',
  'save-copy',
  'verify-folder',
  'add-upload-folder',
  'open-external',
]);

/** A reply always comes, and always as an envelope: contextBridge would strip the code off a thrown error. */
async function request<Name extends RequestName>(
  name: Name,
  ...payload: PayloadOf<Name>
): Promise<Envelope<Responses[Name]>> {
  try {
    // Seconds after a click or a key (HTML, "transient activation"); a page cannot make one up.
    if (TAKES_A_GESTURE.has(name) && !navigator.userActivation.isActive)
      throw new NearplayError('bad-request', 'That takes a click or a key.');
    return await invoke<Envelope<Responses[Name]>>(name, payload);
  } catch (error) {
    return { error: reportOf(error) };
  }
}

/** What main answers is typed by the contract: ipc.ts binds each name to a handler of exactly this result. */
function invoke<Reply>(name: RequestName, payload: readonly unknown[]): Promise<Reply> {
  return ipcRenderer.invoke(name, ...payload);
}

/** Hands over the payload only: the event of Electron would give the page ipcRenderer itself. */
function subscribe<Name extends EventName>(name: Name, listener: (payload: Events[Name]) => void): () => void {
  const forward = (_event: IpcRendererEvent, payload: Events[Name]) => listener(payload);
  ipcRenderer.on(name, forward);
  return () => {
    ipcRenderer.off(name, forward);
  };
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

async function uploadFiles(folder: string, files: readonly unknown[]): Promise<Envelope<Responses['add-uploads']>> {
  try {
    return await request('add-uploads', { folder, paths: files.map(pathOf) });
  } catch (error) {
    return { error: reportOf(error) };
  }
}

const api: BridgedApi = {
  getBootstrap: () => request('get-bootstrap'),
  listLibrary: (payload) => request('list-library', payload),
  createLink: (payload) => request('create-link', payload),
  explainRoute: (payload) => request('explain-route', payload),
  setSettings: (patch) => request('set-settings', patch),
  chooseUploads: ({ folder, what = 'files' }) => request('choose-uploads', { folder, what }),
  uploadFiles,
  listTransfers: (payload) => request('list-transfers', payload),
  pauseTransfers: (payload) => request('pause-transfers', payload),
  resumeTransfers: (payload) => request('resume-transfers', payload),
  cancelTransfers: (payload) => request('cancel-transfers', payload),
  retryTransfers: (payload) => request('retry-transfers', payload),
  clearTransfers: () => request('clear-transfers'),
  decideConflicts: (payload) => request('decide-conflicts', payload),
  moveTransfers: (payload) => request('move-transfers', payload),
  exportReceipts: () => request('export-receipts'),
  verifyFolder: (payload) => request('verify-folder', payload),
  cancelVerify: () => request('cancel-verify'),
  addUploadFolder: (payload) => request('add-upload-folder', payload),
  pauseUploadFolder: (payload) => request('pause-upload-folder', payload),
  removeUploadFolder: (payload) => request('remove-upload-folder', payload),
  importPreferences: () => request('import-preferences'),
  refreshAddress: () => request('refresh-address'),
  openExternal: (url) => request('open-external', { url }),
  createSequenceLinks: (payload) => request('create-sequence-links', payload),
  explainRegion: (payload) => request('explain-region', payload),
  measureStorages: (payload) => request('measure-storages', payload),
  reportReplication: (payload) => request('report-replication', payload),
  cancelReport: () => request('cancel-report'),
  saveManifest: (payload) => request('save-manifest', payload),
  editPreferences: () => request('edit-preferences'),
  savePreferences: (payload) => request('save-preferences', payload),
  readPreferencesVersion: (payload) => request('read-preferences-version', payload),
  exportPreferences: (payload) => request('export-preferences', payload),
  saveCopy: (payload) => request('save-copy', payload),
  onTransfersChanged: (listener) => subscribe('transfers-changed', listener),
  onReadingChanged: (listener) => subscribe('reading-changed', listener),
  onPreferencesChanged: (listener) => subscribe('preferences-changed', listener),
  onSettingsChanged: (listener) => subscribe('settings-changed', listener),
  onLibraryChanged: (listener) => subscribe('library-changed', listener),
  onReplicaReady: (listener) => subscribe('replica-ready', listener),
  onReportProgress: (listener) => subscribe('report-progress', listener),
  onVerifyProgress: (listener) => subscribe('verify-progress', listener),
  onUploadFoldersChanged: (listener) => subscribe('upload-folders-changed', listener),
};

contextBridge.exposeInMainWorld('nearplay', api);
