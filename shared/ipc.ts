import { z } from 'zod';
import type { ErrorReport } from './errors.ts';
import type { LeftOutList } from './leftOut.ts';
import type { MediaKind } from './media.ts';
import type { Finding, IsolationPreferences } from './preferences.ts';
import type { ClientAddress, Route } from './routing.ts';
import { type Settings, settingsPatchSchema } from './settings.ts';

/** A folder or a file of the main storage, as the library shows it. Keys and folders are relative to the prefix. */
export type LibraryEntry = LibraryFolder | LibraryFile;

export interface LibraryFolder {
  type: 'folder';
  /** Relative to the storage's prefix, with a closing `/`. */
  key: string;
  name: string;
}

export interface LibraryFile {
  type: 'file';
  /** Relative to the storage's prefix. Of a sequence: the key of its last frame, with which it moves to a replica. */
  key: string;
  /** For people, and no identity: that of a sequence has `####` for the number, and a file may really be called so. */
  name: string;
  /** Bytes. */
  size: number;
  /** Milliseconds since the epoch, on the storage's clock. */
  lastModified: number;
  etag: string;
  kind: MediaKind;
  route: Route;
  /** Present on an image sequence, which is listed, routed and played as one file. */
  sequence?: FrameSequence;
}

/** What tells one sequence from all others and from every file: no text that could be a key. */
export interface SequenceId {
  /** What comes before the number in the keys of its frames, folders included. */
  head: string;
  /** What comes after the number. */
  tail: string;
  /** Digits that numbers are filled up to with zeros; 0: they are not. */
  padding: number;
}

export interface FrameSequence {
  id: SequenceId;
  /** The key of the first frame. */
  firstKey: string;
  first: number;
  last: number;
  /** Frames that are there. */
  count: number;
  /** As people write them: `1001-1096, 1100`. */
  frames: string;
  /** True where more frames may be in the folder than could be listed at once: then the figures are of those listed. */
  goesOn?: true;
}

export interface LibraryPage {
  folder: string;
  entries: LibraryEntry[];
  /** Pass it on to get the next page; absent on the last one. */
  cursor?: string;
}

/** A signed URL plus the route that produced it and its expiry. Never logged: the URL is a bearer secret. */
export interface Link {
  key: string;
  url: string;
  route: Route;
  region: string;
  bucket: string;
  kind: MediaKind;
  contentType: string;
  size: number;
  versionId?: string;
  lastModified: number;
  /** Milliseconds since the epoch, on this machine's clock. */
  expiresAt: number;
}

export const TRANSFER_STATES = [
  'waiting',
  'running',
  'paused',
  'blocked',
  'done',
  'failed',
  'cancelled',
  'skipped',
] as const;
/** `skipped`: nothing had to be sent; `skippedFor` says why. */
export type TransferState = (typeof TRANSFER_STATES)[number];

/** Whether it is over, one way or the other: nothing but the user begins it again. */
export function isOver({ state }: { state: TransferState }): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled' || state === 'skipped';
}

/**
 * What a blocked transfer waits for. `storage`: it answers, and not as it should. `not-a-storage`: something else answers in its
 * place. `proxy`: that asks for a sign-in. `conflict` waits for the user's word; all others end by themselves.
 */
export const BLOCKED_FOR = [
  ...(['offline', 'storage', 'not-a-storage', 'proxy', 'sign-in', 'disk', 'file-growing', 'conflict'] as const),
] as const;
export type BlockedFor = (typeof BLOCKED_FOR)[number];

/** `identical`: the bucket has the same content under this name. `asked-for`: it has another, and the user said to leave it. */
export const SKIPPED_FOR = ['identical', 'asked-for'] as const;
export type SkippedFor = (typeof SKIPPED_FOR)[number];

/** What to do when another file has the name: the user's answer for one or for all. */
export const CONFLICT_ANSWERS = ['skip', 'replace', 'keep-both'] as const;
export type ConflictAnswer = (typeof CONFLICT_ANSWERS)[number];

