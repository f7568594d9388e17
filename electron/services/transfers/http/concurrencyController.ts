import { SECOND_MS } from '../../../../shared/units.ts';
/** Long enough to see a line's pace, short enough to find it within a minute. */
const WINDOW_MS = SECOND_MS;
/** What counts as faster: less is noise. */
const MIN_RISE_FACTOR = 1.05;
/** A limit that brought nothing is not tried again for so long. */
const REST_MS = 10 * SECOND_MS;
/** After a storage asked for patience. */
const SLOW_DOWN_REST_MS = 5 * SECOND_MS;
/** Requests that were in flight together fail together: they count as one complaint. */
const SAME_FAILURE_MS = SECOND_MS;
const STEP_REQUESTS = 2;
/**
 * At first the limit doubles, as TCP does (RFC 5681, "slow start"): a fast line with long ways would take half a minute to
 * be filled by steps. Twice the requests have to bring a good part of twice the pace, else they only wait for each other.
 */
const START_FACTOR = 2;
const START_RISE_FACTOR = 1.3;
const START_WINDOW_MS = SECOND_MS / 2;

export interface ConcurrencyLimits {
  least: number;
  most: number;
  /** What a new run begins with. */
  first: number;
}

/**
 * How many parts may be in flight. Doubles at first, then goes up by two, while that makes the line faster; back down when
 * it does not, and to half when the storage says SlowDown or stops answering. Pure: it is told the time and asks for nothing.
 */
export class ConcurrencyController {
  readonly #limits: ConcurrencyLimits;
  #limit: number;
  #since: number;
  #bytes = 0;
  /** Bytes a millisecond at the limit before the last step up. */
  #paceBefore: number | undefined;
  #isFirst = true;
  #restUntil = 0;
  #complainedAt = Number.NEGATIVE_INFINITY;

  constructor(limits: ConcurrencyLimits, now: number) {
    this.#limits = limits;
    this.#limit = clamp(limits.first, limits);
    this.#since = now;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Bytes went onto the wire. `isFull`: all that was allowed was in use, so that another limit could matter. */
  addBytes(bytes: number, isFull: boolean, now: number): void {
    this.#bytes += bytes;
    const elapsed = now - this.#since;
    const span = this.#isFirst ? START_WINDOW_MS : WINDOW_MS;
    if (elapsed < span) return;
    const pace = this.#bytes / elapsed;
    this.#bytes = 0;
    this.#since = now;
    // After a pause the window is mostly silence, which says nothing of the line.
    if (isFull && elapsed < 2 * span) this.#judge(pace, now);
    else this.#paceBefore = undefined;
  }

  /** The storage said SlowDown, or a request timed out. */
  slowDown(now: number): void {
    if (now - this.#complainedAt < SAME_FAILURE_MS) return;
    this.#complainedAt = now;
    this.#isFirst = false;
    this.#limit = clamp(Math.floor(this.#limit / 2), this.#limits);
    this.#paceBefore = undefined;
    this.#restUntil = now + SLOW_DOWN_REST_MS;
  }

  #judge(pace: number, now: number): void {
    if (now < this.#restUntil) return;
    const rise = this.#isFirst ? START_RISE_FACTOR : MIN_RISE_FACTOR;
    if (this.#paceBefore === undefined || pace >= this.#paceBefore * rise) {
      const before = this.#limit;
      this.#limit = clamp(this.#isFirst ? before * START_FACTOR : before + STEP_REQUESTS, this.#limits);
      if (this.#limit > before) this.#paceBefore = pace;
      else this.#isFirst = false;
      return;
    }
    this.#limit = clamp(
      this.#isFirst ? Math.ceil(this.#limit / START_FACTOR) : this.#limit - STEP_REQUESTS,
      this.#limits,
    );
    this.#isFirst = false;
    this.#paceBefore = undefined;
    this.#restUntil = now + REST_MS;
  }
}

function clamp(value: number, { least, most }: ConcurrencyLimits): number {
  return Math.min(most, Math.max(least, value));
}
