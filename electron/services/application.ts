import type { Agent } from 'node:https';
import { join } from 'node:path';
import type { Bootstrap, CredentialsStatus } from '../../shared/bootstrap.ts';
import { NearplayError } from '../../shared/errors.ts';
import { folderOf, writableFolder } from '../../shared/keys.ts';
import type { PlaybackNeed } from '../../shared/playback.ts';
import type { IsolationPreferences } from '../../shared/preferences.ts';
import type { PreferencesStatus } from '../../shared/preferencesStatus.ts';
import type { ReadingStatus } from '../../shared/reading.ts';
import type { Route } from '../../shared/routing.ts';
import type { Settings, SettingsPatch } from '../../shared/settings.ts';
import type { JournalUnread } from '../../shared/transfers.ts';
import type { Added, WatchFolderStatus } from '../../shared/uploads.ts';
import { PreferencesEditor, type SaveQuestion } from './preferences/preferencesEditor.ts';
import { PreferencesSource } from './preferences/preferencesSource.ts';
import { type SettingsBackend, SettingsStore } from './preferences/settingsStore.ts';
import { StudioInForce } from './preferences/studioInForce.ts';
import { askOverHttp, ClientAddresses, interfaceAddresses } from './reading/clientAddresses.ts';
import { RouteExplanations } from './reading/explanation.ts';
import { NetworkWatch } from './reading/networkWatch.ts';
import { Studio, type StudioOptions } from './reading/studio.ts';
import { mainTarget, targetAt } from './reading/uploadTargets.ts';
import { ReadyAlerts } from './replication/readyAlerts.ts';
import { ReadyNotifications } from './replication/readyNotifications.ts';
import { ReplicationReports } from './replication/replicationReports.ts';
import { ReplicaWatch } from './replication/replicaWatch.ts';
import { Emitter } from './runtime/emitter.ts';
import type { Log } from './runtime/log.ts';
import { steadyNow } from './runtime/steadyClock.ts';
import { systemUser } from './runtime/systemUser.ts';
import type { ServiceEvents, Services } from './services.ts';
import { configuredEndpoint } from './storage/configuredEndpoint.ts';
import { createCredentials, type CredentialSource, promptStatus } from './storage/credentials.ts';
import { Downloads } from './transfers/download/downloads.ts';
import { Journal } from './transfers/journal/journal.ts';
import type { ConflictPolicy } from './transfers/journal/uploadRecord.ts';
import { TransferList } from './transfers/list/transferList.ts';
import { addUploads } from './transfers/queue/addUploads.ts';
import { type QueueTiming, TransferQueue } from './transfers/queue/queue.ts';
import { receiptsText } from './transfers/upload/receipt.ts';
import { Verifications } from './verify/verifications.ts';
import { WatchFolders } from './watchFolders/watchFolders.ts';

export interface ServicesOptions {
  /** Where this user's own files go: copies of preferences, the journal of transfers. Must exist. */
  userDataFolder: string;
  settings: SettingsBackend;
  env: Readonly<Record<string, string | undefined>>;
  managedPreferencesFile?: string;
  /** A preferences file named for this run; beats every other origin. */
  commandLinePreferences?: string | undefined;
  /** Why the managed file is not IT's, as the end of a sentence; undefined: it is. Default: not looked at. */
  foreignManagedFile?: (file: string) => Promise<string | undefined>;
  /** Asks a person before preferences are saved for everybody; absent: nobody is asked. */
  agreeToSave?: (question: SaveQuestion) => Promise<boolean>;
  /** The agent for the studio's proxy; absent: straight to the storages. */
  proxyAgent?: Agent;
  log: Log;
  /** Milliseconds since the epoch, of this machine: for what is shown, and what is compared with times of files and storages. */
  now: () => number;
  /** Milliseconds, never set back: for durations and deadlines. Default: steadyNow. */
  clock?: () => number;
  version: string;
  platform: string;
  /** What draws the window, for the about panel. */
  runtime: string;
  /**
   * Whether people watch a window. Without one nothing is prepared for it: sources of media, this machine's address, and
   * which replica has what was uploaded are asked for by those who need them. Default: true.
   */
  hasWindow?: boolean;
  onConflict?: ConflictPolicy;
  /** Goes into the metadata of uploads; default: the name of the system's user. */
  uploader?: string;
  /** Where unfinished uploads are noted; default: the user's folder. One process at a time. */
  journalFolder?: string;
  /** The address to be taken for; then nobody is asked for the real one. */
  givenAddress?: string | undefined;
  /** Addresses of this machine's interfaces; default: asked of the operating system. */
  interfaces?: () => readonly string[];
  /** Of uploads; default: what suits people and networks. */
  uploadTiming?: Partial<QueueTiming>;
  /** Milliseconds between looks at the interfaces; default 5 s. */
  interfacesEvery?: number;
  /** Milliseconds that a link lives; default 12 hours. */
  linkLifetime?: number;
  /** Milliseconds until an unreachable storage is first probed; default 2 s. */
  firstProbeAfter?: number;
}

