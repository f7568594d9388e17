import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DecodedPictures } from '../../../../../renderer/player/decoded/decodedPictures.ts';
import { DecodedTransport, type Sound } from '../../../../../renderer/player/decoded/decodedTransport.ts';
import { PlayClock } from '../../../../../renderer/player/decoded/playClock.ts';
import { FrameTable } from '../../../../../renderer/player/table/frameTable.ts';
import { STILL_TRANSPORT, type TransportState } from '../../../../../renderer/player/transport.ts';
import { type FakeImage, FakeSource } from './fakePictures.ts';

const COUNT = 250;
const RATE = 25;
const TABLE = FrameTable.steady(COUNT, { numerator: RATE, denominator: 1 });
let now: number;
let source: FakeSource;
let pictures: DecodedPictures<FakeImage>;
let transport: DecodedTransport<FakeImage>;
let shown: TransportState;
/** Pictures that were drawn, and the number that was said with each. */
let drawn: (number | undefined)[];
let draw: (() => void) | undefined;
let sound: Sound & { calls: string[] };

function open(options: { paused?: boolean; withSound?: boolean; frame?: number } = {}): void {
  source = new FakeSource();
  pictures = new DecodedPictures<FakeImage>({
    ...{ source, width: 1920, height: 1080, maxBytes: 400_000_000 },
    arrived: () => transport.arrived(),
    failed: () => undefined,
  });
  drawn = [];
  const calls: string[] = [];
  sound = {
    ...{ time: undefined, calls },
    start: (position, speed) => calls.push(`start ${position} ${speed}`),
    stop: () => calls.push('stop'),
    setVolume: (volume, muted) => calls.push(`volume ${volume} ${muted}`),
    wake: () => calls.push('wake'),
  };
  transport = new DecodedTransport<FakeImage>({
    ...{
      table: TABLE,
      pictures,
      clock: new PlayClock(
        () => undefined,
        () => now,
      ),
      now: () => now,
    },
    sound: options.withSound === true ? sound : undefined,
    draw: ({ image }) => drawn.push(image?.frame),
    changed: (state) => (shown = state),
    start: {
      ...{ frame: options.frame ?? 0, paused: options.paused ?? true, speed: 1 },
      ...{ muted: false, volume: 1, repeat: 'off' },
    },
  });
}

beforeEach(() => {
  now = 1000;
  shown = STILL_TRANSPORT;
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => {
    draw = callback;
    return 1;
  });
  vi.stubGlobal('cancelAnimationFrame', () => (draw = undefined));
});
afterEach(() => {
  transport.dispose();
  pictures.dispose();
  vi.unstubAllGlobals();
});

/** Drawings of the window, in which all is decoded that is asked for. */
async function play(milliseconds: number, step = 1000 / 60): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += step) {
    await source.settle();
    now += step;
    draw?.();
    // What is drawn and what is said are one.
    if (drawn.length > 0 && shown.frame !== undefined) expect(shown.frame).toBe(drawn.at(-1));
  }
}

it('says no number before a picture is drawn, and then that of the picture', async () => {
  open();
  draw?.();
  expect(shown).toMatchObject({ frame: undefined, settled: false, waiting: true });
  await play(20);
  expect(shown).toMatchObject({ frame: 0, wanted: 0, settled: true, waiting: false, paused: true });
});

it('says the number that the picture itself has, not the one that was asked for', async () => {
  open();
  source.numberOf = (frame) => (frame === 100 ? undefined : frame);
  transport.seekToFrame(100);
  await source.settle();
  draw?.();
  expect(drawn.at(-1)).toBe(100);
  expect(shown).toMatchObject({ frame: undefined, wanted: 100, settled: true });
});

it('keeps the picture with its number until the one that is sought is there', async () => {
  open();
  await play(20);
  transport.seekToFrame(200);
  draw?.();
  expect(shown).toMatchObject({ frame: 0, wanted: 200, settled: false });
  await play(20);
  expect(shown).toMatchObject({ frame: 200, wanted: 200, settled: true });
});

it('steps each way, and no further than there are pictures', async () => {
  open();
  await play(20);
  transport.stepFrames(-1);
  expect(shown.wanted).toBe(0);
  transport.stepFrames(3);
  transport.stepFrames(-1);
  await play(20);
  expect(shown.frame).toBe(2);
  transport.seekToEnd();
  transport.stepFrames(1);
  await play(20);
  expect(shown.frame).toBe(COUNT - 1);
  transport.skip(-1);
  await play(20);
  expect(shown.frame).toBe(COUNT - 1 - RATE);
});

it('plays every picture in its turn and at its time', async () => {
  open();
  transport.togglePlay();
  await play(2000);
  expect(shown.paused).toBe(false);
  expect(drawn).toEqual(Array.from({ length: drawn.length }, (_, index) => index));
  expect(drawn.length).toBeGreaterThan(1.8 * RATE);
  expect(drawn.length).toBeLessThanOrEqual(2 * RATE + 1);
  transport.pause();
  const at = drawn.at(-1);
  await play(100);
  expect(drawn.at(-1)).toBe(at);
  expect(shown).toMatchObject({ frame: at, wanted: at, paused: true });
});

