import type { Repeat } from './playRange.ts';

/** What the player keeps from one file to the next, as long as the window is open. */
export interface KeptPlayback {
  muted: boolean;
  volume: number;
  // The rest only for a file that was gone to from another one: what is opened from the library plays from its start.
  paused: boolean;
  speed: number;
  repeat: Repeat;
  /** Seconds, within the picture: where it begins, a media element may show the one before. */
  time: number;
  /** The picture on screen, counted from 0; undefined where it is not known. */
  frame: number | undefined;
}

/** What a file begins with. */
export interface StartOfPlayback extends KeptPlayback {
  /** It was gone to from another file. */
  isGoneTo: boolean;
}

/** Where the first picture is counted from: 0, 1, 1001, or the number that the file or its first frame has. */
export const COUNTINGS = ['zero', 'one', 'film', 'file'] as const;
export type Counting = (typeof COUNTINGS)[number];

const START: KeptPlayback = {
  ...{ muted: false, volume: 1, paused: false, speed: 1, repeat: 'off' },
  ...{ time: 0, frame: undefined },
};

/** Sound and speed, paused or not, the picture, and how pictures are counted. */
export class PlayerMemory {
  #now: KeptPlayback = START;
  /** Key that is gone to, until it is there. */
  #next: string | undefined;
  /** Of films and of sequences: the latter have numbers of their own. */
  readonly #listeners = new Set<() => void>();
  readonly #countings: { film: Counting; sequence: Counting } = { film: 'one', sequence: 'file' };

  /** What a file begins with. */
  startOf(key: string): StartOfPlayback {
    const { muted, volume } = this.#now;
    return key === this.#next ? { ...this.#now, isGoneTo: true } : { ...START, muted, volume, isGoneTo: false };
  }

  /** The next file goes on as this one is, at the same picture. */
  goTo(key: string): void {
    this.#next = key;
  }

  /** The next file plays from its start, now that this one has ended. */
  playOn(key: string): void {
    this.#next = key;
    this.#now = { ...this.#now, paused: false, time: 0, frame: 0 };
  }

  /** The file is there; what it begins with counts no more. */
  arrived(): void {
    this.#next = undefined;
  }

  /** What is not said stays: a sequence has no sound. */
  keep(state: Partial<KeptPlayback>): void {
    if (this.#next === undefined) this.#now = { ...this.#now, ...state };
  }

  countingOf(kind: 'film' | 'sequence'): Counting {
    return this.#countings[kind];
  }

  /** Hears of another counting; for React the same function all the time. Returns the function that ends it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  count(kind: 'film' | 'sequence', counting: Counting): void {
    this.#countings[kind] = counting;
    for (const listener of this.#listeners) listener();
  }
}

/** The one of this window. */
export const playerMemory = new PlayerMemory();
