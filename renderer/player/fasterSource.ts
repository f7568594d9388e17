import { growingDelay } from '../../shared/growingDelay.ts';
import type { FasterStorage, Link } from '../../shared/link.ts';
import { KIB, MIB, MINUTE_MS, SECOND_MS } from '../../shared/units.ts';
import { mayGoOver, type PlayerEvent, type PlayerLink } from './playerLink.ts';
import { isSameVersion } from './reader/readLinks.ts';
import { SlowWatch, type SourceMoment } from './slowWatch.ts';
import { measureRate } from './sourceRate.ts';

/** Another holder is clearly faster when it carries so many times what arrives. */
const CLEARLY_FASTER = 2;
/** Read of another holder: what a clearly faster one carries in a second, within these bounds. */
const MIN_MEASURED_BYTES = 256 * KIB;
const MAX_MEASURED_BYTES = 4 * MIB;
/** After a measurement that found none, the next one waits. */
const MEASURE_AGAIN = { first: 20 * SECOND_MS, most: 5 * MINUTE_MS };
/** Other holders that are measured at once. */
const MAX_MEASURED = 3;

/** What a player tells of the film and its source. */
export interface FilmMoment extends SourceMoment {
  /** Of the whole film, seconds. */
  duration: number;
  /** Where it plays, seconds. */
  position: number;
}

interface FasterSourceOptions {
  state: () => PlayerLink;
  dispatch: (event: PlayerEvent) => void;
  /** Storages that may hold the file, whether or not they do. */
  storages: () => readonly string[];
  /** A link of the faster storage where it holds the version, else of another one; its end on the player's clock. */
  createLink: (faster: FasterStorage) => Promise<Link>;
  /** Default: the real one. */
  measure?: typeof measureRate;
}

/**
 * Goes over from a source that brings less than plays to a holder of the same version that carries clearly more. That is measured while
 * the present source goes on: on a line that is slow for all of them the other one gets no more, and nothing changes.
 */
export class FasterSource {
  readonly #options: FasterSourceOptions;
  readonly #watch = new SlowWatch();
  #storage: string | undefined;
  #isMeasuring = false;
  #isOver = false;
  /** Measurements in a row that found none. */
  #inVain = 0;
  #notBefore = -Infinity;

  constructor(options: FasterSourceOptions) {
    this.#options = options;
  }

  /** A few times a second. @param moment undefined: nothing plays */
  look(moment: FilmMoment | undefined): void {
    const state = this.#options.state();
    const storage = state.link?.route.storage;
    if (!moment || !mayGoOver(state) || storage !== this.#storage) {
      this.#storage = storage;
      this.#watch.reset();
      return;
    }
    const rate = this.#watch.look(moment);
    const isDue = !this.#isMeasuring && moment.at >= this.#notBefore;
    if (rate === undefined || !isDue || !state.link || !(moment.duration > 0)) return;
    void this.#measure(state.link, moment, rate);
  }

  dispose(): void {
    this.#isOver = true;
  }

  /** Never rejects. @param rate seconds of the film that arrive a second */
  async #measure(present: Link, { at, duration, position }: FilmMoment, rate: number): Promise<void> {
    this.#isMeasuring = true;
    this.#notBefore = at + growingDelay(MEASURE_AGAIN, this.#inVain);
    this.#inVain += 1;
    const arriving = rate * (present.size / duration);
    try {
      const found = await this.#fastest(present, arriving, position / duration);
      const isStill = !this.#isOver && this.#options.state().link?.route.storage === present.route.storage;
      if (!found || !isStill || found.rate < CLEARLY_FASTER * arriving) return;
      this.#inVain = 0;
      this.#options.dispatch({ type: 'faster-found', link: found.link });
    } finally {
      this.#isMeasuring = false;
    }
  }

  async #fastest(present: Link, arriving: number, share: number): Promise<{ link: Link; rate: number } | undefined> {
    const { storages, createLink, measure = measureRate } = this.#options;
    const than = present.route.storage;
    const length = Math.min(MAX_MEASURED_BYTES, Math.max(MIN_MEASURED_BYTES, CLEARLY_FASTER * arriving));
    const end = Math.min(present.size, Math.ceil(present.size * Math.min(1, share) + length));
    const range = { start: Math.max(0, Math.floor(end - length)), end };
    const measured = await Promise.all(
      storages()
        .filter((storage) => storage !== than)
        .slice(0, MAX_MEASURED)
        .map(async (storage) => {
          const link = await createLink({ storage, than }).catch(() => undefined);
          if (link?.route.storage !== storage || !isSameVersion(present, link)) return undefined;
          const rate = await measure(link.url, range);
          return rate === undefined || rate === 0 ? undefined : { link, rate };
        }),
    );
    return measured.filter((one) => one !== undefined).sort((a, b) => b.rate - a.rate)[0];
  }
}
