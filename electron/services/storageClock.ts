const SECOND = 1000;

/**
 * How far a storage's clock is ahead of this machine's. A Date header counts whole seconds (RFC 9110, 5.6.7), so one answer
 * only says that the offset lies within a second; each further answer narrows it, and the estimate does not jump.
 */
export class StorageClock {
  #least = Number.NEGATIVE_INFINITY;
  #most = Number.POSITIVE_INFINITY;

  /**
   * @param date the header, in milliseconds since the epoch.
   * @param now this machine's clock when the answer came, in milliseconds since the epoch.
   */
  heard(date: number, now: number): void {
    const least = date - now;
    const most = least + SECOND;
    const agrees = least <= this.#most && most >= this.#least;
    // Either clock was set: what was heard before is worth nothing.
    this.#least = agrees ? Math.max(this.#least, least) : least;
    this.#most = agrees ? Math.min(this.#most, most) : most;
  }

  /** Milliseconds to add to this machine's clock; 0 before the storage has answered. */
  offset(): number {
    return Number.isFinite(this.#least) ? (this.#least + this.#most) / 2 : 0;
  }
}
