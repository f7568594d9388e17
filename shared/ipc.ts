import { z } from 'zod';
import type { Bootstrap } from './bootstrap.ts';
import type { ErrorReport } from './errors.ts';
import type { LibraryPage } from './library.ts';
import type { Link, SequenceLinks } from './link.ts';
import type { PreferencesEditing, PreferencesStatus } from './preferencesStatus.ts';
import type { Measurement, Reading, RouteExplanation } from './reading.ts';
import { REPLICATION_PROBLEMS, type ReplicationReport } from './replication.ts';
import type { Route } from './routing.ts';
import { type Settings, settingsPatchSchema } from './settings.ts';
import { CONFLICT_ANSWERS, type Transfer, type TransfersDelta, type TransfersPage } from './transfers.ts';
import type { Added, UploadFolder } from './uploads.ts';
import type { VerifyReport } from './verify.ts';

const MAX_KEY_LENGTH = 1024; // S3 User Guide, "Naming Amazon S3 objects": 1,024 bytes of UTF-8.
const key = z.string().min(1).max(MAX_KEY_LENGTH);
const folder = z.string().max(MAX_KEY_LENGTH);
const id = z.string().min(1).max(100);
const path = z.string().min(1).max(32_767);
const nothing = z.undefined();
const sequenceId = z.strictObject({
  head: z.string().max(MAX_KEY_LENGTH),
  tail: z.string().max(MAX_KEY_LENGTH),
  padding: z.int().min(0).max(8),
});
/** Some transfers, or all that the request can apply to. */
const some = z.strictObject({ ids: z.array(id).min(1).max(200_000).optional() });
/** Characters; some thousand ranges fit in. */
const MAX_DOCUMENT = 1_000_000;

/** A schema per request. A payload that does not fit is refused with `bad-request`. */
export const REQUESTS = {
  'get-bootstrap': nothing,
  'list-library': z.strictObject({ folder, cursor: z.string().max(4096).optional() }),
  /**
   * `download` signs with Content-Disposition: attachment. `preview` is for thumbnails: it takes the route from the
   * listing and asks no storage. `failed` names the storage whose link just failed in the player: it is asked again
   * before a new link points there.
   */
  'create-link': z.strictObject({
    key,
    purpose: z.enum(['play', 'download', 'preview']),
    failed: z.string().min(1).max(60).optional(),
  }),
  'explain-route': z.strictObject({ key }),
  'set-settings': settingsPatchSchema,
  /** Opens the system's chooser, for files or (not all systems can do both at once) folders. */
  'choose-uploads': z.strictObject({ folder, what: z.enum(['files', 'folder']).default('files') }),
  /** Paths come from the preload, which takes them from File objects that the user dropped or chose. */
  'add-uploads': z.strictObject({ folder, paths: z.array(path).min(1).max(10_000) }),
  /** In the order of the list; transfers that change meanwhile come by `transfers-changed` as well. */
  'list-transfers': z.strictObject({ cursor: z.string().max(100).optional() }),
  /** Off the wire at once; parts and place are kept. Downloads cannot be paused. */
  'pause-transfers': some,
  'resume-transfers': some,
  /** Parts of uploads leave the storage. */
  'cancel-transfers': some,
  /** Failed ones, and those cancelled ones that are named. */
  'retry-transfers': some,
  /** Takes those that are over off the list. */
  'clear-transfers': nothing,
  /** For names that are taken, with other content. Without ids: for all that ask. */
  'decide-conflicts': some.extend({ answer: z.enum(CONFLICT_ANSWERS) }),
  /** Moves waiting uploads before another waiting one; `null`: to the end. */
  'move-transfers': z.strictObject({ ids: z.array(id).min(1).max(200_000), before: id.nullable() }),
  /** Saves the receipts of the uploads that are done and on the list as JSON; null when the user cancelled. */
  'export-receipts': nothing,
  /** Opens the system's chooser for a local folder, compares it with this folder; null when the user cancelled. */
  'verify-folder': z.strictObject({ folder }),
  'cancel-verify': nothing,
  /** Opens the system's chooser for a local folder whose new files are uploaded to `folder` from now on. */
  'add-upload-folder': z.strictObject({ folder, existing: z.boolean() }),
  'pause-upload-folder': z.strictObject({ id, paused: z.boolean() }),
  /** What it uploaded stays. */
  'remove-upload-folder': z.strictObject({ id }),
  /** Opens the system's chooser for an Isolation Preferences file; null when the user cancelled. */
  'import-preferences': nothing,
  'refresh-address': nothing,
  'open-external': z.strictObject({ url: z.url().max(2048) }),
  'create-sequence-links': z.strictObject({ id: sequenceId }),
  /** Without a key: what holds in general. */
  'explain-region': z.strictObject({ key: key.optional() }),
  /** Some seconds a storage; with a key, throughput is measured by reading from that object. */
  'measure-storages': z.strictObject({ key: key.optional() }),
  'report-replication': z.strictObject({ folder }),
  'cancel-report': nothing,
  /** Saves the keys of the last report as a manifest for S3 Batch Operations; null when the user cancelled. */
  'save-manifest': z.strictObject({ problems: z.array(z.enum(REPLICATION_PROBLEMS)).min(1) }),
  'edit-preferences': nothing,
  /** `etag`: what `edit-preferences` told. Refused with `conflict` when somebody else saved in the meantime. */
  'save-preferences': z.strictObject({ text: z.string().max(MAX_DOCUMENT), etag: z.string().max(200).optional() }),
  'read-preferences-version': z.strictObject({ versionId: z.string().min(1).max(1024) }),
  /** Opens the system's chooser; null when the user cancelled. */
  'export-preferences': z.strictObject({ text: z.string().min(1).max(MAX_DOCUMENT) }),
  /** Brings a file to this computer; null when the user cancelled the chooser. */
  'save-copy': z.strictObject({ key }),
} as const;

