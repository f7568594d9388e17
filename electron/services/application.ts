import type { Agent } from 'node:https';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Bootstrap, CredentialsStatus } from '../../shared/bootstrap.ts';
import { NearplayError } from '../../shared/errors.ts';
import { folderOf, writableFolder } from '../../shared/keys.ts';
import type { IsolationPreferences } from '../../shared/preferences.ts';
import type { PreferencesStatus } from '../../shared/preferencesStatus.ts';
import type { ReadingStatus } from '../../shared/reading.ts';
import type { Route } from '../../shared/routing.ts';
import type { Settings, SettingsPatch } from '../../shared/settings.ts';
import type { JournalUnread } from '../../shared/transfers.ts';
import type { Added, WatchFolderStatus } from '../../shared/uploads.ts';
import { PreferencesEditor, type SaveQuestion } from './preferences/preferencesEditor.ts';
import { PreferencesInBucket } from './preferences/preferencesInBucket.ts';
import { PreferencesSource } from './preferences/preferencesSource.ts';
import { type SettingsBackend, SettingsStore } from './preferences/settingsStore.ts';
import { askOverHttp, ClientAddresses, interfaceAddresses } from './reading/clientAddresses.ts';
import { RouteExplanations } from './reading/explanation.ts';
import { NetworkWatch } from './reading/networkWatch.ts';
import { Studio, type StudioOptions } from './reading/studio.ts';
import { ReadyAlerts } from './replication/readyAlerts.ts';
import { ReadyNotifications } from './replication/readyNotifications.ts';
import { ReplicationReports } from './replication/replicationReports.ts';
import { ReplicaWatch } from './replication/replicaWatch.ts';
import { Emitter } from './runtime/emitter.ts';
import type { Log } from './runtime/log.ts';
import { steadyNow } from './runtime/steadyClock.ts';
import { systemUser } from './runtime/systemUser.ts';
import type { ServiceEvents, Services } from './services.ts';
import { createCredentials, type CredentialSource, promptStatus } from './storage/credentials.ts';
import { isIn, type UploadPlace } from './storage/objectPlace.ts';
import { Downloads } from './transfers/download/downloads.ts';
import { Journal } from './transfers/journal/journal.ts';
import type { ConflictPolicy } from './transfers/journal/uploadRecord.ts';
import { TransferList } from './transfers/list/transferList.ts';
import { addUploads } from './transfers/queue/addUploads.ts';
import { type QueueTiming, TransferQueue } from './transfers/queue/queue.ts';
import { receiptsText } from './transfers/upload/receipt.ts';
import { Verifications } from './verify/verifications.ts';
import { WatchFolders } from './watchFolders/watchFolders.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** An admin's change in the bucket is looked for this often. */
const PREFERENCES_INTERVAL_MS = 5 * MINUTE;

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
  readonly #credentials: CredentialSource;
  readonly #network: NetworkWatch;
  readonly #replicas: ReplicaWatch;
  readonly #readyAlerts: ReadyAlerts;
  readonly #events = new Emitter<ServiceEvents>();
  readonly #ready = new ReadyNotifications({ notify: (ready) => this.#events.emit('replicaReady', ready) });
  #studio: Studio | undefined;
  #announced: PreferencesStatus | undefined;
  #mediaSources: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #unread: JournalUnread | undefined;
  #stopped = false;

  constructor(options: ServicesOptions) {
    this.#options = options;
    const { log, now, clock = steadyNow, uploader = systemUser() } = options;
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
    this.addresses = new ClientAddresses({
      services: () => this.#studio?.preferences.publicIp.services ?? [],
      ask: askOverHttp(options.proxyAgent),
      interfaces: options.interfaces ?? interfaceAddresses,
      clock,
      changed: () => this.#readingChanged(),
    });
    this.uploads = new TransferQueue({
      journal: new Journal(join(options.journalFolder ?? options.userDataFolder, 'transfers')),
      target: () => this.#target(),
      targetAt: (place) => this.#targetAt(place),
      changed: (delta) => {
        this.watchFolders.transfersChanged(delta);
        this.#events.emit('transfersChanged', this.transfers.ofUploads(delta));
      },
      completed: (key) => this.#uploaded(key),
      // Cached keys without an end would be used for ever: another client asks for new ones.
      credentialsRefused: () => this.#rebuild(),
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
      saved: () => this.#readBucketPreferences(),
    });
    this.#network = new NetworkWatch({
      interfaces: options.interfaces ?? interfaceAddresses,
      changed: () => this.networkChanged(),
      interval: options.interfacesEvery,
    });
  }

  async start(): Promise<void> {
    await this.#apply(await this.#preferences.load());
    this.#timer = setInterval(() => void this.#readPreferencesAgain(), PREFERENCES_INTERVAL_MS);
    this.#timer.unref();
    this.#network.start();
    this.#unread = await this.uploads.start();
    await this.downloads.start();
    void this.#readBucketPreferences();
    this.#readyAlerts.start();
    await this.watchFolders.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#network.stop();
    this.#replicas.stop();
    this.#ready.stop();
    this.#readyAlerts.stop();
    this.reports.cancel();
    this.verifications.cancel();
    await this.watchFolders.stop();
    await Promise.all([this.uploads.stop(), this.downloads.stop()]);
    this.#studio?.stop();
  }

  on<Name extends keyof ServiceEvents>(event: Name, listener: (payload: ServiceEvents[Name]) => void): () => void {
    return this.#events.on(event, listener);
  }

  studio(): Studio {
    if (this.#studio) return this.#studio;
    const { origin, findings } = this.#preferences.status();
    if (!origin) throw new NearplayError('no-preferences');
    const errors = findings.filter(({ severity }) => severity === 'error');
    const faults = errors.map(({ path, line, message }) => [line === undefined ? '' : `line ${line}`, path, message]);
    const list = faults.map((parts) => parts.filter((part) => part !== '').join(': ')).join('; ');
    throw new NearplayError('preferences-invalid', `${origin.where} cannot be used: ${list}`);
  }

  async importPreferences(file: string): Promise<PreferencesStatus> {
    const { copy, findings } = await this.#preferences.import(file);
    if (copy === null) return { ...this.#preferences.status(), findings };
    this.#settings.change({ importedPreferences: copy });
    await this.#apply(await this.#preferences.load());
    void this.#readBucketPreferences();
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
    return this.watchFolders.add(path, writableFolder(folder, this.#target().configuration.prefix), { existing });
  }

  async refreshAddress(): Promise<ReadingStatus> {
    const studio = this.studio();
    await this.addresses.invalidate();
    return studio.reading();
  }

  networkChanged(): void {
    this.#studio?.reachability.probeNow();
    void this.addresses.invalidate();
    this.uploads.tryNow();
    this.downloads.tryNow();
    void this.#readPreferencesAgain();
  }

  mediaSources(): string[] {
    return this.#mediaSources;
  }

  #storageNow(): number {
    const main = this.#studio?.preferences.mainStorage;
    return main === undefined ? this.#options.now() : (this.#studio?.clients.storageNow(main) ?? this.#options.now());
  }

  #replicaReady(key: string, { storage }: Route): void {
    this.#events.emit('libraryChanged', { folder: folderOf(key) });
    const { storages } = this.studio().reading();
    const label = storages.find(({ name }) => name === storage)?.label ?? storage;
    this.#ready.add({ key, storage, label });
  }

  #limitBandwidth(): void {
    const ceiling = this.#studio?.preferences.uploads.maxBytesPerSecond ?? null;
    this.uploads.setBandwidth({ ...this.#settings.get().bandwidth, ceiling });
  }

  changeSettings(patch: SettingsPatch): Settings {
    const before = this.#settings.get();
    const settings = this.#settings.change(patch);
    this.#events.emit('settingsChanged', settings);
    // Other credentials: clients that hold the old ones must go.
    if (settings.profile !== before.profile) {
      this.#rebuild();
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
      reading: this.#studio?.reading() ?? null,
      transfers: this.transfers.totals(),
      ...(this.#unread && { unread: this.#unread }),
      watchFolders: this.watchFolders.list(),
    };
  }

  /** The first paint must not wait for a sign-in helper that takes its time. */
  credentialsStatus(): Promise<CredentialsStatus> {
    return promptStatus(this.#credentials);
  }

  async #apply(status: PreferencesStatus): Promise<void> {
    const { document } = status;
    if (this.#stopped) return;
    if (!isDeepStrictEqual(document, this.#studio?.preferences ?? null)) {
      this.#studio?.stop();
      this.#studio = document ? this.#newStudio(document) : undefined;
      this.#limitBandwidth();
      this.uploads.targetChanged();
      this.#mediaSources = (await this.#studio?.mediaSources().catch(() => [])) ?? [];
      if (this.#studio && this.#options.givenAddress === undefined) void this.addresses.invalidate();
      this.#readingChanged();
    }
    if (!isDeepStrictEqual(status, this.#announced)) this.#events.emit('preferencesChanged', status);
    this.#announced = status;
  }

  #rebuild(): void {
    const { preferences } = this.#studio ?? {};
    if (!preferences) return;
    this.#studio?.stop();
    this.#studio = this.#newStudio(preferences);
  }

  #newStudio(preferences: IsolationPreferences): Studio {
    const { log, now, clock, proxyAgent, linkLifetime, firstProbeAfter, givenAddress } = this.#options;
    return new Studio({
      preferences,
      credentials: this.#credentials.provider,
      ...(proxyAgent && { proxyAgent }),
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

  /** IT may have rolled out another file, or an admin may have saved in the main storage. */
  async #readPreferencesAgain(): Promise<void> {
    await this.#apply(await this.#preferences.load());
    await this.#readBucketPreferences();
  }

  /** Looks for an admin's change in the main storage. Failing is no news: the storage's health is told elsewhere. */
  async #readBucketPreferences(): Promise<void> {
    if (this.#stopped || !this.#studio || !this.#preferences.asksBucket()) return;
    try {
      const { preferences } = this.#studio;
      const read = await new PreferencesInBucket(this.#studio).read(this.#preferences.bucketEtag());
      // Other preferences came into force meanwhile: "there is none" was said of another place.
      if (!this.#isInForce(preferences)) return;
      if (read !== 'unchanged') await this.#apply(await this.#preferences.fromBucket(read));
    } catch (error) {
      this.#options.log.warn('The preferences in the bucket could not be read', { error });
    }
  }

  #isInForce(preferences: IsolationPreferences): boolean {
    return this.#studio?.preferences === preferences;
  }

  #target() {
    const studio = this.studio();
    const { mainStorage } = studio.preferences;
    return { client: studio.clients.clientOf(mainStorage), configuration: studio.clients.configurationOf(mainStorage) };
  }

  /** Where an upload was begun when the preferences were other ones. */
  #targetAt(place: UploadPlace) {
    const { preferences, clients } = this.studio();
    const storages = Object.keys(preferences.s3Configuration);
    const storage = storages.find((name) => isIn(place, clients.configurationOf(name)));
    if (storage === undefined) return undefined;
    return { client: clients.clientOf(storage), configuration: clients.configurationOf(storage) };
  }

  #uploaded(key: string): void {
    this.#studio?.router.uploadCompleted(key);
    this.#events.emit('libraryChanged', { folder: folderOf(key) });
    // Asking for the route of each of many small files costs a good part of what sending them does.
    if (this.#studio?.preferences.replication.replicas.length) this.#replicas.watch(key);
  }

  #readingChanged(): void {
    if (!this.#stopped) this.#events.emit('readingChanged', this.#studio?.reading() ?? null);
  }
}

function onlyAddress(address: string): StudioOptions['addresses'] {
  return { known: () => ({ addresses: [{ address, source: 'given' }] }), isPublicUnknown: () => false };
}
