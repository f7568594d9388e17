import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CubeError, parseCube } from '../../../../renderer/images/cube.ts';
import {
  fromCineon,
  fromSrgb,
  PLAIN_LOOKING,
  shownColour,
  toRec709,
  toSrgb,
} from '../../../../renderer/images/looking.ts';
import type { Rgb, Rgba } from '../../../../renderer/images/picture.ts';

const folder = join(import.meta.dirname, '../../../fixtures/colour');
const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** What OpenColorIO and colour-science make of some values (make.py). */
const references = JSON.parse(textOf('references.json')) as Record<
  'levels' | 'codes' | 'toSrgb' | 'fromSrgb' | 'toRec709' | 'fromCineon',
  number[]
> &
  Record<'colours' | 'grade' | 'curve', [number, number, number][]>;

function compare(found: readonly number[], expected: readonly number[] | undefined, digits = 6): void {
  expect(found).toHaveLength(expected?.length ?? 0);
  for (const [index, value] of found.entries()) expect(value).toBeCloseTo(expected?.[index] ?? NaN, digits);
}

describe('curves', () => {
  it.each([
    ['toSrgb', toSrgb, references.levels],
    ['fromSrgb', fromSrgb, references.levels],
    ['toRec709', toRec709, references.levels],
    ['fromCineon', fromCineon, references.codes],
  ] as const)('%s is what colour-science has', (name, curve, values) => {
    compare(values.map(curve), references[name]);
  });
});

describe('.cube tables', () => {
  it.each(['grade', 'curve'] as const)('%s looks up as OpenColorIO does', (name) => {
    const lut = parseCube(textOf(`${name}.cube`));
    for (const [index, colour] of references.colours.entries()) compare(lut.at(colour), references[name][index], 5);
  });

  it('have a title', () => {
    expect(parseCube(textOf('grade.cube')).title).toBe('A grade');
  });

  const eight = Array.from({ length: 8 }, () => '0 0.5 1').join('\n');
  it.each([
    ['no-size', 2, '# nothing\n0 0 0'],
    ['no-size', 1, ''],
    ['number', 2, 'LUT_3D_SIZE 2\n0 0 x'],
    ['number', 2, 'LUT_3D_SIZE 2\n0 0'],
    ['number', 2, 'LUT_3D_SIZE 2\n0 0 0 0'],
    ['number', 3, 'LUT_3D_SIZE 2\n\n1e 0 0'],
    ['size', 1, 'LUT_3D_SIZE 1'],
    ['size', 1, 'LUT_3D_SIZE 2.5'],
    ['too-large', 1, 'LUT_3D_SIZE 130'],
    ['too-large', 1, 'LUT_1D_SIZE 65537'],
    ['two-tables', 2, 'LUT_1D_SIZE 2\nLUT_3D_SIZE 2'],
    ['keyword', 1, 'LUT_4D_SIZE 2'],
    ['keyword', 10, `LUT_3D_SIZE 2\n${eight}\nDOMAIN_MIN 0 0 0`],
    ['too-many', 10, `LUT_3D_SIZE 2\n${eight}\n0 0 0`],
    ['too-few', 3, 'LUT_3D_SIZE 2\n0 0 0\n1 1 1'],
    ['domain', 11, `LUT_3D_SIZE 2\nDOMAIN_MIN 0 0 1\nDOMAIN_MAX 1 1 1\n${eight}`],
  ])('with a fault say which (%s) and in which line (%i)', (fault, line, text) => {
    const failure: unknown = attempt(() => parseCube(text));
    expect(failure).toBeInstanceOf(CubeError);
    expect(failure).toMatchObject({ fault, line });
  });
});

function attempt(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

describe('what is shown', () => {
  const bright: Rgba = [4, 0.18, -0.5, 0.25];
  const bytes = (colour: Rgb): number[] => colour.map((value) => Math.round(value * 255));

  it('of light is sRGB, cut at 0 and 1', () => {
    expect(bytes(shownColour(bright, 'linear', PLAIN_LOOKING))).toEqual([255, 118, 0]);
  });

  it('keeps what is over 1 until the exposure has been applied', () => {
    expect(bytes(shownColour(bright, 'linear', { ...PLAIN_LOOKING, exposure: -2 }))).toEqual([255, 60, 0]);
    expect(bytes(shownColour(bright, 'linear', { ...PLAIN_LOOKING, exposure: -3 }))).toEqual([188, 41, 0]);
  });

  it('of a curve that is not known is what is stored', () => {
    for (const transfer of ['log', 'video', 'unknown'] as const)
      expect(bytes(shownColour([0.4, 0.5, 0.6, 1], transfer, PLAIN_LOOKING))).toEqual([102, 128, 153]);
  });

  it('of one channel is grey', () => {
    const look = (channel: 'red' | 'green' | 'blue' | 'alpha') =>
      bytes(shownColour([1, 0.5, 0, 0.25], 'unknown', { ...PLAIN_LOOKING, channel }));
    expect([look('red'), look('green'), look('blue'), look('alpha')]).toEqual([
      [255, 255, 255],
      [128, 128, 128],
      [0, 0, 0],
      [64, 64, 64],
    ]);
  });

  it('of luminance weighs light, before its curve', () => {
    const [grey] = shownColour([1, 0, 0, 1], 'linear', { ...PLAIN_LOOKING, channel: 'luminance' });
    expect(grey).toBeCloseTo(toSrgb(0.2126), 9);
  });

  it('is a number whatever is stored', () => {
    for (const value of [NaN, Infinity, -Infinity, 1e30]) {
      for (const interpretation of ['linear', 'srgb', 'cineon', 'stored'] as const) {
        const shown = shownColour([value, value, value, value], 'linear', {
          ...PLAIN_LOOKING,
          interpretation,
          gamma: 2.2,
        });
        for (const part of shown) expect(part >= 0 && part <= 1).toBe(true);
      }
    }
  });

  it('of film density is light, with black at code 95 and white at 685', () => {
    const look = (code: number) =>
      bytes(shownColour([code / 1023, 0, 0, 1], 'log', { ...PLAIN_LOOKING, interpretation: 'cineon' }))[0];
    expect([look(95), look(685)]).toEqual([0, 255]);
  });

  it('of a pixel brighter by gamma is brighter in the middle, the same at both ends', () => {
    const look = (value: number) => bytes(shownColour([value, 0, 0, 1], 'unknown', { ...PLAIN_LOOKING, gamma: 2 }))[0];
    expect([look(0), look(0.25), look(1)]).toEqual([0, 128, 255]);
  });
});
