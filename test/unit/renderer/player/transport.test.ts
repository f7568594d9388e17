import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FrameTable } from '../../../../renderer/player/table/frameTable.ts';
import { STILL_TRANSPORT, Transport, type TransportState } from '../../../../renderer/player/transport.ts';
import { FakeVideo } from './fakeVideo.ts';

const COUNT = 250;
const TABLE = FrameTable.steady(COUNT, { numerator: 25, denominator: 1 });
let video: FakeVideo;
let transport: Transport;
let shown: TransportState;
let draw: ((at: number) => void) | undefined;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('requestAnimationFrame', (callback: (at: number) => void) => {
    draw = callback;
    return 1;
  });
  vi.stubGlobal('cancelAnimationFrame', () => undefined);
  video = new FakeVideo(COUNT);
  shown = STILL_TRANSPORT;
  transport = new Transport(video.media, (state) => (shown = state));
});
afterEach(() => {
  transport.dispose();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const middle = (frame: number) => (frame + 0.5) / 25;

it('says nothing of the picture before its table is there, or before the engine presents one', () => {
  video.present(0.2);
  expect(shown).toMatchObject({ frame: undefined, table: undefined });
  transport.setTable(TABLE);
  expect(shown).toMatchObject({ frame: 5, table: TABLE });
  const other = new FakeVideo(COUNT);
  const second = new Transport(other.media, (state) => (shown = state));
  second.setTable(TABLE);
  expect(shown.frame).toBeUndefined();
  second.dispose();
});

it('says the picture that is presented, not the one of the position', () => {
  transport.setTable(TABLE);
  video.present(0);
  transport.seekToFrame(100);
  expect(shown).toMatchObject({ frame: 0, wanted: 100, settled: false });
  video.settle();
  expect(shown).toMatchObject({ frame: 100, wanted: 100, settled: true });
});

it('stays at a picture whose beginning the engine has cut to microseconds', async () => {
  transport.setTable(FrameTable.steady(240, { numerator: 24, denominator: 1 }));
  transport.seekToFrame(77);
  // Where the stage goes on, that is where the picture begins: 77/24 is a third of a microsecond later.
  video.currentTime = 3.208333;
  video.settle(77 / 24);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(video.currentTime).toBe(3.208333);
  expect(shown).toMatchObject({ frame: 77, wanted: 77, settled: true });
});

it('believes an engine that shows another picture than it was asked for, once it says so again', async () => {
  transport.setTable(TABLE);
  video.present(0);
  transport.seekToFrame(120);
  video.settle(119 / 25);
  expect(shown).toMatchObject({ frame: 119, settled: false });
  for (let question = 0; question < 4; question++) {
    await vi.advanceTimersByTimeAsync(1000);
    if (video.seeking) video.settle(119 / 25);
  }
  expect(shown).toMatchObject({ frame: 119, wanted: 119, settled: true });
  for (const seconds of video.seeks) expect(TABLE.frameOn(seconds)).toBe(120);
});

it('asks again for a picture whose announcement is lost, or is the one before', async () => {
  transport.setTable(TABLE);
  video.present(0);
  transport.seekToFrame(120);
  video.seeking = false;
  video.dispatchEvent(new Event('seeked'));
  await vi.advanceTimersByTimeAsync(200);
  expect(video.seeks).toHaveLength(2);
  video.settle();
  expect(shown).toMatchObject({ frame: 120, settled: true });
  transport.seekToFrame(60);
  video.seeking = false;
  video.dispatchEvent(new Event('seeked'));
  video.present(120 / 25);
  expect(shown).toMatchObject({ settled: false });
  await vi.advanceTimersByTimeAsync(200);
  video.settle();
  expect(shown).toMatchObject({ frame: 60, settled: true });
});

it('takes the word for a picture that comes before its seek is over', async () => {
  transport.setTable(TABLE);
  video.present(0);
  transport.seekToFrame(120);
  video.present(0);
  expect(shown).toMatchObject({ frame: 0, settled: false });
  video.present(120 / 25);
  expect(shown).toMatchObject({ frame: 120, settled: false });
  video.seeking = false;
  video.dispatchEvent(new Event('seeked'));
  expect(shown).toMatchObject({ frame: 120, settled: true });
  await vi.advanceTimersByTimeAsync(5000);
  expect(video.seeks).toHaveLength(1);
});

it('says nothing where the engine says nothing', async () => {
  transport.setTable(TABLE);
  video.present(0);
  transport.seekToFrame(120);
  const answered = async (): Promise<void> => {
    video.seeking = false;
    video.dispatchEvent(new Event('seeked'));
    await vi.advanceTimersByTimeAsync(3000);
  };
  for (let question = 0; question < 5; question++) await answered();
  expect(shown).toMatchObject({ frame: undefined, settled: true });
  // It is asked again, since it may have been too busy, and says it at last.
  const before = video.seeks.length;
  await vi.advanceTimersByTimeAsync(4000);
  expect(video.seeks).toHaveLength(before + 1);
  await answered();
  expect(shown).toMatchObject({ frame: undefined, settled: true });
  await vi.advanceTimersByTimeAsync(4000);
  expect(video.seeks).toHaveLength(before + 2);
  video.settle();
  expect(shown).toMatchObject({ frame: 120, settled: true });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(video.seeks).toHaveLength(before + 2);
});

it('a picture that the table does not have is not known', () => {
  transport.setTable(TABLE);
  video.present(0.21);
  expect(shown.frame).toBeUndefined();
});

it('every seek aims at the middle of a picture, and stays within the film', () => {
  transport.setTable(TABLE);
  video.present(0);
  transport.seekToFrame(7);
  transport.seek(1);
  transport.seek(1.039);
  transport.seek(500);
  transport.seek(-3);
  expect(video.seeks).toEqual([middle(7), middle(25), middle(249), middle(0)]);
});

it('pausing puts the position into the middle of the picture, and the first step moves by one', () => {
  transport.setTable(TABLE);
  transport.togglePlay();
  // On the edge to the next one.
  video.playTo(1.999);
  transport.togglePlay();
  expect(video.seeks).toEqual([middle(49)]);
  transport.stepFrames(1);
  expect(video.seeks.at(-1)).toBe(middle(50));
  video.settle();
  expect(shown.frame).toBe(50);
});

it('a pause that follows at once, before the event of playing, is aimed too', () => {
  transport.setTable(TABLE);
  video.present(0);
  transport.seekToFrame(10);
  video.settle();
  vi.spyOn(video, 'play').mockImplementation(() => {
    video.paused = false;
    return Promise.resolve();
  });
  transport.togglePlay();
  video.playTo(0.999);
  transport.togglePlay();
  expect(video.seeks.at(-1)).toBe(middle(24));
});

it('a pause by something else does the same; the end of the film does not', () => {
  transport.setTable(TABLE);
  void video.play();
  video.playTo(0.999);
  video.pause();
  expect(video.seeks).toEqual([middle(24)]);
  void video.play();
  video.playTo(10);
  video.ended = true;
  video.pause();
  expect(video.seeks).toHaveLength(1);
});

it('steps follow each other while pictures are on their way', () => {
  transport.setTable(TABLE);
  video.present(0);
  for (let step = 0; step < 5; step++) transport.stepFrames(1);
  transport.stepFrames(-2);
  expect(video.seeks.at(-1)).toBe(middle(3));
  expect(shown.frame).toBe(0);
  video.settle();
  expect(shown.frame).toBe(3);
});

it('steps that were pressed before the table was there are made with it', () => {
  video.present(0.4);
  transport.stepFrames(1);
  transport.stepFrames(1);
  expect(video.seeks).toEqual([]);
  transport.setTable(TABLE);
  expect(video.seeks).toEqual([middle(12)]);
});

it('without a table a step goes to where another picture is shown', async () => {
  transport.setTable(null);
  video.present(0.4);
  transport.stepFrames(1);
  for (let turn = 0; turn < 12 && video.seeking; turn++) {
    video.settle();
    await vi.advanceTimersByTimeAsync(150);
  }
  expect(Math.floor(video.currentTime * 25)).toBe(11);
  video.seeks.length = 0;
  transport.stepFrames(-1);
  video.settle();
  await vi.advanceTimersByTimeAsync(150);
  expect(Math.floor(video.currentTime * 25)).toBe(10);
  expect(video.seeks).toHaveLength(1);
  expect(shown.frame).toBeUndefined();
});

it('a picture that came before the transport is asked for', async () => {
  transport.setTable(TABLE);
  video.playTo(middle(30));
  const second = new Transport(video.media, (state) => (shown = state));
  second.setTable(TABLE);
  expect(shown.frame).toBeUndefined();
  await vi.advanceTimersByTimeAsync(500);
  expect(TABLE.frameOn(video.currentTime)).toBe(30);
  video.settle();
  expect(shown.frame).toBe(30);
  second.dispose();
});

it('plays backwards from picture to picture, and stops at the first', () => {
  transport.setTable(TABLE);
  video.present(0.4);
  transport.shuttle(-1);
  expect(shown).toMatchObject({ paused: false, speed: -1 });
  draw?.(1000);
  draw?.(1040);
  expect(TABLE.frameOn(video.currentTime)).toBeLessThan(10);
  for (let at = 1080; at < 2500; at += 40) {
    video.settle();
    draw?.(at);
  }
  video.settle();
  expect(shown).toMatchObject({ frame: 0, paused: true });
  for (const seconds of video.seeks) expect((seconds * 25) % 1).toBeCloseTo(0.5);
});

it('from the last picture playing begins anew', () => {
  transport.setTable(TABLE);
  video.present(0);
  transport.seekToEnd();
  video.settle();
  expect(shown.frame).toBe(249);
  transport.togglePlay();
  expect(video.seeks.at(-1)).toBe(middle(0));
  expect(video.paused).toBe(false);
});

it('repeats what is marked, and turns round where it shall', () => {
  transport.setTable(TABLE);
  video.present(0);
  transport.seekToFrame(10);
  video.settle();
  transport.mark('first');
  transport.seekToFrame(20);
  video.settle();
  transport.mark('last');
  expect(shown.range).toEqual({ first: 10, last: 20, repeat: 'loop' });
  transport.togglePlay();
  expect(video.seeks.at(-1)).toBe(middle(10));
  video.settle();
  video.playTo(middle(20));
  draw?.(1000);
  expect(video.seeks.at(-1)).toBe(middle(10));
  video.playTo(21 / 25);
  draw?.(1017);
  expect(video.seeks.at(-1)).toBe(middle(10));
  expect(video.paused).toBe(false);
  video.settle();
  transport.nextRepeat();
  video.playTo(21 / 25);
  draw?.(1034);
  expect(shown).toMatchObject({ speed: -1, paused: false });
  for (let at = 1074; at < 1700; at += 40) {
    video.settle();
    draw?.(at);
  }
  expect(Math.min(...video.seeks.slice(-12).map((seconds) => TABLE.frameOn(seconds)))).toBe(10);
  expect(shown.speed).toBe(1);
  expect(video.paused).toBe(false);
  transport.clearMarks();
  expect(shown.range).toEqual({ first: undefined, last: undefined, repeat: 'bounce' });
});

it('the whole film is repeated where it ends', () => {
  transport.setTable(TABLE);
  video.present(0);
  transport.nextRepeat();
  transport.togglePlay();
  video.playTo(9.99);
  video.paused = true;
  video.ended = true;
  video.dispatchEvent(new Event('ended'));
  expect(video.seeks.at(-1)).toBe(middle(0));
  expect(video.paused).toBe(false);
});

it('a source that is loaded anew has no picture yet', () => {
  transport.setTable(TABLE);
  video.present(0.4);
  video.dispatchEvent(new Event('emptied'));
  expect(shown.frame).toBeUndefined();
});

it('plays at the speed that was chosen, and comes back to it after a shuttle', () => {
  transport.setTable(TABLE);
  transport.setSpeed(0.5);
  expect(shown).toMatchObject({ paused: true, speed: 0.5 });
  transport.togglePlay();
  expect(shown).toMatchObject({ paused: false, speed: 0.5 });
  transport.changeSpeed(1);
  expect(shown).toMatchObject({ paused: false, speed: 0.75 });
  transport.shuttle(1);
  transport.shuttle(1);
  expect(shown.speed).toBe(3);
  transport.pause();
  expect(shown).toMatchObject({ paused: true, speed: 0.75 });
});

it('faster counts backwards too', () => {
  transport.setTable(TABLE);
  video.present(4);
  transport.shuttle(-1);
  transport.changeSpeed(1);
  expect(shown).toMatchObject({ paused: false, speed: -1.5 });
});

it('says that it has ended, and keeps its range in another element', () => {
  transport.setTable(TABLE);
  for (let press = 0; press < 3; press++) transport.nextRepeat();
  expect(shown).toMatchObject({ ended: false, range: { repeat: 'next' } });
  video.ended = true;
  video.dispatchEvent(new Event('ended'));
  expect(shown.ended).toBe(true);
  video.ended = false;
  transport.seekToEnd();
  video.ended = true;
  video.settle();
  expect(shown.ended).toBe(false);
  const second = new Transport(new FakeVideo(COUNT).media, (state) => (shown = state), shown.range);
  expect(shown).toMatchObject({ ended: false, range: { repeat: 'next' } });
  second.dispose();
});
