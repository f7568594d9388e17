import { type BandwidthRules, limitAt, minuteOfDay } from '../../../../shared/bandwidth.ts';
import { KIB, SECOND_MS } from '../../../../shared/units.ts';
import type { Sleep } from '../../runtime/async.ts';

const MAX_SLICE_BYTES = 256 * KIB;
const MIN_SLICE_BYTES = 4 * KIB;
/** Bytes that may be sent at once after an idle time, as milliseconds at the limit's rate. */
const BURST_MS = 0.1 * SECOND_MS;

export const UNLIMITED: BandwidthRules = { bytesPerSecond: null, hours: [], ceiling: null };

export interface BandwidthOptions {
  rules: BandwidthRules;
  /** Milliseconds since the epoch, for the hours of the day alone. */
  now: () => number;
  /** Milliseconds of a monotonic clock. */
  clock: () => number;
  sleep: Sleep;
}

/** Token bucket that all bodies draw from before a slice is sent. */
export class BandwidthLimiter {
  readonly #options: BandwidthOptions;
  #rules: BandwidthRules;
  /** Time at which the bytes granted so far are sent at the limit's rate. */
  #paidUntil = Number.NEGATIVE_INFINITY;

  constructor(options: BandwidthOptions) {
    this.#options = options;
    this.#rules = options.rules;
  }

  /** Applies to the next slice. */
  setRules(rules: BandwidthRules): void {
    this.#rules = rules;
    this.#paidUntil = Number.NEGATIVE_INFINITY;
  }

  /** Bytes of a slice: smaller under a low limit, so that no connection is idle for long. */
  sliceSize(): number {
    const rate = this.#rate();
    if (rate === null) return MAX_SLICE_BYTES;
    return Math.min(MAX_SLICE_BYTES, Math.max(MIN_SLICE_BYTES, Math.floor(rate / 16 / KIB) * KIB));
  }

  /** Reserves bytes; returns the milliseconds to wait before they are sent. */
  reserve(bytes: number): number {
    const rate = this.#rate();
    if (rate === null) return 0;
    const now = this.#options.clock();
    const begin = Math.max(this.#paidUntil, now - BURST_MS);
    this.#paidUntil = begin + (bytes / rate) * SECOND_MS;
    return Math.max(0, Math.ceil(begin - now));
  }

  /** Resolves when so many bytes may be sent. @throws NearplayError cancelled */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const delay = this.reserve(bytes);
    if (delay > 0) await this.#options.sleep(delay, signal);
  }

  #rate(): number | null {
    return limitAt(this.#rules, minuteOfDay(new Date(this.#options.now())))?.bytesPerSecond ?? null;
  }
}
