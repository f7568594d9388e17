import type { Bootstrap, CredentialsStatus } from '../../shared/bootstrap.ts';
import type { PlaybackNeed } from '../../shared/playback.ts';
import type { PreferencesStatus } from '../../shared/preferencesStatus.ts';
import type { ReadingStatus } from '../../shared/reading.ts';
import type { ReplicaReady, ReplicationProgress } from '../../shared/replication.ts';
import type { Settings, SettingsPatch } from '../../shared/settings.ts';
import type { TransfersDelta } from '../../shared/transfers.ts';
import type { Added, WatchFolderStatus } from '../../shared/uploads.ts';
import type { VerifyProgress } from '../../shared/verify.ts';
import type { PreferencesEditor } from './preferences/preferencesEditor.ts';
import type { RouteExplanations } from './reading/explanation.ts';
import type { Studio } from './reading/studio.ts';
import type { ReplicationReports } from './replication/replicationReports.ts';
import type { Downloads } from './transfers/download/downloads.ts';
import type { TransferList } from './transfers/list/transferList.ts';
import type { Verifications } from './verify/verifications.ts';
import type { WatchFolders } from './watchFolders/watchFolders.ts';

/** Nearplay without Electron: everything that a window or a terminal can ask for. */
export interface Services {
  readonly transfers: Pick<
    TransferList,
    'page' | 'pause' | 'resume' | 'cancel' | 'retry' | 'clear' | 'decide' | 'move'
  >;
  readonly downloads: Pick<Downloads, 'add' | 'savedFile'>;
  readonly watchFolders: Pick<WatchFolders, 'pause' | 'remove'>;
  readonly verifications: Pick<Verifications, 'verify' | 'cancel'>;
  readonly explanations: Pick<RouteExplanations, 'explain' | 'measure'>;
  readonly reports: Pick<ReplicationReports, 'report' | 'cancel' | 'manifest'>;
  readonly editor: Pick<PreferencesEditor, 'edit' | 'save' | 'readVersion'>;

  /** Reads preferences and settings; never throws for what a user can repair from the app. */
  start(): Promise<void>;
  /** Stops transfers, timers and connections; resolves within a few seconds whatever the network does. */
  stop(): Promise<void>;
  /** Returns the function that ends the subscription. */
  on<Name extends keyof ServiceEvents>(event: Name, listener: (payload: ServiceEvents[Name]) => void): () => void;
  bootstrap(): Promise<Bootstrap>;
  /** What follows from the preferences in force. @throws NearplayError no-preferences, preferences-invalid */
  studio(): Studio;
  credentialsStatus(): Promise<CredentialsStatus>;
  /** Whether requests wait for credentials: nothing was sent to a storage then. */
  awaitsCredentials(): boolean;
  /** Resolves when this machine's public address was asked for again. @throws NearplayError no-preferences … */
  refreshAddress(): Promise<ReadingStatus>;
  /** @throws NearplayError settings-invalid */
  changeSettings(patch: SettingsPatch): Settings;
  /** Puts an Isolation Preferences file in force; a file that cannot be used leaves the last good one in force. */
  importPreferences(file: string): Promise<PreferencesStatus>;
  addUploads(folder: string, paths: readonly string[]): Promise<Added>;
  /** Of the uploads in the list that are done, as JSON. @throws NearplayError bad-request when there is none */
  receipts(): string;
  /** Uploads new files of a folder of this computer from now on; with `existing`, those that are there too. */
  addWatchFolder(folder: string, path: string, existing: boolean): Promise<WatchFolderStatus>;
  /** Holds transfers back while a player runs short of bytes: bytes for playing come first. */
  playbackNeeds(need: PlaybackNeed): void;
  /** Network interfaces changed, or the machine woke up: addresses and health are asked for again. */
  networkChanged(): void;
  /** What links to media begin with (`https://host:port/bucket/`), for the window's Content-Security-Policy. */
  mediaSources(): string[];
}

/** What happens without being asked for. */
export interface ServiceEvents {
  transfersChanged: TransfersDelta;
  readingChanged: ReadingStatus | null;
  preferencesChanged: PreferencesStatus;
  settingsChanged: Settings;
  /** Objects of this folder have another route now: replicated, uploaded, or the choice changed. */
  libraryChanged: { folder: string };
  replicaReady: ReplicaReady;
  reportProgress: ReplicationProgress;
  verifyProgress: VerifyProgress;
  watchFoldersChanged: WatchFolderStatus[];
}