/** Services, and what only a terminal needs of them. */
export interface Application extends Services {
  uploads: TransferQueue;
  addresses: ClientAddresses;
}

/** Builds every service; nothing happens before `start`. */
export function createServices(options: ServicesOptions): Application {
  return new NearplayServices(options);
}

class NearplayServices implements Application {
  readonly uploads: TransferQueue;
  readonly downloads: Downloads;
  readonly transfers: TransferList;
  readonly watchFolders: WatchFolders;
  readonly addresses: ClientAddresses;
  readonly explanations: RouteExplanations;
  readonly reports: ReplicationReports;
  readonly verifications: Verifications;
  readonly editor: PreferencesEditor;
  readonly #options: ServicesOptions;
  readonly #settings: SettingsStore;
  readonly #preferences: PreferencesSource;
  readonly #inForce: StudioInForce;
  readonly #credentials: CredentialSource;
  readonly #network: NetworkWatch;
  readonly #replicas: ReplicaWatch;
  readonly #readyAlerts: ReadyAlerts;
  readonly #events = new Emitter<ServiceEvents>();
  readonly #ready = new ReadyNotifications({ notify: (ready) => this.#events.emit('replicaReady', ready) });
  #unread: JournalUnread | undefined;
  #endpoint: string | undefined;
  #stopped = false;

