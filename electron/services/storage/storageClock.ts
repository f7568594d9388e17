const SECOND = 1000;

/**
 * How far a storage's time is ahead of a clock of this machine that nobody sets. A Date header counts whole seconds (RFC 9110, 5.6.7) and was
 * written somewhere between question and answer, so one answer only bounds the offset; each further answer narrows it.
 * A slow answer says less but never anything wrong, so the estimate does not jump with the network's mood.
 */
export class StorageClock {
  #least = Number.NEGATIVE_INFINITY;
  #most = Number.POSITIVE_INFINITY;

  /**
   * @param date the header, in milliseconds since the epoch.
   * @param askedAt this machine's clock when the question was sent, in milliseconds.
   * @param answeredAt the same clock when the answer came.
   */
  heard(date: number, askedAt: number, answeredAt: number): void {
    const least = date - answeredAt;
    const most = date + SECOND - askedAt;
    const agrees = least <= this.#most && most >= this.#least;
    // The storage's clock was set: what was heard before is worth nothing.
    this.#least = agrees ? Math.max(this.#least, least) : least;
    this.#most = agrees ? Math.min(this.#most, most) : most;
  }

  /** Milliseconds to add to this machine's clock; `undefined` before the storage has answered. */
  offset(): number | undefined {
    return Number.isFinite(this.#least) ? (this.#least + this.#most) / 2 : undefined;
  }
}
