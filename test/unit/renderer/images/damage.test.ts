import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../../../renderer/images/decodePicture.ts';
import { type Picture, PictureError, type PictureFault } from '../../../../renderer/images/picture.ts';

const folder = join(import.meta.dirname, '../../../fixtures/pictures');

async function bytesOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(join(folder, name)));
}

/** The picture, or why there is none; any other error fails the test. */
async function outcome(bytes: Uint8Array<ArrayBuffer>): Promise<Picture | PictureFault> {
  try {
    return await decodePicture(bytes);
  } catch (error) {
    if (error instanceof PictureError) return error.fault;
    throw error;
  }
}

const EACH_WAY = [
  ...['none', 'rle', 'zips', 'zip', 'piz', 'pxr24', 'b44', 'b44a', 'dwaa', 'dwab'].map((way) => `${way}_half.exr`),
  ...['tiles_piz.exr', 'parts.exr', 'rgb10_a_big.dpx', 'rgb10_packed_little.dpx', 'rgba16_big.dpx', 'rgb8_big.dpx'],
  ...['none_8.tif', 'lzw_predicted_16.tif', 'deflate_predicted_float.tif', 'packbits_tiles_16.tif', 'bigtiff_16.tif'],
];

describe('a file that is cut', () => {
  // Of several parts, one may be whole.
  it.each(EACH_WAY.filter((name) => name !== 'parts.exr'))('%s says so at every length', async (name) => {
    const bytes = await bytesOf(name);
    for (let length = 16; length < bytes.length - 4; length += Math.ceil(bytes.length / 23)) {
      const found = await outcome(bytes.slice(0, length));
      expect(found, `${length} of ${bytes.length}`).toHaveProperty('is');
      if ('is' in found && found.is === 'short') {
        expect(found.bytes).toBe(length);
        expect(found.needed).toBeGreaterThan(length);
        expect(found.needed).toBeLessThanOrEqual(bytes.length);
      }
    }
  });

  it('says how much of it there is, and how much there must be', async () => {
    const bytes = await bytesOf('rgb10_a_big.dpx');
    expect(await outcome(bytes.slice(0, 3000))).toEqual({ is: 'short', bytes: 3000, needed: bytes.length });
  });

  it('is short, not damaged, where its table names bytes beyond its end', async () => {
    const bytes = await bytesOf('zip_half.exr');
    const found = await outcome(bytes.slice(0, 2000));
    expect(found).toMatchObject({ is: 'short', bytes: 2000 });
  });
});

/** A generator of pseudo-random numbers below 2^32 (Numerical Recipes, "ranqd1"). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
}

describe('a file with wrong bytes', () => {
  it.each(EACH_WAY)('%s gives a picture or says why not', async (name) => {
    const bytes = await bytesOf(name);
    const next = numbers(bytes.length);
    for (let round = 0; round < 60; round++) {
      const wrong = bytes.slice();
      // Heads are a small part of a file, and say the most.
      const range = round % 2 === 0 ? Math.min(wrong.length, 700) : wrong.length;
      for (let count = 0; count < 3; count++) wrong[8 + ((next() >>> 8) % (range - 8))] = next() >>> 16;
      await outcome(wrong);
    }
  });

  it('that states a huge size is refused before memory is taken for it', async () => {
    const bytes = await bytesOf('rgb16_big.dpx');
    const view = new DataView(bytes.buffer);
    view.setUint32(772, 60_000);
    view.setUint32(776, 60_000);
    expect(await outcome(bytes)).toEqual({ is: 'too-large', width: 60_000, height: 60_000, channels: 3 });
  });

  it('of another format is not taken for a picture', async () => {
    expect(await outcome(new Uint8Array(64))).toEqual({ is: 'unknown-format' });
    expect(await outcome(new Uint8Array(0))).toEqual({ is: 'unknown-format' });
  });
});

describe('a decoder that is told to stop', () => {
  // A few rows of DPX are read in one breath.
  it.each(EACH_WAY.filter((name) => !name.endsWith('.dpx')))('%s stops with the reason', async (name) => {
    const reason = new Error('not wanted any more');
    const stop = (): Promise<void> => Promise.reject(reason);
    await expect(decodePicture(await bytesOf(name), { breathe: stop })).rejects.toBe(reason);
  });
});
