import { SECOND_MS } from '../../shared/units.ts';
import { DEFAULT_FRAME_RATE, estimateFrameRate, frameAt, shuttle, stepTime } from './frames.ts';

export interface TransportState {
  time: number;
  duration: number;
  paused: boolean;
  waiting: boolean;
  muted: boolean;
  volume: number;
  /** -8 to 8; negative while going backwards. */
  speed: number;
  frameRate: number;
  frame: number;
  /** End of what is loaded after the position, seconds. */
  buffered: number;
}

/** Controls for keys and buttons, alike for elements and sequences. */
export interface TransportControls {
  togglePlay(): void;
  pause(): void;
  shuttle(direction: 1 | -1): void;
  stepFrames(frames: number): void;
  skip(seconds: number): void;
  seek(seconds: number): void;
  seekToEnd(): void;
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
  frameRate: DEFAULT_FRAME_RATE,
  frame: 0,
  buffered: 0,
};

const EVENTS = [
  'play',
  'pause',
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
  'emptied',
];
const MAX_FRAME_TIMES = 60;

/** The controls of one media element: what it shows, and what the keys do to it. */
export class Transport implements TransportControls {
  readonly #media: HTMLMediaElement;
  readonly #changed: (state: TransportState) => void;
  readonly #ended = new AbortController();
  #frameRate = DEFAULT_FRAME_RATE;
  #measured = false;
  #times: number[] = [];
  #backwards = 0;
  #lastDraw = 0;
  #drawing = 0;

  constructor(media: HTMLMediaElement, frameRate: number | undefined, changed: (state: TransportState) => void) {
    this.#media = media;
    this.#changed = changed;
    this.#frameRate = frameRate ?? DEFAULT_FRAME_RATE;
    this.#measured = frameRate !== undefined;
    for (const name of EVENTS) media.addEventListener(name, () => this.#report(), { signal: this.#ended.signal });
    if (media instanceof HTMLVideoElement && frameRate === undefined) this.#measure(media);
    this.#drawing = requestAnimationFrame(this.#draw);
    this.#report();
  }

  dispose(): void {
    this.#ended.abort();
    cancelAnimationFrame(this.#drawing);
  }

  /** True where the frame rate was measured, here or for an earlier source. */
  get isMeasured(): boolean {
    return this.#measured;
  }

  get frameRate(): number {
    return this.#frameRate;
  }

  togglePlay(): void {
    if (this.#media.paused && this.#backwards === 0) this.#play(1);
    else this.pause();
  }

  pause(): void {
    this.#backwards = 0;
    this.#media.playbackRate = 1;
    this.#media.pause();
    this.#report();
  }

  /** J and L. */
  shuttle(direction: 1 | -1): void {
    const now = this.#backwards !== 0 ? this.#backwards : this.#media.paused ? 0 : this.#media.playbackRate;
    this.#play(shuttle(now, direction));
  }

  stepFrames(frames: number): void {
    this.pause();
    this.#media.currentTime = stepTime(this.#media.currentTime, frames, this.#frameRate, this.#media.duration);
  }

  skip(seconds: number): void {
    this.seek(this.#media.currentTime + seconds);
  }

  seek(seconds: number): void {
    const end = Number.isFinite(this.#media.duration) ? this.#media.duration : seconds;
    this.#media.currentTime = Math.min(end, Math.max(0, seconds));
    this.#report();
  }

  seekToEnd(): void {
    if (!Number.isFinite(this.#media.duration)) return;
    this.pause();
    this.#media.currentTime = stepTime(this.#media.duration, 0, this.#frameRate, this.#media.duration);
  }

  toggleMute(): void {
    this.#media.muted = !this.#media.muted;
  }

  setVolume(volume: number): void {
    this.#media.volume = Math.min(1, Math.max(0, volume));
    this.#media.muted = false;
  }

  #play(speed: number): void {
    this.#backwards = speed < 0 ? speed : 0;
    if (speed < 0) {
      this.#media.pause();
    } else {
      this.#media.playbackRate = speed;
      // Refused without a gesture or without data: the events say what is.
      this.#media.play().catch(() => undefined);
    }
    this.#report();
  }

  /** No engine plays backwards: it is a walk of seeks, as fast as the decoder follows. */
  #draw = (at: number): void => {
    const elapsed = Math.min(0.25, (at - this.#lastDraw) / SECOND_MS);
    this.#lastDraw = at;
    if (this.#backwards < 0 && !this.#media.seeking) {
      this.#media.currentTime = Math.max(0, this.#media.currentTime + this.#backwards * elapsed);
      if (this.#media.currentTime === 0) this.#backwards = 0;
    }
    if (!this.#media.paused || this.#backwards < 0) this.#report();
    this.#drawing = requestAnimationFrame(this.#draw);
  };

  #measure(video: HTMLVideoElement): void {
    const collect: VideoFrameRequestCallback = (_now, { mediaTime }) => {
      if (this.#ended.signal.aborted) return;
      if (!video.paused && video.playbackRate === 1) this.#times.push(mediaTime);
      const rate = estimateFrameRate(this.#times);
      if (rate !== undefined && this.#times.length >= MAX_FRAME_TIMES) {
        this.#frameRate = rate;
        this.#measured = true;
        this.#report();
        return;
      }
      video.requestVideoFrameCallback(collect);
    };
    video.requestVideoFrameCallback(collect);
  }

  #report(): void {
    const media = this.#media;
    this.#changed({
      time: media.currentTime,
      duration: media.duration,
      paused: media.paused && this.#backwards === 0,
      waiting: !media.paused && media.readyState < HTMLMediaElement.HAVE_FUTURE_DATA,
      muted: media.muted,
      volume: media.volume,
      speed: this.#backwards < 0 ? this.#backwards : media.playbackRate,
      frameRate: this.#frameRate,
      frame: frameAt(media.currentTime, this.#frameRate),
      buffered: bufferedEnd(media),
    });
  }
}

/** End of what is loaded around the position, seconds; 0 where nothing is. */
export function bufferedEnd({ buffered, currentTime }: HTMLMediaElement): number {
  for (let index = 0; index < buffered.length; index++) {
    if (buffered.start(index) <= currentTime + 0.1 && buffered.end(index) >= currentTime) return buffered.end(index);
  }
  return 0;
}
