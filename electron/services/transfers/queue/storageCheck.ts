import { NearplayError } from '../../../../shared/errors.ts';
import { orCancelled } from '../../runtime/async.ts';

/**
 * Checks the storage before the error of one upload pauses the queue. The request is one whose answer has a body: HEAD
 * gives no reason for a refusal, and a firewall may block a single file only. Concurrent callers share one request.
 */
export class StorageCheck {
  readonly #ask: () => Promise<void>;
  #asked: Promise<NearplayError | undefined> | undefined;

  /** @param ask rejects with a NearplayError when the storage does not answer properly. */
  constructor(ask: () => Promise<void>) {
    this.#ask = ask;
  }

  /**
   * The error that every upload has now; `undefined` when the storage answered.
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
