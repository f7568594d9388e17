import { SECOND_MS } from '../../../shared/units.ts';

/** Time of the sound, seconds; undefined while no sound device runs. */
export type SoundTime = () => number | undefined;

/** A sound device whose time stands still for so long leads no more. */
const STANDING_STILL_S = 0.5;

/**
 * Where playing has got to. The sound's clock leads: pictures follow what is heard. Where there is no sound, or its device stands still,
 * the window's own clock does.
 */
export class PlayClock {
  readonly #soundTime: SoundTime;
  readonly #now: () => number;
  /** Position at `at`, on the clock in use. */
  #position = 0;
  #at = 0;
  #speed = 0;
  #isBySound = false;
  /** The sound may lead. */
  #isTrusted = true;
  /** Last time of the sound and when it was seen, seconds. */
  #heard = { time: 0, seenAt: 0 };

  /** @param now milliseconds, never set back */
  constructor(soundTime: SoundTime, now: () => number = () => performance.now()) {
    this.#soundTime = soundTime;
    this.#now = now;
  }

  get isRunning(): boolean {
    return this.#speed !== 0;
  }

  /** Seconds of the film. */
  get position(): number {
    if (this.#speed === 0) return this.#position;
    this.#look();
    return this.#position + (this.#time() - this.#at) * this.#speed;
  }

  /** Time of the sound at which the film is at a position; undefined while the sound does not lead. */
  soundTimeOf(position: number): number | undefined {
    if (!this.#isBySound || this.#speed <= 0) return undefined;
    return this.#at + (position - this.#position) / this.#speed;
  }

  /** Runs from a position on. @param speed below 0: backwards */
  start(position: number, speed: number): void {
    this.#isTrusted = true;
    this.#speed = speed;
    this.#lead(position, speed > 0 && this.#soundTime() !== undefined);
  }

  stop(): void {
    this.#position = this.position;
    this.#speed = 0;
  }

  /** A sound device that stopped, or began to run. */
  #look(): void {
    const seconds = this.#now() / SECOND_MS;
    const time = this.#soundTime();
    if (!this.#isBySound) {
      if (time === undefined || this.#speed <= 0 || !this.#isTrusted) return;
      this.#lead(this.#position + (seconds - this.#at) * this.#speed, true);
    } else if (time !== undefined && time !== this.#heard.time) {
      this.#heard = { time, seenAt: seconds };
    } else if (time === undefined || seconds - this.#heard.seenAt > STANDING_STILL_S) {
      this.#isTrusted = false;
      this.#lead(this.#position + (this.#heard.time - this.#at) * this.#speed, false);
    }
  }

  #lead(position: number, bySound: boolean): void {
    this.#isBySound = bySound;
    this.#position = position;
    this.#at = this.#time();
    this.#heard = { time: this.#at, seenAt: this.#now() / SECOND_MS };
  }

  #time(): number {
    return (this.#isBySound ? this.#soundTime() : undefined) ?? this.#now() / SECOND_MS;
  }
}