  constructor(options: ServicesOptions) {
    this.#options = options;
    const { log, now, clock = steadyNow, uploader = systemUser(), hasWindow = true } = options;
    this.#settings = new SettingsStore(options.settings, log);
    this.#credentials = createCredentials({ env: options.env, profile: () => this.#settings.get().profile });
    this.#preferences = new PreferencesSource({
      ...(options.commandLinePreferences !== undefined && { commandLineFile: options.commandLinePreferences }),
      ...(options.managedPreferencesFile !== undefined && { managedFile: options.managedPreferencesFile }),
      ...(options.foreignManagedFile && { foreign: options.foreignManagedFile }),
      importedFile: () => this.#settings.get().importedPreferences,
      userDataFolder: options.userDataFolder,
      log,
    });
    this.#inForce = new StudioInForce({
      source: this.#preferences,
      open: (preferences) => this.#newStudio(preferences),
      hasWindow,
      replaced: () => {
        this.#limitBandwidth();
        this.uploads.targetChanged();
      },
      ready: () => {
        if (this.#inForce.current && hasWindow && options.givenAddress === undefined) void this.addresses.invalidate();
        this.#readingChanged();
      },
      statusChanged: (status) => this.#events.emit('preferencesChanged', status),
      log,
    });
    this.addresses = new ClientAddresses({
      services: () => this.#inForce.current?.preferences.publicIp.services ?? [],
      ask: askOverHttp(options.proxyAgent),
      interfaces: options.interfaces ?? interfaceAddresses,
      clock,
      changed: () => this.#readingChanged(),
    });
    this.uploads = new TransferQueue({
      journal: new Journal(join(options.journalFolder ?? options.userDataFolder, 'transfers')),
      target: () => mainTarget(this.studio()),
      targetAt: (place) => targetAt(this.studio(), place),
      changed: (delta) => {
        this.watchFolders.transfersChanged(delta);
        this.#events.emit('transfersChanged', this.transfers.ofUploads(delta));
      },
      completed: (key) => this.#uploaded(key),
      // Cached keys without an end would be used for ever: another client asks for new ones.
      credentialsRefused: () => this.#inForce.rebuild(),
      storageNow: () => this.#storageNow(),
      now,
      random: Math.random,
      log,
      ...(uploader !== undefined && { uploader }),
      ...(options.onConflict && { onConflict: options.onConflict }),
      ...(options.uploadTiming && { timing: options.uploadTiming }),
    });
    this.#replicas = new ReplicaWatch({
      explainRoute: (key) => this.studio().explainRoute(key),
      ready: (key, route) => this.#replicaReady(key, route),
      clock,
    });
    this.downloads = new Downloads({
      studio: () => this.studio(),
      changed: (news) => this.#events.emit('transfersChanged', this.transfers.ofDownloads(news)),
      file: join(options.journalFolder ?? options.userDataFolder, 'downloads.json'),
      now,
      log,
    });
    this.transfers = new TransferList(this.uploads, this.downloads);
    this.#readyAlerts = new ReadyAlerts({
      folders: () => this.#settings.get().readyAlerts,
      list: (folder, cursor) => this.studio().library.list(folder, cursor),
      // A sequence is ready with its last frame, whose key it has.
      found: ({ key }) => this.#replicas.watch(key),
    });
    this.watchFolders = new WatchFolders({
      entries: () => this.#settings.get().watchFolders,
      save: (watchFolders) => this.#events.emit('settingsChanged', this.#settings.change({ watchFolders })),
      logFolder: join(options.journalFolder ?? options.userDataFolder, 'upload-folders'),
      queue: this.uploads,
      changed: (folders) => this.#events.emit('watchFoldersChanged', folders),
      log,
    });
    const studio = () => this.studio();
    this.explanations = new RouteExplanations(studio);
    this.reports = new ReplicationReports({
      studio,
      progress: (progress) => this.#events.emit('reportProgress', progress),
    });
    this.verifications = new Verifications({
      studio,
      progress: (progress) => this.#events.emit('verifyProgress', progress),
    });
    this.editor = new PreferencesEditor({
      studio,
      source: this.#preferences,
      agreeToSave: options.agreeToSave,
      saved: () => this.#inForce.readBucket(),
    });
    this.#network = new NetworkWatch({
      interfaces: options.interfaces ?? interfaceAddresses,
      changed: () => this.networkChanged(),
      interval: options.interfacesEvery,
    });
  }

  async start(): Promise<void> {
    this.#endpoint = await configuredEndpoint();
    await this.#inForce.start();
    this.#network.start();
    this.#unread = await this.uploads.start();
    await this.downloads.start();
    void this.#inForce.readBucket();
    this.#readyAlerts.start();
    await this.watchFolders.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#inForce.stop();
    this.#network.stop();
    this.#replicas.stop();
    this.#ready.stop();
    this.#readyAlerts.stop();
    this.reports.cancel();
    this.verifications.cancel();
    await this.watchFolders.stop();
    await Promise.all([this.uploads.stop(), this.downloads.stop()]);
    this.#inForce.close();
  }

  on<Name extends keyof ServiceEvents>(event: Name, listener: (payload: ServiceEvents[Name]) => void): () => void {
    return this.#events.on(event, listener);
  }

  studio(): Studio {
    return this.#inForce.studio();
  }

  async importPreferences(file: string): Promise<PreferencesStatus> {
    const { copy, findings } = await this.#preferences.import(file);
    if (copy === null) return { ...this.#preferences.status(), findings };
    this.#settings.change({ importedPreferences: copy });
    await this.#inForce.load();
    void this.#inForce.readBucket();
    return this.#preferences.status();
  }

  async addUploads(folder: string, paths: readonly string[]): Promise<Added> {
    const onConflict = this.#options.onConflict ?? this.#settings.get().onConflict;
    return addUploads(this.uploads, writableFolder(folder), paths, onConflict);
  }

  receipts(): string {
    const receipts = this.uploads.receipts();
    if (receipts.length === 0) throw new NearplayError('bad-request', 'No upload in the list is done yet.');
    return receiptsText(receipts);
  }

  async addWatchFolder(folder: string, path: string, existing: boolean): Promise<WatchFolderStatus> {
    return this.watchFolders.add(path, writableFolder(folder, mainTarget(this.studio()).configuration.prefix), {
      existing,
    });
  }

  async refreshAddress(): Promise<ReadingStatus> {
    const studio = this.studio();
    await this.addresses.invalidate();
    return studio.reading();
  }

  playbackNeeds(need: PlaybackNeed): void {
    this.uploads.playbackNeeds(need);
    this.downloads.playbackNeeds(need);
  }

  networkChanged(): void {
    this.#inForce.current?.reachability.probeNow();
    void this.addresses.invalidate();
    this.uploads.tryNow();
    this.downloads.tryNow();
    void this.#inForce.readAgain();
  }

  mediaSources(): string[] {
    return this.#inForce.mediaSources();
  }

  #storageNow(): number {
    const studio = this.#inForce.current;
    return studio ? studio.clients.storageNow(studio.preferences.mainStorage) : this.#options.now();
  }

  #replicaReady(key: string, { storage }: Route): void {
    this.#events.emit('libraryChanged', { folder: folderOf(key) });
    const { storages } = this.studio().reading();
    const label = storages.find(({ name }) => name === storage)?.label ?? storage;
    this.#ready.add({ key, storage, label });
  }

  #limitBandwidth(): void {
    const ceiling = this.#inForce.current?.preferences.uploads.maxBytesPerSecond ?? null;
    const { bandwidth } = this.#settings.get();
    this.uploads.setBandwidth({ ...bandwidth, ceiling });
    // The studio's limit is one of uploads; the user's is one each way.
    this.downloads.setBandwidth({ ...bandwidth, ceiling: null });
  }

  changeSettings(patch: SettingsPatch): Settings {
    const before = this.#settings.get();
    const settings = this.#settings.change(patch);
    this.#events.emit('settingsChanged', settings);
    // Other credentials: clients that hold the old ones must go.
    if (settings.profile !== before.profile) {
      this.#inForce.rebuild();
      this.uploads.tryNow();
      this.downloads.tryNow();
    }
    if (settings.readFrom !== before.readFrom || settings.profile !== before.profile) this.#readingChanged();
    if (settings.bandwidth !== before.bandwidth) this.#limitBandwidth();
    if (settings.readyAlerts !== before.readyAlerts) void this.#readyAlerts.check();
    return settings;
  }

  async bootstrap(): Promise<Bootstrap> {
    const { version, platform, runtime } = this.#options;
    return {
      version,
      platform,
      runtime,
      settings: this.#settings.get(),
      preferences: this.#preferences.status(),
      credentials: await this.credentialsStatus(),
      reading: this.#inForce.current?.reading() ?? null,
      transfers: this.transfers.totals(),
      ...(this.#unread && { unread: this.#unread }),
      watchFolders: this.watchFolders.list(),
    };
  }

  /** The first paint must not wait for a sign-in helper that takes its time. */
  credentialsStatus(): Promise<CredentialsStatus> {
    return promptStatus(this.#credentials);
  }

  awaitsCredentials(): boolean {
    return this.#credentials.isAwaited();
  }

  #newStudio(preferences: IsolationPreferences): Studio {
    const { log, now, clock, proxyAgent, linkLifetime, firstProbeAfter, givenAddress } = this.#options;
    return new Studio({
      preferences,
      credentials: this.#credentials.provider,
      ...(proxyAgent && { proxyAgent }),
      ...(this.#endpoint !== undefined && { endpoint: this.#endpoint }),
      now,
      ...(clock && { clock }),
      readFrom: () => this.#settings.get().readFrom ?? preferences.defaults.readFrom,
      addresses: givenAddress === undefined ? this.addresses : onlyAddress(givenAddress),
      reachabilityChanged: () => this.#readingChanged(),
      log,
      ...(linkLifetime !== undefined && { linkLifetime }),
      ...(firstProbeAfter !== undefined && { firstProbeAfter }),
    });
  }

  #uploaded(key: string): void {
    this.#inForce.current?.router.uploadCompleted(key);
    this.#events.emit('libraryChanged', { folder: folderOf(key) });
    // Asking for the route of each of many small files costs a good part of what sending them does.
    const { hasWindow = true } = this.#options;
    if (hasWindow && this.#inForce.current?.preferences.replication.replicas.length) this.#replicas.watch(key);
  }

  #readingChanged(): void {
    if (!this.#stopped) this.#events.emit('readingChanged', this.#inForce.current?.reading() ?? null);
  }
}

function onlyAddress(address: string): StudioOptions['addresses'] {
  return { known: () => ({ addresses: [{ address, source: 'given' }] }), isPublicUnknown: () => false };
}
