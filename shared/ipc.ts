import { z } from 'zod';
import type { Bootstrap } from './bootstrap.ts';
import type { LibraryPage } from './library.ts';
import type { Link, SequenceLinks } from './link.ts';
import { PLAYBACK_NEEDS } from './playback.ts';
import type { PreferencesEditing, PreferencesStatus } from './preferencesStatus.ts';
import type { Measurement, ReadingStatus, RouteExplanation } from './reading.ts';
import {
  type ReplicaReady,
  REPLICATION_PROBLEMS,
  type ReplicationProgress,
  type ReplicationReport,
} from './replication.ts';
import type { Route } from './routing.ts';
import { type Settings, settingsPatchSchema } from './settings.ts';
import { CONFLICT_ANSWERS, type Transfer, type TransfersDelta, type TransfersPage } from './transfers.ts';
import type { Added, WatchFolderStatus } from './uploads.ts';
import type { VerifyProgress, VerifyReport } from './verify.ts';

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
const storageName = z.string().min(1).max(60);
const fasterStorage = z.strictObject({ storage: storageName, than: storageName });
/** Some transfers, or all that the request can apply to. */
const some = z.strictObject({ ids: z.array(id).min(1).max(200_000).optional() });
/** Characters; some thousand ranges fit in. */
const MAX_DOCUMENT = 1_000_000;

/** How long an answer may take: main's own work, work that reads millions of files or objects, a person's decision. */
export type TimeLimit = 'reply' | 'report' | 'dialog';

export interface RequestOptions {
  /** Default: `reply`. */
  limit?: TimeLimit;
  /** Opens a dialog of the system or the browser: page script alone must not put one before the user again and again. */
  takesGesture?: true;
  /** Only the preload sends it: the payload has paths of this computer, and the page must not name any. */
  onlyPreload?: true;
}

/** A row of the table: the response's type (none: it only says that it is done), the payload's schema, the options. */
function request<Response = void>() {
  return <Schema extends z.ZodType, const Options extends RequestOptions = object>(
    schema: Schema,
    options?: Options,
  ): { schema: Schema; options: Options | undefined; response?: Response } => ({ schema, options });
}

/**
 * Every request of the window, under the name that main, the bridge and the window share. A payload that does not fit its
 * schema is refused with `bad-request`.
 */
export const REQUESTS = {
  getBootstrap: request<Bootstrap>()(nothing),
  listLibrary: request<LibraryPage>()(z.strictObject({ folder, cursor: z.string().max(4096).optional() })),
  /**
   * `download` signs with Content-Disposition: attachment. `preview` is for thumbnails: it takes the route from the
   * listing and asks no storage. `failed` names the storage whose link just failed in the player: it is asked again
   * before a new link points there. `faster` asks for a link of one storage in place of a slower one; it is given where
   * that one may be read from and is proved to hold the version, else the link is that of the route.
   */
  createLink: request<Link>()(
    z.strictObject({
      key,
      purpose: z.enum(['play', 'download', 'preview']),
      failed: storageName.optional(),
      faster: fasterStorage.optional(),
    }),
  ),
  /** `failed` names the storage and the frame whose link just failed, as for createLink. */
  createSequenceLinks: request<SequenceLinks>()(
    z.strictObject({
      id: sequenceId,
      failed: z.strictObject({ storage: storageName, frame: z.number().int() }).optional(),
    }),
  ),
  /** Repeated every PLAYBACK_REPORT_INTERVAL_MS until it is `over`. */
  reportPlayback: request()(z.strictObject({ need: z.enum(PLAYBACK_NEEDS) })),
  explainRoute: request<Route>()(z.strictObject({ key })),
  /** Without a key: what holds in general. `faster`: what the player reads that file from, in place of its route. */
  explainRegion: request<RouteExplanation>()(z.strictObject({ key: key.optional(), faster: fasterStorage.optional() })),
  /** Some seconds a storage; with a key, throughput is measured by reading from that object. */
  measureStorages: request<Measurement[]>()(z.strictObject({ key: key.optional() })),
  refreshAddress: request<ReadingStatus>()(nothing),

  /** Opens the system's chooser, for files or (not all systems can do both at once) folders. */
  chooseUploads: request<Added>()(z.strictObject({ folder, what: z.enum(['files', 'folder']).default('files') }), {
    limit: 'dialog',
    takesGesture: true,
  }),
  /** The preload takes the paths from File objects that the user dropped or chose. */
  addUploads: request<Added>()(z.strictObject({ folder, paths: z.array(path).min(1).max(10_000) }), {
    limit: 'report',
    onlyPreload: true,
  }),
  /** In the order of the list; transfers that change meanwhile come by `transfersChanged` as well. */
  listTransfers: request<TransfersPage>()(z.strictObject({ cursor: z.string().max(100).optional() })),
  /** Off the wire at once; parts and place are kept. Downloads cannot be paused. */
  pauseTransfers: request()(some),
  resumeTransfers: request()(some),
  /** Parts of uploads leave the storage. */
  cancelTransfers: request()(some),
  /** Failed ones, and those cancelled ones that are named. */
  retryTransfers: request()(some),
  /** Takes those that are over off the list. */
  clearTransfers: request()(nothing),
  /** For names that are taken, with other content. Without ids: for all that ask. */
  decideConflicts: request()(some.extend({ answer: z.enum(CONFLICT_ANSWERS) })),
  /** Moves waiting uploads before another waiting one; `null`: to the end. */
  moveTransfers: request()(z.strictObject({ ids: z.array(id).min(1).max(200_000), before: id.nullable() })),
  /** Saves the receipts of the uploads that are done and on the list as JSON; null when the user cancelled. */
  exportReceipts: request<SavedFile | null>()(nothing, { limit: 'dialog', takesGesture: true }),
  /** Brings a file to this computer; null when the user cancelled the chooser. */
  download: request<Transfer | null>()(z.strictObject({ key }), { limit: 'dialog', takesGesture: true }),
  /** Opens the system's file manager at a download that is done. */
  showDownload: request()(z.strictObject({ id }), { takesGesture: true }),
  /** Opens the system's chooser for a local folder whose new files are uploaded to `folder` from now on. */
  addWatchFolder: request<WatchFolderStatus | null>()(z.strictObject({ folder, existing: z.boolean() }), {
    limit: 'dialog',
    takesGesture: true,
  }),
  pauseWatchFolder: request()(z.strictObject({ id, paused: z.boolean() })),
  /** What it uploaded stays. */
  removeWatchFolder: request()(z.strictObject({ id })),
  /** Opens the system's chooser for a local folder, compares it with this folder; null when the user cancelled. */
  verifyFolder: request<VerifyReport | null>()(z.strictObject({ folder }), { limit: 'dialog', takesGesture: true }),
  cancelVerify: request()(nothing),

  setSettings: request<Settings>()(settingsPatchSchema),
  /** Opens the system's chooser for an Isolation Preferences file; null when the user cancelled. */
  importPreferences: request<PreferencesStatus | null>()(nothing, { limit: 'dialog', takesGesture: true }),
  editPreferences: request<PreferencesEditing>()(nothing),
  /** Asks the person before it writes. `etag`: what `editPreferences` told; `conflict` when another save came between. */
  savePreferences: request<PreferencesEditing>()(
    z.strictObject({ text: z.string().max(MAX_DOCUMENT), etag: z.string().max(200).optional() }),
    { limit: 'dialog' },
  ),
  readPreferencesVersion: request<{ text: string }>()(z.strictObject({ versionId: z.string().min(1).max(1024) })),
  /** Opens the system's chooser; null when the user cancelled. */
  exportPreferences: request<SavedFile | null>()(z.strictObject({ text: z.string().min(1).max(MAX_DOCUMENT) }), {
    limit: 'dialog',
    takesGesture: true,
  }),

  reportReplication: request<ReplicationReport>()(z.strictObject({ folder }), { limit: 'report' }),
  cancelReport: request()(nothing),
  /** Saves the keys of the last report as a manifest for S3 Batch Operations; null when the user cancelled. */
  saveManifest: request<SavedFile | null>()(
    z.strictObject({ problems: z.array(z.enum(REPLICATION_PROBLEMS)).min(1) }),
    {
      limit: 'dialog',
      takesGesture: true,
    },
  ),

  openExternal: request()(z.strictObject({ url: z.url().max(2048) }), { takesGesture: true }),
};

