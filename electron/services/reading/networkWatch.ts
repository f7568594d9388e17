import { SECOND_MS } from '../../../shared/units.ts';

/** Node has no event for a pulled cable or a new VPN; reading the list costs microseconds. */
const INTERFACES_INTERVAL_MS = 5 * SECOND_MS;

export interface NetworkWatchOptions {
  /** Addresses of this machine's interfaces. */
  interfaces: () => readonly string[];
  changed: () => void;
  /** Milliseconds between checks; default 5 s. */
  interval?: number | undefined;
}

/** Detects that this machine got or lost an address. */
export class NetworkWatch {
  readonly #options: NetworkWatchOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: NetworkWatchOptions) {
    this.#options = options;
  }

  start(): void {
    const { interfaces, changed, interval = INTERFACES_INTERVAL_MS } = this.#options;
    let before = interfaces().join();
    this.#timer = setInterval(() => {
      const now = interfaces().join();
      if (now !== before) changed();
      before = now;
    }, interval);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
