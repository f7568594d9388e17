import { SECOND_MS } from '../../shared/units.ts';

/** What a player has of its source at one moment. */
export interface SourceMoment {
  /** Milliseconds, any origin. */
  at: number;
  /** It plays, and waits for more than it has. */
  isLoading: boolean;
  /** Seconds of the film that have arrived, from any origin on. */
  loaded: number;
  /** Seconds of the film that are there after the position. */
  ahead: number;
  /** That it plays with; above 0. */
  speed: number;
}

/** Looked at for so long before a source is called slow: a connection that begins, or a moment of the line, is over by then. */
export const SLOW_WINDOW_MS = 5 * SECOND_MS;
/** A source that brings less than this share of what plays is slow; the rest is inaccuracy of what is loaded. */
const ENOUGH_SHARE = 0.9;
/** With more than so many seconds ahead, at its speed, playing is in no danger yet. */
const IN_DANGER_S = 3;
/** A gap between two looks that is longer is a computer that slept. */
const MAX_CHECK_GAP_MS = 3 * SECOND_MS;

/** Tells a source that brings less than plays. Looked at a few times a second; holds no timer. */
export class SlowWatch {
  #seen: SourceMoment[] = [];

  /** Another source begins, or other times to compare. */
  reset(): void {
    this.#seen = [];
  }

  /** Seconds of the film that arrive a second, where that is less than plays; undefined while the source is not known to be slow. */
  look(moment: SourceMoment): number | undefined {
    const last = this.#seen.at(-1);
    const isOther =
      last !== undefined &&
      (moment.at - last.at > MAX_CHECK_GAP_MS || moment.loaded < last.loaded || moment.speed !== last.speed);
    if (isOther || !moment.isLoading) this.reset();
    if (!moment.isLoading) return undefined;
    this.#seen.push(moment);
    while ((this.#seen[1]?.at ?? Infinity) <= moment.at - SLOW_WINDOW_MS) this.#seen.shift();
    const [first = moment] = this.#seen;
    const seconds = (moment.at - first.at) / SECOND_MS;
    if (seconds * SECOND_MS < SLOW_WINDOW_MS || moment.ahead / moment.speed >= IN_DANGER_S) return undefined;
    const rate = (moment.loaded - first.loaded) / seconds;
    return rate < moment.speed * ENOUGH_SHARE ? rate : undefined;
  }
}