type Requests = typeof REQUESTS;
export type RequestName = keyof Requests;
/** As its schema leaves it: defaults are filled in. */
export type RequestPayload<Name extends RequestName> = z.output<Requests[Name]['schema']>;
export type RequestResponse<Name extends RequestName> = Requests[Name] extends { response?: infer Response }
  ? Response
  : never;

/** One function per request; each gets a payload that its schema has passed. */
export type RequestHandlers = {
  [Name in RequestName]: (payload: RequestPayload<Name>) => RequestResponse<Name> | Promise<RequestResponse<Name>>;
};

/** A file that was written where the user chose. */
export interface SavedFile {
  /** Its name only: the page needs no paths. */
  name: string;
}

/** A row of the events: the payload's type. */
function event<Payload>(): { payload?: Payload } {
  return {};
}

/** What main tells the window without being asked. */
export const EVENTS = {
  transfersChanged: event<TransfersDelta>(),
  readingChanged: event<ReadingStatus | null>(),
  preferencesChanged: event<PreferencesStatus>(),
  settingsChanged: event<Settings>(),
  /** Objects of this folder have another route now: replicated, uploaded, or the choice changed. */
  libraryChanged: event<{ folder: string }>(),
  /** An object that was uploaded from here, or lies in a folder with a ready alert, is now read from a replica. */
  replicaReady: event<ReplicaReady>(),
  reportProgress: event<ReplicationProgress>(),
  verifyProgress: event<VerifyProgress>(),
  watchFoldersChanged: event<WatchFolderStatus[]>(),
};

export type EventName = keyof typeof EVENTS;
export type Events = {
  [Name in EventName]: (typeof EVENTS)[Name] extends { payload?: infer Payload } ? Payload : never;
};

type OnlyPreload = {
  [Name in RequestName]: Requests[Name]['options'] extends { onlyPreload: true } | undefined ? Name : never;
}[RequestName];
/** No argument where the request has no payload. */
type Arguments<Payload> = [Payload] extends [undefined] ? [] : [payload: Payload];

/** What the window calls: a method per request, which rejects with a NearplayApiError. */
export type NearplayApi = {
  [Name in Exclude<RequestName, OnlyPreload>]: (
    ...payload: Arguments<z.input<Requests[Name]['schema']>>
  ) => Promise<RequestResponse<Name>>;
} & {
  /** Files that the user dropped or chose. */
  uploadFiles(folder: string, files: readonly unknown[]): Promise<Added>;
  /** Returns the function that ends the subscription. */
  on<Name extends EventName>(name: Name, listener: (payload: Events[Name]) => void): () => void;
};
