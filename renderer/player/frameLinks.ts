import type { SequenceLinks } from '../../shared/link.ts';
import type { RangeFault } from './reader/rangeRequest.ts';

/** Links to frames, all from one storage. */
export type FrameSet = Pick<SequenceLinks, 'route' | 'region' | 'frames' | 'expiresAt'>;

/** The storage whose link just failed, and the number of the frame. */
export interface FailedFrame {
  storage: string;
  frame: number;
}

/** Links are renewed when this share of their life is over: the rest is time for a second try. */
const RENEW_AT_LIFE_SHARE = 0.8;

/**
 * Keeps the links that the frames of a sequence, or one still, are read by: asks for them, renews them before their end and after a refusal, and
 * goes over to another storage after a fault. Faults of requests that ran side by side over the same links count once.
 */
export class FrameLinks {
  readonly #ask: (failed?: FailedFrame) => Promise<FrameSet>;
  readonly #arrived: (set: FrameSet) => void;
  readonly #now: () => number;
  #set: FrameSet | undefined;
  #asking: Promise<FrameSet> | undefined;
  #renewAt = Infinity;
  #failed: FailedFrame | undefined;
  /** The links were asked for because those before were refused, and have not given a frame yet. */
  #isAfterRefusal = false;

  /** @param now milliseconds, on the clock that the ends of links are given in */
  constructor(
    ask: (failed?: FailedFrame) => Promise<FrameSet>,
    { arrived, now = Date.now }: { arrived: (set: FrameSet) => void; now?: () => number },
  ) {
    this.#ask = ask;
    this.#arrived = arrived;
    this.#now = now;
  }

  /** The links to read by now. @throws what `ask` rejects with */
  async get(): Promise<FrameSet> {
    const set = this.#set;
    if (!set || this.#now() >= set.expiresAt) return this.renew();
    if (this.#now() >= this.#renewAt) {
      this.#renewAt = Infinity;
      // The present ones still hold: nothing waits for the next ones.
      void this.renew().catch(() => undefined);
    }
    return set;
  }

  /** Asks for other links: the route may be another one now. @throws what `ask` rejects with */
  renew(): Promise<FrameSet> {
    this.#asking ??= this.#receive().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  worked(set: FrameSet): void {
    if (set === this.#set) this.#isAfterRefusal = false;
  }

  /** Lets go of links; those that are gone already change nothing. */
  failed(set: FrameSet, frame: number, fault: RangeFault): void {
    if (set !== this.#set) return;
    const mayHaveEnded = fault === 'refused' && !this.#isAfterRefusal;
    this.#failed = mayHaveEnded ? undefined : { storage: set.route.storage, frame };
    this.#isAfterRefusal = mayHaveEnded;
    this.#set = undefined;
  }

  async #receive(): Promise<FrameSet> {
    const set = await this.#ask(this.#failed);
    this.#failed = undefined;
    this.#set = set;
    this.#renewAt = this.#now() + (set.expiresAt - this.#now()) * RENEW_AT_LIFE_SHARE;
    this.#arrived(set);
    return set;
  }
}
