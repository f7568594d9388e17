import { SECOND_MS } from '../../../shared/units.ts';

/**
 * Offset of a storage's time from a monotonic clock of this machine. A Date header counts whole seconds (RFC 9110,
 * 5.6.7) and was written between request and answer, so one answer only bounds the offset; each further answer narrows
 * it. A slow answer bounds it less tightly but never wrongly, so the estimate does not follow network jitter.
 */
export class StorageClock {
  #least = Number.NEGATIVE_INFINITY;
  #most = Number.POSITIVE_INFINITY;

  /**
   * @param date the header, in milliseconds since the epoch.
   * @param askedAt this machine's clock when the question was sent, in milliseconds.
   * @param answeredAt the same clock when the answer came.
   */
  observe(date: number, askedAt: number, answeredAt: number): void {
    const least = date - answeredAt;
    const most = date + SECOND_MS - askedAt;
    const isConsistent = least <= this.#most && most >= this.#least;
    // The storage's clock was set: earlier bounds no longer hold.
    this.#least = isConsistent ? Math.max(this.#least, least) : least;
    this.#most = isConsistent ? Math.min(this.#most, most) : most;
  }

  /** Milliseconds to add to this machine's clock; `undefined` before the storage has answered. */
  offset(): number | undefined {
    return Number.isFinite(this.#least) ? (this.#least + this.#most) / 2 : undefined;
  }
}
