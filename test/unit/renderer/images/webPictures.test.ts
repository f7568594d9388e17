import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../../../renderer/images/decodePicture.ts';
import { type Picture, PictureError, type PictureFault } from '../../../../renderer/images/picture.ts';
import type { EngineDecoder, EngineImage } from '../../../../renderer/images/web/engineImage.ts';

const folder = join(import.meta.dirname, '../../../fixtures/pictures/web');

interface Reference {
  width: number;
  height: number;
  white: number;
  channels: Record<string, number[]>;
}

const references = JSON.parse(readFileSync(join(folder, 'references.json'), 'utf8')) as Record<string, Reference>;
const PNGS = Object.entries(references).filter(([name]) => name.endsWith('.png'));

async function bytesOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(join(folder, name)));
}

async function outcome(bytes: Uint8Array<ArrayBuffer>, engine?: EngineDecoder): Promise<Picture | PictureFault> {
  try {
    return await decodePicture(bytes, engine && { engine });
  } catch (error) {
    if (error instanceof PictureError) return error.fault;
    throw error;
  }
}

/** An engine that gives each pixel the same colour: one with a profile, another one without. */
function engineOf({ width, height }: { width: number; height: number }, isExact = true): EngineDecoder {
  return (_bytes, { isManaged }) => {
    const pixel = isManaged ? [9, 8, 7, 255] : [1, 2, 3, 255];
    const rgba = Uint8Array.from({ length: width * height * 4 }, (_, at) => pixel[at % 4] ?? 0);
    const image: EngineImage = { width, height, rgba, isExact };
    return Promise.resolve(image);
  };
}

describe('PNG', () => {
  it.each(PNGS)('%s has the samples that were stored', async (name, { width, height, white, channels }) => {
    const picture = await decodePicture(await bytesOf(name));
    expect(picture.data).toEqual({ x: 0, y: 0, width, height });
    expect(picture.channels.map((channel) => channel.name)).toEqual(Object.keys(channels));
    for (const { name: channel, samples, white: own } of picture.channels) {
      expect(own, channel).toBe(white);
      expect([...samples], channel).toEqual(channels[channel]);
    }
    expect(picture.isSeeThrough).toBe('A' in channels);
  });

  it('with a profile has what the engine makes of it beside what is stored', async () => {
    const bytes = await bytesOf('gamma_8.png');
    const stored = await decodePicture(bytes);
    const picture = await decodePicture(bytes, { engine: engineOf(stored.data) });
    expect(picture.channels).toEqual(stored.channels);
    expect(picture.shown?.map(({ samples }) => samples[0])).toEqual([9, 8, 7]);
    const refusing: EngineDecoder = () => Promise.reject(new PictureError({ is: 'damaged', where: 'image' }));
    expect((await decodePicture(bytes, { engine: refusing })).shown).toBeUndefined();
  });

  it('of several pictures in time says so', async () => {
    expect((await decodePicture(await bytesOf('animated.png'))).isAnimated).toBe(true);
    expect((await decodePicture(await bytesOf('rgb_8.png'))).isAnimated).toBe(false);
  });
});

describe('JPEG and WebP', () => {
  it.each([
    ['colour.jpg', ['R', 'G', 'B'], 'decoded', false],
    ['grey.jpg', ['Y'], 'decoded', false],
    ['progressive.jpg', ['R', 'G', 'B'], 'decoded', false],
    ['profile.jpg', ['R', 'G', 'B'], 'decoded', true],
    ['cmyk.jpg', ['R', 'G', 'B'], 'unknown', false],
    ['lossy.webp', ['R', 'G', 'B'], 'decoded', false],
    ['lossless.webp', ['R', 'G', 'B'], 'stored', false],
    ['lossless_alpha.webp', ['R', 'G', 'B', 'A'], 'stored', false],
    ['profile.webp', ['R', 'G', 'B'], 'stored', true],
  ])('%s', async (name, channels, values, isManaged) => {
    const picture = await decodePicture(await bytesOf(name), { engine: engineOf({ width: 19, height: 13 }) });
    expect(picture.channels.map((channel) => channel.name)).toEqual(channels);
    expect(picture.values).toBe(values);
    expect(picture.channels[0]?.samples[0]).toBe(1);
    expect(picture.shown?.[0]?.samples[0]).toBe(isManaged ? 9 : undefined);
    expect(picture.isAnimated).toBe(false);
  });

  it('what reading may have changed is not called stored', async () => {
    const engine = engineOf({ width: 19, height: 13 }, false);
    expect((await decodePicture(await bytesOf('lossless_alpha.webp'), { engine })).values).toBe('unknown');
  });

  it('an animation says so', async () => {
    const engine = engineOf({ width: 19, height: 13 });
    expect((await decodePicture(await bytesOf('animated.webp'), { engine })).isAnimated).toBe(true);
  });

  it('a depth that no engine decodes is named', async () => {
    const bytes = await bytesOf('grey.jpg');
    const frame = bytes.findIndex((byte, at) => byte === 0xff && bytes[at + 1] === 0xc0);
    bytes[frame + 4] = 12;
    expect(await outcome(bytes)).toEqual({ is: 'unsupported', what: 'JPEG of 12 bit' });
  });
});

it('what has the name of another format is shown as the engine shows it', async () => {
  const bytes = new TextEncoder().encode('GIF89a and more');
  const picture = await decodePicture(bytes, { engine: engineOf({ width: 2, height: 2 }) });
  expect(picture.values).toBe('unknown');
  expect(await outcome(bytes)).toEqual({ is: 'unknown-format' });
});

const EACH_WAY = ['rgba_16.png', 'rgb_8_adam7.png', 'palette_4.png', 'colour.jpg', 'profile.jpg', 'lossless.webp'];

it.each(EACH_WAY)('%s that is cut says so at every length', async (name) => {
  const bytes = await bytesOf(name);
  for (let length = 16; length < bytes.length - 1; length += Math.ceil(bytes.length / 23)) {
    const found = await outcome(bytes.slice(0, length), engineOf({ width: 19, height: 13 }));
    expect(found, `${length} of ${bytes.length}`).toMatchObject({ is: 'short', bytes: length });
    if ('is' in found && found.is === 'short') {
      expect(found.needed).toBeGreaterThan(length);
      expect(found.needed).toBeLessThanOrEqual(bytes.length);
    }
  }
});

/** A generator of pseudo-random numbers below 2^32 (Numerical Recipes, "ranqd1"). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
}

it.each(EACH_WAY)('%s with wrong bytes gives a picture or says why not', async (name) => {
  const bytes = await bytesOf(name);
  const next = numbers(bytes.length);
  for (let round = 0; round < 60; round++) {
    const wrong = bytes.slice();
    const range = round % 2 === 0 ? Math.min(wrong.length, 100) : wrong.length;
    for (let count = 0; count < 3; count++) wrong[8 + ((next() >>> 8) % (range - 8))] = next() >>> 16;
    await outcome(wrong, engineOf({ width: 19, height: 13 }));
  }
});
