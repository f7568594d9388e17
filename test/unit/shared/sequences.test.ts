import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameRanges, framesOf, groupSequences, sharedHead } from '../../../shared/sequences.ts';

const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_unused, index) => first + index);
const padded = (number: number, width: number) =>
  (number < 0 ? '-' : '') + String(Math.abs(number)).padStart(width, '0');
/** As Python's %0Nd: the sign counts. */
const printed = (number: number, width: number) =>
  number < 0 ? `-${String(-number).padStart(width - 1, '0')}` : padded(number, width);
const group = (names: readonly string[]) => groupSequences(names, (name) => name);
const told = (names: readonly string[]) => {
  const { singles, sequences } = group(names);
  return [
    ...singles,
    ...sequences.map(({ name, frames }) => `${name} ${frameRanges(frames.map(({ number }) => number))}`),
  ];
};

describe('one sequence', () => {
  it.each([
    ['dots', range(1, 5).map((n) => `plate.${padded(n, 4)}.exr`), 'plate.####.exr 1-5'],
    ['underscores', range(1, 5).map((n) => `beauty_${padded(n, 5)}.png`), 'beauty_#####.png 1-5'],
    ['bare numbers', range(1, 5).map((n) => `${padded(n, 4)}.png`), '####.png 1-5'],
    ['bare numbers without padding', range(1, 12).map((n) => `${n}.png`), '#.png 1-12'],
    ['attached numbers', range(1, 5).map((n) => `beauty${padded(n, 4)}.exr`), 'beauty####.exr 1-5'],
    ['a dash', range(1, 5).map((n) => `shot-${padded(n, 4)}.exr`), 'shot-####.exr 1-5'],
    ['a blank', range(1, 5).map((n) => `frame ${padded(n, 4)}.tif`), 'frame ####.tif 1-5'],
    ['a suffix', range(1, 5).map((n) => `sh.${padded(n, 4)}.left.exr`), 'sh.####.left.exr 1-5'],
    ['a suffix with a number', range(1, 5).map((n) => `sh_${padded(n, 4)}_2.exr`), 'sh_####_2.exr 1-5'],
    ['no padding', range(1, 120).map((n) => `test.${n}.exr`), 'test.#.exr 1-120'],
    ['outgrown padding', range(998, 1010).map((n) => `test.${padded(n, 3)}.exr`), 'test.###.exr 998-1010'],
    ['outgrown padding of four', range(9990, 10010).map((n) => `test.${padded(n, 4)}.exr`), 'test.####.exr 9990-10010'],
    ['outgrown padding with zeros', range(8, 12).map((n) => `t${padded(n, 1)}.exr`), 't#.exr 8-12'],
    ['frames below zero', range(-10, 100).map((n) => `test.${padded(n, 4)}.exr`), 'test.####.exr -10-100'],
    [
      'frames below zero, as Python writes them',
      range(-10, 100).map((n) => `test.${printed(n, 4)}.exr`),
      'test.####.exr -10-100',
    ],
    ['frames below zero without padding', range(-10, 100).map((n) => `test_${n}.exr`), 'test_#.exr -10-100'],
    ['frames below zero, attached', range(-10, 100).map((n) => `test${n}.exr`), 'test#.exr -10-100'],
    ['frames below zero, bare', range(-10, 10).map((n) => `${padded(n, 4)}.exr`), '####.exr -10-10'],
    ['a version that stays', range(1001, 1003).map((n) => `sh010_v002.${n}.exr`), 'sh010_v002.####.exr 1001-1003'],
    ['a hash before the number', range(1, 3).map((n) => `take#1.${padded(n, 4)}.png`), 'take#1.####.png 1-3'],
    ['capitals', range(1, 3).map((n) => `A.${padded(n, 4)}.DPX`), 'A.####.DPX 1-3'],
    ['gaps', ['a.0001.exr', 'a.0007.exr', 'a.0009.exr'], 'a.####.exr 1, 7, 9'],
    [
      'every tenth frame',
      range(0, 9).map((n) => `a.${padded(1001 + 10 * n, 4)}.exr`),
      `a.####.exr ${range(0, 9)
        .map((n) => 1001 + 10 * n)
        .join(', ')}`,
    ],
    ['a stray frame far off', [...range(1001, 1010), 2001].map((n) => `a.${n}.exr`), 'a.####.exr 1001-1010, 2001'],
    ['a name of a colour space', range(1, 4).map((n) => `img_${padded(n, 4)}_rec709.dpx`), 'img_####_rec709.dpx 1-4'],
    ['the same after a dot', range(1, 4).map((n) => `a.${padded(n, 4)}.rec2020.exr`), 'a.####.rec2020.exr 1-4'],
    ['a name of a codec', range(1, 4).map((n) => `a.${padded(n, 4)}_h264.jpg`), 'a.####_h264.jpg 1-4'],
    [
      'attached, after a number that stays',
      range(1, 4).map((n) => `sq_010_b${padded(n, 4)}.exr`),
      'sq_010_b####.exr 1-4',
    ],
    [
      'nine digits with zeros',
      range(86_400, 86_404).map((n) => `x.${padded(n, 9)}.dpx`),
      'x.#########.dpx 86400-86404',
    ],
    ['raw frames of a camera', range(1, 3).map((n) => `A001C001.${padded(n, 7)}.dng`), 'A001C001.#######.dng 1-3'],
    ['textures', range(1, 3).map((n) => `tex_${padded(n, 4)}.rat`), 'tex_####.rat 1-3'],
    ['attached to "shot"', range(1, 5).map((n) => `shot${padded(n, 4)}.exr`), 'shot####.exr 1-5'],
  ])('%s', (_what, names, sequence) => {
    expect(told(names)).toEqual([sequence]);
    expect(told(names.toReversed())).toEqual([sequence]);
  });
});

