import type { ErrorCode, ErrorReport } from '../shared/errors.ts';
import type { BridgedApi, Envelope, NearplayApi } from '../shared/ipc.ts';

/** A failure that crossed the bridge, with the code that main gave it. */
export class NearplayApiError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(report: ErrorReport) {
    super(report.message);
    this.name = 'NearplayApiError';
    this.code = report.code;
    this.retryable = report.retryable;
  }
}

/** Report for a failure without a code of main: a bug, never the user's doing. */
const UNEXPECTED: ErrorReport = {
  code: 'internal',
  message: 'Something unexpected went wrong. The log has the details.',
  retryable: true,
};

export function reportOf(error: unknown): ErrorReport {
  if (error instanceof NearplayApiError) {
    return { code: error.code, message: error.message, retryable: error.retryable };
  }
  return UNEXPECTED;
}

/** @throws NearplayApiError with main's code, or `internal` when the bridge itself failed. */
async function unwrap<Result>(pending: Promise<Envelope<Result>>): Promise<Result> {
  let envelope: Envelope<Result>;
  try {
    envelope = await pending;
  } catch {
    throw new NearplayApiError(UNEXPECTED);
  }
  if ('error' in envelope) throw new NearplayApiError(envelope.error);
  return envelope.result;
}

/**
 * The bridge with envelopes turned back into values: every method rejects with a NearplayApiError. Written out method
 * by method, because what contextBridge exposes cannot be enumerated safely and arguments stay typed this way.
 */
export function createApi(bridge: BridgedApi): NearplayApi {
  return {
    getBootstrap: () => unwrap(bridge.getBootstrap()),
    listLibrary: (request) => unwrap(bridge.listLibrary(request)),
    createLink: (request) => unwrap(bridge.createLink(request)),
    explainRoute: (request) => unwrap(bridge.explainRoute(request)),
    setSettings: (patch) => unwrap(bridge.setSettings(patch)),
    chooseUploads: (request) => unwrap(bridge.chooseUploads(request)),
    uploadFiles: (folder, files) => unwrap(bridge.uploadFiles(folder, files)),
    listTransfers: (request) => unwrap(bridge.listTransfers(request)),
    pauseTransfers: (request) => unwrap(bridge.pauseTransfers(request)),
    resumeTransfers: (request) => unwrap(bridge.resumeTransfers(request)),
    cancelTransfers: (request) => unwrap(bridge.cancelTransfers(request)),
    retryTransfers: (request) => unwrap(bridge.retryTransfers(request)),
    clearTransfers: () => unwrap(bridge.clearTransfers()),
    decideConflicts: (request) => unwrap(bridge.decideConflicts(request)),
    moveTransfers: (request) => unwrap(bridge.moveTransfers(request)),
    exportReceipts: () => unwrap(bridge.exportReceipts()),
    verifyFolder: (request) => unwrap(bridge.verifyFolder(request)),
    cancelVerify: () => unwrap(bridge.cancelVerify()),
    addUploadFolder: (request) => unwrap(bridge.addUploadFolder(request)),
    pauseUploadFolder: (request) => unwrap(bridge.pauseUploadFolder(request)),
    removeUploadFolder: (request) => unwrap(bridge.removeUploadFolder(request)),
    importPreferences: () => unwrap(bridge.importPreferences()),
    refreshAddress: () => unwrap(bridge.refreshAddress()),
    openExternal: (url) => unwrap(bridge.openExternal(url)),
    createSequenceLinks: (request) => unwrap(bridge.createSequenceLinks(request)),
    explainRegion: (request) => unwrap(bridge.explainRegion(request)),
    measureStorages: (request) => unwrap(bridge.measureStorages(request)),
    reportReplication: (request) => unwrap(bridge.reportReplication(request)),
    cancelReport: () => unwrap(bridge.cancelReport()),
    saveManifest: (request) => unwrap(bridge.saveManifest(request)),
    editPreferences: () => unwrap(bridge.editPreferences()),
    savePreferences: (request) => unwrap(bridge.savePreferences(request)),
    readPreferencesVersion: (request) => unwrap(bridge.readPreferencesVersion(request)),
    exportPreferences: (request) => unwrap(bridge.exportPreferences(request)),
    saveCopy: (request) => unwrap(bridge.saveCopy(request)),
    onTransfersChanged: (listener) => bridge.onTransfersChanged(listener),
    onReadingChanged: (listener) => bridge.onReadingChanged(listener),
    onPreferencesChanged: (listener) => bridge.onPreferencesChanged(listener),
    onSettingsChanged: (listener) => bridge.onSettingsChanged(listener),
    onLibraryChanged: (listener) => bridge.onLibraryChanged(listener),
    onReplicaReady: (listener) => bridge.onReplicaReady(listener),
    onReportProgress: (listener) => bridge.onReportProgress(listener),
    onVerifyProgress: (listener) => bridge.onVerifyProgress(listener),
    onUploadFoldersChanged: (listener) => bridge.onUploadFoldersChanged(listener),
  };
}
