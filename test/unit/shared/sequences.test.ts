import { describe, expect, it } from 'vitest';
import { frameName, frameRanges, groupSequences, nameOfFrame, sequenceName } from '../../../shared/sequences.ts';

describe('a frame of a sequence', () => {
  it.each([
    ['plate.0001.exr', 'plate.####.exr'],
    ['sq010_sh020_plate_v003.1001.DPX', 'sq010_sh020_plate_v003.####.DPX'],
    ['beauty_00012.png', 'beauty_#####.png'],
  ])('%s belongs to %s', (name, sequence) => {
    const parts = frameName(name);
    expect(parts && sequenceName(parts)).toBe(sequence);
  });

  it.each([
    'comp_v002.mov',
    'take.0001.mov',
    'sh010_v002.png',
    'readme.txt',
    '.0001.exr.tmp',
    '0001.exr',
    'plate.12.exr',
  ])('%s is a file of its own', (name) => {
    expect(frameName(name)).toBeUndefined();
  });
});

it('names frames with the padding of the sequence', () => {
  expect(nameOfFrame('plate.####.exr', 7)).toBe('plate.0007.exr');
  expect(nameOfFrame('plate.####.exr', 12345)).toBe('plate.12345.exr');
});

it('writes frame numbers as people do', () => {
  expect(frameRanges([1, 2, 3, 7, 9, 10])).toBe('1-3, 7, 9-10');
  expect(frameRanges([])).toBe('');
});

it('groups frames in order, keeps paddings apart and leaves lone files alone', () => {
  const names = ['a.0002.exr', 'a.0001.exr', 'a.00001.exr', 'b.0001.exr', 'b.0001.png', 'c.mov', 'b.0003.exr'];
  const { singles, sequences } = groupSequences(names, (name) => name);
  expect(singles).toEqual(['c.mov', 'a.00001.exr', 'b.0001.png']);
  expect(sequences.map(({ name, frames }) => [name, frames.map(({ number }) => number)])).toEqual([
    ['a.####.exr', [1, 2]],
    ['b.####.exr', [1, 3]],
  ]);
});
