import { LEAST_RATE } from '../../../shared/bandwidth.ts';
import type { Sleep } from './sleep.ts';

const SECOND = 1000;
const KIB = 1024;
const LARGEST_SLICE = 256 * KIB;
const SMALLEST_SLICE = 4 * KIB;
/** What may go out at once after a silence, as a part of a second. */
const BURST = 0.1 * SECOND;

/** A limit for some hours of the day, in this machine's time zone. */
export interface BandwidthHours {
  /** Minutes since midnight; a span whose end is before its beginning runs over midnight. */
  from: number;
  to: number;
  /** `null`: no limit in these hours. */
  bytesPerSecond: number | null;
}

export interface BandwidthRules {
  /** The user's limit outside all spans; `null`: none. */
  bytesPerSecond: number | null;
  /** The first span that holds the present minute counts. */
  hours: readonly BandwidthHours[];
  /** The admin's: never exceeded, whatever the user sets. `null`: none. */
  ceiling: number | null;
}

export const UNLIMITED: BandwidthRules = { bytesPerSecond: null, hours: [], ceiling: null };

/** Bytes a second at this minute of the day, `null` for no limit. Never below 16 KiB/s. */
export function rateAt({ bytesPerSecond, hours, ceiling }: BandwidthRules, minute: number): number | null {
  const span = hours.find(({ from, to }) =>
    from <= to ? minute >= from && minute < to : minute >= from || minute < to,
  );
  const limits = [span ? span.bytesPerSecond : bytesPerSecond, ceiling].filter((limit) => limit !== null);
  return limits.length === 0 ? null : Math.max(LEAST_RATE, Math.min(...limits));
}

export interface BandwidthOptions {
  rules: BandwidthRules;
  /** Milliseconds since the epoch. */
  now: () => number;
  sleep: Sleep;
}

/** A token bucket that all bodies draw from before a slice goes onto the wire. */
export class Bandwidth {
  readonly #options: BandwidthOptions;
  #rules: BandwidthRules;
  /** When the bytes let through so far have gone out at the limit's pace. */
  #paidUntil = 0;

  constructor(options: BandwidthOptions) {
    this.#options = options;
    this.#rules = options.rules;
  }

  /** In force with the next slice. */
  setRules(rules: BandwidthRules): void {
    this.#rules = rules;
    this.#paidUntil = 0;
  }

  /** Bytes that a slice should have: under a low limit smaller ones, so that no line is silent for long. */
  sliceSize(): number {
    const rate = this.#rate();
    if (rate === null) return LARGEST_SLICE;
    return Math.min(LARGEST_SLICE, Math.max(SMALLEST_SLICE, Math.floor(rate / 16 / KIB) * KIB));
  }

  /** Milliseconds until so many bytes may go; they count as gone. */
  reserve(bytes: number): number {
    const rate = this.#rate();
    if (rate === null) return 0;
    const now = this.#options.now();
    const begin = Math.max(this.#paidUntil, now - BURST);
    this.#paidUntil = begin + (bytes / rate) * SECOND;
    return Math.max(0, Math.ceil(begin - now));
  }

  /** Resolves when so many bytes may go. @throws NearplayError cancelled */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const delay = this.reserve(bytes);
    if (delay > 0) await this.#options.sleep(delay, signal);
  }

  #rate(): number | null {
    const time = new Date(this.#options.now());
    return rateAt(this.#rules, time.getHours() * 60 + time.getMinutes());
  }
}
