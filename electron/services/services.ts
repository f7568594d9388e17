import type { EventName, Events, RequestHandlers } from '../../shared/ipc.ts';
import type { PreferencesStatus } from '../../shared/preferencesStatus.ts';
import type { ReplicationProblem } from '../../shared/replication.ts';
import type { Transfer } from '../../shared/transfers.ts';
import type { Added, UploadFolder } from '../../shared/uploads.ts';
import type { VerifyReport } from '../../shared/verify.ts';

/** The requests that need a window or a dialog: the shell answers them, with the methods of Services. */
export type ShellRequest =
  | 'choose-uploads'
  | 'import-preferences'
  | 'open-external'
  | 'save-manifest'
  | 'export-preferences'
  | 'save-copy'
  | 'export-receipts'
  | 'verify-folder'
  | 'add-upload-folder';

/** Nearplay without Electron: everything that a window or a terminal can ask for. */
export interface Services {
  /** Reads preferences and settings; never throws for what a user can repair from the app. */
  start(): Promise<void>;
  /** Stops transfers, timers and connections; resolves within a few seconds whatever the network does. */
  stop(): Promise<void>;
  requests: Omit<RequestHandlers, ShellRequest>;
  /** Returns the function that ends the subscription. */
  on<Name extends EventName>(event: Name, listener: (payload: Events[Name]) => void): () => void;
  /** Puts an Isolation Preferences file in force; a file that cannot be used leaves the last good one in force. */
  importPreferences(file: string): Promise<PreferencesStatus>;
  addUploads(folder: string, paths: readonly string[]): Promise<Added>;
  /** Of the uploads in the list that are done, as JSON. @throws NearplayError bad-request when there is none */
  receipts(): string;
  /** Compares a folder of this computer with a folder of the main storage; a second call ends the first. */
  verifyFolder(folder: string, path: string): Promise<VerifyReport>;
  /** Uploads new files of a folder of this computer from now on; with `existing`, those that are there too. */
  addUploadFolder(folder: string, path: string, existing: boolean): Promise<UploadFolder>;
  /** Brings an object to a file of this computer, as a transfer among the others. */
  saveCopy(key: string, file: string): Transfer;
  /** The objects of the last replication report that have one of these problems, as a manifest for S3 Batch Operations. */
  manifest(problems: readonly ReplicationProblem[]): string;
  /** Network interfaces changed, or the machine woke up: addresses and health are asked for again. */
  networkChanged(): void;
  /** What links to media begin with (`https://host:port/bucket/`), for the window's Content-Security-Policy. */
  mediaSources(): string[];
}
