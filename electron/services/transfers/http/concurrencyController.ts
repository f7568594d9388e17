import { KIB, SECOND_MS } from '../../../../shared/units.ts';

/** Measuring window: long enough to measure a connection's rate, short enough to find its limit within a minute. */
const WINDOW_MS = SECOND_MS;
/** Smallest rise that counts as faster; less is noise. */
const MIN_RISE_FACTOR = 1.05;
/** Pause before a limit that brought no rise is tried again. */
const PAUSE_MS = 10 * SECOND_MS;
/** Pause after a SlowDown or a time-out. */
const SLOW_DOWN_PAUSE_MS = 5 * SECOND_MS;
/** Requests that were in flight together fail together: failures within this time count as one. */
const SAME_FAILURE_MS = SECOND_MS;
const STEP_REQUESTS = 2;
/**
 * At the start the limit doubles, as TCP does (RFC 5681, "slow start"): a fast connection with a long round trip would
 * take half a minute to fill by steps. Doubling has to raise the rate by a good part, else requests only wait for each
 * other.
 */
const START_FACTOR = 2;
const START_RISE_FACTOR = 1.3;
const START_WINDOW_MS = SECOND_MS / 2;

/**
 * A connection carries a window a round trip: over a long line it takes more of them to fill it (RFC 7323, 1.1). One a
 * start for every two milliseconds makes 75 for an ocean (150 ms), and no more than usual for a network at hand.
 */
const REQUESTS_PER_MS = 0.5;
/** Requests that get less than this each are more than the line has room for. Bytes a second. */
const MIN_REQUEST_RATE = 48 * KIB;
/** Measuring windows in a row in which requests get too little: connections that are being made carry nothing yet. */
const STARVED_WINDOWS = 3;

export interface ConcurrencyLimits {
  least: number;
  most: number;
  /** Limit at the start. */
  first: number;
}

/**
 * Number of parts in flight. Doubles at the start, then rises by two while the rate rises; falls when it does not, and
 * to half after SlowDown or a time-out. Pure: the time is passed in.
 */
export class ConcurrencyController {
  readonly #limits: ConcurrencyLimits;
  #limit: number;
  #since: number;
  #bytes = 0;
  #finished = 0;
  #starved = 0;
  /** Bytes per millisecond at the limit before the last rise. */
  #rateBefore: number | undefined;
  #isStarting = true;
  #pausedUntil = 0;
  #slowedDownAt = Number.NEGATIVE_INFINITY;

  constructor(limits: ConcurrencyLimits, now: number) {
    this.#limits = limits;
    this.#limit = clamp(limits.first, limits);
    this.#since = now;
  }

  get limit(): number {
    return this.#limit;
  }

  /** The greatest number that the limit can reach. */
  get most(): number {
    return this.#limits.most;
  }

  /** Raises the limit of the start by the time between a request and its answer, in milliseconds. */
  roundTrip(milliseconds: number): void {
    if (!this.#isStarting) return;
    this.#limit = Math.max(this.#limit, clamp(Math.floor(milliseconds * REQUESTS_PER_MS), this.#limits));
  }

  /** Counts a request that is over. */
  requestOver(): void {
    this.#finished += 1;
  }

  /** Counts sent bytes. `isFull`: all slots were in use, so that another limit could matter. */
  addBytes(bytes: number, isFull: boolean, now: number): void {
    this.#bytes += bytes;
    const elapsed = now - this.#since;
    const span = this.#isStarting ? START_WINDOW_MS : WINDOW_MS;
    if (elapsed < span) return;
    const rate = this.#bytes / elapsed;
    const isOneRound = this.#finished < this.#limit;
    this.#bytes = 0;
    this.#finished = 0;
    this.#since = now;
    this.#starved = isFull && isOneRound && this.#enoughFor(rate) < this.#limit ? this.#starved + 1 : 0;
    if (this.#starved >= STARVED_WINDOWS) {
      this.#reduceTo(this.#enoughFor(rate));
      return;
    }
    // After a pause the window is mostly idle and no measure of the connection.
    if (isFull && elapsed < 2 * span) this.#judge(rate, now);
    else this.#rateBefore = undefined;
  }

  /** Halves the limit after SlowDown or a time-out. */
  slowDown(now: number): void {
    if (now - this.#slowedDownAt < SAME_FAILURE_MS) return;
    this.#slowedDownAt = now;
    this.#isStarting = false;
    this.#limit = clamp(Math.floor(this.#limit / 2), this.#limits);
    this.#rateBefore = undefined;
    this.#pausedUntil = now + SLOW_DOWN_PAUSE_MS;
  }

  /** Requests that a rate, in bytes per millisecond, is enough for. */
  #enoughFor(rate: number): number {
    return Math.max(this.#limits.first, Math.ceil((rate * SECOND_MS) / MIN_REQUEST_RATE));
  }

  #reduceTo(limit: number): void {
    this.#starved = 0;
    this.#isStarting = false;
    this.#rateBefore = undefined;
    this.#limit = clamp(limit, this.#limits);
  }

  #judge(rate: number, now: number): void {
    if (now < this.#pausedUntil) return;
    const rise = this.#isStarting ? START_RISE_FACTOR : MIN_RISE_FACTOR;
    if (this.#rateBefore === undefined || rate >= this.#rateBefore * rise) {
      const before = this.#limit;
      this.#limit = clamp(this.#isStarting ? before * START_FACTOR : before + STEP_REQUESTS, this.#limits);
      if (this.#limit > before) this.#rateBefore = rate;
      else this.#isStarting = false;
      return;
    }
    this.#limit = clamp(
      this.#isStarting ? Math.ceil(this.#limit / START_FACTOR) : this.#limit - STEP_REQUESTS,
      this.#limits,
    );
    this.#isStarting = false;
    this.#rateBefore = undefined;
    this.#pausedUntil = now + PAUSE_MS;
  }
}

function clamp(value: number, { least, most }: ConcurrencyLimits): number {
  return Math.min(most, Math.max(least, value));
}
