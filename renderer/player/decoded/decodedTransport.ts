import type { PlaybackMoment } from '../playbackNeed.ts';
import type { KeptPlayback } from '../playerMemory.ts';
import {
  boundsOf,
  isRepeated,
  nextRepeat,
  playedBounds,
  type PlayRange,
  turn,
  WHOLE_FILM,
  withMark,
  withoutMarks,
} from '../playRange.ts';
import { nextSpeed, shuttle } from '../shuttle.ts';
import type { FrameTable } from '../table/frameTable.ts';
import { STILL_TRANSPORT, type TransportControls, type TransportState } from '../transport.ts';
import type { DecodedPictures, KeptPicture } from './decodedPictures.ts';
import type { PictureImage } from './pictureSource.ts';
import { type PlayClock } from './playClock.ts';

/** What is heard beside the pictures. */
export interface Sound {
  readonly time: number | undefined;
  start(position: number, speed: number, timeOf: (position: number) => number | undefined): void;
  stop(): void;
  setVolume(volume: number, muted: boolean): void;
  wake(): void;
}

/** A window draws no more pictures a second. */
const DRAWINGS_PER_SECOND = 60;
/** Decoders do other things too: so much of their known rate is counted on. */
const COUNTED_ON = 0.8;
/** Faster than this, what is heard is no help. */
const MAX_SOUND_SPEED = 2;
/** After a wait playing goes on with so much decoded ahead, seconds, or with all that fits. */
const READY_S = 0.25;
/** Playing that is held up for less is late; for more it waits, and the window says so. */
const WAITING_AFTER_MS = 120;
const MAX_STRIDE = 32;
/** Before the end of a picture, seconds: less than its time is rounded to. */
const INSTANT_S = 1e-6;
/** What is decoded ahead is told so often. */
const TELL_INTERVAL_MS = 100;

export interface DecodedTransportOptions<Image extends PictureImage> {
  table: FrameTable;
  pictures: DecodedPictures<Image>;
  /** Absent: there is nothing to hear. */
  sound: Sound | undefined;
  clock: PlayClock;
  /** Draws a picture; undefined: one that could not be decoded. */
  draw: (picture: KeptPicture<Image>) => void;
  /** `atOnce`: together with a picture, so before the window is drawn next. */
  changed: (state: TransportState, atOnce: boolean) => void;
  start: Pick<KeptPlayback, 'frame' | 'paused' | 'speed' | 'muted' | 'volume' | 'repeat'> & { range?: PlayRange };
  now?: () => number;
}

/**
 * Plays pictures that are decoded, by the times of the film's table. The number on screen is that of the picture that was drawn, as its own
 * time says; what is asked for and not decoded yet is on its way, and the picture before it stays with its number.
 */
export class DecodedTransport<Image extends PictureImage = ImageBitmap> implements TransportControls {
  readonly #options: DecodedTransportOptions<Image>;
  readonly #table: FrameTable;
  readonly #pictures: DecodedPictures<Image>;
  readonly #clock: PlayClock;
  readonly #sound: Sound | undefined;
  readonly #now: () => number;
  /** The picture of the position. */
  #index: number;
  /** The place in the table of the picture that was drawn; undefined before the first one. */
  #shown: number | undefined;
  #number: number | undefined;
  /** 0: paused. */
  #speed = 0;
  /** Of playing that is begun without a speed of its own. */
  #chosenSpeed: number;
  #hasEnded = false;
  #stride = 1;
  /** Since when playing is held up, milliseconds. */
  #heldSince: number | undefined;
  #isHeldLong = false;
  #range: PlayRange;
  #muted: boolean;
  #volume: number;
  #drawing: number;
  /** Pictures arrived that were not told of. */
  #hasArrived = false;
  #toldAt = -Infinity;
  #isOver = false;

  constructor(options: DecodedTransportOptions<Image>) {
    const { table, pictures, sound, clock, start, now = () => performance.now() } = options;
    this.#options = options;
    this.#table = table;
    this.#pictures = pictures;
    this.#sound = sound;
    this.#clock = clock;
    this.#now = now;
    this.#muted = start.muted;
    this.#volume = start.volume;
    this.#sound?.setVolume(start.volume, start.muted);
    this.#range = start.range ?? { ...WHOLE_FILM, repeat: start.repeat };
    this.#chosenSpeed = start.speed > 0 ? start.speed : 1;
    this.#index = Math.min(table.count - 1, Math.max(0, start.frame ?? 0));
    this.#drawing = requestAnimationFrame(this.#draw);
    if (start.paused) this.#goTo(this.#index);
    else this.#play(this.#chosenSpeed);
  }

  /** The picture of the position. */
  get index(): number {
    return this.#index;
  }

  get range(): PlayRange {
    return this.#range;
  }

  get paused(): boolean {
    return this.#speed === 0;
  }

