import type { ReplicaReady } from '../../../shared/replication.ts';
import { SECOND_MS } from '../../../shared/units.ts';

/** A folder of frames arrives over minutes: a few notifications, not a thousand. */
const NOTIFY_INTERVAL_MS = 15 * SECOND_MS;

export interface ReadyNotificationsOptions {
  notify: (ready: ReplicaReady) => void;
  /** Milliseconds between two notifications of one storage; default 15 s. */
  interval?: number;
}

/** Notifies of the first object on a replica at once, and of the following ones together. */
export class ReadyNotifications {
  readonly #options: ReadyNotificationsOptions;
  /** By storage: objects since its last notification; null: none yet. */
  readonly #gathered = new Map<string, ReplicaReady | null>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: ReadyNotificationsOptions) {
    this.#options = options;
  }

  add(ready: Omit<ReplicaReady, 'others'>): void {
    const { storage } = ready;
    const gathered = this.#gathered.get(storage);
    if (gathered === undefined) this.#notify({ ...ready, others: 0 });
    else if (gathered === null) this.#gathered.set(storage, { ...ready, others: 0 });
    else gathered.others += 1;
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #notify(ready: ReplicaReady): void {
    this.#options.notify(ready);
    this.#gathered.set(ready.storage, null);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const next = this.#gathered.get(ready.storage);
      this.#gathered.delete(ready.storage);
      if (next) this.#notify(next);
    }, this.#options.interval ?? NOTIFY_INTERVAL_MS);
    this.#timers.add(timer.unref());
  }
}
