/** What the player keeps from one file to the next, as long as the window is open. */
export interface KeptPlayback {
  muted: boolean;
  volume: number;
  /** Only for a file that was gone to from another one: what is opened from the library plays. */
  paused: boolean;
  speed: number;
}

/** Where the first picture is counted from: 0, 1, 1001, or the number that the file or its first frame has. */
export const COUNTINGS = ['zero', 'one', 'film', 'file'] as const;
export type Counting = (typeof COUNTINGS)[number];

const START = { muted: false, volume: 1, paused: false, speed: 1 };

/** Sound and speed, paused or not, and how pictures are counted. */
export class PlayerMemory {
  #now: KeptPlayback = START;
  /** Key that is gone to, until it is there. */
  #next: string | undefined;
  /** Of films and of sequences: the latter have numbers of their own. */
  readonly #countings: { film: Counting; sequence: Counting } = { film: 'one', sequence: 'file' };

  /** What a file begins with. */
  startOf(key: string): KeptPlayback {
    const { muted, volume } = this.#now;
    return key === this.#next ? this.#now : { ...START, muted, volume };
  }

  /** The next file goes on as this one is. */
  goTo(key: string): void {
    this.#next = key;
  }

  /** The file is there; what it begins with counts no more. */
  arrived(): void {
    this.#next = undefined;
  }

  keep(state: KeptPlayback): void {
    if (this.#next === undefined) this.#now = state;
  }

  countingOf(kind: 'film' | 'sequence'): Counting {
    return this.#countings[kind];
  }

  count(kind: 'film' | 'sequence', counting: Counting): void {
    this.#countings[kind] = counting;
  }
}

/** The one of this window. */
export const playerMemory = new PlayerMemory();
