// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PlaybackStage } from '../../../../renderer/player/stage.ts';
import { FrameTable } from '../../../../renderer/player/table/frameTable.ts';
import { Transport } from '../../../../renderer/player/transport.ts';
import type { Link } from '../../../../shared/link.ts';
import { FakeVideo } from './fakeVideo.ts';

const COUNT = 250;
const TABLE = FrameTable.steady(COUNT, { numerator: 25, denominator: 1 });
const MIDDLE_OF_30 = 30.5 / 25;
const HAVE_METADATA = 1;
const START = { muted: false, volume: 1, paused: true, speed: 1, time: 0 };
const LINK: Link = {
  ...{ key: 'a.mp4', url: 'https://near.example/a.mp4', region: 'r', bucket: 'b', kind: 'video' },
  ...{ contentType: 'video/mp4', size: 1, lastModified: 0, expiresAt: 1e9 },
  route: { storage: 'near', reason: 'replica-by-ip', details: {} },
};

/** A video of which nothing is known yet. HTML Standard, "Media elements": "default playback start position". */
class OpeningVideo extends FakeVideo {
  src = '';
  #askedFor = 0;

  constructor() {
    super(COUNT);
    this.unload();
  }

  override get currentTime(): number {
    return this.readyState === 0 ? this.#askedFor : super.currentTime;
  }

  override set currentTime(seconds: number) {
    if (this.readyState === 0) this.#askedFor = seconds;
    else super.currentTime = seconds;
  }

  unload(): void {
    this.readyState = 0;
    this.duration = NaN;
  }

  /** Its metadata arrives: the engine goes where it was asked to, then the event comes. */
  open(): void {
    this.duration = COUNT / 25;
    this.readyState = HAVE_METADATA;
    super.currentTime = this.#askedFor;
    this.seeking = this.#askedFor > 0;
    this.#askedFor = 0;
    this.dispatchEvent(new Event('loadedmetadata'));
  }

  removeAttribute(): void {
    this.src = '';
  }

  load(): void {
    this.unload();
  }
}

let video: OpeningVideo;
let stage: PlaybackStage;
let transport: Transport;

beforeEach(() => {
  vi.useFakeTimers();
  video = new OpeningVideo();
});
afterEach(() => {
  transport.dispose();
  stage.dispose();
  vi.useRealTimers();
});

/** A file that was gone to from one that stood at a time. */
function begin(time: number): void {
  stage = new PlaybackStage([video.media, new OpeningVideo().media], vi.fn(), vi.fn(), { ...START, time });
  transport = new Transport(video.media, vi.fn());
  stage.load(LINK);
}

it('a film begins at the time that the one before stood at', () => {
  begin(2.5);
  video.open();
  expect(video.currentTime).toBe(2.5);
});

it('a film that is shorter than that begins at its start', () => {
  begin(25);
  video.open();
  expect(video.currentTime).toBe(0);
});

it('the frame that is asked for before the film is known is where it begins, not the time of the one before', () => {
  // Of a sequence at 12 frames a second.
  begin(2.5);
  transport.setTable(TABLE);
  transport.seekToFrame(30);
  video.open();
  expect(video.currentTime).toBe(MIDDLE_OF_30);
});

it('the frame that is asked for last counts, also when the film is loaded once more', () => {
  begin(2.5);
  transport.setTable(TABLE);
  transport.seekToFrame(8);
  transport.seekToFrame(30);
  video.open();
  video.unload();
  stage.load(LINK);
  video.open();
  expect(video.currentTime).toBe(MIDDLE_OF_30);
});
