import { SECOND_MS } from '../../shared/units.ts';
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
} from './playRange.ts';
import { nextSpeed, shuttle } from './shuttle.ts';
import type { FrameTable } from './table/frameTable.ts';

export interface TransportState {
  time: number;
  duration: number;
  paused: boolean;
  waiting: boolean;
  muted: boolean;
  volume: number;
  /** -8 to 8; negative while going backwards. */
  speed: number;
  /** End of what is loaded after the position, seconds. */
  buffered: number;
  /** The pictures that there are; undefined while or where that is not known, and for sound. */
  table: FrameTable | undefined;
  /** The picture on screen, counted from 0; undefined where that is not known. */
  frame: number | undefined;
  /** The picture that is on screen once a seek is over. */
  wanted: number | undefined;
  /** The picture on screen is the one that was sought last. */
  settled: boolean;
  range: PlayRange;
  /** It has played to its end, which nothing makes it turn at. */
  ended: boolean;
}

/** Controls for keys and buttons, alike for elements and sequences. */
export interface TransportControls {
  togglePlay(): void;
  pause(): void;
  shuttle(direction: 1 | -1): void;
  /** What plays goes on at this speed, negative: backwards; playing begins with it from now on. */
  setSpeed(speed: number): void;
  /** To the next speed of the list. */
  changeSpeed(direction: 1 | -1): void;
  stepFrames(frames: number): void;
  skip(seconds: number): void;
  seek(seconds: number): void;
  seekToFrame(frame: number): void;
  seekToEnd(): void;
  /** Marks the picture as the first or the last one that is played. */
  mark(end: 'first' | 'last'): void;
  clearMarks(): void;
  /** Once, again and again, or there and back. */
  nextRepeat(): void;
  toggleMute(): void;
  setVolume(volume: number): void;
}

export const STILL_TRANSPORT: TransportState = {
  time: 0,
  duration: NaN,
  paused: true,
  waiting: false,
  muted: false,
  volume: 1,
  speed: 1,
  buffered: 0,
  table: undefined,
  frame: undefined,
  wanted: undefined,
  settled: true,
  range: WHOLE_FILM,
  ended: false,
};

/** What the transport uses of a media element; of a video, the times of its pictures too. */
export type TransportMedia = HTMLMediaElement & Partial<Pick<HTMLVideoElement, 'requestVideoFrameCallback'>>;

const EVENTS = [
  'play',
  'durationchange',
  'volumechange',
  'ratechange',
  'seeking',
  'seeked',
  'waiting',
  'playing',
  'progress',
  'ended',
  'timeupdate',
  'loadeddata',
];
/** HTML Standard, "Ready states"; the constants of HTMLMediaElement. */
const HAVE_CURRENT_DATA = 2;
const HAVE_FUTURE_DATA = 3;
/** Of sound, which has no pictures to step by, seconds. */
const SOUND_STEP_S = 0.1;
/** A picture that was not announced is asked for after so long, twice as long before each further question: it may be on its way. */
const UNANNOUNCED_MS = 150;
const MAX_QUESTIONS = 4;
/** After them, an engine that says nothing is asked again in so long: it may have been too busy. */
const ASKED_AGAIN_MS = 4 * SECOND_MS;
/** Questions after which an engine is believed that announces another picture than the one of the position. */
const ENOUGH_QUESTIONS = 2;
/** Where pictures are not known, the next one is looked for in steps of less than a picture at 120 a second. */
const SEARCH_STEP_S = 0.008;
const MAX_SEARCH_STEPS = 150;
/** Between two drawings of the window. */
const DRAWING_S = 1 / 60;
const SEEK_TIMEOUT_MS = 5 * SECOND_MS;
const ENGINE_CLOCK_S = 1e-6;

/**
 * The controls of one media element: what it shows, and what the keys do to it. The number of a picture is that of the one which
 * the engine says it presents, never one that is computed from the position; every seek aims at the middle of a picture.
 */
