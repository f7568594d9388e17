import { isDeepStrictEqual } from 'node:util';
import type { Agent } from 'node:https';
import type { Bootstrap, CredentialsStatus, EventName, Events, PreferencesStatus, Transfer } from '../../shared/ipc.ts';
import type { IsolationPreferences } from '../../shared/preferences.ts';
import { NearplayError, reportOf } from '../../shared/errors.ts';
import type { Settings, SettingsPatch } from '../../shared/settings.ts';
import type { Log, Services, SettingsBackend } from './contract.ts';
import { createCredentials } from './credentials.ts';
import { folderOf } from './keys.ts';
import { PreferencesInBucket } from './preferencesInBucket.ts';
import { PreferencesSource } from './preferencesSource.ts';
import { askOverHttp, interfaceAddresses, PublicAddress } from './publicAddress.ts';
import { ReplicaWatch } from './replicaWatch.ts';
import { SettingsStore } from './settingsStore.ts';
import { Studio, type StudioOptions } from './studio.ts';
import { Uploads, type OnConflict } from './uploads.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** How often an admin's change in the bucket is looked for. */
const PREFERENCES_EVERY = 5 * MINUTE;
const CREDENTIALS_STATUS_WITHIN = 5 * SECOND;

export interface ServicesOptions {
  /** Where this user's own files go: copies of preferences, the journal of transfers. Must exist. */
  userDataFolder: string;
  settings: SettingsBackend;
  env: Readonly<Record<string, string | undefined>>;
  managedPreferencesFile?: string;
  /** A preferences file named for this run; beats every other origin. */
  commandLinePreferences?: string | undefined;
  /** The agent for the studio's proxy; absent: straight to the storages. */
  proxyAgent?: Agent;
  log: Log;
  /** Milliseconds since the epoch, of this machine. */
  now: () => number;
  version: string;
  platform: string;
  /** What draws the window, for the about panel. */
  runtime: string;
  onConflict?: OnConflict;
  /** The address to be taken for; then nobody is asked for the real one. */
  givenAddress?: string | undefined;
  /** Addresses of this machine's interfaces; default: asked of the operating system. */
  interfaces?: () => readonly string[];
  /** Milliseconds that a link lives; default 12 hours. */
  linkLifetime?: number;
  /** Milliseconds until an unreachable storage is first probed; default 2 s. */
  firstProbeAfter?: number;
}

/** Services, and what only a terminal needs of them. */
export interface Application extends Services {
  /** @throws NearplayError no-preferences, preferences-invalid */
  studio(): Studio;
  uploads: Uploads;
  addresses: PublicAddress;
}

/** Builds every service; nothing happens before `start`. */
export function createServices(options: ServicesOptions): Application {
  return new NearplayServices(options);
}

