import { type BandwidthRules, limitAt, minuteOfDay } from '../../../../shared/bandwidth.ts';
import { KIB, SECOND_MS } from '../../../../shared/units.ts';
import type { Sleep } from '../../runtime/async.ts';

const MAX_SLICE_BYTES = 256 * KIB;
const MIN_SLICE_BYTES = 4 * KIB;
/** What may go out at once after a silence, as a part of a second. */
const BURST_MS = 0.1 * SECOND_MS;

export const UNLIMITED: BandwidthRules = { bytesPerSecond: null, hours: [], ceiling: null };

export interface BandwidthOptions {
  rules: BandwidthRules;
  /** Milliseconds since the epoch: for the hours of the day alone. */
  now: () => number;
  /** Milliseconds, never set back. */
  clock: () => number;
  sleep: Sleep;
}

/** A token bucket that all bodies draw from before a slice goes onto the wire. */
export class BandwidthLimiter {
  readonly #options: BandwidthOptions;
  #rules: BandwidthRules;
  /** When the bytes let through so far have gone out at the limit's pace. */
  #paidUntil = Number.NEGATIVE_INFINITY;

  constructor(options: BandwidthOptions) {
    this.#options = options;
    this.#rules = options.rules;
  }

  /** In force with the next slice. */
  setRules(rules: BandwidthRules): void {
    this.#rules = rules;
    this.#paidUntil = Number.NEGATIVE_INFINITY;
  }

  /** Bytes that a slice should have: under a low limit smaller ones, so that no line is silent for long. */
  sliceSize(): number {
    const rate = this.#rate();
    if (rate === null) return MAX_SLICE_BYTES;
    return Math.min(MAX_SLICE_BYTES, Math.max(MIN_SLICE_BYTES, Math.floor(rate / 16 / KIB) * KIB));
  }

  /** Milliseconds until so many bytes may go; they count as gone. */
  reserve(bytes: number): number {
    const rate = this.#rate();
    if (rate === null) return 0;
    const now = this.#options.clock();
    const begin = Math.max(this.#paidUntil, now - BURST_MS);
    this.#paidUntil = begin + (bytes / rate) * SECOND_MS;
    return Math.max(0, Math.ceil(begin - now));
  }

  /** Resolves when so many bytes may go. @throws NearplayError cancelled */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const delay = this.reserve(bytes);
    if (delay > 0) await this.#options.sleep(delay, signal);
  }

  #rate(): number | null {
    return limitAt(this.#rules, minuteOfDay(new Date(this.#options.now())))?.bytesPerSecond ?? null;
  }
}
