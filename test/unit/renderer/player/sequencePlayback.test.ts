import { describe, expect, it, vi } from 'vitest';
import { FrameCache } from '../../../../renderer/player/frameCache.ts';
import {
  framesDue,
  framesKept,
  framesWanted,
  MAX_CACHE_BYTES,
  SEQUENCE_RATE,
  SEQUENCE_RATES,
} from '../../../../renderer/player/sequencePlayback.ts';

describe('frames that are kept', () => {
  it('are fewer the larger they are, and one at the least', () => {
    expect(framesKept(1920 * 1080 * 4)).toBe(48);
    expect(framesKept(3840 * 2160 * 8)).toBe(6);
    expect(framesKept(16_384 * 16_384 * 16)).toBe(1);
    expect(framesKept(64 * 64)).toBe(120);
  });
});

describe('frames that are wanted', () => {
  it('begin with the one on screen and go on in the direction of play, then some behind', () => {
    expect(framesWanted(10, 100, 1, 10)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 9, 8]);
    expect(framesWanted(10, 100, -1, 5)).toEqual([10, 9, 8, 7, 11]);
  });

  it('lie within the sequence', () => {
    expect(framesWanted(0, 3, 1, 10)).toEqual([0, 1, 2]);
    expect(framesWanted(2, 3, 1, 10)).toEqual([2, 1, 0]);
  });
});

describe('frames that are due', () => {
  it('come 24 times a second, whatever the display does', () => {
    let total = 0;
    let rest = 0;
    for (let tick = 0; tick < 600; tick++) {
      const due = framesDue(rest + 1000 / 60, 1, SEQUENCE_RATE);
      total += due.frames;
      rest = due.rest;
    }
    expect(total).toBe(240);
  });

  it('come at the rate that was chosen, to the frame over an hour', () => {
    for (const rate of SEQUENCE_RATES) {
      let total = 0;
      let rest = 0;
      for (let second = 0; second < 3600; second++) {
        const due = framesDue(rest + 1000, 1, rate);
        total += due.frames;
        rest = due.rest;
      }
      expect(Math.abs(total - (3600 * rate.numerator) / rate.denominator)).toBeLessThan(1.01);
    }
  });

  it('come faster at a higher speed, backwards too', () => {
    expect(framesDue(1000, 2, SEQUENCE_RATE).frames).toBe(48);
    expect(framesDue(1000, -4, SEQUENCE_RATE).frames).toBe(96);
  });
});

describe('the cache', () => {
  const frame = (bytes = 3840 * 2160 * 4) => ({ bytes, close: vi.fn() });

  it('loads what is wanted, a few at a time, and lets go of the rest', async () => {
    const made = new Map<number, ReturnType<typeof frame>>();
    let running = 0;
    let most = 0;
    const load = vi.fn(async (index: number) => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running -= 1;
      const loaded = frame();
      made.set(index, loaded);
      return loaded;
    });
    const cache = new FrameCache(200, load, vi.fn());
    cache.want(0, 1);
    await vi.waitFor(() => expect(cache.readyUntil(0)).toBeGreaterThan(8));
    expect(most).toBeLessThanOrEqual(6);
    cache.want(100, 1);
    await vi.waitFor(() => expect(cache.get(100)).toBeDefined());
    expect(cache.get(0)).toBeUndefined();
    expect(made.get(0)?.close).toHaveBeenCalledOnce();
    cache.dispose();
    expect(cache.get(100)).toBeUndefined();
  });

  it('holds no more bytes than it may, whatever the frames turn out to be, and the one on screen always', async () => {
    const sizes = [10_000_000, 10_000_000, 150_000_000, 10_000_000, 150_000_000, 150_000_000, 390_000_000, 600_000_000];
    const closed = new Set<number>();
    const load = (index: number) =>
      Promise.resolve({ bytes: sizes[index % sizes.length] ?? 0, close: () => void closed.add(index) });
    const cache = new FrameCache(50, load, vi.fn());
    for (let index = 0; index < 50; index++) {
      cache.want(index, 1);
      await vi.waitFor(() => expect(cache.get(index)).toBeDefined());
      expect(cache.bytes).toBeLessThanOrEqual(Math.max(MAX_CACHE_BYTES, cache.get(index)?.bytes ?? 0));
    }
    cache.dispose();
    expect(cache.bytes).toBe(0);
    expect(closed.size).toBe(50);
  });

  it('tells which frame failed and why, and tries it again only when asked', async () => {
    const failed = vi.fn();
    const error = new TypeError('404');
    const load = vi.fn(() => Promise.reject(error));
    const cache = new FrameCache(1, load, failed);
    cache.want(0, 1);
    await vi.waitFor(() => expect(failed).toHaveBeenCalledWith(0, error));
    expect(load).toHaveBeenCalledOnce();
    cache.want(0, 1);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('does not wait for what is no longer wanted', () => {
    const signals: AbortSignal[] = [];
    const load = (_index: number, signal: AbortSignal): Promise<ReturnType<typeof frame>> => {
      signals.push(signal);
      return new Promise(() => undefined);
    };
    const cache = new FrameCache(500, load, vi.fn());
    cache.want(0, 1);
    cache.want(400, 1);
    expect(signals.length).toBeGreaterThan(0);
    expect(signals.slice(0, 6).every(({ aborted }) => aborted)).toBe(true);
  });

  it('loads all anew when something else is wanted of the frames', async () => {
    const load = vi.fn((index: number) => Promise.resolve({ ...frame(8), index }));
    const cache = new FrameCache(3, load, vi.fn());
    cache.want(0, 1);
    await vi.waitFor(() => expect(cache.isFull).toBe(true));
    cache.renew();
    expect(cache.get(0)).toBeUndefined();
    await vi.waitFor(() => expect(cache.isFull).toBe(true));
    expect(load).toHaveBeenCalledTimes(6);
  });
});
