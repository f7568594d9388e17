import { growingDelay } from '../../../shared/growingDelay.ts';
import type { Route } from '../../../shared/routing.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../shared/units.ts';

const FIRST_RETRY_DELAY_MS = SECOND_MS;
const MAX_RETRY_DELAY_MS = MINUTE_MS;
/** S3 replicates nearly all objects within 15 minutes; large ones without Replication Time Control can take hours. */
const GIVE_UP_AFTER_MS = 6 * HOUR_MS;
/** A check costs two requests: checks of 100,000 uploads must leave the line to the uploads. */
const CHECK_INTERVAL_MS = SECOND_MS / 10;
const MAX_PARALLEL_CHECKS = 4;
/** Routes to the source that may change by themselves, at a moment that is not known. */
const UNSETTLED: ReadonlySet<Route['reason']> = new Set([
  'within-replication-delay',
  'replica-not-ready',
  'replica-unreachable',
]);

export interface ReplicaWatchOptions {
  explainRoute: (key: string) => Promise<Route>;
  /** The object is now read from a replica. */
  ready: (key: string, route: Route) => void;
  /** Milliseconds, never set back. */
  clock: () => number;
}

/**
 * Watches recently uploaded objects until they are read from a replica: waits for the replication delay, then checks
 * with growing pauses, many objects in turn. An object whose route is main for another reason (the user reads from
 * main) is dropped.
 */
export class ReplicaWatch {
  readonly #options: ReplicaWatchOptions;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** Checks that are due, in order. */
  readonly #due = new Map<string, () => Promise<void>>();
  #checking = 0;
  #pace: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: ReplicaWatchOptions) {
    this.#options = options;
  }

  watch(key: string): void {
    this.#checkLater(key, 0, 0, this.#options.clock() + GIVE_UP_AFTER_MS);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#due.clear();
    clearTimeout(this.#pace);
  }

  #checkLater(key: string, pause: number, asked: number, giveUpAt: number): void {
    clearTimeout(this.#timers.get(key));
    this.#due.delete(key);
    if (this.#stopped || this.#options.clock() > giveUpAt) return;
    const takeTurn = () => {
      this.#timers.delete(key);
      this.#due.set(key, () => this.#check(key, asked, giveUpAt));
      this.#checkNext();
    };
    const timer = setTimeout(takeTurn, pause);
    timer.unref();
    this.#timers.set(key, timer);
  }

  #checkNext(): void {
    const [next] = this.#due;
    if (!next || this.#pace !== undefined || this.#checking >= MAX_PARALLEL_CHECKS) return;
    const [key, ask] = next;
    this.#due.delete(key);
    this.#checking += 1;
    void ask().finally(() => {
      this.#checking -= 1;
      this.#checkNext();
    });
    const paced = () => {
      this.#pace = undefined;
      this.#checkNext();
    };
    this.#pace = setTimeout(paced, CHECK_INTERVAL_MS).unref();
  }

  async #check(key: string, asked: number, giveUpAt: number): Promise<void> {
    const backOff = growingDelay({ first: FIRST_RETRY_DELAY_MS, most: MAX_RETRY_DELAY_MS }, asked);
    let route: Route;
    try {
      route = await this.#options.explainRoute(key);
    } catch {
      this.#checkLater(key, backOff, asked + 1, giveUpAt);
      return;
    }
    const { secondsLeft } = route.details;
    if (secondsLeft !== undefined) this.#checkLater(key, secondsLeft * SECOND_MS, 0, giveUpAt);
    else if (route.reason === 'replica-by-ip' || route.reason === 'replica-chosen') this.#options.ready(key, route);
    else if (UNSETTLED.has(route.reason)) {
      this.#checkLater(key, backOff, asked + 1, giveUpAt);
    }
  }
}
