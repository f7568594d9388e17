import type { LibraryFile, LibraryPage } from '../../../shared/library.ts';
import { MINUTE_MS } from '../../../shared/units.ts';

const CHECK_INTERVAL_MS = MINUTE_MS;
/** A folder is watched for what is new in it, not walked through from end to end each minute. */
const MAX_PAGES_PER_FOLDER = 20;

export interface ReadyAlertsOptions {
  folders: () => readonly string[];
  list: (folder: string, cursor?: string) => Promise<LibraryPage>;
  /** A file came in that is not read from a replica yet. */
  found: (file: LibraryFile) => void;
}

/** Looks into the folders that the user watches, once a minute, for files that somebody else has just uploaded. */
export class ReadyAlerts {
  readonly #options: ReadyAlertsOptions;
  readonly #seen = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isChecking = false;

  constructor(options: ReadyAlertsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.check(), CHECK_INTERVAL_MS);
    this.#timer.unref();
    void this.check();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Never throws: what cannot be listed now is looked at again in a minute. */
  async check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    for (const folder of this.#options.folders()) await this.#checkFolder(folder).catch(() => undefined);
    this.#isChecking = false;
  }

  async #checkFolder(folder: string): Promise<void> {
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES_PER_FOLDER; page++) {
      const { entries, cursor: next } = await this.#options.list(folder, cursor);
      for (const entry of entries) {
        if (entry.type !== 'file') continue;
        const version = `${entry.key}\n${entry.etag}`;
        const waits = ['within-replication-delay', 'replica-not-ready'].includes(entry.route.reason);
        if (waits && !this.#seen.has(version)) this.#options.found(entry);
        this.#seen.add(version);
      }
      if (next === undefined) return;
      cursor = next;
    }
  }
}