export interface Responses {
  'get-bootstrap': Bootstrap;
  'list-library': LibraryPage;
  'create-link': Link;
  'explain-route': Route;
  'set-settings': Settings;
  'choose-uploads': Added;
  'add-uploads': Added;
  'list-transfers': TransfersPage;
  'pause-transfers': null;
  'resume-transfers': null;
  'cancel-transfers': null;
  'retry-transfers': null;
  'clear-transfers': null;
  'decide-conflicts': null;
  'move-transfers': null;
  'export-receipts': SavedFile | null;
  'verify-folder': VerifyReport | null;
  'cancel-verify': null;
  'add-upload-folder': UploadFolder | null;
  'pause-upload-folder': null;
  'remove-upload-folder': null;
  'import-preferences': PreferencesStatus | null;
  'refresh-address': Reading;
  'open-external': null;
  'create-sequence-links': SequenceLinks;
  'explain-region': RouteExplanation;
  'measure-storages': Measurement[];
  'report-replication': ReplicationReport;
  'cancel-report': null;
  'save-manifest': SavedFile | null;
  'edit-preferences': PreferencesEditing;
  'save-preferences': PreferencesEditing;
  'read-preferences-version': { text: string };
  'export-preferences': SavedFile | null;
  'save-copy': Transfer | null;
}

/** A file that was written where the user chose. */
export interface SavedFile {
  /** Its name only: the page needs no paths. */
  name: string;
}

export type RequestName = keyof typeof REQUESTS;
export type RequestPayload<Name extends RequestName> = z.infer<(typeof REQUESTS)[Name]>;

/** One function per request; each gets a payload that its schema has passed. */
export type RequestHandlers = {
  [Name in RequestName]: (payload: RequestPayload<Name>) => Promise<Responses[Name]>;
};

/** What main tells the window without being asked. */
export interface Events {
  'transfers-changed': TransfersDelta;
  'reading-changed': Reading | null;
  'preferences-changed': PreferencesStatus;
  'settings-changed': Settings;
  /** Objects of this folder have another route now: replicated, uploaded, or the choice changed. */
  'library-changed': { folder: string };
  /** An object that was uploaded from here, or lies in a watched folder, is now read from a replica; and so many others. */
  'replica-ready': { key: string; storage: string; label: string; others: number };
  'report-progress': { compared: number };
  'verify-progress': { compared: number; bytes: number };
  'upload-folders-changed': UploadFolder[];
}

export const EVENTS = [
  'transfers-changed',
  'reading-changed',
  'preferences-changed',
  'settings-changed',
  'library-changed',
  'replica-ready',
  'report-progress',
  'verify-progress',
  'upload-folders-changed',
] as const satisfies readonly (keyof Events)[];

export type EventName = keyof Events;

/** What comes back over IPC: Electron would flatten a thrown error to a string, so that the code would be lost. */
export type Envelope<Result> = { result: Result } | { error: ErrorReport };

