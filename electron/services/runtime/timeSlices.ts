/** Length of a slice: short enough for several, and other work, to pass unnoticed. */
const SLICE_MS = 8;
/** Items between two reads of the clock. */
const CLOCK_CHECK_ITEMS = 20;

export interface TimeSlicerOptions {
  /** Milliseconds of a monotonic clock. */
  now: () => number;
  /** Called after the last work. */
  over: () => void;
  /** Called for each item that failed; the others are done. */
  failed: (error: unknown) => void;
}

/** Works until that time; whether all is done. */
type Work = (until: number) => boolean;

/**
 * Processes many items in time slices that leave the event loop free in between. A few items are processed before the
 * call returns. Later work begins when earlier work is done.
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

  /** @param then called when all are done. */
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

  /** Resolves when no work is left. */
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
