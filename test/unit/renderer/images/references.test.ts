import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../../../renderer/images/decodePicture.ts';
import { halfToFloat } from '../../../../renderer/images/half.ts';
import { type Channel, type Picture, PictureError } from '../../../../renderer/images/picture.ts';

const folder = join(import.meta.dirname, '../../../fixtures/pictures');

interface ReferenceChannel {
  type: string;
  samples: Record<string, number>;
  sha256?: string;
  /** All samples in base64, of channels that decoders round differently. */
  all?: string;
}

interface Reference {
  width: number;
  height: number;
  layer_id?: string;
  depth?: number;
  data?: [number, number];
  display?: [number, number, number, number];
  aspect?: number;
  inverted?: boolean;
  channels: Record<string, ReferenceChannel>;
}

const references = JSON.parse(readFileSync(join(folder, 'references.json'), 'utf8')) as Record<string, Reference>;

async function bytesOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(join(folder, name)));
}

function numberAt({ type, samples }: Channel, index: number): number {
  const value = samples[index] ?? NaN;
  return type === 'half' ? halfToFloat(value) : value;
}

/**
 * Of DWA, whose cosine transform is rounded in float or in double: one step of a half, which is what is stored. Above 1 it stands for the
 * logarithm of the sample by base e^2.2; the highlight of 38 is at 2.7, where a step of 1/512 makes 0.43 % of the sample.
 */
const DWA_TOLERANCE = 0.0045;

function compare(picture: Picture, reference: Reference, name: string): void {
  const { width, height } = picture.data;
  expect([width, height], name).toEqual([reference.width, reference.height]);
  expect(picture.channels.map((channel) => channel.name).sort(), name).toEqual(Object.keys(reference.channels).sort());
  for (const channel of picture.channels) {
    const expected = reference.channels[channel.name];
    if (!expected) continue;
    const what = `${name} ${channel.name}`;
    expect(channel.type, what).toBe(expected.type);
    if (reference.depth !== undefined) expect(channel.white, what).toBe(2 ** reference.depth - 1);
    for (const [place, value] of Object.entries(expected.samples)) {
      const stored = reference.inverted ? 255 - numberAt(channel, Number(place)) : numberAt(channel, Number(place));
      if (expected.all === undefined) expect(stored, `${what} at ${place}`).toBe(value);
    }
    const { buffer, byteOffset, byteLength } = channel.samples;
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    if (expected.sha256 !== undefined && !reference.inverted)
      expect(createHash('sha256').update(bytes).digest('hex'), what).toBe(expected.sha256);
    if (expected.all !== undefined) expect(furthest(channel, expected.all), what).toBeLessThan(DWA_TOLERANCE);
  }
}

/** The largest difference from reference samples, as a share of the sample or, below 1, of 1. */
function furthest(channel: Channel, base64: string): number {
  const copy = new Uint8Array(Buffer.from(base64, 'base64')).buffer;
  const samples = channel.type === 'float' ? new Float32Array(copy) : new Uint16Array(copy);
  const expected: Channel = { ...channel, samples };
  expect(channel.samples.length).toBe(samples.length);
  let most = 0;
  for (let index = 0; index < samples.length; index++) {
    const value = numberAt(expected, index);
    const difference = Math.abs(numberAt(channel, index) - value) / Math.max(1, Math.abs(value));
    most = Math.max(most, Number.isNaN(difference) ? Infinity : difference);
  }
  return most;
}

describe('pictures that other decoders have read', () => {
  it.each(Object.entries(references))('%s', async (name, reference) => {
    const layer = reference.layer_id;
    const picture = await decodePicture(await bytesOf(name), layer === undefined ? {} : { layer });
    if (layer !== undefined) expect(picture.layer).toBe(layer);
    compare(picture, reference, name);
    if (reference.data) expect([picture.data.x, picture.data.y]).toEqual(reference.data);
    if (reference.display) {
      const { x, y, width, height } = picture.display;
      expect([x, y, width, height]).toEqual(reference.display);
    }
    expect(picture.pixelAspect).toBe(reference.aspect ?? 1);
  });

  it.each([
    ['htj2k.exr', 'EXR with HTJ2K32'],
    ['deep.exr', 'EXR of deep data'],
    ['jpeg.tif', 'TIFF with JPEG'],
    ['zstd.tif', 'TIFF with Zstandard'],
    ['jpeg2000.tif', 'TIFF with JPEG 2000'],
    ['float64.tif', 'TIFF of 64 bit, float'],
    ['cmyk.tif', 'TIFF of CMYK'],
  ])('%s is named, not decoded wrongly', async (name, what) => {
    const failure: unknown = await decodePicture(await bytesOf(name)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PictureError);
    expect((failure as PictureError).fault).toEqual({ is: 'unsupported', what });
  });
});