/** One file going up, or coming down, with its state. */
export interface Transfer {
  id: string;
  direction: 'upload' | 'download';
  name: string;
  /** Relative to the storage's prefix. */
  key: string;
  /** The place in the list: smaller is shown, and goes, first. Not whole after a transfer was moved. */
  order: number;
  state: TransferState;
  blockedFor?: BlockedFor;
  skippedFor?: SkippedFor;
  /** Bytes. */
  size: number;
  /** Bytes that the storage has confirmed or that are on the wire. */
  sent: number;
  /** Bytes that the storage has for certain: they are never sent again. */
  confirmed: number;
  bytesPerSecond: number;
  startedAt: number;
  finishedAt?: number;
  /** Of a download that is done: the storage keeps no checksum that the file could be compared with. */
  unproved?: true;
  error?: ErrorReport;
}

/** What is to be known of the storage that uploads go to. `no-conditions`: it writes over a name that was taken meanwhile. */
export type UploadNote = 'no-conditions';

/** Of all transfers, however many: what a window shows without knowing each. */
export interface TransferTotals {
  files: Record<TransferState, number>;
  /** Bytes of all that is neither failed, cancelled nor skipped. */
  size: number;
  /** Of the same. */
  sent: number;
  bytesPerSecond: number;
  /** Absent while nothing moves. */
  secondsLeft?: number;
  /** Downloads among those that run; absent when there are none. */
  openDownloads?: number;
  note?: UploadNote;
}

/** What is new since the last one, at most some thousand transfers. Those neither here nor removed are as they were. */
export interface TransfersDelta {
  changed: Transfer[];
  removed: string[];
  totals: TransferTotals;
}

export interface TransfersPage {
  transfers: Transfer[];
  /** Pass it on to get the next page; absent on the last one. */
  cursor?: string;
}

/** A folder of this machine whose new files are uploaded, each once, also over restarts. */
export interface UploadFolder {
  id: string;
  /** On this machine, for the user to recognise. */
  path: string;
  /** In the main storage, relative to the prefix. */
  folder: string;
  state: 'watching' | 'paused' | 'unreachable';
  /** Since it is watched. */
  uploaded: number;
  /** Files seen that are still being written or wait in the queue. */
  waiting: number;
  error?: ErrorReport;
  /** What lies in it and is not uploaded, but for hidden and temporary files; absent: nothing. */
  leftOut?: LeftOutList;
}

export const VERIFY_FINDINGS = ['different', 'missing', 'unproved', 'unreadable', 'left-out'] as const;
/**
 * `different`: size or content. `missing`: the bucket has no such object. `unproved`: same size, and nothing kept that the
 * content could be compared by. `unreadable`: the file here cannot be read. `left-out`: it is nothing that is uploaded (a link, a
 * pipe, a name that is not UTF-8), so it was not compared.
 */
export type VerifyFinding = (typeof VERIFY_FINDINGS)[number];

/** A folder of this machine compared with a folder of the main storage. */
export interface VerifyReport {
  /** The local folder's path. */
  path: string;
  folder: string;
  /** Files that were compared; bytes that were read for it. */
  compared: number;
  bytes: number;
  same: number;
  totals: Record<VerifyFinding, number>;
  files: { key: string; size: number; finding: VerifyFinding; detail: string }[];
  /** True when there are more than are named one by one. */
  truncated: boolean;
}

export interface StorageSummary {
  name: string;
  label: string;
  region: string;
  bucket: string;
  role: 'main' | 'replica' | 'other';
  reachable: boolean;
}

/** Where this machine reads from in general, before any one object's age or proof comes in: what the header's chip says. */
export interface Reading {
  /** What is in force: `auto`, `main` or a replica. */
  readFrom: string;
  route: Route;
  region: string;
  label: string;
  addresses: ClientAddress[];
  /** Why no public address is known, where none is. */
  addressProblem?: string;
  replicationDelaySeconds: number;
  storages: StorageSummary[];
}

/** One storage as it was measured from this machine. */
export interface Measurement {
  storage: string;
  /** Median round trip on a warm connection, milliseconds. */
  latency?: number;
  /** Bytes per second of one stream; absent where no object was given that the storage holds. */
  throughput?: number;
  error?: ErrorReport;
}

