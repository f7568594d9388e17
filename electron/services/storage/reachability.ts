import { NearplayError } from '../../../shared/errors.ts';
import { growingDelay } from '../../../shared/growingDelay.ts';

const SECOND = 1000;
const FIRST_PROBE = 2 * SECOND;
const LAST_PROBE = 60 * SECOND;

export interface ReachabilityOptions {
  /** Asks the storage anything; resolves when it answered at all, rejects when it did not. */
  probe: (storage: string) => Promise<void>;
  changed: (storage: string, reachable: boolean) => void;
  /** Milliseconds; a function of its own so that tests need not wait. */
  firstProbeAfter?: number;
}

interface Outage {
  probes: number;
  /** Absent while a probe is on its way. */
  timer?: NodeJS.Timeout | undefined;
  /** What was heard of it last. */
  error: NearplayError;
}

/**
 * A circuit breaker per storage. A failed call (which the SDK has already tried three times) opens it: the storage
 * counts as unreachable and is not asked by anyone else. While it is open a single probe goes out after 2 s, 4 s, 8 s … up to
 * a minute (half-open); the first answer closes it.
 */
export class Reachability {
  readonly #options: ReachabilityOptions;
  readonly #outages = new Map<string, Outage>();
  #stopped = false;

  constructor(options: ReachabilityOptions) {
    this.#options = options;
  }

  isReachable(storage: string): boolean {
    return !this.#outages.has(storage);
  }

  /** Why it is not asked: what it, or the way to it, said last. `undefined` while it is reachable. */
  errorOf(storage: string): NearplayError | undefined {
    return this.#outages.get(storage)?.error;
  }

  succeeded(storage: string): void {
    const outage = this.#outages.get(storage);
    if (!outage) return;
    clearTimeout(outage.timer);
    this.#outages.delete(storage);
    this.#options.changed(storage, true);
  }

  failed(storage: string, error: NearplayError): void {
    if (this.#stopped) return;
    const before = this.#outages.get(storage);
    if (before) before.error = error;
    if (before) return;
    const outage: Outage = { probes: 0, error };
    this.#outages.set(storage, outage);
    this.#probeLater(storage, outage);
    this.#options.changed(storage, false);
  }

  /** Probes every open storage at once: the network came back, or the machine woke up. */
  probeNow(): void {
    if (this.#stopped) return;
    for (const [storage, outage] of this.#outages) {
      outage.probes = 0;
      // One that is on its way says it soon enough; a second one would be a second chain of probes.
      if (outage.timer === undefined) continue;
      clearTimeout(outage.timer);
      void this.#probe(storage, outage);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const { timer } of this.#outages.values()) clearTimeout(timer);
  }

  #probeLater(storage: string, outage: Outage): void {
    const first = this.#options.firstProbeAfter ?? FIRST_PROBE;
    const pause = growingDelay({ first, most: LAST_PROBE }, outage.probes);
    outage.timer = setTimeout(() => void this.#probe(storage, outage), pause);
    outage.timer.unref();
  }

  async #probe(storage: string, outage: Outage): Promise<void> {
    outage.timer = undefined;
    try {
      await this.#options.probe(storage);
      if (!this.#stopped) this.succeeded(storage);
    } catch (error) {
      // An outage that ended in the meantime has no more probes; another one has its own.
      if (this.#outages.get(storage) !== outage || this.#stopped) return;
      if (error instanceof NearplayError) outage.error = error;
      outage.probes += 1;
      this.#probeLater(storage, outage);
    }
  }
}
