import { z } from 'zod';
import type { ErrorReport } from './errors.ts';
import type { MediaKind } from './media.ts';
import type { Finding, IsolationPreferences } from './preferences.ts';
import type { ClientAddress, Route } from './routing.ts';
import { settingsPatchSchema, type Settings } from './settings.ts';

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
  /** Relative to the storage's prefix. */
  key: string;
  name: string;
  /** Bytes. */
  size: number;
  /** Milliseconds since the epoch, on the storage's clock. */
  lastModified: number;
  etag: string;
  kind: MediaKind;
  route: Route;
  /** Present on an image sequence, which is listed, routed and played as one file; its key has `####` for the number. */
  sequence?: FrameSequence;
}

export interface FrameSequence {
  first: number;
  last: number;
  /** Frames that are there. */
  count: number;
  /** As people write them: `1001-1096, 1100`. */
  frames: string;
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

export type TransferState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

/** One file going up, with its state. */
export interface Transfer {
  id: string;
  direction: 'upload' | 'download';
  name: string;
  /** Relative to the storage's prefix. */
  key: string;
  state: TransferState;
  /** Bytes. */
  size: number;
  /** Bytes that the storage has confirmed or that are on the wire. */
  sent: number;
  bytesPerSecond: number;
  startedAt: number;
  error?: ErrorReport;
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
  key: string;
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
  transfers: Transfer[];
}

const MAX_KEY_LENGTH = 1024; // S3 User Guide, "Naming Amazon S3 objects": 1,024 bytes of UTF-8.
const key = z.string().min(1).max(MAX_KEY_LENGTH);
const folder = z.string().max(MAX_KEY_LENGTH);
const id = z.string().min(1).max(100);
const path = z.string().min(1).max(32_767);
const nothing = z.undefined();
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
  /** Opens the system's chooser; resolves to the transfers that began, none when the user cancelled. */
  'choose-uploads': z.strictObject({ folder }),
  /** Paths come from the preload, which takes them from File objects that the user dropped or chose. */
  'add-uploads': z.strictObject({ folder, paths: z.array(path).min(1).max(10_000) }),
  'cancel-transfer': z.strictObject({ id }),
  'retry-transfer': z.strictObject({ id }),
  'clear-transfers': nothing,
  /** Opens the system's chooser for an Isolation Preferences file; null when the user cancelled. */
  'import-preferences': nothing,
  'refresh-address': nothing,
  'open-external': z.strictObject({ url: z.url().max(2048) }),
  'create-sequence-links': z.strictObject({ key }),
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
  'choose-uploads': Transfer[];
  'add-uploads': Transfer[];
  'cancel-transfer': null;
  'retry-transfer': Transfer;
  'clear-transfers': null;
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
  'transfers-changed': Transfer[];
  'reading-changed': Reading | null;
  'preferences-changed': PreferencesStatus;
  'settings-changed': Settings;
  /** Objects of this folder have another route now: replicated, uploaded, or the choice changed. */
  'library-changed': { folder: string };
  /** An object that was uploaded from here, or lies in a watched folder, is now read from a replica. */
  'replica-ready': { key: string; storage: string; label: string };
  'report-progress': { compared: number };
}

export const EVENTS = [
  'transfers-changed',
  'reading-changed',
  'preferences-changed',
  'settings-changed',
  'library-changed',
  'replica-ready',
  'report-progress',
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
  chooseUploads(request: RequestPayload<'choose-uploads'>): Promise<Transfer[]>;
  /** Paths are looked up in the preload: the page never learns or names one. */
  uploadFiles(folder: string, files: readonly unknown[]): Promise<Transfer[]>;
  cancelTransfer(id: string): Promise<null>;
  retryTransfer(id: string): Promise<Transfer>;
  clearTransfers(): Promise<null>;
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
  onTransfersChanged(listener: (transfers: Transfer[]) => void): () => void;
  onReadingChanged(listener: (reading: Reading | null) => void): () => void;
  onPreferencesChanged(listener: (status: PreferencesStatus) => void): () => void;
  onSettingsChanged(listener: (settings: Settings) => void): () => void;
  onLibraryChanged(listener: (change: Events['library-changed']) => void): () => void;
  onReplicaReady(listener: (ready: Events['replica-ready']) => void): () => void;
  onReportProgress(listener: (progress: Events['report-progress']) => void): () => void;
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
