import { PLAYBACK_REPORT_INTERVAL_MS, type PlaybackNeed } from '../../../../shared/playback.ts';
import { KIB, SECOND_MS } from '../../../../shared/units.ts';

/** Without a report for this long the player is gone. */
const REPORT_TIMEOUT_MS = 4 * PLAYBACK_REPORT_INTERVAL_MS;
/** Twice as often as a player reports: what a step frees arrives before the next. */
const STEP_MS = SECOND_MS / 2;
const REDUCE_FACTOR = 0.5;
/** Towards the rate at which the player ran short, and past it: a line gets free again, and is tried carefully. */
const RAISE_FACTOR = 1.25;
const TRY_FACTOR = 1.04;
/** Share of the rate at which the player ran short that is taken again without care. */
const SAFE_SHARE = 0.7;
/** Transfers keep this share of their rate, and at least this rate: storages end connections that carry nothing. */
const LEAST_SHARE = 1 / 16;
const LEAST_BYTES_PER_SECOND = 64 * KIB;
/** Fewer bytes a second on a connection are not worth the connection. */
const BYTES_PER_SECOND_OF_A_REQUEST = 48 * KIB;
const LEAST_REQUESTS = 2;
/** A limit that is not reached for this long limits nothing. */
const UNUSED_STEPS = 20;

/**
 * Bytes for playing come first: the rate of transfers in one direction, halved twice a second while a player runs short, and
 * raised again while it has enough (additive increase would take minutes on a fast line). No limit while nothing plays.
 * Holds no timer: the time is read from the clock when it is asked.
 */
export class PlaybackYield {
  readonly #clock: () => number;
  #need: PlaybackNeed = 'over';
  #reportedAt = Number.NEGATIVE_INFINITY;
  #steppedAt: number;
  /** Bytes since the last step, and bytes a second of the step before it. */
  #bytes = 0;
  #measured = 0;
  /** Bytes a second; undefined: no limit. */
  #limit: number | undefined;
  /** The rate at which the player ran short. */
  #tooMuch = 0;
  #unused = 0;

  /** @param clock milliseconds, never set back */
  constructor(clock: () => number) {
    this.#clock = clock;
    this.#steppedAt = clock();
  }

  report(need: PlaybackNeed): void {
    this.#advance();
    this.#need = need;
    this.#reportedAt = this.#clock();
    // The first report counts at once: the next step may be too late for what is buffered.
    if (need === 'short' && this.#limit === undefined) this.#reduce();
    if (need === 'over') this.#limit = undefined;
  }

  /** Counts bytes that were transferred. */
  addBytes(bytes: number): void {
    this.#advance();
    this.#bytes += bytes;
  }

  /** Bytes a second that transfers may take; null: no limit. */
  get bytesPerSecond(): number | null {
    this.#advance();
    return this.#limit ?? null;
  }

  /** Requests with a body that make sense at that rate. */
  get mostRequests(): number {
    const rate = this.bytesPerSecond;
    if (rate === null) return Number.POSITIVE_INFINITY;
    return Math.max(LEAST_REQUESTS, Math.floor(rate / BYTES_PER_SECOND_OF_A_REQUEST));
  }

  #advance(): void {
    const now = this.#clock();
    if (this.#need !== 'over' && now - this.#reportedAt > REPORT_TIMEOUT_MS) {
      this.#need = 'over';
      this.#limit = undefined;
    }
    const elapsed = now - this.#steppedAt;
    if (elapsed < STEP_MS) return;
    this.#measured = (this.#bytes / elapsed) * SECOND_MS;
    this.#bytes = 0;
    this.#steppedAt = now;
    if (this.#need === 'short') this.#reduce();
    else if (this.#limit !== undefined) this.#raise(this.#limit);
  }

  #reduce(): void {
    // Transfers that carry next to nothing are not what the player waits for.
    if (this.#limit === undefined && this.#measured < LEAST_BYTES_PER_SECOND) return;
    const rate = Math.min(this.#limit ?? Number.POSITIVE_INFINITY, this.#measured);
    if (this.#limit === undefined || this.#measured > this.#limit * SAFE_SHARE) this.#tooMuch = rate;
    const least = Math.max(LEAST_BYTES_PER_SECOND, this.#tooMuch * LEAST_SHARE);
    this.#limit = Math.max(least, rate * REDUCE_FACTOR);
    this.#unused = 0;
  }

  #raise(limit: number): void {
    this.#unused = this.#measured < limit * SAFE_SHARE ? this.#unused + 1 : 0;
    if (this.#unused >= UNUSED_STEPS) this.#limit = undefined;
    else this.#limit = limit * (limit < this.#tooMuch * SAFE_SHARE ? RAISE_FACTOR : TRY_FACTOR);
  }
}