export class Transport implements TransportControls {
  readonly #media: TransportMedia;
  readonly #changed: (state: TransportState, atOnce: boolean) => void;
  readonly #ended = new AbortController();
  /** null: it cannot be known. */
  #table: FrameTable | null | undefined;
  /** When the picture on screen begins, as the engine says. */
  #mediaTime: number | undefined;
  /** The media is paused, and its position is one that was aimed at. */
  #isAimed = false;
  /** A picture was presented that the last seek was for. */
  #isSettled = true;
  #wasToldSinceSeek = false;
  /** Seeks within one picture, to hear of it. */
  #questions = 0;
  /** A position that was sought beyond the duration that is known so far. */
  #beyond: number | undefined;
  #backwards = 0;
  /** Of playing that is begun without a speed of its own. */
  #chosenSpeed: number;
  #backwardsAt = 0;
  #range: PlayRange;
  /** Steps that wait for the table. */
  #owed = 0;
  /** Steps without a table. */
  #toWalk = 0;
  #isWalking = false;
  #presented = Promise.withResolvers<undefined>();
  #lastDraw = 0;
  #drawing = 0;
  #asking: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param changed `atOnce`: together with a picture, so before the window is drawn next
   * @param range as it was before, of another element of the same film
   */
  constructor(
    media: TransportMedia,
    changed: (state: TransportState, atOnce: boolean) => void,
    range: PlayRange = WHOLE_FILM,
  ) {
    this.#media = media;
    this.#range = range;
    this.#chosenSpeed = media.playbackRate;
    this.#changed = changed;
    const { signal } = this.#ended;
    for (const name of EVENTS) media.addEventListener(name, () => this.#report(), { signal });
    media.addEventListener('play', () => (this.#isAimed = false), { signal });
    media.addEventListener('playing', () => (this.#isSettled = true), { signal });
    for (const name of ['pause', 'canplay']) media.addEventListener(name, () => this.#aim(), { signal });
    media.addEventListener('ended', () => this.#turn(1), { signal });
    media.addEventListener('durationchange', () => this.#goBeyond(), { signal });
    media.addEventListener('emptied', () => this.#forget(), { signal });
    for (const name of ['seeked', 'loadeddata']) media.addEventListener(name, () => this.#askLater(), { signal });
    this.#watch();
    this.#askLater();
    this.#drawing = requestAnimationFrame(this.#draw);
    this.#report();
  }

  dispose(): void {
    this.#ended.abort();
    cancelAnimationFrame(this.#drawing);
    clearTimeout(this.#asking);
    this.#presented.resolve(undefined);
  }

  /** @param table null where the pictures cannot be known */
  setTable(table: FrameTable | null): void {
    this.#table = table;
    const owed = this.#owed;
    this.#owed = 0;
    if (owed !== 0) this.stepFrames(owed);
    else this.#aim();
    this.#report();
  }

  togglePlay(): void {
    if (this.#media.paused && this.#backwards === 0) this.#play(this.#chosenSpeed);
    else this.pause();
  }

  pause(): void {
    this.#halt();
    this.#aim();
    this.#report();
  }

  /** J and L. */
  shuttle(direction: 1 | -1): void {
    const now = this.#backwards !== 0 ? this.#backwards : this.#media.paused ? 0 : this.#media.playbackRate;
    this.#play(shuttle(now, direction));
  }

  setSpeed(speed: number): void {
    this.#chosenSpeed = Math.abs(speed);
    if (!this.#media.paused || this.#backwards !== 0) this.#play(speed);
    else this.#media.playbackRate = this.#chosenSpeed;
    this.#report();
  }

  changeSpeed(direction: 1 | -1): void {
    this.setSpeed(nextSpeed(this.#backwards || this.#media.playbackRate, direction));
  }

  stepFrames(frames: number): void {
    if (!this.#media.requestVideoFrameCallback) {
      this.#halt();
      this.seek(this.#media.currentTime + frames * SOUND_STEP_S);
    } else if (this.#table) {
      const from = this.#here(this.#table);
      this.#halt();
      this.seekToFrame(from + frames);
    } else {
      this.#halt();
      if (this.#table === undefined) this.#owed += frames;
      else void this.#walk(frames);
    }
  }

  skip(seconds: number): void {
    const table = this.#table;
    this.seek((table ? table.middleOf(this.#here(table)) : this.#media.currentTime) + seconds);
  }

  seek(seconds: number): void {
    if (this.#table) {
      this.seekToFrame(this.#table.frameOn(seconds));
      return;
    }
    const end = Number.isFinite(this.#media.duration) ? this.#media.duration : seconds;
    this.#goTo(Math.min(end, Math.max(0, seconds)));
  }

  seekToFrame(frame: number): void {
    const table = this.#table;
    if (!table) return;
    this.#goTo(table.middleOf(Math.min(table.count - 1, Math.max(0, frame))));
  }

  seekToEnd(): void {
    this.#halt();
    this.seek(this.#table ? this.#table.end : this.#media.duration);
  }

  mark(end: 'first' | 'last'): void {
    if (this.#table) this.#setRange(withMark(this.#range, end, this.#here(this.#table)));
  }

  clearMarks(): void {
    this.#setRange(withoutMarks(this.#range));
  }

  nextRepeat(): void {
    this.#setRange({ ...this.#range, repeat: nextRepeat(this.#range.repeat) });
  }

  toggleMute(): void {
    this.#media.muted = !this.#media.muted;
  }

  setVolume(volume: number): void {
    this.#media.volume = Math.min(1, Math.max(0, volume));
    this.#media.muted = false;
  }

  #play(speed: number): void {
    const table = this.#table;
    if (speed < 0) {
      this.#backwardsAt = table ? table.middleOf(this.#here(table)) : this.#media.currentTime;
      this.#backwards = speed;
      this.#media.pause();
    } else {
      this.#backwards = 0;
      // From the end it begins again, as an element does that has ended.
      if (table && this.#isAimed) {
        const range = playedBounds(this.#range, table.count);
        if (this.#here(table) >= range.last) this.seekToFrame(range.first);
      }
      this.#media.playbackRate = speed;
      // The event may come after a pause that follows at once.
      this.#isAimed = false;
      // Refused without a gesture or without data: the events say what is.
      this.#media.play().catch(() => undefined);
    }
    this.#report();
  }

  #setRange(range: PlayRange): void {
    this.#range = range;
    this.#report();
  }

  /** Playing has come to an end of its range. */
  #turn(direction: 1 | -1): void {
    const table = this.#table;
    const next = table && turn(this.#range, table.count, direction);
    if (!next) return;
    const speed = Math.abs(direction > 0 ? this.#media.playbackRate : this.#backwards);
    this.#backwards = 0;
    this.seekToFrame(next.frame);
    this.#play(speed * next.direction);
  }

  #halt(): void {
    this.#backwards = 0;
    this.#media.playbackRate = this.#chosenSpeed;
    this.#media.pause();
  }

  /** The picture that the position means: on screen, or being sought. */
  #here(table: FrameTable): number {
    const shown = this.#frame();
    const isSettled = this.#isSettled && !this.#media.seeking;
    return isSettled && shown !== undefined ? shown : frameAt(table, this.#media.currentTime);
  }

  #frame(): number | undefined {
    return this.#mediaTime === undefined ? undefined : this.#table?.frameOf(this.#mediaTime);
  }

  /**
   * Pausing leaves the position anywhere in a picture, perhaps on its edge, and the engine may show the next one: it is put
   * where nothing but the picture is that was on screen.
   */
  #aim(): void {
    const { paused, ended, error, readyState } = this.#media;
    const frame = this.#frame();
    if (!paused || ended || error || readyState < HAVE_CURRENT_DATA || this.#backwards !== 0 || this.#isAimed) return;
    if (frame !== undefined && !this.#media.seeking) this.seekToFrame(frame);
  }

  #goTo(seconds: number): void {
    this.#isAimed = this.#media.paused;
    if (this.#backwards !== 0) this.#backwardsAt = seconds;
    if (this.#media.currentTime !== seconds) this.#seek(seconds);
    this.#report();
  }

  #seek(seconds: number): void {
    this.#isSettled = false;
    this.#questions = 0;
    this.#wasToldSinceSeek = false;
    this.#media.currentTime = seconds;
    // Engines learn late how long some files are.
    this.#beyond = seconds > this.#media.duration ? seconds : undefined;
  }

  #goBeyond(): void {
    const beyond = this.#beyond;
    if (beyond !== undefined && this.#media.paused && this.#media.duration > this.#media.currentTime)
      this.#seek(beyond);
  }

  /** Whether the picture that was announced is the one of the position. */
  #isSought(): boolean {
    const { paused, seeking, currentTime } = this.#media;
    const frame = this.#frame();
    if (frame === undefined) return !seeking;
    return (!paused && !seeking) || (!!this.#table && frame === frameAt(this.#table, currentTime));
  }

  #forget(): void {
    this.#mediaTime = undefined;
    this.#isAimed = false;
    this.#isSettled = true;
    this.#questions = 0;
    this.#beyond = undefined;
    this.#report();
  }

  /** Calls back with each picture that the engine presents. */
  #watch(): void {
    this.#media.requestVideoFrameCallback?.((_now, { mediaTime }) => {
      if (this.#ended.signal.aborted) return;
      this.#mediaTime = mediaTime;
      // The word for the picture of a seek may come before the seek says that it is over.
      const isSought = this.#isSought();
      this.#wasToldSinceSeek = isSought || !this.#media.seeking;
      if (isSought) {
        this.#isSettled = true;
        this.#questions = 0;
      } else this.#askLater();
      this.#presented.resolve(undefined);
      this.#presented = Promise.withResolvers<undefined>();
      this.#report(true);
      this.#watch();
    });
  }

  /**
   * A picture that came before this transport was not announced to it, and on a busy machine the announcement of a picture may be
   * lost, or come late for one before: a seek within the picture is announced again.
   */
  #askLater(): void {
    clearTimeout(this.#asking);
    this.#asking = setTimeout(() => this.#askForPicture(), UNANNOUNCED_MS * 2 ** this.#questions);
  }

  #askForPicture(): void {
    const media = this.#media;
    const { paused, seeking, readyState, currentTime } = media;
    if (this.#mediaTime !== undefined && this.#isSettled) return;
    if (!media.requestVideoFrameCallback || !media.hasAttribute('src')) return;
    if (!paused || seeking || readyState < HAVE_CURRENT_DATA || this.#backwards !== 0) return;
    if (this.#questions >= (this.#wasToldSinceSeek ? ENOUGH_QUESTIONS : MAX_QUESTIONS)) {
      // The engine has said all that it will: what it said last counts, if it said something since.
      this.#isSettled = true;
      if (!this.#wasToldSinceSeek) {
        this.#mediaTime = undefined;
        clearTimeout(this.#asking);
        this.#asking = setTimeout(() => this.#askOnceMore(), ASKED_AGAIN_MS);
      }
      this.#report();
      return;
    }
    this.#questions += 1;
    const table = this.#table;
    const frame = table ? frameAt(table, currentTime) : 0;
    const middle = table?.middleOf(frame) ?? currentTime;
    const within = table ? (middle - table.timeOf(frame)) / 4 : SEARCH_STEP_S / 8;
    this.#isAimed = true;
    this.#isSettled = false;
    media.currentTime = this.#questions % 2 === 1 ? middle + within : middle - within;
  }

  #askOnceMore(): void {
    this.#questions = MAX_QUESTIONS - 1;
    this.#askForPicture();
  }

  /** No engine plays backwards: it is a walk of seeks, as fast as the decoder follows. */
  #draw = (at: number): void => {
    const elapsed = Math.min(0.25, (at - this.#lastDraw) / SECOND_MS);
    this.#lastDraw = at;
    if (this.#backwards < 0) this.#goBackwards(elapsed);
    else if (this.#isAtEnd()) this.#turn(1);
    // Pictures report themselves.
    if (this.#media.requestVideoFrameCallback === undefined && !this.#media.paused) this.#report();
    this.#drawing = requestAnimationFrame(this.#draw);
  };

  #goBackwards(elapsed: number): void {
    this.#backwardsAt = Math.max(0, this.#backwardsAt + this.#backwards * elapsed);
    if (this.#media.seeking) return;
    const frame = this.#table?.frameOn(this.#backwardsAt);
    const aim = frame === undefined ? this.#backwardsAt : (this.#table?.middleOf(frame) ?? 0);
    if (aim !== this.#media.currentTime) {
      this.#isAimed = true;
      this.#seek(aim);
    }
    const { first } = boundsOf(this.#range, this.#table?.count ?? 1);
    if (isRepeated(this.#range.repeat) && frame !== undefined && frame <= first) this.#turn(-1);
    else if (frame === 0 || this.#backwardsAt === 0) this.#backwards = 0;
    this.#report();
  }

  /** The last picture of a range before the end of the film has been there for its time. */
  #isAtEnd(): boolean {
    const { paused, seeking, currentTime } = this.#media;
    const table = this.#table;
    if (!table || paused || seeking || !isRepeated(this.#range.repeat)) return false;
    const { last } = boundsOf(this.#range, table.count);
    return last < table.count - 1 && currentTime >= table.timeOf(last + 1) - DRAWING_S / 2;
  }

  /** Steps where the pictures are not known: to where the engine shows another one. */
  async #walk(frames: number): Promise<void> {
    this.#toWalk += frames;
    if (this.#isWalking) return;
    this.#isWalking = true;
    while (this.#toWalk !== 0 && !this.#ended.signal.aborted) {
      const direction = Math.sign(this.#toWalk);
      this.#toWalk -= direction;
      await this.#walkOne(direction);
    }
    this.#isWalking = false;
  }

  async #walkOne(direction: number): Promise<void> {
    const from = this.#mediaTime;
    if (from === undefined) return;
    for (let step = 1; step <= MAX_SEARCH_STEPS && !this.#ended.signal.aborted; step++) {
      // Before its beginning is the picture before; after it, this one for a while.
      const aim = direction < 0 ? from - (step * SEARCH_STEP_S) / 2 : from + step * SEARCH_STEP_S;
      if (aim < 0 || aim > this.#media.duration) return;
      this.#goTo(aim);
      await this.#sought();
      if (this.#mediaTime !== from) return;
    }
  }

  /** Until a seek is over and its picture is there, if another one is. */
  async #sought(): Promise<void> {
    const deadline = performance.now() + SEEK_TIMEOUT_MS;
    const presented = this.#presented.promise;
    while (this.#media.seeking && performance.now() < deadline && !this.#ended.signal.aborted) await pause(1);
    await Promise.race([presented, pause(UNANNOUNCED_MS)]);
  }

  #report(atOnce = false): void {
    const media = this.#media;
    const table = this.#table ?? undefined;
    const frame = this.#frame();
    this.#changed(
      {
        time: media.currentTime,
        duration: media.duration,
        paused: media.paused && this.#backwards === 0,
        waiting: !media.paused && media.readyState < HAVE_FUTURE_DATA,
        muted: media.muted,
        volume: media.volume,
        speed: this.#backwards < 0 ? this.#backwards : media.playbackRate,
        buffered: bufferedEnd(media),
        table,
        frame,
        wanted: table && this.#here(table),
        settled: this.#isSettled && !media.seeking,
        range: this.#range,
        // Not where a seek has come to the end while it stood still.
        ended: media.ended && this.#backwards === 0 && !this.#isAimed,
      },
      atOnce,
    );
  }
}

/** The picture of an element's position, which engines cut to whole microseconds: a time at which one begins is just before it then. */
function frameAt(table: FrameTable, currentTime: number): number {
  return table.frameOn(currentTime + ENGINE_CLOCK_S);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export function bufferedEnd({ buffered, currentTime }: HTMLMediaElement): number {
  for (let index = 0; index < buffered.length; index++) {
    if (buffered.start(index) <= currentTime + 0.1 && buffered.end(index) >= currentTime) return buffered.end(index);
  }
  return 0;
}
