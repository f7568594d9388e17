import type { Rgb } from './picture.ts';

// Cube LUTs (Adobe, "Cube LUT Specification", version 1.0).

const MAX_SIZE_1D = 65_536;
/** The specification allows 256, which would be 200 MB; grading programs write 17 to 65. */
const MAX_SIZE_3D = 129;
/** Of a file; 129 values a side with nine digits each are 71 MB. */
export const MAX_CUBE_BYTES = 80_000_000;

/** What is wrong with a .cube file, with its line, counted from 1. */
export type CubeFault =
  'no-size' | 'two-tables' | 'size' | 'keyword' | 'number' | 'domain' | 'too-many' | 'too-few' | 'too-large';

export class CubeError extends Error {
  readonly fault: CubeFault;
  readonly line: number;

  constructor(fault: CubeFault, line: number) {
    super(`Line ${line} of the cube file: ${fault}`);
    this.name = 'CubeError';
    this.fault = fault;
    this.line = line;
  }
}

/** A table of colours: `size` of them on each axis, red the fastest; with one dimension each channel has its own column. */
export class Lut {
  readonly title: string;
  readonly dimensions: 1 | 3;
  readonly size: number;
  readonly min: Rgb;
  readonly max: Rgb;
  /** Red, green, blue of each entry. */
  readonly table: Float32Array<ArrayBuffer>;

  constructor(parts: Pick<Lut, 'title' | 'dimensions' | 'size' | 'min' | 'max' | 'table'>) {
    this.title = parts.title;
    this.dimensions = parts.dimensions;
    this.size = parts.size;
    this.min = parts.min;
    this.max = parts.max;
    this.table = parts.table;
  }

  /** The colour for a colour; what lies outside of the domain is taken for its edge. */
  at(colour: Rgb): Rgb {
    const places = [0, 1, 2].map((axis) => this.#place(colour, axis)) as [number, number, number];
    return this.dimensions === 1 ? this.#line(places) : this.#tetrahedron(places);
  }

  /** Where a value falls on its axis, in entries. */
  #place(colour: Rgb, axis: number): number {
    const [min, max] = [this.min[axis] ?? 0, this.max[axis] ?? 1];
    const share = ((colour[axis] ?? 0) - min) / (max - min);
    return (share > 0 ? Math.min(1, share) : 0) * (this.size - 1);
  }

  #line(places: Rgb): Rgb {
    const one = (axis: number): number => {
      const place = places[axis] ?? 0;
      const low = Math.min(Math.floor(place), this.size - 2);
      const [from = 0, to = 0] = [this.table[low * 3 + axis], this.table[(low + 1) * 3 + axis]];
      return from + (to - from) * (place - low);
    };
    return [one(0), one(1), one(2)];
  }

  /** Between four of the eight corners around: greys stay greys, as they lie on the edge that all six tetrahedra share. */
  #tetrahedron([x, y, z]: Rgb): Rgb {
    const { size } = this;
    const low = (place: number): number => Math.min(Math.floor(place), size - 2);
    const [lowX, lowY, lowZ] = [low(x), low(y), low(z)];
    const axes = [
      { share: x - lowX, step: 1 },
      { share: y - lowY, step: size },
      { share: z - lowZ, step: size * size },
    ].sort((a, b) => b.share - a.share);
    let at = lowX + lowY * size + lowZ * size * size;
    let before = 1;
    const sum: [number, number, number] = [0, 0, 0];
    const add = (weight: number): void => {
      for (let axis = 0; axis < 3; axis++) sum[axis] = (sum[axis] ?? 0) + weight * (this.table[at * 3 + axis] ?? 0);
    };
    for (const { share, step } of axes) {
      add(before - share);
      before = share;
      at += step;
    }
    add(before);
    return sum;
  }
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** @throws CubeError */
export function parseCube(text: string): Lut {
  if (text.length > MAX_CUBE_BYTES) throw new CubeError('too-large', 1);
  const head: Head = { title: '', size: undefined, min: [0, 0, 0], max: [1, 1, 1] };
  let table: Float32Array<ArrayBuffer> | undefined;
  let filled = 0;
  let number = 0;
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n?|\n/)
    .entries()) {
    number = index + 1;
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const words = line.split(/\s+/);
    if (/^[A-Za-z_]/.test(line)) {
      if (table) throw new CubeError('keyword', number);
      readKeyword(head, line, words, number);
      continue;
    }
    if (!head.size) throw new CubeError('no-size', number);
    table ??= new Float32Array(head.size.length ** head.size.dimensions * 3);
    if (filled >= table.length) throw new CubeError('too-many', number);
    table.set(triple(words, number), filled);
    filled += 3;
  }
  if (!head.size || !table) throw new CubeError('no-size', number);
  if (filled < table.length) throw new CubeError('too-few', number);
  const { title, min, max } = head;
  if (min.some((low, axis) => !(low < (max[axis] ?? 0)))) throw new CubeError('domain', number);
  return new Lut({ title, dimensions: head.size.dimensions, size: head.size.length, min, max, table });
}

interface Head {
  title: string;
  size: { dimensions: 1 | 3; length: number } | undefined;
  min: Rgb;
  max: Rgb;
}

function readKeyword(head: Head, line: string, words: readonly string[], number: number): void {
  const [keyword = '', ...values] = words;
  switch (keyword) {
    case 'TITLE':
      head.title = /^TITLE\s+"([^"]*)"/.exec(line)?.[1] ?? values.join(' ');
      return;
    case 'LUT_1D_SIZE':
    case 'LUT_3D_SIZE': {
      // A table and a shaper before it, as some programs write: not of the specification.
      if (head.size) throw new CubeError('two-tables', number);
      const dimensions = keyword === 'LUT_1D_SIZE' ? 1 : 3;
      const length = Number(values[0]);
      const most = dimensions === 1 ? MAX_SIZE_1D : MAX_SIZE_3D;
      if (values.length !== 1 || !/^\d+$/.test(values[0] ?? '') || length < 2) throw new CubeError('size', number);
      if (length > most) throw new CubeError('too-large', number);
      head.size = { dimensions, length };
      return;
    }
    case 'DOMAIN_MIN':
      head.min = triple(values, number);
      return;
    case 'DOMAIN_MAX':
      head.max = triple(values, number);
      return;
    case 'LUT_1D_INPUT_RANGE':
    case 'LUT_3D_INPUT_RANGE': {
      // As DaVinci Resolve writes it: one range for all three.
      const [min = NaN, max = NaN] = values.map((value) => numberOf(value, number));
      if (values.length !== 2) throw new CubeError('number', number);
      head.min = [min, min, min];
      head.max = [max, max, max];
      return;
    }
    default:
      throw new CubeError('keyword', number);
  }
}

function triple(words: readonly string[], line: number): Rgb {
  const [red, green, blue] = words.map((word) => numberOf(word, line));
  if (words.length !== 3 || red === undefined || green === undefined || blue === undefined)
    throw new CubeError('number', line);
  return [red, green, blue];
}

function numberOf(word: string, line: number): number {
  if (!NUMBER.test(word)) throw new CubeError('number', line);
  return Number(word);
}
