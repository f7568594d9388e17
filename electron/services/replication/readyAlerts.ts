import type { LibraryFile, LibraryPage } from '../../../shared/library.ts';
import { MINUTE_MS } from '../../../shared/units.ts';

const CHECK_INTERVAL_MS = MINUTE_MS;
/** An alert is about new files, so a large folder is not listed to its end each minute. */
const MAX_PAGES_PER_FOLDER = 20;

export interface ReadyAlertsOptions {
  folders: () => readonly string[];
  list: (folder: string, cursor?: string) => Promise<LibraryPage>;
  /** A new file appeared that is not read from a replica yet. */
  found: (file: LibraryFile) => void;
}

/** Finds files that others have just uploaded into the folders with ready alerts, once a minute. */
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

  /** Never throws: a folder that cannot be listed is tried again in a minute. */
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
