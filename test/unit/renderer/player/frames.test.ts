import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { decodePicture } from '../../../../renderer/images/decodePicture.ts';
import { PLAIN_LOOKING } from '../../../../renderer/images/looking.ts';
import { type FailedFrame, FrameLinks, type FrameSet } from '../../../../renderer/player/frameLinks.ts';
import { loadFrame } from '../../../../renderer/player/frameLoader.ts';
import { lookingAfter, MAX_EXPOSURE } from '../../../../renderer/player/lookingKeys.ts';
import { pixelUnder } from '../../../../renderer/player/pixelUnder.ts';
import { expectedSlots, slotsOf } from '../../../../renderer/player/sequenceSlots.ts';

const file = join(import.meta.dirname, '../../../fixtures/pictures/zip_half.exr');

describe('places of a sequence', () => {
  const shown = (numbers: number[]) =>
    slotsOf(numbers).map(({ number, isThere }) => (isThere ? `${number}` : `(${number})`));

  it('are all numbers from the first to the last; those without a frame are missing', () => {
    expect(shown([1001, 1002, 1004, 1006])).toEqual(['1001', '1002', '(1003)', '1004', '(1005)', '1006']);
  });

  it('go by the step that the numbers have', () => {
    expect(shown([1, 11, 21, 41])).toEqual(['1', '11', '21', '(31)', '41']);
    expect(shown([-2, 0, 2])).toEqual(['-2', '0', '2']);
  });

  it('are those that there are where a stray number would make millions', () => {
    expect(slotsOf([1, 2, 3, 9_000_000])).toHaveLength(4);
    expect(shown([7])).toEqual(['7']);
    expect(shown([])).toEqual([]);
  });

  it('are as many as the library lets expect, where it does', () => {
    const numbers = (sequence: Parameters<typeof expectedSlots>[0]) =>
      expectedSlots(sequence).map(({ number }) => number);
    expect(numbers({ first: 1001, last: 1003, count: 3 })).toEqual([1001, 1002, 1003]);
    expect(numbers({ first: 1, last: 31, count: 4 })).toEqual([1, 11, 21, 31]);
    expect(numbers({ first: 1001, last: 1004, count: 3 })).toEqual([1001, 1002, 1003, 1004]);
    expect(numbers({ first: 5, last: 5, count: 1 })).toEqual([5]);
  });
});

