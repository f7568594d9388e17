import { isDeepStrictEqual } from 'node:util';
import { NearplayError } from '../../../shared/errors.ts';
import type { IsolationPreferences } from '../../../shared/preferences.ts';
import type { PreferencesStatus } from '../../../shared/preferencesStatus.ts';
import { MINUTE_MS } from '../../../shared/units.ts';
import type { Studio } from '../reading/studio.ts';
import type { Log } from '../runtime/log.ts';
import { PreferencesInBucket } from './preferencesInBucket.ts';
import type { PreferencesSource } from './preferencesSource.ts';

/** Interval of checks for an admin's change in the bucket. */
const PREFERENCES_INTERVAL_MS = 5 * MINUTE_MS;

export interface StudioInForceOptions {
  source: PreferencesSource;
  open: (preferences: IsolationPreferences) => Studio;
  /** Called when another document is in force, or none. */
  replaced: () => void;
  /** Whether a window loads media: the prefixes of its links are then known before `ready` is called. */
  hasWindow: boolean;
  /** Called when another document, or none, is in force and all is known of it. */
  ready: () => void;
  statusChanged: (status: PreferencesStatus) => void;
  log: Log;
}

/** Holds the studio of the preferences in force: another document gets another studio. */
export class StudioInForce {
  readonly #options: StudioInForceOptions;
  #studio: Studio | undefined;
  #announced: PreferencesStatus | undefined;
  #mediaSources: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: StudioInForceOptions) {
    this.#options = options;
  }

  /** Undefined while no preferences can be used. */
  get current(): Studio | undefined {
    return this.#studio;
  }

  /** @throws NearplayError no-preferences, preferences-invalid */
  studio(): Studio {
    if (this.#studio) return this.#studio;
    const { origin, findings } = this.#options.source.status();
    if (!origin) throw new NearplayError('no-preferences');
    const errors = findings.filter(({ severity }) => severity === 'error');
    const faults = errors.map(({ path, line, message }) => [line === undefined ? '' : `line ${line}`, path, message]);
    const list = faults.map((parts) => parts.filter((part) => part !== '').join(': ')).join('; ');
    throw new NearplayError('preferences-invalid', `${origin.where} cannot be used: ${list}`);
  }

  /** URL prefixes of links to media; none without a window. */
  mediaSources(): string[] {
    return this.#mediaSources;
  }

  /** Loads the files, and begins to check for changes. */
  async start(): Promise<void> {
    await this.load();
    this.#timer = setInterval(() => void this.readAgain(), PREFERENCES_INTERVAL_MS).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  /** Ends the connections. Apart from `stop`, because transfers end in between. */
  close(): void {
    this.#studio?.stop();
  }

  /** Puts the files of this machine and the copy of the bucket's object in force. Never throws. */
  async load(): Promise<void> {
    await this.#apply(await this.#options.source.load());
  }

  /** IT may have rolled out another file, or an admin may have saved in the main storage. */
  async readAgain(): Promise<void> {
    await this.load();
    await this.readBucket();
  }

  /** Checks for an admin's change in the main storage. Failures are ignored: the storage's health is reported elsewhere. */
  async readBucket(): Promise<void> {
    const { source, log } = this.#options;
    if (this.#stopped || !this.#studio || !source.asksBucket()) return;
    try {
      const { preferences } = this.#studio;
      const read = await new PreferencesInBucket(this.#studio).read(source.bucketEtag());
      // Other preferences came into force meanwhile: the answer was about another location.
      if (!this.#isInForce(preferences)) return;
      if (read !== 'unchanged') await this.#apply(await source.fromBucket(read));
    } catch (error) {
      log.warn('The preferences in the bucket could not be read', { error });
    }
  }

  /** New connections for the same preferences, after a change of credentials. */
  rebuild(): void {
    const { preferences } = this.#studio ?? {};
    if (!preferences) return;
    this.#studio?.stop();
    this.#studio = this.#options.open(preferences);
  }

  #isInForce(preferences: IsolationPreferences): boolean {
    return this.#studio?.preferences === preferences;
  }

  async #apply(status: PreferencesStatus): Promise<void> {
    const { open, replaced, ready, statusChanged, hasWindow } = this.#options;
    const { document } = status;
    if (this.#stopped) return;
    if (!isDeepStrictEqual(document, this.#studio?.preferences ?? null)) {
      this.#studio?.stop();
      this.#studio = document ? open(document) : undefined;
      replaced();
      // It takes a client for each storage.
      if (hasWindow) this.#mediaSources = (await this.#studio?.mediaSources().catch(() => [])) ?? [];
      ready();
    }
    if (!isDeepStrictEqual(status, this.#announced)) statusChanged(status);
    this.#announced = status;
  }
}
