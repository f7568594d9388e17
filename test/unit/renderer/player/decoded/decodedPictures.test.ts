import { expect, it } from 'vitest';
import {
  DecodedPictures,
  type Demand,
  picturesKept,
  picturesWanted,
} from '../../../../../renderer/player/decoded/decodedPictures.ts';
import { type FakeImage, FakeSource } from './fakePictures.ts';

const MB = 1_000_000;
const COUNT = 1000;

function demand(frame: number, rest: Partial<Demand> = {}): Demand {
  return { frame, direction: 1, stride: 1, first: 0, last: COUNT - 1, ...rest };
}

function made(source: FakeSource, maxBytes = 200 * MB) {
  const told = { arrived: 0, undecodable: 0, failures: [] as unknown[] };
  const pictures = new DecodedPictures<FakeImage>({
    ...{ source, width: 1920, height: 1080, maxBytes },
    arrived: (isDecoded) => (isDecoded ? told.arrived++ : told.undecodable++),
    failed: (error) => told.failures.push(error),
  });
  return { pictures, told };
}

it('keeps as many pictures as fit, of any size at least three', () => {
  expect(picturesKept(1920, 1080, 400 * MB)).toBe(48);
  expect(picturesKept(3840, 2160, 400 * MB)).toBe(12);
  expect(picturesKept(16384, 16384, 400 * MB)).toBe(3);
  expect(picturesKept(160, 96, 400 * MB)).toBe(120);
});

it('wants the picture itself first, then those that are played next, then those behind', () => {
  expect(picturesWanted(demand(100), 8)).toEqual([100, 101, 102, 103, 104, 105, 99, 98]);
  expect(picturesWanted(demand(100, { direction: -1 }), 8)).toEqual([100, 99, 98, 97, 96, 95, 101, 102]);
  expect(picturesWanted(demand(100, { stride: 4 }), 6)).toEqual([100, 104, 108, 112, 116, 96]);
});

it('wants what a repeated range goes on with, and nothing outside of it', () => {
  const loop = demand(49, { first: 40, last: 50, then: { frame: 40, direction: 1 } });
  expect(picturesWanted(loop, 8)).toEqual([49, 50, 40, 41, 42, 43, 48, 47]);
  const bounce = demand(49, { first: 40, last: 50, then: { frame: 50, direction: -1 } });
  expect(picturesWanted(bounce, 8)).toEqual([49, 50, 48, 47, 46, 45, 44, 43]);
});

it('decodes the most urgent first, so many at once', async () => {
  const source = new FakeSource({ concurrency: 3 });
  const { pictures, told } = made(source);
  pictures.want(demand(10));
  expect(source.asked).toEqual([10, 11, 12]);
  await source.settle();
  expect(source.asked.slice(0, 5)).toEqual([10, 11, 12, 13, 14]);
  expect(pictures.isFull).toBe(true);
  expect(told.arrived).toBe(source.images.length);
  pictures.dispose();
});

it('never holds more than its bound, whatever is sought, and closes each picture once', async () => {
  const source = new FakeSource();
  const { pictures } = made(source, 100 * MB);
  for (const frame of [0, 500, 3, 999, 501, 0, 250, 251, 252, 240]) {
    pictures.want(demand(frame, { stride: frame % 2 }));
    await source.settle(frame % 7);
    expect(pictures.bytesHeld).toBeLessThanOrEqual(100 * MB);
  }
  await source.settle();
  expect(pictures.bytesHeld).toBe(source.open.length * 1920 * 1080 * 4);
  pictures.dispose();
  await source.settle();
  expect(source.open).toEqual([]);
  expect(source.isDisposed).toBe(true);
});

it('lets go of what is on its way when the position jumps', async () => {
  const source = new FakeSource({ concurrency: 2 });
  const { pictures, told } = made(source);
  pictures.want(demand(10));
  pictures.want(demand(600));
  await source.settle();
  expect(pictures.get(10)).toBeUndefined();
  expect(pictures.get(600)?.image?.frame).toBe(600);
  expect(told.failures).toEqual([]);
  pictures.dispose();
});

it('keeps what was played as long as there is room: stepping back decodes nothing', async () => {
  const source = new FakeSource();
  const { pictures } = made(source, 400 * MB);
  for (let frame = 100; frame < 110; frame++) {
    pictures.want(demand(frame, { stride: 0 }));
    await source.settle();
  }
  const asked = source.asked.length;
  expect(new Set(source.asked).size).toBe(asked);
  for (let frame = 108; frame >= 100; frame--) {
    pictures.want(demand(frame, { stride: 0 }));
    expect(pictures.get(frame)?.image?.frame).toBe(frame);
  }
  pictures.dispose();
});

it('backwards takes the pictures of a group that it decodes anyway, and waits until there is room for many', async () => {
  const source = new FakeSource({ isIntraOnly: false, concurrency: 1 });
  source.group = 24;
  const { pictures } = made(source, 400 * MB);
  let last = 0;
  for (let frame = 500; frame > 400; frame--) {
    pictures.want(demand(frame, { direction: -1 }));
    await source.settle();
    expect(pictures.get(frame)).toBeDefined();
    last = source.asked.length;
  }
  // Not once a picture: 100 pictures and what is behind them are five to eight groups.
  expect(last).toBeLessThan(20);
  pictures.dispose();
});

it('a picture that cannot be decoded is one without an image, and asked for once', async () => {
  const source = new FakeSource();
  source.broken.add(12);
  const { pictures, told } = made(source);
  pictures.want(demand(10));
  await source.settle();
  expect(pictures.get(12)).toEqual({ image: undefined, number: 12 });
  expect(source.asked.filter((frame) => frame === 12)).toHaveLength(1);
  expect(told).toMatchObject({ undecodable: 1, failures: [] });
  pictures.dispose();
});

it('stops when bytes cannot be had, tells it once, and goes on when it is told to', async () => {
  const source = new FakeSource();
  source.failure = new TypeError('no network');
  const { pictures, told } = made(source);
  pictures.want(demand(10));
  await source.settle();
  expect(source.asked).toEqual([10, 11]);
  expect(told.failures[0]).toBe(source.failure);
  pictures.want(demand(11));
  await source.settle();
  expect(source.asked).toEqual([10, 11]);
  source.failure = undefined;
  pictures.retry();
  await source.settle();
  expect(pictures.get(11)?.image?.frame).toBe(11);
  pictures.dispose();
});
