import { describe, expect, it, vi } from 'vitest';
import { FrameCache } from '../../../../renderer/player/frameCache.ts';
import { framesDue, framesKept, framesWanted } from '../../../../renderer/player/sequencePlayback.ts';

describe('frames that are kept', () => {
  it('are fewer the larger they are, and never too few to play', () => {
    expect(framesKept(1920, 1080)).toBe(48);
    expect(framesKept(3840, 2160)).toBe(12);
    expect(framesKept(16_384, 16_384)).toBe(8);
    expect(framesKept(64, 64)).toBe(120);
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
      const due = framesDue(rest + 1000 / 60, 1);
      total += due.frames;
      rest = due.rest;
    }
    expect(total).toBe(240);
  });

  it('come faster at a higher speed, backwards too', () => {
    expect(framesDue(1000, 2).frames).toBe(48);
    expect(framesDue(1000, -4).frames).toBe(96);
  });
});

describe('the cache', () => {
  const frame = () =>
    ({ width: 3840, height: 2160, close: vi.fn() }) as Pick<ImageBitmap, 'width' | 'height' | 'close'>;

  it('loads what is wanted, a few at a time, and lets go of the rest', async () => {
    const made = new Map<number, ReturnType<typeof frame>>();
    let running = 0;
    let most = 0;
    const load = vi.fn(async (index: number) => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running -= 1;
      const bitmap = frame();
      made.set(index, bitmap);
      return bitmap;
    });
    const arrived = vi.fn();
    const cache = new FrameCache(200, load, { arrived, failed: vi.fn() });
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

  it('tells which frame failed, and tries it again only when asked', async () => {
    const failed = vi.fn();
    const load = vi.fn(() => Promise.reject(new TypeError('404')));
    const cache = new FrameCache(1, load, { arrived: vi.fn(), failed });
    cache.want(0, 1);
    await vi.waitFor(() => expect(failed).toHaveBeenCalledWith(0));
    expect(load).toHaveBeenCalledOnce();
    cache.want(0, 1);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('does not wait for what is no longer wanted', () => {
    const signals: AbortSignal[] = [];
    const load = (_index: number, signal: AbortSignal): Promise<ImageBitmap> => {
      signals.push(signal);
      return new Promise(() => undefined);
    };
    const cache = new FrameCache(500, load, { arrived: vi.fn(), failed: vi.fn() });
    cache.want(0, 1);
    cache.want(400, 1);
    expect(signals.length).toBeGreaterThan(0);
    expect(signals.slice(0, 6).every(({ aborted }) => aborted)).toBe(true);
  });
});
