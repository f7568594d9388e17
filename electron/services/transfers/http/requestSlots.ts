import { NearplayError } from '../../../../shared/errors.ts';
import type { ConcurrencyController } from './concurrencyController.ts';
import type { PlaybackYield } from './playbackYield.ts';

interface Waiting {
  grant: () => void;
  /** Owners take turns: a file with many waiting parts does not keep another file from its first. */
  owner: string;
}

/** Slots for requests with a body, as many as the controller allows; owners take turns. */
export class RequestSlots {
  readonly #controller: ConcurrencyController;
  readonly #now: () => number;
  readonly #playback: Pick<PlaybackYield, 'mostRequests'> | undefined;
  #waiting: Waiting[] = [];
  readonly #held = new Map<string, number>();
  #inUse = 0;

  /** @param playback what a player leaves to transfers; absent: all. */
  constructor(controller: ConcurrencyController, now: () => number, playback?: Pick<PlaybackYield, 'mostRequests'>) {
    this.#controller = controller;
    this.#now = now;
    this.#playback = playback;
  }

  get limit(): number {
    return Math.min(this.#controller.limit, this.#leftByPlayback());
  }

  /** The greatest number that the limit can reach. */
  get most(): number {
    return this.#controller.most;
  }

  /**
   * Resolves to the function that releases the slot, to be called exactly once.
   *
   * @throws NearplayError cancelled when the signal is aborted first
   */
  async acquire(owner: string, signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) throw new NearplayError('cancelled');
    if (this.#inUse >= this.limit || this.#waiting.length > 0) await this.#wait(owner, signal);
    else this.#take(owner);
    return () => this.#release(owner);
  }

  addBytes(bytes: number): void {
    // A rate that a player holds down is no measure of the connection.
    const isMeasure = this.#leftByPlayback() === Number.POSITIVE_INFINITY;
    this.#controller.addBytes(bytes, isMeasure && this.#inUse >= this.#controller.limit, this.#now());
    this.#grant();
  }

  /** Tells the time between a request and its answer, in milliseconds: a long line takes more requests to fill. */
  roundTrip(milliseconds: number): void {
    this.#controller.roundTrip(milliseconds);
    this.#grant();
  }

  slowDown(): void {
    this.#controller.slowDown(this.#now());
  }

  #wait(owner: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        owner,
        grant: () => {
          signal.removeEventListener('abort', giveUp);
          this.#take(owner);
          resolve();
        },
      };
      const giveUp = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(new NearplayError('cancelled'));
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(waiting);
      this.#grant();
    });
  }

  #grant(): void {
    while (this.#waiting.length > 0 && this.#inUse < this.limit) {
      const held = ({ owner }: Waiting) => this.#held.get(owner) ?? 0;
      const next = this.#waiting.reduce((best, other) => (held(other) < held(best) ? other : best));
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      next.grant();
    }
  }

  #leftByPlayback(): number {
    return this.#playback?.mostRequests ?? Number.POSITIVE_INFINITY;
  }

  #take(owner: string): void {
    this.#inUse += 1;
    this.#held.set(owner, (this.#held.get(owner) ?? 0) + 1);
  }

  #release(owner: string): void {
    this.#controller.requestOver();
    this.#inUse -= 1;
    const left = (this.#held.get(owner) ?? 1) - 1;
    if (left > 0) this.#held.set(owner, left);
    else this.#held.delete(owner);
    this.#grant();
  }
}
