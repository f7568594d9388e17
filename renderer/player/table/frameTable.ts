import { firstIndex } from '../../../shared/firstIndex.ts';
import { type TimecodeBase, timecodeOf } from '../../../shared/timecode.ts';

/** A number of frames a second, or a time, exactly. */
export interface Rational {
  numerator: number;
  denominator: number;
}

/** Where a file says that its timecode begins. */
export interface StartTimecode extends TimecodeBase {
  /** Of the first picture, counted from midnight. */
  frame: number;
  /** Frames of timecode a second of playing time. */
  rate: Rational;
}

export interface FrameTimes {
  /** When each picture begins, in its order on screen, rising. In units of 1/`timescale` second. */
  ticks: Float64Array;
  timescale: number;
  /** End of the last picture, in the same unit. */
  end: number;
  startTimecode?: StartTimecode | undefined;
}

/** Bounds what a file can make the window keep: pictures of 9 hours at 60 a second. */
export const MAX_FRAMES = 2_000_000;
/** Rates that files keep by rounding each time to their own unit. */
const COMMON_RATES: readonly Rational[] = [24, 30, 48, 60, 120]
  .map((rate) => ({ numerator: rate * 1000, denominator: 1001 }))
  .concat([4, 5, 6, 8, 10, 12, 15, 16, 20, 24, 25, 30, 48, 50, 60, 100, 120].map(whole));
/** An engine gives the time of a picture in whole microseconds, or in the unit of the file: seconds of tolerance beside that. */
const TOLERANCE_S = 0.0015;

/** The pictures of a film as its container tells them: which there are, and when each is on screen. Counted from 0. */
export class FrameTable {
  readonly count: number;
  /** Frames a second where all pictures last equally long. */
  readonly rate: Rational | undefined;
  /** Timecode of the file; undefined where it has none. */
  readonly startTimecode: StartTimecode | undefined;
  readonly #ticks: Float64Array;
  readonly #timescale: number;
  readonly #end: number;
  readonly #tolerance: number;

  /** @throws RangeError without a picture */
  constructor({ ticks, timescale, end, startTimecode }: FrameTimes) {
    if (ticks.length === 0 || !(timescale > 0)) throw new RangeError('A table needs a picture');
    this.count = ticks.length;
    this.#ticks = ticks;
    this.#timescale = timescale;
    const last = ticks.at(-1) ?? 0;
    this.#end = Math.max(end, last);
    this.rate = rateOf(ticks, timescale, this.#end);
    this.startTimecode = startTimecode;
    let shortest = this.#end > last ? this.#end - last : Infinity;
    for (let index = 1; index < ticks.length; index++)
      shortest = Math.min(shortest, this.#tick(index) - this.#tick(index - 1));
    // A quarter of a picture at most, or a neighbour would do as well.
    this.#tolerance = Math.min(TOLERANCE_S, shortest / timescale / 4);
  }

  /** Pictures that all last equally long, from 0 on. */
  static steady(count: number, { numerator, denominator }: Rational): FrameTable {
    const ticks = Float64Array.from({ length: count }, (_, index) => index * denominator);
    return new FrameTable({ ticks, timescale: numerator, end: count * denominator });
  }

  /** End of the last picture, seconds. */
  get end(): number {
    return this.#end / this.#timescale;
  }

  /** When a picture begins, seconds. */
  timeOf(frame: number): number {
    return this.#tick(frame) / this.#timescale;
  }

  /** A time at which nothing but this picture is on screen, seconds: a seek to where it begins may show the one before. */
  middleOf(frame: number): number {
    const begins = this.#tick(frame);
    const ends = frame + 1 < this.count ? this.#tick(frame + 1) : this.#end;
    return (begins + ends) / 2 / this.#timescale;
  }

  /** The picture that is on screen at a time: the last one that has begun, or the first. */
  frameOn(seconds: number): number {
    const tick = seconds * this.#timescale;
    return firstIndex(1, this.count, (frame) => this.#tick(frame) > tick) - 1;
  }

  /** The picture that begins at a time, as an engine gives it for what it shows; undefined where none does. */
  frameOf(mediaTime: number): number | undefined {
    const frame = this.frameOn(mediaTime + this.#tolerance);
    return Math.abs(this.timeOf(frame) - mediaTime) <= this.#tolerance ? frame : undefined;
  }

  /**
   * How timecode counts this film: as the file says, else from 0 without leaving out numbers. Undefined where pictures do
   * not last equally long and the file has none.
   */
  get timecodeBase(): TimecodeBase | undefined {
    if (this.startTimecode) return this.startTimecode;
    return this.rate && { framesPerSecond: Math.round(this.rate.numerator / this.rate.denominator), drop: false };
  }

  /** Timecode of a picture; undefined where there is none. */
  timecodeOf(frame: number): string | undefined {
    const base = this.timecodeBase;
    return base && timecodeOf(this.#timecodeFrame(frame), base);
  }

  /** The first picture that has a frame of timecode, counted from midnight; undefined where none has it. */
  frameOfTimecode(timecodeFrame: number): number | undefined {
    if (!this.timecodeBase) return undefined;
    const frame = firstIndex(0, this.count - 1, (index) => this.#timecodeFrame(index) >= timecodeFrame);
    return this.#timecodeFrame(frame) === timecodeFrame ? frame : undefined;
  }

  /** Counted from midnight, and past the next one. */
  #timecodeFrame(frame: number): number {
    if (!this.startTimecode) return frame;
    const { numerator, denominator } = this.startTimecode.rate;
    // Half a unit more: times are rounded to it.
    const passed = this.#tick(frame) - this.#tick(0) + 0.5;
    return this.startTimecode.frame + Math.floor((passed * numerator) / (this.#timescale * denominator));
  }

  #tick(frame: number): number {
    return this.#ticks[frame] ?? 0;
  }
}

/** Times in their order on screen, each once. */
export function risingTicks(times: Iterable<number>): Float64Array {
  const sorted = Float64Array.from(times).sort();
  return sorted.filter((tick, index) => index === 0 || tick !== sorted[index - 1]);
}

function whole(rate: number): Rational {
  return { numerator: rate, denominator: 1 };
}

/** The rate of pictures that are evenly spaced, or were before their times were rounded to whole units. */
function rateOf(ticks: Float64Array, timescale: number, end: number): Rational | undefined {
  const first = ticks[0] ?? 0;
  const second = ticks[1] ?? end;
  const gap = second - first;
  if (gap > 0 && ticks.every((tick, index) => tick === first + index * gap)) return reduced(timescale, gap);
  return COMMON_RATES.find(({ numerator, denominator }) =>
    ticks.every((tick, index) => Math.abs(tick - first - (index * denominator * timescale) / numerator) <= 1),
  );
}

function reduced(numerator: number, denominator: number): Rational {
  let [larger, smaller] = [numerator, denominator];
  while (smaller > 0) [larger, smaller] = [smaller, larger % smaller];
  return { numerator: numerator / larger, denominator: denominator / larger };
}