it('stops at the end, and plays again from the beginning', async () => {
  open({ frame: COUNT - 10 });
  transport.togglePlay();
  await play(1000);
  expect(shown).toMatchObject({ frame: COUNT - 1, paused: true, ended: true });
  transport.togglePlay();
  await play(200);
  expect(shown.frame).toBeLessThan(10);
  expect(shown.ended).toBe(false);
});

it('plays at the speed that was chosen', async () => {
  open();
  transport.setSpeed(0.5);
  transport.togglePlay();
  await play(1000);
  expect(shown.speed).toBe(0.5);
  expect(shown.frame).toBeGreaterThan(8);
  expect(shown.frame).toBeLessThan(14);
  transport.changeSpeed(1);
  expect(shown.speed).toBe(0.75);
  transport.pause();
  transport.changeSpeed(1);
  expect(shown).toMatchObject({ speed: 1, paused: true });
});

it('shuttles both ways; fast, it shows no more pictures than the window draws', async () => {
  open({ frame: 100 });
  transport.shuttle(-1);
  expect(shown.speed).toBe(-1);
  await play(1000);
  const backwards = drawn.filter((frame) => frame !== undefined);
  expect(backwards[0]).toBe(100);
  expect(backwards).toEqual(backwards.map((_, index) => 100 - index));
  expect(backwards.length).toBeGreaterThan(0.8 * RATE);
  transport.shuttle(1);
  expect(shown.speed).toBe(1);
  for (const speed of [2, 4, 8]) {
    transport.shuttle(1);
    expect(shown.speed).toBe(speed);
  }
  drawn = [];
  source.rate = 40;
  transport.shuttle(1);
  const from = shown.frame ?? 0;
  await play(500);
  const steps = drawn.slice(1).map((frame, index) => (frame ?? 0) - (drawn[index] ?? 0));
  // 8 times 25 pictures a second, of which a decoder of 40 a second gives one in 7; what is there is shown.
  expect(Math.max(...steps)).toBe(7);
  expect((drawn.at(-1) ?? 0) - from).toBeGreaterThan(0.5 * RATE);
});

it('waits for pictures that are late, and goes on where it was', async () => {
  open();
  transport.togglePlay();
  await play(400);
  const before = drawn.length;
  // Nothing arrives any more: what is decoded is played, then it waits.
  for (let step = 0; step < 400; step++) {
    now += 1000 / 60;
    draw?.();
  }
  expect(shown).toMatchObject({ waiting: true, paused: false });
  expect(drawn.length).toBeGreaterThan(before);
  const stopped = drawn.length;
  await play(1000);
  expect(shown.waiting).toBe(false);
  expect(drawn.length).toBeGreaterThan(stopped);
  expect(drawn).toEqual(Array.from({ length: drawn.length }, (_, index) => index));
});

it('a picture that is late for its time is shown, where it is the last one that is there', async () => {
  open();
  transport.togglePlay();
  await play(400);
  // The window was not drawn for a while.
  await source.settle();
  now += 400;
  draw?.();
  expect(shown.waiting).toBe(false);
  expect((drawn.at(-1) ?? 0) - (drawn.at(-2) ?? 0)).toBeGreaterThanOrEqual(9);
});

it('repeats what is marked, and there and back', async () => {
  open({ frame: 100 });
  await play(20);
  transport.mark('first');
  transport.seekToFrame(110);
  await play(20);
  transport.mark('last');
  expect(shown.range).toEqual({ first: 100, last: 110, repeat: 'loop' });
  drawn = [];
  transport.togglePlay();
  await play(1500);
  expect(Math.min(...drawn.map((frame) => frame ?? 0))).toBe(100);
  expect(Math.max(...drawn.map((frame) => frame ?? 0))).toBe(110);
  expect(drawn.filter((frame) => frame === 100).length).toBeGreaterThan(1);
  transport.nextRepeat();
  expect(shown.range.repeat).toBe('bounce');
  drawn = [];
  await play(1500);
  const steps = drawn.slice(1).map((frame, index) => Math.abs((frame ?? 0) - (drawn[index] ?? 0)));
  expect(Math.max(...steps)).toBe(1);
  expect(drawn.some((frame, index) => index > 0 && (frame ?? 0) < (drawn[index - 1] ?? 0))).toBe(true);
});

it('lets the sound begin with the picture, and stops it with what stops playing', async () => {
  open({ withSound: true });
  await play(20);
  sound.calls.length = 0;
  transport.togglePlay();
  expect(sound.calls).toContain('wake');
  expect(sound.calls.filter((call) => call.startsWith('start'))).toEqual([]);
  await play(200);
  expect(sound.calls.filter((call) => call.startsWith('start'))).toEqual(['start 0 1']);
  sound.calls.length = 0;
  transport.seekToFrame(50);
  expect(sound.calls).toEqual(['stop']);
  await play(200);
  expect(sound.calls).toContain('start 2 1');
  transport.pause();
  expect(sound.calls.at(-1)).toBe('stop');
  sound.calls.length = 0;
  transport.setVolume(0.5);
  transport.toggleMute();
  expect(sound.calls).toEqual(['volume 0.5 false', 'volume 0.5 true']);
  transport.shuttle(-1);
  await play(200);
  expect(sound.calls.filter((call) => call.startsWith('start'))).toEqual([]);
});
