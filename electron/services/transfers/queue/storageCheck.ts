import { NearplayError } from '../../../../shared/errors.ts';
import { orCancelled } from '../../runtime/async.ts';

/**
 * Asks the storage a second time, in a way whose answer has a body, before one upload's error holds all others up: HEAD has no
 * words for its refusals, and a firewall may keep back one file only. What many uploads meet at once is asked once.
 */
export class StorageCheck {
  readonly #ask: () => Promise<void>;
  #asked: Promise<NearplayError | undefined> | undefined;

  /** @param ask rejects with a NearplayError where the storage does not answer as it should. */
  constructor(ask: () => Promise<void>) {
    this.#ask = ask;
  }

  /**
   * What every upload meets now; `undefined` when the storage answered.
   *
   * @throws NearplayError cancelled, at once
   */
  cause(signal: AbortSignal): Promise<NearplayError | undefined> {
    this.#asked ??= this.#askNow().finally(() => (this.#asked = undefined));
    return orCancelled(this.#asked, signal);
  }

  async #askNow(): Promise<NearplayError | undefined> {
    try {
      await this.#ask();
      return undefined;
    } catch (error) {
      return error instanceof NearplayError ? error : undefined;
    }
  }
}
