import { PLAYBACK_REPORT_INTERVAL_MS, type PlaybackNeed } from '../../shared/playback.ts';

/** Seconds of playing ahead below which a player is short, and from which it has enough again. */
const SHORT_S = 4;
export const ENOUGH_S = 8;

export interface PlaybackMoment {
  /** It plays or seeks. */
  isWanting: boolean;
  /** Seconds of playing that are loaded ahead of the position, at the speed that it plays with. */
  ahead: number;
  /** All is loaded that it will take: to the end, or as much as fits. */
  isFull: boolean;
}

export const NO_PLAYBACK: PlaybackMoment = { isWanting: false, ahead: 0, isFull: true };

/** Tells main what playing needs, so that transfers leave the line to it. Looked at a few times a second; holds no timer. */
export class PlaybackNeeds {
  readonly #report: (need: PlaybackNeed) => void;
  readonly #clock: () => number;
  #need: PlaybackNeed = 'over';
  #reportedAt = Number.NEGATIVE_INFINITY;

  /** @param clock milliseconds, never set back */
  constructor(report: (need: PlaybackNeed) => void, clock: () => number) {
    this.#report = report;
    this.#clock = clock;
  }

  look(moment: PlaybackMoment): void {
    const need = this.#needOf(moment);
    const isDue = need !== 'over' && this.#clock() - this.#reportedAt >= PLAYBACK_REPORT_INTERVAL_MS;
    if (need !== this.#need || isDue) this.#tell(need);
  }

  /** Nothing plays any more. */
  end(): void {
    if (this.#need !== 'over') this.#tell('over');
  }

  #needOf({ isWanting, ahead, isFull }: PlaybackMoment): PlaybackNeed {
    if (!isWanting) return 'over';
    if (isFull) return 'enough';
    return ahead < (this.#need === 'short' ? ENOUGH_S : SHORT_S) ? 'short' : 'enough';
  }

  #tell(need: PlaybackNeed): void {
    this.#need = need;
    this.#reportedAt = this.#clock();
    this.#report(need);
  }
}