  /** What playing needs of the line. */
  get moment(): PlaybackMoment {
    const ahead = this.#secondsReady();
    return {
      isWanting: this.#speed !== 0 || this.#shown !== this.#index,
      ahead: ahead / Math.max(1, Math.abs(this.#speed)),
      isFull: this.#pictures.isFull,
    };
  }

  /** Where it plays, and how much is there after it, seconds of the film. */
  get place(): { time: number; duration: number; speed: number; ahead: number } {
    const { end } = this.#table;
    return {
      ...{ time: this.#table.timeOf(this.#index), duration: end, speed: this.#speed },
      ahead: this.#secondsReady(),
    };
  }

  dispose(): void {
    this.#isOver = true;
    cancelAnimationFrame(this.#drawing);
    this.#sound?.stop();
  }

  /** A picture arrived: it is drawn with the next drawing of the window, if it is its turn. */
  arrived(): void {
    this.#hasArrived = true;
  }

  togglePlay(): void {
    if (this.#speed === 0) this.#play(this.#chosenSpeed);
    else this.pause();
  }

  pause(): void {
    this.#halt();
    this.#goTo(this.#index);
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
    this.#halt();
    this.#goTo(this.#index + frames);
  }

  skip(seconds: number): void {
    this.seek(this.#table.middleOf(this.#index) + seconds);
  }

  seek(seconds: number): void {
    this.seekToFrame(this.#table.frameOn(seconds));
  }

  seekToFrame(frame: number): void {
    // From there on, once its picture is there.
    if (this.#speed !== 0) this.#hold();
    this.#goTo(frame);
  }

  seekToEnd(): void {
    this.#halt();
    this.#goTo(this.#table.count - 1);
  }

  mark(end: 'first' | 'last'): void {
    this.#setRange(withMark(this.#range, end, this.#shown ?? this.#index));
  }

  clearMarks(): void {
    this.#setRange(withoutMarks(this.#range));
  }

  nextRepeat(): void {
    this.#setRange({ ...this.#range, repeat: nextRepeat(this.#range.repeat) });
  }

  toggleMute(): void {
    this.#muted = !this.#muted;
    this.#sound?.setVolume(this.#volume, this.#muted);
    this.#report();
  }

  setVolume(volume: number): void {
    this.#volume = Math.min(1, Math.max(0, volume));
    this.#muted = false;
    this.#sound?.setVolume(this.#volume, false);
    this.#report();
  }

  #play(speed: number): void {
    this.#halt();
    // From the end it begins again, as an element does that has ended.
    const { first, last } = playedBounds(this.#range, this.#table.count);
    if (speed > 0 && this.#index >= last) this.#index = first;
    this.#speed = speed;
    this.#stride = this.#strideFor(speed);
    this.#sound?.wake();
    this.#goTo(this.#index);
    this.#hold();
  }

  #halt(): void {
    this.#clock.stop();
    this.#sound?.stop();
    this.#speed = 0;
    this.#stride = 1;
    this.#letGo();
  }

  #letGo(): void {
    this.#heldSince = undefined;
    this.#isHeldLong = false;
  }

  /** Playing waits for pictures, and what is heard with it. */
  #hold(): void {
    this.#clock.stop();
    this.#sound?.stop();
    this.#heldSince ??= this.#now();
  }

  #goOn(): void {
    const wasHeldLong = this.#isHeldLong;
    this.#letGo();
    // Backwards a picture is there from its end on.
    const position = this.#speed > 0 ? this.#table.timeOf(this.#index) : endOf(this.#table, this.#index) - INSTANT_S;
    this.#clock.start(position, this.#speed);
    if (this.#speed > 0 && this.#speed <= MAX_SOUND_SPEED)
      this.#sound?.start(position, this.#speed, (at) => this.#clock.soundTimeOf(at));
    if (wasHeldLong) this.#report();
  }

  #setRange(range: PlayRange): void {
    this.#range = range;
    this.#want();
    this.#report();
  }

  #goTo(index: number): void {
    this.#index = Math.min(this.#table.count - 1, Math.max(0, index));
    this.#hasEnded = false;
    this.#want();
    this.#report();
  }

  #want(): void {
    const isPlaying = this.#speed !== 0;
    const direction = this.#speed < 0 ? -1 : 1;
    const count = this.#table.count;
    const bounds = isPlaying ? boundsOf(this.#range, count) : { first: 0, last: count - 1 };
    // Marks bind where they are repeated, and playing that began outside of them goes on to them.
    const isBound = isPlaying && isRepeated(this.#range.repeat);
    this.#pictures.want({
      frame: this.#index,
      direction,
      stride: isPlaying ? this.#stride : 0,
      first: isBound ? Math.min(bounds.first, this.#index) : 0,
      last: isBound ? Math.max(bounds.last, this.#index) : count - 1,
      then: isPlaying ? turn(this.#range, count, direction) : undefined,
    });
  }

  /** Of every so many pictures one is shown: no more than a window draws, nor than the decoder is known to give. */
  #strideFor(speed: number): number {
    const due = this.#picturesPerSecond() * Math.abs(speed);
    const rate = this.#pictures.rate === undefined ? DRAWINGS_PER_SECOND : this.#pictures.rate * COUNTED_ON;
    return Math.min(MAX_STRIDE, Math.max(1, Math.ceil(due / Math.min(DRAWINGS_PER_SECOND, rate) - 0.01)));
  }

  #picturesPerSecond(): number {
    const length = this.#table.end - this.#table.timeOf(0);
    return length > 0 ? this.#table.count / length : 1;
  }

  #secondsReady(): number {
    const until = Math.min(this.#table.count - 1, Math.max(0, this.#pictures.readyUntil));
    return Math.abs(this.#table.timeOf(until) - this.#table.timeOf(this.#index));
  }

  #draw = (): void => {
    if (this.#isOver) return;
    this.#drawing = requestAnimationFrame(this.#draw);
    if (this.#hasArrived && this.#now() - this.#toldAt >= TELL_INTERVAL_MS) this.#report();
    if (this.#speed === 0) this.#show(this.#index);
    else if (this.#heldSince !== undefined) this.#waitForPictures();
    else this.#follow();
  };

  /** Playing goes on when the picture of the position and some after it are there. */
  #waitForPictures(): void {
    if (!this.#isHeldLong && this.#now() - (this.#heldSince ?? Infinity) > WAITING_AFTER_MS) {
      this.#isHeldLong = true;
      this.#report();
    }
    if (!this.#pictures.get(this.#index)) return;
    this.#show(this.#index);
    const isReady = this.#pictures.isFull || this.#secondsReady() >= READY_S * Math.abs(this.#speed);
    if (isReady || this.#isLast(this.#index)) this.#goOn();
  }

  #isLast(frame: number): boolean {
    const { first, last } = playedBounds(this.#range, this.#table.count);
    return this.#speed > 0 ? frame >= last : frame <= first;
  }

  /** Shows the picture that is due, or the last one before it that is there; where there is none, playing waits. */
  #follow(): void {
    const direction = this.#speed > 0 ? 1 : -1;
    const table = this.#table;
    const position = this.#clock.position;
    const { first, last } = playedBounds(this.#range, table.count);
    const hasEnded = direction > 0 ? position >= endOf(table, last) : position < table.timeOf(first);
    const shown = this.#shown ?? this.#index;
    const reached = Math.min(table.count - 1, Math.max(0, table.frameOn(position)));
    // Outside of the marks playing goes on to them.
    const due = direction > 0 ? Math.min(reached, Math.max(last, shown)) : Math.max(reached, Math.min(first, shown));
    const there = this.#pictures.get(due) ? due : this.#pictures.latest(shown, due, direction);
    if (there !== undefined && there !== this.#shown) {
      this.#index = there;
      this.#show(there);
      this.#want();
    }
    const behind = Math.abs(due - (this.#shown ?? due));
    if (hasEnded && behind < this.#stride) this.#turn(direction);
    else if (there === undefined && behind >= this.#stride) {
      // It goes on at the picture that is on screen: nothing is passed over that was not shown.
      this.#stride = Math.max(this.#stride, this.#strideFor(this.#speed));
      this.#hold();
      this.#want();
    }
  }

  /** Playing has come to an end of its range. */
  #turn(direction: 1 | -1): void {
    const next = turn(this.#range, this.#table.count, direction);
    const speed = Math.abs(this.#speed);
    this.#halt();
    if (!next) {
      this.#goTo(direction > 0 ? this.#table.count - 1 : 0);
      this.#hasEnded = direction > 0;
      this.#report();
      return;
    }
    this.#index = next.frame;
    this.#play(speed * next.direction);
  }

  #show(frame: number): void {
    if (this.#shown === frame) return;
    const picture = this.#pictures.get(frame);
    if (!picture) return;
    this.#options.draw(picture);
    this.#shown = frame;
    this.#number = picture.number;
    this.#report(true);
  }

  #report(atOnce = false): void {
    if (this.#isOver) return;
    const table = this.#table;
    this.#hasArrived = false;
    this.#toldAt = this.#now();
    const until = Math.min(table.count - 1, Math.max(0, this.#pictures.readyUntil));
    const isSettled = this.#shown === this.#index;
    this.#options.changed(
      {
        ...STILL_TRANSPORT,
        time: table.timeOf(this.#index),
        duration: table.end,
        paused: this.#speed === 0,
        waiting: this.#speed === 0 ? !isSettled : this.#isHeldLong,
        muted: this.#muted,
        volume: this.#volume,
        speed: this.#speed === 0 ? this.#chosenSpeed : this.#speed,
        buffered: endOf(table, until),
        table,
        frame: this.#shown === undefined ? undefined : this.#number,
        wanted: this.#index,
        settled: isSettled,
        range: this.#range,
        ended: this.#hasEnded,
      },
      atOnce,
    );
  }
}

/** When a picture ends, seconds. */
function endOf(table: FrameTable, frame: number): number {
  return frame + 1 < table.count ? table.timeOf(frame + 1) : table.end;
}
