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
  timer: NodeJS.Timeout;
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

  succeeded(storage: string): void {
    const outage = this.#outages.get(storage);
    if (!outage) return;
    clearTimeout(outage.timer);
    this.#outages.delete(storage);
    this.#options.changed(storage, true);
  }

  failed(storage: string): void {
    if (this.#stopped || this.#outages.has(storage)) return;
    this.#outages.set(storage, { probes: 0, timer: this.#probeLater(storage, 0) });
    this.#options.changed(storage, false);
  }

  /** Probes every open storage at once: the network came back, or the machine woke up. */
  probeNow(): void {
    for (const [storage, outage] of this.#outages) {
      clearTimeout(outage.timer);
      outage.probes = 0;
      void this.#probe(storage);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const { timer } of this.#outages.values()) clearTimeout(timer);
  }

  #probeLater(storage: string, probes: number): NodeJS.Timeout {
    const first = this.#options.firstProbeAfter ?? FIRST_PROBE;
    const timer = setTimeout(() => void this.#probe(storage), Math.min(LAST_PROBE, first * 2 ** probes));
    timer.unref();
    return timer;
  }

  async #probe(storage: string): Promise<void> {
    try {
      await this.#options.probe(storage);
      if (!this.#stopped) this.succeeded(storage);
    } catch {
      const outage = this.#outages.get(storage);
      if (!outage || this.#stopped) return;
      outage.probes += 1;
      outage.timer = this.#probeLater(storage, outage.probes);
    }
  }
}