describe('files of their own', () => {
  it.each([
    [
      'versions',
      [
        'shot_v002.exr',
        'shot_v003.exr',
        'v1.png',
        'v2.png',
        'plate_V01.exr',
        'plate_V02.exr',
        'a_rev1.png',
        'a_rev2.png',
      ],
    ],
    ['takes', ['take_0001.mov', 'take_0002.mov', 'take.0001.wav', 'take.0002.wav']],
    ['a lone frame', ['plate.0001.exr', 'other.0001.exr', 'plate.0002.png']],
    ['stills of shots', ['sq010_sh010.png', 'sq010_sh020.png', 'sq010_sh030.png']],
    ['first frames of shots', ['sh010.1001.exr', 'sh020.1001.exr']],
    ['sizes', ['logo_1920x1080.png', 'logo_1280x720.png', 'logo_4k.png', 'logo_8k.png']],
    ['copies', ['image (1).png', 'image (2).png']],
    ['one number in three paddings', ['a.1.png', 'a.01.png', 'a.001.png']],
    ['hashes', ['0123456789ab.png', '1700000000001.png', '1700000000002.png']],
    ['days', ['IMG_20240101.jpg', 'IMG_20240102.jpg', 'IMG_20250101.jpg']],
    ['two days of two years', ['IMG_20240101.jpg', 'IMG_20250101.jpg']],
    ['sizes of thumbnails', ['thumb_128.png', 'thumb_256.png', 'thumb_512.png']],
    ['a first and a last frame', ['plate.0001.exr', 'plate.0100.exr']],
    ['years', ['report_1998.png', 'report_2024.png']],
    ['names without a number', ['readme.txt', '.png', 'a.png', '.0001.exr.tmp', '']],
  ])('%s', (_what, names) => {
    expect(told(names)).toEqual(names);
  });
});

describe('several sequences', () => {
  it.each([
    [
      'eyes',
      range(1, 3).flatMap((n) => [`sh.000${n}.left.exr`, `sh.000${n}.right.exr`]),
      ['sh.####.left.exr 1-3', 'sh.####.right.exr 1-3'],
    ],
    [
      'eyes with numbers',
      range(1, 100).flatMap((n) => [`sh.${padded(n, 4)}.1.exr`, `sh.${padded(n, 4)}.2.exr`]),
      ['sh.####.1.exr 1-100', 'sh.####.2.exr 1-100'],
    ],
    [
      'shots',
      range(1, 3).flatMap((n) => [`010_0010.100${n}.exr`, `010_0020.100${n}.exr`]),
      ['010_0010.####.exr 1001-1003', '010_0020.####.exr 1001-1003'],
    ],
    [
      'shots without padding',
      range(1, 12).flatMap((n) => [`sh_010.${n}.exr`, `sh_020.${n}.exr`]),
      ['sh_010.#.exr 1-12', 'sh_020.#.exr 1-12'],
    ],
    [
      'tiles',
      range(101, 103).flatMap((n) => [`t_tx_0_ty_1.${n}.tif`, `t_tx_1_ty_1.${n}.tif`]),
      ['t_tx_0_ty_1.###.tif 101-103', 't_tx_1_ty_1.###.tif 101-103'],
    ],
    [
      'a dash and none',
      range(1, 3).flatMap((n) => [`b-000${n}.exr`, `b000${n}.exr`]),
      ['b####.exr 1-3', 'b-####.exr 1-3'],
    ],
    ['two paddings', ['a.0001.exr', 'a.0002.exr', 'a.00001.exr', 'a.00002.exr'], ['a.####.exr 1-2', 'a.#####.exr 1-2']],
    [
      'a file that is called like the sequence beside it',
      ['p.0001.png', 'p.0002.png', 'p.####.png'],
      ['p.####.png', 'p.####.png 1-2'],
    ],
    ['formats', ['b.0001.exr', 'b.0002.exr', 'b.0001.png', 'b.0002.png'], ['b.####.exr 1-2', 'b.####.png 1-2']],
    ['an extension in capitals', ['a.0001.exr', 'a.0002.EXR', 'a.0003.exr'], ['a.0002.EXR', 'a.####.exr 1, 3']],
    [
      'a day before the frame',
      range(1, 3).flatMap((n) => [`p_20240101.000${n}.exr`, `p_20250101.000${n}.exr`]),
      ['p_20240101.####.exr 1-3', 'p_20250101.####.exr 1-3'],
    ],
    [
      'other files between',
      ['a.0002.exr', 'c.mov', 'a.0001.exr', 'b.0001.png'],
      ['c.mov', 'b.0001.png', 'a.####.exr 1-2'],
    ],
  ])('%s', (_what, names, sequences) => {
    expect(told(names)).toEqual(sequences);
  });
});

