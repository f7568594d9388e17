import type { TransportMedia } from '../../../../renderer/player/transport.ts';

/** A video element as far as the transport uses it: pictures of 1/25 s, each presented when the test says so. */
export class FakeVideo extends EventTarget {
  paused = true;
  ended = false;
  error = null;
  readyState = 4;
  duration: number;
  volume = 1;
  muted = false;
  playbackRate = 1;
  seeking = false;
  buffered = { length: 0, start: () => 0, end: () => 0 };
  /** Positions that were asked for. */
  readonly seeks: number[] = [];
  #time = 0;
  #callbacks: VideoFrameRequestCallback[] = [];

  constructor(frames: number) {
    super();
    this.duration = frames / 25;
  }

  get media(): TransportMedia {
    return this as unknown as TransportMedia;
  }

  get currentTime(): number {
    return this.#time;
  }

  set currentTime(seconds: number) {
    this.seeks.push(seconds);
    this.#time = Math.min(this.duration, Math.max(0, seconds));
    this.seeking = true;
    this.dispatchEvent(new Event('seeking'));
  }

  hasAttribute(): boolean {
    return true;
  }

  play(): Promise<void> {
    this.paused = false;
    this.dispatchEvent(new Event('play'));
    return Promise.resolve();
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.dispatchEvent(new Event('pause'));
  }

  requestVideoFrameCallback(callback: VideoFrameRequestCallback): number {
    this.#callbacks.push(callback);
    return 1;
  }

  /** The engine is done with a seek, and presents the picture there, or another one. */
  settle(mediaTime = Math.floor(this.#time * 25 + 1e-6) / 25): void {
    this.seeking = false;
    this.dispatchEvent(new Event('seeked'));
    this.present(mediaTime);
  }

  /** Plays up to a position, whose picture is presented. */
  playTo(seconds: number): void {
    this.#time = seconds;
    this.present(Math.floor(seconds * 25 + 1e-6) / 25);
  }

  present(mediaTime: number): void {
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    for (const call of callbacks) call(0, { mediaTime } as VideoFrameCallbackMetadata);
  }
}
