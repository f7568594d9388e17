/** Milliseconds at a stretch: several of them, and what else has to be done, pass unnoticed. */
const SLICE_MS = 8;
/** Between two looks at the clock. */
const CLOCK_CHECK_ITEMS = 20;

export interface TimeSlicerOptions {
  /** Milliseconds, of any beginning. */
  now: () => number;
  /** Nothing is left to do: called after each work that was the last one. */
  over: () => void;
  /** One thing could not be done; the others are. */
  failed: (error: unknown) => void;
}

/** Goes on until that time; whether all is done. */
type Work = (until: number) => boolean;

/**
 * Does one thing to each of many, in slices that leave the event loop free in between. A few are done at once, before the call
 * returns. What is asked for meanwhile begins when all before it is done.
 */
export class TimeSlicer {
  readonly #options: TimeSlicerOptions;
  readonly #works: Work[] = [];
  readonly #idlers = new Set<() => void>();

  constructor(options: TimeSlicerOptions) {
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#works.length > 0;
  }

  /** @param then when all are done. */
  forEach<Item>(items: Iterable<Item>, each: (item: Item) => void, then: () => void = () => undefined): void {
    const rest = items[Symbol.iterator]();
    this.#works.push((until) => {
      for (let count = 1; ; count++) {
        const next = rest.next();
        if (next.done === true) break;
        this.#try(() => each(next.value));
        if (count % CLOCK_CHECK_ITEMS === 0 && this.#options.now() >= until) return false;
      }
      this.#try(then);
      return true;
    });
    if (this.#works.length === 1) this.#go();
  }

  /** Resolves when nothing is left to do. */
  idle(): Promise<void> {
    if (!this.isBusy) return Promise.resolve();
    return new Promise((resolve) => this.#idlers.add(resolve));
  }

  #go(): void {
    const until = this.#options.now() + SLICE_MS;
    for (let work = this.#works[0]; work; work = this.#works[0]) {
      if (!work(until)) {
        setImmediate(() => this.#go());
        return;
      }
      this.#works.shift();
    }
    this.#options.over();
    for (const resolve of this.#idlers) resolve();
    this.#idlers.clear();
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.failed(error);
    }
  }
}