describe('a frame', () => {
  const decoders = {
    decode: (bytes: Uint8Array<ArrayBuffer>, layer?: string) =>
      decodePicture(bytes, layer === undefined ? {} : { layer }),
  };

  /** Links of two storages, of which one is asked for after the other has failed. */
  function linksOf(now: () => number = Date.now, lifetime = 1000) {
    const asked: (FailedFrame | undefined)[] = [];
    const links = new FrameLinks(
      (failed) => {
        asked.push(failed);
        const storage = asked.some((one) => one?.storage === 'near') ? 'main' : 'near';
        const frames = [1, 2].map((number) => ({
          number,
          url: `https://${storage}.example/${number}?${asked.length}`,
        }));
        return Promise.resolve({ ...LINKED, route: { ...LINKED.route, storage }, frames, expiresAt: now() + lifetime });
      },
      { arrived: () => undefined, now },
    );
    return { links, asked };
  }

  const load = (number: number, links: FrameLinks, ask: typeof fetch, signal = new AbortController().signal) =>
    loadFrame(number, undefined, { links, decoders, isDecoded: true, ask }, signal);

  const whole = async () => new Response(await readFile(file));

  it('is decoded from its link', async () => {
    const { links } = linksOf();
    const frame = await load(2, links, vi.fn(whole));
    expect(frame).toMatchObject({ is: 'picture', picture: { format: 'EXR, ZIP, half' } });
    expect(frame.bytes).toBe(37 * 41 * 2 * 4);
  });

  it('of which there is no file is missing', async () => {
    const { links } = linksOf();
    const ask = vi.fn(whole);
    expect(await load(3, links, ask)).toMatchObject({ is: 'missing', bytes: 0 });
    expect(ask).not.toHaveBeenCalled();
  });

  it('that is cut says so, and is not asked for again', async () => {
    const { links } = linksOf();
    const ask = vi.fn(async () => new Response((await readFile(file)).subarray(0, 2000)));
    expect(await load(1, links, ask)).toMatchObject({ is: 'broken', fault: { is: 'short', bytes: 2000 } });
    expect(ask).toHaveBeenCalledOnce();
  });

  it.each([
    ['404', () => Promise.resolve(new Response('', { status: 404 }))],
    ['503', () => Promise.resolve(new Response('', { status: 503 }))],
    ['no connection', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['a page of a proxy', () => Promise.resolve(new Response('<html>', { headers: { 'content-type': 'text/html' } }))],
    ['a body that breaks off', () => Promise.resolve(new Response('EXR', { headers: { 'content-length': '5489' } }))],
  ])('comes from the other storage after %s', async (_name, fault) => {
    const { links, asked } = linksOf();
    const ask = vi.fn((url: unknown) => (String(url).includes('near') ? fault() : whole()));
    expect(await load(1, links, ask as typeof fetch)).toMatchObject({ is: 'picture' });
    expect(asked).toEqual([undefined, { storage: 'near', frame: 1 }]);
  });

  it('is asked for over new links of the same storage after a refusal, and of the other one after the second', async () => {
    const { links, asked } = linksOf();
    const ask = vi.fn((url: unknown) =>
      String(url).includes('near') ? Promise.resolve(new Response('', { status: 403 })) : whole(),
    );
    expect(await load(1, links, ask as typeof fetch)).toMatchObject({ is: 'picture' });
    expect(asked).toEqual([undefined, undefined, { storage: 'near', frame: 1 }]);
  });

  it('of faults that ran side by side lets go of links once', async () => {
    const { links, asked } = linksOf();
    const ask = vi.fn((url: unknown) =>
      String(url).includes('near') ? Promise.resolve(new Response('', { status: 503 })) : whole(),
    );
    const frames = await Promise.all([load(1, links, ask as typeof fetch), load(2, links, ask as typeof fetch)]);
    expect(frames.map(({ is }) => is)).toEqual(['picture', 'picture']);
    expect(asked).toHaveLength(2);
  });

  it('that is not wanted any more ends with the reason', async () => {
    const { links } = linksOf();
    const ends = new AbortController();
    const reason = new Error('elsewhere');
    const ask = vi.fn((_url: unknown, init?: RequestInit) => {
      ends.abort(reason);
      return Promise.reject(init?.signal?.reason as Error);
    });
    await expect(load(1, links, ask as typeof fetch, ends.signal)).rejects.toBe(reason);
  });

  it('is read over links that are renewed before their end', async () => {
    let now = 0;
    const { links, asked } = linksOf(() => now);
    await links.get();
    now = 700;
    await links.get();
    expect(asked).toHaveLength(1);
    now = 850;
    await links.get();
    expect(asked).toHaveLength(2);
    await vi.waitFor(async () => expect((await links.get()).expiresAt).toBe(1850));
    now = 5000;
    await links.get();
    expect(asked).toHaveLength(3);
  });
});

const LINKED: FrameSet = {
  route: { storage: 'near', reason: 'replica-by-ip', details: {} },
  region: 'us-east-1',
  frames: [],
  expiresAt: 0,
};

describe('keys for looking', () => {
  it('go through the channels, both ways', () => {
    expect(lookingAfter(PLAIN_LOOKING, 'next-channel')?.channel).toBe('red');
    expect(lookingAfter(PLAIN_LOOKING, 'previous-channel')?.channel).toBe('luminance');
  });

  it('change the exposure by half a stop, within bounds', () => {
    expect(lookingAfter(PLAIN_LOOKING, 'brighter')?.exposure).toBe(0.5);
    expect(lookingAfter({ ...PLAIN_LOOKING, exposure: MAX_EXPOSURE }, 'brighter')?.exposure).toBe(MAX_EXPOSURE);
    expect(lookingAfter({ ...PLAIN_LOOKING, exposure: 0.5 }, 'darker')?.exposure).toBe(0);
  });

  it('go back to what is plain, and leave other actions alone', () => {
    expect(lookingAfter({ ...PLAIN_LOOKING, exposure: 3, channel: 'red' }, 'plain-colour')).toEqual(PLAIN_LOOKING);
    expect(lookingAfter(PLAIN_LOOKING, 'pause')).toBeUndefined();
  });
});

const UPRIGHT = { isFlipped: false, isFlopped: false };

describe('the pixel under the pointer', () => {
  const canvas = {
    width: 100,
    height: 50,
    getBoundingClientRect: () => ({ left: 10, top: 20, width: 400, height: 400 }),
  };

  it('is that of the picture where it fits into its box', () => {
    // Fourfold, with a hundred pixels above and below.
    expect(pixelUnder(canvas, { clientX: 10, clientY: 120 }, UPRIGHT)).toEqual({ x: 0, y: 0 });
    expect(pixelUnder(canvas, { clientX: 409, clientY: 319 }, UPRIGHT)).toEqual({ x: 99, y: 49 });
    expect(pixelUnder(canvas, { clientX: 213, clientY: 223 }, UPRIGHT)).toEqual({ x: 50, y: 25 });
  });

  it('is the one that is seen there when the picture is turned over', () => {
    const at = { clientX: 10, clientY: 120 };
    expect(pixelUnder(canvas, at, { isFlipped: true, isFlopped: false })).toEqual({ x: 0, y: 49 });
    expect(pixelUnder(canvas, at, { isFlipped: false, isFlopped: true })).toEqual({ x: 99, y: 0 });
  });

  it('is none beside the picture', () => {
    expect(pixelUnder(canvas, { clientX: 10, clientY: 119 }, UPRIGHT)).toBeUndefined();
    expect(pixelUnder(canvas, { clientX: 10, clientY: 320 }, UPRIGHT)).toBeUndefined();
    expect(pixelUnder(canvas, { clientX: 9, clientY: 200 }, UPRIGHT)).toBeUndefined();
  });
});
