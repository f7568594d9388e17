import { SECOND_MS } from '../../shared/units.ts';

/** State of a media element at one moment. */
export interface MediaMoment {
  /** Milliseconds, any origin. */
  at: number;
  /** Position in seconds. */
  position: number;
  /** End of what is loaded after the position, seconds. */
  buffered: number;
  readyState: number;
  /** It should play, or was asked to seek: it needs data, or is about to. */
  wanting: boolean;
}

/** Without any sign of life for this long the source counts as dead, milliseconds. */
export const STALL_TIMEOUT_MS = 4 * SECOND_MS;
/** Before anything was shown: names, connections and the index of a file at its end take their time. */
export const OPENING_TIMEOUT_MS = 12 * SECOND_MS;
/** A gap between two looks that is longer is a computer that slept, not a source that did. */
const MAX_CHECK_GAP_MS = SECOND_MS;

/** Tells a source that has gone silent from one that is slow. Looked at a few times a second; holds no timer. */
export class StallWatch {
  #last: MediaMoment | undefined;
  #silence = 0;
  #played = 0;
  #shown = false;

  /** Seconds that were played since the last reset; seeking does not count. */
  get played(): number {
    return this.#played;
  }

  /** Bytes arrived. */
  heard(): void {
    this.#silence = 0;
  }

  /** Another source begins. `shown`: there is a picture of it already. */
  reset(shown: boolean): void {
    this.#last = undefined;
    this.#silence = 0;
    this.#played = 0;
    this.#shown = shown;
  }

  /** True once, when the source has been silent for too long while it was needed. */
  look(moment: MediaMoment): boolean {
    const last = this.#last;
    this.#last = moment;
    if (!last) return false;
    const gap = Math.min(MAX_CHECK_GAP_MS, Math.max(0, moment.at - last.at));
    const moved = moment.position - last.position;
    if (moved > 0 && moved <= (gap / SECOND_MS) * 10) this.#played += moved;
    if (moved > 0 && moment.wanting) this.#shown = true;
    const alive = moved !== 0 || moment.buffered !== last.buffered || moment.readyState > last.readyState;
    if (alive || !moment.wanting) {
      this.#silence = 0;
      return false;
    }
    const limit = this.#shown ? STALL_TIMEOUT_MS : OPENING_TIMEOUT_MS;
    const before = this.#silence;
    this.#silence += gap;
    return before < limit && this.#silence >= limit;
  }
}
