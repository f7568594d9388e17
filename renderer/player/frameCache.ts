import { SECOND_MS } from '../../shared/units.ts';
import { framesKept, framesWanted } from './sequencePlayback.ts';

const MAX_FRAME_REQUESTS = 6;
const FRAME_TIMEOUT_MS = 15 * SECOND_MS;

export type FetchFrame = (index: number, signal: AbortSignal) => Promise<ImageBitmap>;

/** Decodes a frame from its link. @throws TypeError or DOMException when it cannot be had or is no picture. */
export async function fetchFrame(url: string, signal: AbortSignal): Promise<ImageBitmap> {
  const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(FRAME_TIMEOUT_MS)]) });
  if (!answer.ok) throw new TypeError(`The storage answered ${answer.status}`);
  return createImageBitmap(await answer.blob());
}

/** Decoded frames around the position; the rest is let go, and what is no longer wanted is not waited for. */
export class FrameCache {
  readonly #count: number;
  readonly #fetch: FetchFrame;
  readonly #arrived: (index: number) => void;
  readonly #failed: (index: number) => void;
  readonly #frames = new Map<number, ImageBitmap>();
  readonly #loading = new Map<number, AbortController>();
  #wanted: readonly number[] = [];
  #kept = framesKept(1920, 1080);

  constructor(
    count: number,
    load: FetchFrame,
    callbacks: { arrived: (index: number) => void; failed: (index: number) => void },
  ) {
    this.#count = count;
    this.#fetch = load;
    this.#arrived = callbacks.arrived;
    this.#failed = callbacks.failed;
  }

  get(index: number): ImageBitmap | undefined {
    return this.#frames.get(index);
  }

  /** Moves the window to a position. */
  want(index: number, direction: 1 | -1): void {
    this.#wanted = framesWanted(index, this.#count, direction, this.#kept);
    const wanted = new Set(this.#wanted);
    for (const [frame, bitmap] of this.#frames) {
      if (wanted.has(frame)) continue;
      bitmap.close();
      this.#frames.delete(frame);
    }
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

  dispose(): void {
    this.#wanted = [];
    for (const ends of this.#loading.values()) ends.abort();
    for (const bitmap of this.#frames.values()) bitmap.close();
    this.#frames.clear();
  }

  #next(): void {
    for (const index of this.#wanted) {
      if (this.#loading.size >= MAX_FRAME_REQUESTS) return;
      if (!this.#frames.has(index) && !this.#loading.has(index)) void this.#load(index);
    }
  }

  async #load(index: number): Promise<void> {
    const ends = new AbortController();
    this.#loading.set(index, ends);
    let failed = false;
    try {
      const bitmap = await this.#fetch(index, ends.signal);
      if (ends.signal.aborted || !this.#wanted.includes(index)) bitmap.close();
      else {
        this.#kept = framesKept(bitmap.width, bitmap.height);
        this.#frames.set(index, bitmap);
        this.#arrived(index);
      }
    } catch {
      failed = !ends.signal.aborted;
    }
    this.#loading.delete(index);
    // The callback decides on a retry, with other links.
    if (failed) this.#failed(index);
    else this.#next();
  }
}
