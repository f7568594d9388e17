import type { Agent } from 'node:https';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Bootstrap, CredentialsStatus } from '../../shared/bootstrap.ts';
import { NearplayError, reportOf } from '../../shared/errors.ts';
import type { EventName, Events } from '../../shared/ipc.ts';
import { folderOf, writableFolder } from '../../shared/keys.ts';
import type { LeftOut } from '../../shared/leftOut.ts';
import { errorsOf, type IsolationPreferences, parsePreferences } from '../../shared/preferences.ts';
import { type Change, diffPreferences } from '../../shared/preferencesMerge.ts';
import type { PreferencesEditing, PreferencesStatus } from '../../shared/preferencesStatus.ts';
import type { Measurement } from '../../shared/reading.ts';
import type { ReplicationProblem, ReplicationReport } from '../../shared/replication.ts';
import type { Route } from '../../shared/routing.ts';
import type { Settings, SettingsPatch } from '../../shared/settings.ts';
import type { JournalUnread, Transfer, TransfersDelta } from '../../shared/transfers.ts';
import type { Added, UploadFolder } from '../../shared/uploads.ts';
import type { VerifyReport } from '../../shared/verify.ts';
import { LeftOutCount } from './files/leftOut.ts';
import { PreferencesInBucket } from './preferences/preferencesInBucket.ts';
import { bucketPlace, PreferencesSource } from './preferences/preferencesSource.ts';
import { type SettingsBackend, SettingsStore } from './preferences/settingsStore.ts';
import { askOverHttp, ClientAddresses, interfaceAddresses } from './reading/clientAddresses.ts';
import { explainRegion } from './reading/explanation.ts';
import { measureStorages } from './reading/measurements.ts';
import { Studio, type StudioOptions } from './reading/studio.ts';
import { ReadyAlerts } from './replication/readyAlerts.ts';
import { ReadyNotifications } from './replication/readyNotifications.ts';
import { batchManifest, reportReplication } from './replication/replicationReport.ts';
import { ReplicaWatch } from './replication/replicaWatch.ts';
import type { Log } from './runtime/log.ts';
import { steadyNow } from './runtime/steadyClock.ts';
import { systemUser } from './runtime/systemUser.ts';
import type { Services } from './services.ts';
import { createCredentials } from './storage/credentials.ts';
import { isIn, type UploadPlace } from './storage/objectPlace.ts';
import { Downloads } from './transfers/download/downloads.ts';
import { Journal } from './transfers/journal/journal.ts';
import type { ConflictPolicy } from './transfers/journal/uploadRecord.ts';
import { TransferList } from './transfers/list/transferList.ts';
import { type QueueTiming, TransferQueue } from './transfers/queue/queue.ts';
import { verifyFolder } from './verify/verifyFolder.ts';
import { WatchFolders } from './watchFolders/watchFolders.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** How often an admin's change in the bucket is looked for. */
const PREFERENCES_EVERY = 5 * MINUTE;
/** No system tells Node that a cable was pulled or a VPN came up; reading the list costs microseconds. */
const INTERFACES_EVERY = 5 * SECOND;
const CREDENTIALS_STATUS_WITHIN = 5 * SECOND;

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

/** What saving the preferences would change, for the person who is asked. */
export interface SaveQuestion {
  /** Against what is in force. */
  changes: readonly Change[];
  /** The object that is written. */
  where: string;
}

/** Services, and what only a terminal needs of them. */
export interface Application extends Services {
  /** @throws NearplayError no-preferences, preferences-invalid */
  studio(): Studio;
  uploads: TransferQueue;
  addresses: ClientAddresses;
}

/** Builds every service; nothing happens before `start`. */
export function createServices(options: ServicesOptions): Application {
  return new NearplayServices(options);
}

interface RunningReport {
  abort: AbortController;
  result?: ReplicationReport;
}

