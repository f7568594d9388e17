import type { CachedFrame, FrameCache } from './frameCache.ts';
import type { PlaybackMoment } from './playbackNeed.ts';
import type { StartOfPlayback } from './playerMemory.ts';
import { nextRepeat, playedBounds, type PlayRange, turn, WHOLE_FILM, withMark, withoutMarks } from './playRange.ts';
import { framesDue, rateNumber } from './sequencePlayback.ts';
import { nextSpeed, shuttle } from './shuttle.ts';
import { FrameTable, type Rational } from './table/frameTable.ts';
import { STILL_TRANSPORT, type TransportControls, type TransportState } from './transport.ts';

/** Frames around a position, as a transport uses them. */
type Frames<Frame extends CachedFrame> = Pick<FrameCache<Frame>, 'get' | 'want' | 'readyUntil' | 'isFull'>;

/** Plays frames that are in memory, each one in its turn: where one is not there yet, playing waits for it. */
export class SequenceTransport<Frame extends CachedFrame> implements TransportControls {
  readonly #count: number;
  #rate: Rational;
  #table: FrameTable;
  readonly #cache: Frames<Frame>;
  readonly #show: (index: number, frame: Frame) => void;
  readonly #changed: (state: TransportState) => void;
  #index = 0;
  #shown = -1;
  #range = WHOLE_FILM;
  /** 0: paused. */
  #speed = 0;
  /** Of playing that is begun without a speed of its own. */
  #chosenSpeed: number;
  #hasEnded = false;
  #lastDraw = 0;
  #elapsed = 0;
  #drawing: number;

  constructor(
    count: number,
    rate: Rational,
    cache: Frames<Frame>,
    callbacks: { show: (index: number, frame: Frame) => void; changed: (state: TransportState) => void },
    start: Pick<StartOfPlayback, 'isGoneTo' | 'frame' | 'paused' | 'speed' | 'repeat'>,
  ) {
    this.#count = count;
    this.#rate = rate;
    this.#table = FrameTable.steady(count, rate);
    this.#cache = cache;
    this.#show = callbacks.show;
    this.#changed = callbacks.changed;
    this.#drawing = requestAnimationFrame(this.#draw);
    this.#range = { ...WHOLE_FILM, repeat: start.repeat };
    this.#chosenSpeed = start.speed > 0 ? start.speed : 1;
    this.#index = Math.min(count - 1, start.frame ?? 0);
    // One that is opened from the library waits for its frames.
    if (start.isGoneTo && !start.paused) this.#play(this.#chosenSpeed);
    else this.#goTo(this.#index);
  }

  get index(): number {
    return this.#index;
  }

  get moment(): PlaybackMoment {
    const framesAhead = this.#cache.readyUntil(this.#index) - this.#index;
    return {
      isWanting: this.#speed !== 0 || this.#shown !== this.#index,
      ahead: framesAhead / this.#perSecond / Math.abs(this.#speed || 1),
      isFull: this.#cache.isFull,
    };
  }

  /** Plays at another rate from here on; the frame stays. */
  setRate(rate: Rational): void {
    this.#rate = rate;
    this.#table = FrameTable.steady(this.#count, rate);
    this.#elapsed = 0;
    this.#report();
  }

  /** What is in memory was let go, and comes anew. */
  renew(): void {
    this.#shown = -1;
    this.#report();
  }