it('writes frame numbers as people do', () => {
  expect(frameRanges([1, 2, 3, 7, 9, 10])).toBe('1-3, 7, 9-10');
  expect(frameRanges([-3, -2, 0])).toBe('-3--2, 0');
  expect(frameRanges([])).toBe('');
});

it('is found in linear time, whatever the names are like', () => {
  const kinds = [
    (n: number) => `plate.${padded(n, 6)}.exr`,
    (n: number) => `${n % 100}_${n}_${n % 7}_x.png`,
    (n: number) => `${'1.'.repeat(200)}${n}.png`,
    (n: number) => `test${n - 50_000}.exr`,
  ];
  // What takes the square of it does not end within the time of a test.
  for (const nameOf of kinds) {
    const { singles, sequences } = group(range(1, 100_000).map(nameOf));
    expect(singles.length + sequences.reduce((sum, { frames }) => sum + frames.length, 0)).toBe(100_000);
  }
});

const piece = fc.constantFrom(
  'a',
  'v',
  'sh',
  '.',
  '_',
  '-',
  ' ',
  '#',
  'left',
  '0',
  '1',
  '2',
  '9',
  '10',
  '001',
  '0001',
  '-1',
  '00',
);
const folder = fc.uniqueArray(
  fc
    .tuple(fc.array(piece, { maxLength: 6 }), fc.constantFrom('.exr', '.png', '.mov', ''))
    .map(([parts, extension]) => parts.join('') + extension),
  { maxLength: 40 },
);

it('property: grouping is a partition, whatever the order, and every frame is an item under its own number', () => {
  fc.assert(
    fc.property(folder, (names) => {
      const { singles, sequences } = group(names);
      const framed = sequences.flatMap(({ frames }) => frames.map(({ item }) => item));
      expect([...singles, ...framed].sort()).toEqual([...names].sort());
      for (const { head, tail, frames } of sequences) {
        expect(frames.length).toBeGreaterThan(1);
        for (const [index, { number, item }] of frames.entries()) {
          expect(names).toContain(item);
          expect(Number(item.slice(head.length, item.length - tail.length)) || 0).toBe(number);
          if (index > 0) expect(number).toBeGreaterThan(frames[index - 1]?.number ?? Infinity);
        }
      }
      const patterns = sequences.map(({ head, tail, padding }) => JSON.stringify([head, tail, padding]));
      expect(new Set(patterns).size).toBe(patterns.length);
      expect(group(names.toReversed()).sequences).toEqual(sequences);
    }),
    { numRuns: 2000 },
  );
});

it('property: what is further apart than ten numbers, mostly, is no sequence, and what is not is one', () => {
  const steps = fc.array(fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 11, max: 5000 })), {
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 2000 }), (apart, first) => {
      let number = first;
      const numbers = [first, ...apart.map((step) => (number += step))];
      const { singles, sequences } = group(numbers.map((n) => `a.${padded(n, 6)}.exr`));
      const near = apart.filter((step) => step <= 10).length;
      const isOne = near > apart.length - near;
      expect([singles.length, sequences.map(({ frames }) => frames.length)]).toEqual(
        isOne ? [0, [numbers.length]] : [numbers.length, []],
      );
    }),
  );
});

it('property: a sequence is found again by what tells it from others, among what begins as its head does', () => {
  fc.assert(
    fc.property(folder, (names) => {
      for (const sequence of group(names).sequences) {
        const listed = names.filter((name) => name.startsWith(sequence.head));
        expect(framesOf(listed, (name) => name, sequence)).toEqual(sequence.frames);
      }
    }),
    { numRuns: 2000 },
  );
});

it('property: all frames of a sequence lie in the stretch of keys that each of them names', () => {
  fc.assert(
    fc.property(folder, (names) => {
      for (const { frames } of group(names).sequences) {
        for (const { item } of frames) {
          const head = sharedHead(item);
          expect(head).toBeDefined();
          for (const other of frames) {
            const [low, key, high] = [`${head}-`, other.item, `${head}:`].map((text) => Buffer.from(text));
            if (low && key && high) expect(Buffer.compare(low, key) <= 0 && Buffer.compare(key, high) < 0).toBe(true);
          }
        }
      }
    }),
    { numRuns: 2000 },
  );
});