/** `window.nearplay`: one typed object of named methods. A method rejects with a NearplayApiError's fields. */
export interface NearplayApi {
  getBootstrap(): Promise<Bootstrap>;
  listLibrary(request: RequestPayload<'list-library'>): Promise<LibraryPage>;
  createLink(request: RequestPayload<'create-link'>): Promise<Link>;
  explainRoute(request: RequestPayload<'explain-route'>): Promise<Route>;
  setSettings(patch: RequestPayload<'set-settings'>): Promise<Settings>;
  chooseUploads(request: z.input<(typeof REQUESTS)['choose-uploads']>): Promise<Added>;
  /** Paths are looked up in the preload: the page never learns or names one. */
  uploadFiles(folder: string, files: readonly unknown[]): Promise<Added>;
  listTransfers(request: RequestPayload<'list-transfers'>): Promise<TransfersPage>;
  pauseTransfers(request: RequestPayload<'pause-transfers'>): Promise<null>;
  resumeTransfers(request: RequestPayload<'resume-transfers'>): Promise<null>;
  cancelTransfers(request: RequestPayload<'cancel-transfers'>): Promise<null>;
  retryTransfers(request: RequestPayload<'retry-transfers'>): Promise<null>;
  clearTransfers(): Promise<null>;
  decideConflicts(request: RequestPayload<'decide-conflicts'>): Promise<null>;
  moveTransfers(request: RequestPayload<'move-transfers'>): Promise<null>;
  exportReceipts(): Promise<SavedFile | null>;
  verifyFolder(request: RequestPayload<'verify-folder'>): Promise<VerifyReport | null>;
  cancelVerify(): Promise<null>;
  addUploadFolder(request: RequestPayload<'add-upload-folder'>): Promise<UploadFolder | null>;
  pauseUploadFolder(request: RequestPayload<'pause-upload-folder'>): Promise<null>;
  removeUploadFolder(request: RequestPayload<'remove-upload-folder'>): Promise<null>;
  importPreferences(): Promise<PreferencesStatus | null>;
  refreshAddress(): Promise<Reading>;
  openExternal(url: string): Promise<null>;
  createSequenceLinks(request: RequestPayload<'create-sequence-links'>): Promise<SequenceLinks>;
  explainRegion(request: RequestPayload<'explain-region'>): Promise<RouteExplanation>;
  measureStorages(request: RequestPayload<'measure-storages'>): Promise<Measurement[]>;
  reportReplication(request: RequestPayload<'report-replication'>): Promise<ReplicationReport>;
  cancelReport(): Promise<null>;
  saveManifest(request: RequestPayload<'save-manifest'>): Promise<SavedFile | null>;
  editPreferences(): Promise<PreferencesEditing>;
  savePreferences(request: RequestPayload<'save-preferences'>): Promise<PreferencesEditing>;
  readPreferencesVersion(request: RequestPayload<'read-preferences-version'>): Promise<{ text: string }>;
  exportPreferences(request: RequestPayload<'export-preferences'>): Promise<SavedFile | null>;
  saveCopy(request: RequestPayload<'save-copy'>): Promise<Transfer | null>;
  /** Each returns the function that ends the subscription. */
  onTransfersChanged(listener: (delta: TransfersDelta) => void): () => void;
  onReadingChanged(listener: (reading: Reading | null) => void): () => void;
  onPreferencesChanged(listener: (status: PreferencesStatus) => void): () => void;
  onSettingsChanged(listener: (settings: Settings) => void): () => void;
  onLibraryChanged(listener: (change: Events['library-changed']) => void): () => void;
  onReplicaReady(listener: (ready: Events['replica-ready']) => void): () => void;
  onReportProgress(listener: (progress: Events['report-progress']) => void): () => void;
  onVerifyProgress(listener: (progress: Events['verify-progress']) => void): () => void;
  onUploadFoldersChanged(listener: (folders: UploadFolder[]) => void): () => void;
}

/**
 * Every method resolves to an envelope turned back into a value: contextBridge loses custom fields of errors, so the
 * bridge hands over `Envelope`s and the renderer's api.ts unwraps them.
 */
export type BridgedApi = {
  [Method in keyof NearplayApi]: NearplayApi[Method] extends (...args: infer Args) => Promise<infer Result>
    ? (...args: Args) => Promise<Envelope<Result>>
    : NearplayApi[Method];
};