class NearplayServices implements Application {
  readonly uploads: Uploads;
  readonly addresses: PublicAddress;
  readonly requests: Services['requests'];
  readonly #options: ServicesOptions;
  readonly #settings: SettingsStore;
  readonly #preferences: PreferencesSource;
  readonly #credentials: ReturnType<typeof createCredentials>;
  readonly #watch: ReplicaWatch;
  readonly #listeners: { [Name in EventName]: Set<(payload: Events[Name]) => void> } = {
    'transfers-changed': new Set(),
    'reading-changed': new Set(),
    'preferences-changed': new Set(),
    'settings-changed': new Set(),
    'library-changed': new Set(),
  };
  #studio: Studio | undefined;
  #origins: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: ServicesOptions) {
    this.#options = options;
    const { log, now } = options;
    this.#settings = new SettingsStore(options.settings, log);
    this.#credentials = createCredentials({ env: options.env, profile: () => this.#settings.get().profile });
    this.#preferences = new PreferencesSource({
      ...(options.commandLinePreferences !== undefined && { commandLineFile: options.commandLinePreferences }),
      ...(options.managedPreferencesFile !== undefined && { managedFile: options.managedPreferencesFile }),
      importedFile: () => this.#settings.get().importedPreferences,
      userDataFolder: options.userDataFolder,
      log,
    });
    this.addresses = new PublicAddress({
      services: () => this.#studio?.preferences.publicIp.services ?? [],
      ask: askOverHttp(options.proxyAgent),
      throughProxy: options.proxyAgent !== undefined,
      interfaces: options.interfaces ?? interfaceAddresses,
      now,
      changed: () => this.#readingChanged(),
    });
    this.uploads = new Uploads({
      target: () => this.#target(),
      changed: (transfers) => this.#emit('transfers-changed', transfers),
      completed: (key) => this.#uploaded(key),
      now,
      log,
      ...(options.onConflict && { onConflict: options.onConflict }),
    });
    this.#watch = new ReplicaWatch({
      explainRoute: (key) => this.studio().explainRoute(key),
      ready: (key) => this.#emit('library-changed', { folder: folderOf(key) }),
      now,
    });
    this.requests = this.#handlers();
  }

  async start(): Promise<void> {
    await this.#apply(await this.#preferences.load());
    this.#timer = setInterval(() => void this.#readBucketPreferences(), PREFERENCES_EVERY);
    this.#timer.unref();
    void this.#readBucketPreferences();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#watch.stop();
    await this.uploads.stop();
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

  addUploads(folder: string, paths: readonly string[]): Promise<Transfer[]> {
    return this.uploads.add(folder, paths);
  }

  networkChanged(): void {
    this.#studio?.reachability.probeNow();
    void this.addresses.forget();
    void this.#readBucketPreferences();
  }

  mediaOrigins(): string[] {
    return this.#origins;
  }

  #handlers(): Services['requests'] {
    return {
      'get-bootstrap': () => this.#bootstrap(),
      'list-library': ({ folder, cursor }) => this.studio().library.list(folder, cursor),
      'create-link': ({ key, purpose, failed }) => this.studio().createLink(key, purpose, failed),
      'explain-route': ({ key }) => this.studio().explainRoute(key),
      'set-settings': (patch) => Promise.resolve(patch).then((change) => this.#changeSettings(change)),
      'add-uploads': ({ folder, paths }) => this.addUploads(folder, paths),
      'cancel-transfer': ({ id }) => done(() => this.uploads.cancel(id)),
      'retry-transfer': ({ id }) => this.uploads.retry(id),
      'clear-transfers': () => done(() => this.uploads.clear()),
      'refresh-address': async () => {
        const studio = this.studio();
        await this.addresses.forget();
        return studio.reading();
      },
    };
  }

  #changeSettings(patch: SettingsPatch): Settings {
    const before = this.#settings.get();
    const settings = this.#settings.change(patch);
    this.#emit('settings-changed', settings);
    // Other credentials: clients that hold the old ones must go.
    if (settings.profile !== before.profile) this.#rebuild();
    if (settings.readFrom !== before.readFrom || settings.profile !== before.profile) this.#readingChanged();
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
      transfers: this.uploads.list(),
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
      this.#origins = (await this.#studio?.mediaOrigins().catch(() => [])) ?? [];
      if (this.#studio && this.#options.givenAddress === undefined) void this.addresses.forget();
      this.#readingChanged();
    }
    this.#emit('preferences-changed', status);
  }

  #rebuild(): void {
    const { preferences } = this.#studio ?? {};
    if (!preferences) return;
    this.#studio?.stop();
    this.#studio = this.#newStudio(preferences);
  }

  #newStudio(preferences: IsolationPreferences): Studio {
    const { log, now, proxyAgent, linkLifetime, firstProbeAfter, givenAddress } = this.#options;
    return new Studio({
      preferences,
      credentials: this.#credentials.provider,
      ...(proxyAgent && { proxyAgent }),
      now,
      readFrom: () => this.#settings.get().readFrom ?? preferences.defaults.readFrom,
      addresses: givenAddress === undefined ? this.addresses : onlyAddress(givenAddress),
      reachabilityChanged: () => this.#readingChanged(),
      log,
      ...(linkLifetime !== undefined && { linkLifetime }),
      ...(firstProbeAfter !== undefined && { firstProbeAfter }),
    });
  }

  /** Looks for an admin's change in the main storage. Failing is no news: the storage's health is told elsewhere. */
  async #readBucketPreferences(): Promise<void> {
    if (this.#stopped || !this.#studio || !this.#preferences.asksBucket()) return;
    try {
      const read = await new PreferencesInBucket(this.#studio).read(this.#preferences.bucketEtag());
      if (read !== 'unchanged') await this.#apply(await this.#preferences.fromBucket(read));
    } catch (error) {
      this.#options.log.warn('The preferences in the bucket could not be read', { error });
    }
  }

  #target() {
    const studio = this.studio();
    const { mainStorage } = studio.preferences;
    return { client: studio.clients.clientOf(mainStorage), configuration: studio.clients.configurationOf(mainStorage) };
  }

  #uploaded(key: string): void {
    this.#studio?.router.uploadCompleted(key);
    this.#emit('library-changed', { folder: folderOf(key) });
    this.#watch.watch(key);
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
