import { type BandwidthRules, limitAt, minuteOfDay } from '../../../../shared/bandwidth.ts';
import { KIB, SECOND_MS } from '../../../../shared/units.ts';
import type { Sleep } from '../../runtime/async.ts';
import type { PlaybackYield } from './playbackYield.ts';

const MAX_SLICE_BYTES = 256 * KIB;
const MIN_SLICE_BYTES = 4 * KIB;
/** Bytes that may be sent at once after an idle time, as milliseconds at the limit's rate. */
const BURST_MS = 0.1 * SECOND_MS;
/** The rate may have changed after this time of waiting. */
const RECHECK_MS = SECOND_MS / 4;

export const UNLIMITED: BandwidthRules = { bytesPerSecond: null, hours: [], ceiling: null };

export interface BandwidthOptions {
  rules: BandwidthRules;
  /** Milliseconds since the epoch, for the hours of the day alone. */
  now: () => number;
  /** Milliseconds of a monotonic clock. */
  clock: () => number;
  sleep: Sleep;
  /** What a player leaves to transfers; absent: all. */
  playback?: PlaybackYield;
}

/** Token bucket that all bodies draw from before a slice is sent. A change of the rate reaches those that wait already. */
export class BandwidthLimiter {
  readonly #options: BandwidthOptions;
  #rules: BandwidthRules;
  /** Bytes that were asked for, and bytes that the rate has allowed, since the start. */
  #asked = 0;
  #allowed = Number.NEGATIVE_INFINITY;
  #allowedAt = Number.NEGATIVE_INFINITY;

  constructor(options: BandwidthOptions) {
    this.#options = options;
    this.#rules = options.rules;
  }

  /** Applies to the next slice, and to those that wait. */
  setRules(rules: BandwidthRules): void {
    this.#rules = rules;
  }

  /** Bytes of a slice: smaller under a low limit, so that no connection is idle for long. */
  sliceSize(): number {
    const rate = this.#rate();
    if (rate === null) return MAX_SLICE_BYTES;
    return Math.min(MAX_SLICE_BYTES, Math.max(MIN_SLICE_BYTES, Math.floor(rate / 16 / KIB) * KIB));
  }

  /**
   * Resolves when so many bytes may be sent: when the rate has allowed all that were asked for before.
   *
   * @param waits called while it waits, a few times a second: a request that waits here is not idle.
   * @throws NearplayError cancelled
   */
  async take(bytes: number, signal: AbortSignal, waits?: () => void): Promise<void> {
    const { playback, sleep } = this.#options;
    const before = this.#asked;
    // What was saved up in silence ends with the first bytes after it.
    let delay = this.#delayUntil(before);
    this.#asked += bytes;
    while (delay > 0) {
      await sleep(Math.min(delay, RECHECK_MS), signal);
      waits?.();
      delay = this.#delayUntil(before);
    }
    playback?.addBytes(bytes);
  }

  /** Milliseconds until so many bytes are allowed. */
  #delayUntil(bytes: number): number {
    const rate = this.#rate();
    const now = this.#options.clock();
    const elapsed = now - this.#allowedAt;
    this.#allowedAt = now;
    if (rate === null) {
      this.#allowed = this.#asked;
      return 0;
    }
    const most = this.#asked + (rate * BURST_MS) / SECOND_MS;
    // At the start all is as after a long silence.
    this.#allowed = Number.isFinite(elapsed) ? Math.min(most, this.#allowed + (rate * elapsed) / SECOND_MS) : most;
    return Math.max(0, Math.ceil(((bytes - this.#allowed) / rate) * SECOND_MS));
  }

  /** Bytes a second; null: no limit. */
  #rate(): number | null {
    const own = limitAt(this.#rules, minuteOfDay(new Date(this.#options.now())))?.bytesPerSecond ?? null;
    const left = this.#options.playback?.bytesPerSecond ?? null;
    return own === null || left === null ? (own ?? left) : Math.min(own, left);
  }
}
