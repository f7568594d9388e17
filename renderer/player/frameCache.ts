import { framesKept, framesWanted, MAX_CACHE_BYTES } from './sequencePlayback.ts';

const MAX_FRAME_REQUESTS = 6;
/** Of a frame whose size is not known yet: 1080p in half floats, red, green, blue and alpha. */
const EXPECTED_FRAME_BYTES = 1920 * 1080 * 8;

/** A decoded frame. */
export interface CachedFrame {
  /** That it holds in memory. */
  bytes: number;
  close: () => void;
}

export type LoadFrame<Frame extends CachedFrame> = (index: number, signal: AbortSignal) => Promise<Frame>;

/** Decoded frames around the position; the rest is let go, and what is no longer wanted is not waited for. */
export class FrameCache<Frame extends CachedFrame> {
  readonly #count: number;
  readonly #load: LoadFrame<Frame>;
  readonly #failed: (index: number, error: unknown) => void;
  readonly #frames = new Map<number, Frame>();
  readonly #loading = new Map<number, AbortController>();
  #wanted: readonly number[] = [];
  #position: { index: number; direction: 1 | -1 } = { index: 0, direction: 1 };
  readonly #maxBytes: number;
  #kept: number;
  /** The largest frame so far. */
  #frameBytes = 0;

  /** @param maxBytes bound of memory */
  constructor(
    count: number,
    load: LoadFrame<Frame>,
    failed: (index: number, error: unknown) => void,
    maxBytes = MAX_CACHE_BYTES,
  ) {
    this.#count = count;
    this.#maxBytes = maxBytes;
    this.#kept = framesKept(EXPECTED_FRAME_BYTES, maxBytes);
    this.#load = load;
    this.#failed = failed;
  }

  get(index: number): Frame | undefined {
    return this.#frames.get(index);
  }

  /** That all frames hold. */
  get bytes(): number {
    return [...this.#frames.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Moves the window to a position. */
  want(index: number, direction: 1 | -1): void {
    this.#position = { index, direction };
    this.#wanted = framesWanted(index, this.#count, direction, this.#kept);
    const wanted = new Set(this.#wanted);
    for (const frame of [...this.#frames.keys()]) if (!wanted.has(frame)) this.#drop(frame);
    for (const [frame, ends] of this.#loading) if (!wanted.has(frame)) ends.abort();
    this.#next();
  }

  /** Every frame that is wanted is there. */
  get isFull(): boolean {
    return this.#wanted.every((index) => this.#frames.has(index));
  }

  /** Share of the frames ahead that are there without a gap, as an index: how far playing will go. */
  readyUntil(index: number): number {
    let until = index;
    while (this.#frames.has(until + 1)) until += 1;
    return until;
  }

  /** Lets all frames go, and loads them anew: what is wanted of them has changed. */
  renew(): void {
    for (const ends of this.#loading.values()) ends.abort();
    for (const frame of [...this.#frames.keys()]) this.#drop(frame);
    this.#next();
  }

  dispose(): void {
    this.#wanted = [];
    for (const ends of this.#loading.values()) ends.abort();
    for (const frame of [...this.#frames.keys()]) this.#drop(frame);
  }

  #next(): void {
    for (const index of this.#wanted) {
      if (this.#loading.size >= MAX_FRAME_REQUESTS) return;
      if (!this.#frames.has(index) && !this.#loading.has(index)) void this.#request(index);
    }
  }

  async #request(index: number): Promise<void> {
    const ends = new AbortController();
    this.#loading.set(index, ends);
    let failure: { error: unknown } | undefined;
    try {
      const frame = await this.#load(index, ends.signal);
      if (ends.signal.aborted || !this.#wanted.includes(index)) frame.close();
      else this.#keep(index, frame);
    } catch (error) {
      if (!ends.signal.aborted) failure = { error };
    }
    this.#loading.delete(index);
    // The callback decides on what happens then.
    if (failure) this.#failed(index, failure.error);
    else this.#next();
  }

  #keep(index: number, frame: Frame): void {
    this.#frames.set(index, frame);
    if (frame.bytes > this.#frameBytes) {
      this.#frameBytes = frame.bytes;
      this.#kept = framesKept(frame.bytes, this.#maxBytes);
      const { index: position, direction } = this.#position;
      this.#wanted = framesWanted(position, this.#count, direction, this.#kept);
      for (const [other, ends] of this.#loading) if (!this.#wanted.includes(other)) ends.abort();
    }
    const urgency = [...this.#frames.keys()].sort((a, b) => this.#rank(b) - this.#rank(a));
    for (const least of urgency) {
      if (this.bytes <= this.#maxBytes && this.#wanted.includes(least)) break;
      if (least === this.#position.index) break;
      this.#drop(least);
    }
  }

  #rank(index: number): number {
    const rank = this.#wanted.indexOf(index);
    return rank === -1 ? Infinity : rank;
  }

  #drop(index: number): void {
    this.#frames.get(index)?.close();
    this.#frames.delete(index);
  }
}
