import { NearplayError } from '../../../shared/errors.ts';
import { growingDelay } from '../../../shared/growingDelay.ts';
import { MINUTE_MS, SECOND_MS } from '../../../shared/units.ts';

const FIRST_PROBE_DELAY_MS = 2 * SECOND_MS;
const MAX_PROBE_DELAY_MS = MINUTE_MS;

export interface ReachabilityOptions {
  /** Sends any request; resolves when the storage answered at all, rejects when it did not. */
  probe: (storage: string) => Promise<void>;
  changed: (storage: string, reachable: boolean) => void;
  /** Milliseconds; an option so that tests need not wait. */
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
 * Circuit breaker per storage. A failed call (after the SDK's three attempts) opens it: the storage counts as
 * unreachable and gets no further requests. While it is open, single probes follow after 2 s, 4 s, 8 s … up to a minute
 * (half-open); the first answer closes it.
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

  /** Probes every unreachable storage at once, after the network came back or the machine woke up. */
  probeNow(): void {
    if (this.#stopped) return;
    for (const [storage, outage] of this.#outages) {
      outage.probes = 0;
      // A probe in progress answers the same question; another one would start a second chain of probes.
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
    const first = this.#options.firstProbeAfter ?? FIRST_PROBE_DELAY_MS;
    const pause = growingDelay({ first, most: MAX_PROBE_DELAY_MS }, outage.probes);
    outage.timer = setTimeout(() => void this.#probe(storage, outage), pause);
    outage.timer.unref();
  }

  async #probe(storage: string, outage: Outage): Promise<void> {
    outage.timer = undefined;
    try {
      await this.#options.probe(storage);
      if (!this.#stopped) this.succeeded(storage);
    } catch (error) {
      // An outage that has ended needs no further probe; a newer outage has its own.
      if (this.#outages.get(storage) !== outage || this.#stopped) return;
      if (error instanceof NearplayError) outage.error = error;
      outage.probes += 1;
      this.#probeLater(storage, outage);
    }
  }
}
