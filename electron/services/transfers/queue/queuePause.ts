import { growingDelay } from '../../../../shared/growingDelay.ts';
import { SECOND_MS } from '../../../../shared/units.ts';

export interface QueuePauseOptions {
  /** Milliseconds of the first pause; each further one without a success is twice as long. */
  first?: number;
  most?: number;
  /** Called at the end of a pause: waiting uploads may be tried. */
  ended: () => void;
}

/**
 * Pauses the whole queue while no upload can succeed: offline, signed out, disk full. One pause covers all failures.
 */
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

  /** Ends the pause at once. */
  end(): void {
    if (!this.#timer) return;
    this.cancel();
    this.#options.ended();
  }

  /** Resets the length of the next pause. */
  succeeded(): void {
    this.#times = 0;
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