  togglePlay(): void {
    if (this.#speed !== 0) this.pause();
    else this.#play(this.#chosenSpeed);
  }

  pause(): void {
    this.#speed = 0;
    this.#report();
  }

  shuttle(direction: 1 | -1): void {
    this.#play(shuttle(this.#speed, direction));
  }

  setSpeed(speed: number): void {
    this.#chosenSpeed = Math.abs(speed);
    if (this.#speed !== 0) this.#play(speed);
    this.#report();
  }

  changeSpeed(direction: 1 | -1): void {
    this.setSpeed(nextSpeed(this.#speed || this.#chosenSpeed, direction));
  }

  stepFrames(frames: number): void {
    this.#speed = 0;
    this.#goTo(this.#index + frames);
  }

  skip(seconds: number): void {
    this.#goTo(this.#index + Math.round(seconds * this.#perSecond));
  }

  seek(seconds: number): void {
    this.#goTo(Math.floor(seconds * this.#perSecond + 0.01));
  }

  seekToFrame(frame: number): void {
    this.#goTo(frame);
  }

  seekToEnd(): void {
    this.stepFrames(this.#count);
  }

  mark(end: 'first' | 'last'): void {
    this.#setRange(withMark(this.#range, end, this.#index));
  }

  clearMarks(): void {
    this.#setRange(withoutMarks(this.#range));
  }

  nextRepeat(): void {
    this.#setRange({ ...this.#range, repeat: nextRepeat(this.#range.repeat) });
  }

  toggleMute(): void {
    // Pictures make no sound.
  }

  setVolume(): void {
    // Nor have they a volume.
  }

  dispose(): void {
    cancelAnimationFrame(this.#drawing);
  }

  get #perSecond(): number {
    return rateNumber(this.#rate);
  }

  #play(speed: number): void {
    // From the end it begins again, as players do.
    const { first, last } = playedBounds(this.#range, this.#count);
    if (speed > 0 && this.#index >= last) this.#index = first;
    this.#speed = speed;
    this.#elapsed = 0;
    this.#goTo(this.#index);
  }

  #goTo(index: number): void {
    this.#index = Math.min(this.#count - 1, Math.max(0, index));
    this.#hasEnded = false;
    this.#cache.want(this.#index, this.#speed < 0 ? -1 : 1);
    this.#report();
  }

  #draw = (at: number): void => {
    const elapsed = Math.min(250, at - this.#lastDraw);
    this.#lastDraw = at;
    const frame = this.#cache.get(this.#index);
    if (frame && this.#shown !== this.#index) {
      this.#shown = this.#index;
      this.#show(this.#index, frame);
      this.#report();
    }
    if (this.#speed !== 0 && this.#shown === this.#index) this.#advance(elapsed);
    this.#drawing = requestAnimationFrame(this.#draw);
  };

  #advance(elapsed: number): void {
    const { frames, rest } = framesDue(this.#elapsed + elapsed, this.#speed, this.#rate);
    this.#elapsed = rest;
    if (frames === 0) return;
    const target = this.#index + frames * Math.sign(this.#speed);
    const { first, last } = playedBounds(this.#range, this.#count);
    const direction = this.#speed > 0 ? 1 : -1;
    const isBeyond = direction > 0 ? target > last : target < first;
    const next = isBeyond ? turn(this.#range, this.#count, direction) : undefined;
    if (isBeyond) this.#speed = next ? Math.abs(this.#speed) * next.direction : 0;
    const hasEnded = isBeyond && !next && direction > 0;
    this.#goTo(next ? next.frame : target);
    if (hasEnded) {
      this.#hasEnded = true;
      this.#report();
    }
  }

  #setRange(range: PlayRange): void {
    this.#range = range;
    this.#report();
  }

  #report(): void {
    this.#changed({
      ...STILL_TRANSPORT,
      time: this.#index / this.#perSecond,
      duration: this.#count / this.#perSecond,
      paused: this.#speed === 0,
      waiting: this.#shown !== this.#index,
      speed: this.#speed === 0 ? this.#chosenSpeed : this.#speed,
      table: this.#table,
      frame: this.#shown === -1 ? undefined : this.#shown,
      wanted: this.#index,
      settled: this.#shown === this.#index,
      range: this.#range,
      ended: this.#hasEnded,
      buffered: (this.#cache.readyUntil(this.#index) + 1) / this.#perSecond,
    });
  }
}