class NearplayServices implements Application {
  readonly uploads: TransferQueue;
  readonly addresses: ClientAddresses;
  readonly requests: Services['requests'];
  readonly #options: ServicesOptions;
  readonly #settings: SettingsStore;
  readonly #preferences: PreferencesSource;
  readonly #credentials: ReturnType<typeof createCredentials>;
  readonly #watch: ReplicaWatch;
  readonly #readyNews = new ReadyNotifications({ notify: (ready) => this.#emit('replica-ready', ready) });
  readonly #copies: Downloads;
  readonly #transfers: TransferList;
  readonly #watched: ReadyAlerts;
  readonly #uploadFolders: WatchFolders;
  readonly #listeners: { [Name in EventName]: Set<(payload: Events[Name]) => void> } = {
    'transfers-changed': new Set(),
    'reading-changed': new Set(),
    'preferences-changed': new Set(),
    'settings-changed': new Set(),
    'library-changed': new Set(),
    'replica-ready': new Set(),
    'report-progress': new Set(),
    'verify-progress': new Set(),
    'upload-folders-changed': new Set(),
  };
  #studio: Studio | undefined;
  #announced: PreferencesStatus | undefined;
  #measurements: readonly Measurement[] = [];
  #report: RunningReport | undefined;
  #verifying: AbortController | undefined;
  #mediaSources: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #interfacesTimer: NodeJS.Timeout | undefined;
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
        this.#uploadFolders.transfersChanged(delta);
        this.#transfersChanged(this.#transfers.ofUploads(delta));
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
    this.#watch = new ReplicaWatch({
      explainRoute: (key) => this.studio().explainRoute(key),
      ready: (key, route) => this.#replicaReady(key, route),
      clock,
    });
    this.#copies = new Downloads({
      studio: () => this.studio(),
      changed: (news) => this.#transfersChanged(this.#transfers.ofCopies(news)),
      file: join(options.journalFolder ?? options.userDataFolder, 'copies.json'),
      now,
      log,
    });
    this.#transfers = new TransferList(this.uploads, this.#copies);
    this.#watched = new ReadyAlerts({
      folders: () => this.#settings.get().watchedFolders,
      list: (folder, cursor) => this.studio().library.list(folder, cursor),
      // A sequence is ready with its last frame, whose key it has.
      found: ({ key }) => this.#watch.watch(key),
    });
    this.#uploadFolders = new WatchFolders({
      entries: () => this.#settings.get().uploadFolders,
      save: (uploadFolders) => this.#emit('settings-changed', this.#settings.change({ uploadFolders })),
      memoryFolder: join(options.journalFolder ?? options.userDataFolder, 'upload-folders'),
      queue: this.uploads,
      changed: (folders) => this.#emit('upload-folders-changed', folders),
      log,
    });
    this.requests = this.#handlers();
  }

  async start(): Promise<void> {
    await this.#apply(await this.#preferences.load());
    this.#timer = setInterval(() => void this.#readPreferencesAgain(), PREFERENCES_EVERY);
    this.#timer.unref();
    this.#watchInterfaces();
    this.#unread = await this.uploads.start();
    await this.#copies.start();
    void this.#readBucketPreferences();
    this.#watched.start();
    await this.#uploadFolders.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    clearInterval(this.#interfacesTimer);
    this.#watch.stop();
    this.#readyNews.stop();
    this.#watched.stop();
    this.#report?.abort.abort();
    this.#verifying?.abort();
    await this.#uploadFolders.stop();
    await Promise.all([this.uploads.stop(), this.#copies.stop()]);
    this.#studio?.stop();
  }

  on<Name extends EventName>(event: Name, listener: (payload: Events[Name]) => void): () => void {
    this.#listeners[event].add(listener);
    return () => void this.#listeners[event].delete(listener);
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
    const left = new LeftOutCount();
    const leftOut = (one: LeftOut) => {
      if (one.why !== 'vanished') left.add(one);
    };
    const ids = await this.uploads.add(writableFolder(folder), paths, { onConflict, leftOut });
    return { files: ids.length, ...(left.count > 0 && { leftOut: left.list() }) };
  }

  /** One comparison at a time: a new one ends the one before. */
  async verifyFolder(folder: string, path: string): Promise<VerifyReport> {
    this.#verifying?.abort();
    const running = new AbortController();
    this.#verifying = running;
    const progress = (sofar: Events['verify-progress']) => this.#emit('verify-progress', sofar);
    return verifyFolder(this.studio(), { folder, path, signal: running.signal, progress });
  }

  async addUploadFolder(folder: string, path: string, existing: boolean): Promise<UploadFolder> {
    return this.#uploadFolders.add(path, writableFolder(folder, this.#target().configuration.prefix), { existing });
  }

  receipts(): string {
    const receipts = this.uploads.receipts();
    if (receipts.length === 0) throw new NearplayError('bad-request', 'No upload in the list is done yet.');
    return `${JSON.stringify(receipts, undefined, 2)}\n`;
  }

  saveCopy(key: string, file: string): Transfer {
    return this.#copies.add(key, file);
  }

  manifest(problems: readonly ReplicationProblem[]): string {
    const studio = this.studio();
    const { bucket, prefix } = studio.clients.configurationOf(studio.preferences.mainStorage);
    const objects = this.#report?.result?.objects.filter(({ problem }) => problems.includes(problem)) ?? [];
    if (objects.length === 0) throw new NearplayError('bad-request', 'The report names no such objects. Run it again.');
    return batchManifest(bucket, prefix, objects);
  }

  networkChanged(): void {
    this.#studio?.reachability.probeNow();
    void this.addresses.invalidate();
    this.uploads.tryNow();
    this.#copies.tryNow();
    void this.#readPreferencesAgain();
  }

  mediaSources(): string[] {
    return this.#mediaSources;
  }

  #handlers(): Services['requests'] {
    return {
      'get-bootstrap': () => this.#bootstrap(),
      'list-library': ({ folder, cursor }) => this.studio().library.list(folder, cursor),
      'create-link': ({ key, purpose, failed }) => this.studio().createLink(key, purpose, failed),
      'explain-route': ({ key }) => this.studio().explainRoute(key),
      'set-settings': (patch) => Promise.resolve(patch).then((change) => this.#changeSettings(change)),
      'add-uploads': ({ folder, paths }) => this.addUploads(folder, paths),
      'list-transfers': ({ cursor }) => Promise.resolve(cursor).then((from) => this.#transfers.page(from)),
      'pause-transfers': ({ ids }) => done(() => this.#transfers.pause(ids)),
      'resume-transfers': ({ ids }) => done(() => this.#transfers.resume(ids)),
      'cancel-transfers': ({ ids }) => done(() => this.#transfers.cancel(ids)),
      'retry-transfers': ({ ids }) => done(() => this.#transfers.retry(ids)),
      'clear-transfers': () => done(() => this.#transfers.clear()),
      'decide-conflicts': ({ answer, ids }) => done(() => this.uploads.decide(answer, ids)),
      'move-transfers': ({ ids, before }) => done(() => this.uploads.move(ids, before)),
      'cancel-verify': () => done(() => this.#verifying?.abort()),
      'pause-upload-folder': ({ id, paused }) => this.#uploadFolders.pause(id, paused).then(() => null),
      'remove-upload-folder': ({ id }) => this.#uploadFolders.remove(id).then(() => null),
      'refresh-address': async () => {
        const studio = this.studio();
        await this.addresses.invalidate();
        return studio.reading();
      },
      'create-sequence-links': ({ id }) => this.studio().createSequenceLinks(id),
      'explain-region': ({ key }) => explainRegion(this.studio(), this.#measurements, key),
      'measure-storages': ({ key }) => this.#measure(key),
      'report-replication': ({ folder }) => this.#reportReplication(folder),
      'cancel-report': () => done(() => this.#report?.abort.abort()),
      'edit-preferences': () => this.#editPreferences(),
      'save-preferences': ({ text, etag }) => this.#savePreferences(text, etag),
      'read-preferences-version': async ({ versionId }) => ({
        text: await new PreferencesInBucket(this.studio()).readVersion(versionId),
      }),
    };
  }

  #storageNow(): number {
    const main = this.#studio?.preferences.mainStorage;
    return main === undefined ? this.#options.now() : (this.#studio?.clients.storageNow(main) ?? this.#options.now());
  }

  async #measure(key: string | undefined): Promise<Measurement[]> {
    const studio = this.studio();
    const sample = key === undefined ? undefined : await studio.identify(key);
    const measurements = await measureStorages(studio, sample);
    this.#measurements = measurements;
    return measurements;
  }

  /** One report at a time: a new one ends the one before. */
  async #reportReplication(folder: string): Promise<ReplicationReport> {
    this.#report?.abort.abort();
    const running: RunningReport = { abort: new AbortController() };
    this.#report = running;
    const { signal } = running.abort;
    const progress = (compared: number) => this.#emit('report-progress', { compared });
    running.result = await reportReplication(this.studio(), folder, { signal, progress });
    return running.result;
  }

  async #editPreferences(): Promise<PreferencesEditing> {
    const studio = this.studio();
    const { document } = this.#preferences.status();
    const stored = new PreferencesInBucket(studio);
    const read = await stored.read();
    const current = typeof read === 'object' ? read : undefined;
    const managed = this.#managedRefusal();
    const refusal = managed ?? (await stored.refusal());
    const inForce = JSON.stringify(document, undefined, 2);
    const pinned = this.#preferences.pinned();
    return {
      // An object that is no text: saving what is in force repairs it.
      text: managed || !current || current.fault ? inForce : current.text,
      ...(current?.etag !== undefined && { etag: current.etag }),
      ...(refusal && { refusal: refusal.report() }),
      ...(pinned && { pinned }),
      history: await stored.history().catch(() => []),
    };
  }

  async #savePreferences(text: string, etag: string | undefined): Promise<PreferencesEditing> {
    const studio = this.studio();
    const managed = this.#managedRefusal();
    if (managed) throw managed;
    const { document, findings } = parsePreferences(text);
    if (!document) throw new NearplayError('preferences-invalid', errorsOf(findings).join(' '));
    // Saved all the same, every machine would refuse it.
    const leaving = errorsOf(parsePreferences(text, { pinned: this.#preferences.pinned() }).findings);
    if (leaving.length > 0) throw new NearplayError('not-supported', leaving.join(' '));
    // The page cannot answer this: what it could be made to send is seen by a person first.
    const changes = diffPreferences(studio.preferences, document);
    const agreed = await this.#options.agreeToSave?.({ changes, where: bucketPlace(studio.preferences) });
    if (agreed === false) throw new NearplayError('cancelled', 'Nothing was saved.');
    await new PreferencesInBucket(studio).save(text, etag);
    await this.#readBucketPreferences();
    return this.#editPreferences();
  }

  #managedRefusal(): NearplayError | undefined {
    const { origin } = this.#preferences.status();
    if (origin?.kind !== 'managed' && origin?.kind !== 'command-line') return undefined;
    return new NearplayError('not-supported', `The preferences are managed in ${origin.where}.`);
  }

  #replicaReady(key: string, { storage }: Route): void {
    this.#emit('library-changed', { folder: folderOf(key) });
    const { storages } = this.studio().reading();
    const label = storages.find(({ name }) => name === storage)?.label ?? storage;
    this.#readyNews.add({ key, storage, label });
  }

  #transfersChanged(delta: TransfersDelta): void {
    this.#emit('transfers-changed', delta);
  }

  #limitBandwidth(): void {
    const ceiling = this.#studio?.preferences.uploads.maxBytesPerSecond ?? null;
    this.uploads.setBandwidth({ ...this.#settings.get().bandwidth, ceiling });
  }

  #changeSettings(patch: SettingsPatch): Settings {
    const before = this.#settings.get();
    const settings = this.#settings.change(patch);
    this.#emit('settings-changed', settings);
    // Other credentials: clients that hold the old ones must go.
    if (settings.profile !== before.profile) {
      this.#rebuild();
      this.uploads.tryNow();
      this.#copies.tryNow();
    }
    if (settings.readFrom !== before.readFrom || settings.profile !== before.profile) this.#readingChanged();
    if (settings.bandwidth !== before.bandwidth) this.#limitBandwidth();
    if (settings.watchedFolders !== before.watchedFolders) void this.#watched.look();
    return settings;
  }

  async #bootstrap(): Promise<Bootstrap> {
    const { version, platform, runtime } = this.#options;
    return {
      version,
      platform,
      runtime,
      settings: this.#settings.get(),
      preferences: this.#preferences.status(),
      credentials: await this.#credentialsStatus(),
      reading: this.#studio?.reading() ?? null,
      transfers: this.#transfers.totals(),
      ...(this.#unread && { unread: this.#unread }),
      uploadFolders: this.#uploadFolders.list(),
    };
  }

  /** The first paint must not wait for a sign-in helper that takes its time. */
  #credentialsStatus(): Promise<CredentialsStatus> {
    const late = new Promise<CredentialsStatus>((resolve) => {
      const problem = reportOf(new NearplayError('timeout', 'The AWS sign-in takes long to answer.'));
      const answer = () => resolve({ source: null, profiles: [], problem });
      setTimeout(answer, CREDENTIALS_STATUS_WITHIN).unref();
    });
    return Promise.race([this.#credentials.status(), late]);
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
    if (!isDeepStrictEqual(status, this.#announced)) this.#emit('preferences-changed', status);
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

  #watchInterfaces(): void {
    const interfaces = this.#options.interfaces ?? interfaceAddresses;
    let before = interfaces().join();
    this.#interfacesTimer = setInterval(() => {
      const now = interfaces().join();
      if (now !== before) this.networkChanged();
      before = now;
    }, this.#options.interfacesEvery ?? INTERFACES_EVERY);
    this.#interfacesTimer.unref();
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
    this.#emit('library-changed', { folder: folderOf(key) });
    // Asking for the route of each of many small files costs a good part of what sending them does.
    if (this.#studio?.preferences.replication.replicas.length) this.#watch.watch(key);
  }

  #readingChanged(): void {
    if (!this.#stopped) this.#emit('reading-changed', this.#studio?.reading() ?? null);
  }

  #emit<Name extends EventName>(event: Name, payload: Events[Name]): void {
    for (const listener of this.#listeners[event]) listener(payload);
  }
}

function onlyAddress(address: string): StudioOptions['addresses'] {
  return { known: () => ({ addresses: [{ address, source: 'given' }] }), isPublicUnknown: () => false };
}

/** Runs something that answers nothing; what it throws becomes a rejection, as for every other request. */
function done(work: () => void): Promise<null> {
  return new Promise((resolve) => {
    work();
    resolve(null);
  });
}
