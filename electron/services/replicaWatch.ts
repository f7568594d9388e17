import type { Route } from '../../shared/routing.ts';

const SECOND = 1000;
const FIRST_PAUSE = SECOND;
const LAST_PAUSE = 60 * SECOND;
/** S3 replicates nearly everything within 15 minutes; large objects without Replication Time Control can take hours. */
const GIVE_UP_AFTER = 6 * 3600 * SECOND;

export interface ReplicaWatchOptions {
  explainRoute: (key: string) => Promise<Route>;
  /** The object is now read from a replica. */
  ready: (key: string, route: Route) => void;
  now: () => number;
}

/**
 * Watches objects that were just uploaded until they are read from a replica: waits out the replication delay, then
 * asks with growing pauses. An object whose route is main for another reason (the user reads from main) is let go.
 */
export class ReplicaWatch {
  readonly #options: ReplicaWatchOptions;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #stopped = false;

  constructor(options: ReplicaWatchOptions) {
    this.#options = options;
  }

  watch(key: string): void {
    this.#askLater(key, 0, 0, this.#options.now() + GIVE_UP_AFTER);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #askLater(key: string, pause: number, asked: number, giveUpAt: number): void {
    clearTimeout(this.#timers.get(key));
    if (this.#stopped || this.#options.now() > giveUpAt) return;
    const timer = setTimeout(() => void this.#ask(key, asked, giveUpAt), pause);
    timer.unref();
    this.#timers.set(key, timer);
  }

  async #ask(key: string, asked: number, giveUpAt: number): Promise<void> {
    this.#timers.delete(key);
    const backOff = Math.min(LAST_PAUSE, FIRST_PAUSE * 2 ** asked);
    let route: Route;
    try {
      route = await this.#options.explainRoute(key);
    } catch {
      this.#askLater(key, backOff, asked + 1, giveUpAt);
      return;
    }
    const { secondsLeft } = route.details;
    if (secondsLeft !== undefined) this.#askLater(key, secondsLeft * SECOND, 0, giveUpAt);
    else if (route.reason === 'replica-by-ip' || route.reason === 'replica-chosen') this.#options.ready(key, route);
    else if (route.reason === 'replica-not-ready' || route.reason === 'replica-unreachable') {
      this.#askLater(key, backOff, asked + 1, giveUpAt);
    }
  }
}
