import { growingDelay } from '../../../../shared/growingDelay.ts';
import { SECOND_MS } from '../../../../shared/units.ts';

export interface QueuePauseOptions {
  /** Milliseconds of the first hold; each further one without success is twice as long. */
  first?: number;
  most?: number;
  /** The time is over: what waited may be tried. */
  ended: () => void;
}

/** A pause of the whole queue while nothing can succeed: offline, signed out, disk full. One for all that failed together. */
export class QueuePause {
  readonly #options: Required<QueuePauseOptions>;
  #times = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ first = SECOND_MS, most = 30 * SECOND_MS, ended }: QueuePauseOptions) {
    this.#options = { first, most, ended };
  }

  get isOn(): boolean {
    return this.#timer !== undefined;
  }

  begin(): void {
    if (this.#timer) return;
    this.#timer = setTimeout(() => this.end(), growingDelay(this.#options, this.#times));
    this.#times += 1;
  }

  /** At once: something says that it may work now. */
  end(): void {
    if (!this.#timer) return;
    this.cancel();
    this.#options.ended();
  }

  /** Something worked: the next hold is a short one again. */
  succeeded(): void {
    this.#times = 0;
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