/** What is known of one object, for "Why this region?". */
export interface ExplainedObject {
  key: string;
  /** Bytes. */
  size: number;
  lastModified: number;
  ageSeconds: number;
  versionId?: string;
  /** As S3 says it; absent where no replication rule applies. */
  replicationStatus?: string;
  route: Route;
  /** Per replica: whether it holds this version, and how that is known. */
  proofs: { storage: string; holds: 'yes' | 'no' | 'unknown'; by?: 'version' | 'listing' }[];
}

/** Everything that led to a route. */
export interface RouteExplanation {
  reading: Reading;
  object?: ExplainedObject;
  measurements: Measurement[];
  /** A storage that was measured to be much faster than the one that is read from: advice, never an order. */
  advice?: string;
  /** How far the storages' clocks are ahead of this machine's, seconds. */
  clockOffsets: { storage: string; seconds: number }[];
  /** The same as text for IT; without secrets. */
  text: string;
}

/** Links to the frames of a sequence: one route for all of them. */
export interface SequenceLinks {
  id: SequenceId;
  route: Route;
  region: string;
  contentType: string;
  /** Ascending. */
  frames: { number: number; url: string }[];
  /** Milliseconds since the epoch, on this machine's clock. */
  expiresAt: number;
}

/**
 * `pending`: S3 is at it. `stuck`: pending for longer than the preferences allow. `failed`: S3 gave up (permissions,
 * mostly). `never`: no replication rule applied, as with objects that are older than the rule. `missing`: S3 says COMPLETED,
 * yet the replica does not list this version.
 */
export const REPLICATION_PROBLEMS = ['pending', 'stuck', 'failed', 'never', 'missing'] as const;
export type ReplicationProblem = (typeof REPLICATION_PROBLEMS)[number];

export interface UnreplicatedObject {
  key: string;
  versionId: string | null;
  /** Bytes. */
  size: number;
  lastModified: number;
  problem: ReplicationProblem;
  /** Replicas that do not list this version. */
  missingFrom: string[];
}

export interface ReplicationReport {
  folder: string;
  /** Objects of the main storage that were compared. */
  compared: number;
  totals: Record<ReplicationProblem, { objects: number; bytes: number }>;
  objects: UnreplicatedObject[];
  /** True when there are more than are named one by one. */
  truncated: boolean;
}

/** One saved state of the preferences object in the main storage. */
export interface PreferencesVersion {
  versionId: string;
  /** Milliseconds since the epoch. */
  savedAt: number;
  size: number;
  current: boolean;
}

/** What the editor of the preferences begins with. */
export interface PreferencesEditing {
  /** The document in force as text, '' where there is none. */
  text: string;
  /** Of the object in the main storage; absent: there is none yet. */
  etag?: string;
  /** Why these credentials may not write it; absent: they may. */
  refusal?: ErrorReport;
  /** What this machine's own file says: a draft that leads away from it is not saved (preferencesTrust.ts). */
  pinned?: IsolationPreferences;
  history: PreferencesVersion[];
}

export interface PreferencesStatus {
  origin: { kind: 'managed' | 'bucket' | 'imported' | 'command-line'; where: string } | null;
  document: IsolationPreferences | null;
  findings: Finding[];
}

export interface CredentialsStatus {
  /** `null`: none were found. */
  source: string | null;
  profiles: string[];
  problem?: ErrorReport;
}

/** What an earlier session noted of uploads and this one could not read; it is kept. */
export interface JournalUnread {
  /** As far as they can be counted. */
  uploads: number;
  /** Where it is. */
  files: string[];
  /** Why nothing can be noted now; uploads wait until it can. */
  problem?: ErrorReport;
}

/** Everything the window needs for its first paint. */
export interface Bootstrap {
  version: string;
  platform: string;
  /** What draws the window: Electron, or a browser driven in its place during development. */
  runtime: string;
  settings: Settings;
  preferences: PreferencesStatus;
  credentials: CredentialsStatus;
  /** `null` while there are no preferences. */
  reading: Reading | null;
  /** The transfers themselves come by `list-transfers`: there may be 100,000. */
  transfers: TransferTotals;
  /** Absent: all of it could be read. */
  unread?: JournalUnread;
  uploadFolders: UploadFolder[];
}

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

/** What came into the queue of what was dropped or chosen; none when the user cancelled. */
export interface Added {
  files: number;
  /** What did not, but for hidden files and litter; absent: nothing. */
  leftOut?: LeftOutList;
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
