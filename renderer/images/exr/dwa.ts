import { ByteReader } from '../byteReader.ts';
import { floatToHalf, halfTable, halfToFloat } from '../half.ts';
import { inflate } from '../inflate.ts';
import { damaged, type SampleType, unsupported } from '../picture.ts';
import { type ChunkChannel, type ChunkLayout, rowOffsets } from './chunkLayout.ts';
import { decodeHuffman } from './huffman.ts';
import { interleaved, toRows, unrle } from './simpleChunks.ts';

type Bytes = Uint8Array<ArrayBuffer>;

// DWAA and DWAB: colour in blocks of 8 x 8 through a cosine transform, alpha in runs, the rest through zlib.

type Scheme = 'plain' | 'lossy' | 'runs';
const SCHEMES: readonly Scheme[] = ['plain', 'lossy', 'runs'];
const NEWEST_VERSION = 2;
const MAX_SUFFIX = 128;

/** What is done to channels of a name and type. */
interface Rule {
  suffix: string;
  scheme: Scheme;
  type: SampleType;
  /** 0, 1, 2: red, green and blue of a set that is stored as luma and colour differences. */
  colour: number | undefined;
  ignoresCase: boolean;
}

/** Before version 2 files did not state their rules. */
const OLD_RULES: readonly Rule[] = [
  ...oldRules('r red', 'lossy', 0),
  ...oldRules('g grn green', 'lossy', 1),
  ...oldRules('b blu blue', 'lossy', 2),
  ...oldRules('y by ry', 'lossy', undefined),
  ...oldRules('a', 'runs', undefined),
];

function oldRules(suffixes: string, scheme: Scheme, colour: number | undefined): Rule[] {
  const types: SampleType[] = scheme === 'runs' ? ['uint32', 'half', 'float'] : ['half', 'float'];
  return suffixes
    .split(' ')
    .flatMap((suffix) => types.map((type) => ({ suffix, scheme, type, colour, ignoresCase: true })));
}

/** A channel of the chunk, with what its rule says. */
interface DwaChannel extends ChunkChannel {
  name: string;
  scheme: Scheme;
  colour: number | undefined;
  rows: readonly number[];
}

/** @throws PictureError */
export async function unpackDwa(packed: Bytes, layout: ChunkLayout): Promise<Bytes> {
  const reader = new ByteReader(packed, true);
  const head = readHead(reader);
  if (head.version > NEWEST_VERSION) throw unsupported(`EXR with DWA of version ${head.version}`);
  const rules = head.version < 2 ? OLD_RULES : readRules(reader);
  const offsets = rowOffsets(layout);
  const channels = layout.channels.map((channel, index) => ruled(channel, rules, offsets[index] ?? []));
  checkCounts(head, channels);
  const plain = await inflateIf(reader.take(head.plainPacked), head.plainBytes);
  const acPacked = reader.take(head.acPacked);
  const dcPacked = reader.take(head.dcPacked);
  const runsPacked = reader.take(head.runsPacked);
  const dc = toWords(interleaved(await inflateIf(dcPacked, head.dcCount * 2)));
  const runs = head.runsRaw > 0 ? unrle(await inflateIf(runsPacked, head.runsBytes), head.runsRaw) : new Uint8Array(0);
  const coefficients = new Coefficients(await readAc(acPacked, head), dc);
  const result = new Uint8Array(layout.bytes);
  const done = new Set<DwaChannel>();
  for (const set of colourSets(channels)) {
    decodeLossy(set, coefficients, result);
    for (const channel of set) done.add(channel);
  }
  let plainAt = 0;
  let runsAt = 0;
  for (const channel of channels) {
    if (done.has(channel)) continue;
    const length = channel.width * channel.height * channel.sampleBytes;
    if (channel.scheme === 'lossy') decodeLossy([channel], coefficients, result);
    else if (channel.scheme === 'plain') {
      toRows(plain.subarray(plainAt, plainAt + length), channel.width * channel.sampleBytes, channel.rows, result);
      plainAt += length;
    } else {
      toRows(
        joinedBytes(runs.subarray(runsAt, runsAt + length), channel.sampleBytes),
        channel.width * channel.sampleBytes,
        channel.rows,
        result,
      );
      runsAt += length;
    }
  }
  return result;
}

interface Head {
  version: number;
  plainBytes: number;
  plainPacked: number;
  acPacked: number;
  dcPacked: number;
  runsPacked: number;
  /** Of the runs, inflated. */
  runsBytes: number;
  /** Of what the runs stand for. */
  runsRaw: number;
  acCount: number;
  dcCount: number;
  isAcZlib: boolean;
}

/** Eleven numbers, in this order. */
function readHead(reader: ByteReader): Head {
  const head = {
    version: reader.u64(),
    plainBytes: reader.u64(),
    plainPacked: reader.u64(),
    acPacked: reader.u64(),
    dcPacked: reader.u64(),
    runsPacked: reader.u64(),
    runsBytes: reader.u64(),
    runsRaw: reader.u64(),
    acCount: reader.u64(),
    dcCount: reader.u64(),
  };
  const coding = reader.u64();
  if (coding > 1) throw damaged('EXR DWA');
  return { ...head, isAcZlib: coding === 1 };
}

function readRules(reader: ByteReader): Rule[] {
  const begin = reader.at;
  const end = begin + reader.u16();
  const rules: Rule[] = [];
  while (reader.at < end) {
    const suffix = reader.cString(MAX_SUFFIX, 'EXR DWA');
    const flags = reader.u8();
    const type = (['uint32', 'half', 'float'] as const)[reader.u8()];
    const scheme = SCHEMES[(flags >> 2) & 3];
    if (!type || !scheme) throw damaged('EXR DWA');
    const colour = flags >> 4;
    rules.push({ suffix, scheme, type, colour: colour === 0 ? undefined : colour - 1, ignoresCase: (flags & 1) === 1 });
  }
  if (reader.at !== end) throw damaged('EXR DWA');
  return rules;
}

function ruled(channel: ChunkChannel, rules: readonly Rule[], rows: readonly number[]): DwaChannel {
  const { name, type } = channel.channel;
  const suffix = name.slice(name.lastIndexOf('.') + 1);
  const rule = rules.findLast(
    (other) =>
      other.type === type &&
      (other.suffix === suffix || (other.ignoresCase && other.suffix.toLowerCase() === suffix.toLowerCase())),
  );
  return { ...channel, name, scheme: rule?.scheme ?? 'plain', colour: rule?.colour, rows };
}

/** A head must not make us take more memory than its channels can need. */
function checkCounts(head: Head, channels: readonly DwaChannel[]): void {
  const bytes = (scheme: Scheme): number =>
    channels
      .filter((channel) => channel.scheme === scheme)
      .reduce((sum, { width, height, sampleBytes }) => sum + width * height * sampleBytes, 0);
  const blocks = channels
    .filter(({ scheme }) => scheme === 'lossy')
    .reduce((sum, { width, height }) => sum + Math.ceil(width / 8) * Math.ceil(height / 8), 0);
  const isPossible =
    head.plainBytes === bytes('plain') &&
    head.runsRaw === bytes('runs') &&
    head.runsBytes <= 2 * head.runsRaw + 2 &&
    head.dcCount === blocks &&
    // An end of each block stands for what is left of it.
    head.acCount <= blocks * 64;
  if (!isPossible) throw damaged('EXR DWA');
}

async function inflateIf(packed: Bytes, length: number): Promise<Bytes> {
  return length === 0 ? new Uint8Array(0) : inflate(packed, length, 'EXR DWA');
}

async function readAc(packed: Bytes, { acCount, isAcZlib }: Head): Promise<Uint16Array> {
  if (!isAcZlib) return decodeHuffman(packed, acCount);
  return toWords(await inflateIf(packed, acCount * 2));
}

function toWords(bytes: Bytes): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1);
}

/** All lowest bytes of the values come first, then all second ones, and so on. */
function joinedBytes(planes: Bytes, size: number): Bytes {
  const result = new Uint8Array(planes.length);
  const count = planes.length / size;
  for (let byte = 0; byte < size; byte++) {
    for (let index = 0; index < count; index++) result[index * size + byte] = planes[byte * count + index] ?? 0;
  }
  return result;
}

/** Red, green and blue of one layer and one size, in the order in which layers are met. */
function colourSets(channels: readonly DwaChannel[]): DwaChannel[][] {
  const layers = new Map<string, DwaChannel[]>();
  for (const channel of channels) {
    const prefix = channel.name.slice(0, channel.name.lastIndexOf('.') + 1);
    const set = layers.get(prefix) ?? [];
    layers.set(prefix, set);
    if (channel.colour !== undefined && channel.scheme === 'lossy') set[channel.colour] = channel;
  }
  return [...layers.values()].filter((set) => {
    const [red, green, blue] = set;
    if (!red || !green || !blue) return false;
    return [green, blue].every(({ width, height }) => width === red.width && height === red.height);
  });
}

/** Quantized coefficients: the mean of each block, and the others with runs of zeros. */
class Coefficients {
  readonly #ac: Uint16Array;
  readonly #dc: Uint16Array;
  #acAt = 0;
  /** Where the means of the next channels begin. */
  dcAt = 0;

  constructor(ac: Uint16Array, dc: Uint16Array) {
    this.#ac = ac;
    this.#dc = dc;
  }

  /** Writes a block as numbers, in rows. True where all of it is its mean. */
  read(dcIndex: number, block: Float32Array): boolean {
    const halves = halfTable();
    block.fill(0);
    block[0] = halves[this.#dc[dcIndex] ?? 0] ?? 0;
    let index = 1;
    let isFlat = true;
    while (index < 64) {
      const value = this.#ac[this.#acAt];
      if (value === undefined) throw damaged('EXR DWA');
      this.#acAt += 1;
      if (value === 0xff00) break;
      if (value >> 8 === 0xff) {
        index += value & 0xff;
        continue;
      }
      block[ZIG_ZAG[index] ?? 0] = halves[value] ?? 0;
      isFlat = false;
      index += 1;
    }
    return isFlat;
  }
}

/** Places of a block from the lowest frequencies to the highest, as in JPEG (ITU-T T.81, figure A.6). */
const ZIG_ZAG: readonly number[] = zigZag();

function zigZag(): number[] {
  const order: number[] = [];
  for (let sum = 0; sum < 15; sum++) {
    const diagonal: number[] = [];
    for (let row = Math.max(0, sum - 7); row <= Math.min(7, sum); row++) diagonal.push(row * 8 + sum - row);
    order.push(...(sum % 2 === 0 ? diagonal.reverse() : diagonal));
  }
  return order;
}

let linearTable: Uint16Array | undefined;

/** Halves are stored by a curve: a power of 2.2 up to 1, exponential beyond. */
function toLinear(): Uint16Array {
  if (linearTable) return linearTable;
  const base = 2.7182818 ** 2.2;
  linearTable = new Uint16Array(65_536);
  for (let bits = 1; bits < 65_536; bits++) {
    const value = halfToFloat(bits);
    if (!Number.isFinite(value)) continue;
    const size = Math.abs(value);
    const linear = size <= 1 ? size ** 2.2 : base ** (size - 1);
    linearTable[bits] = floatToHalf(Math.sign(value) * linear);
  }
  return linearTable;
}

/** One channel, or the three of a colour set. */
function decodeLossy(set: readonly DwaChannel[], coefficients: Coefficients, result: Bytes): void {
  const [first] = set;
  if (!first) return;
  const { width, height } = first;
  const across = Math.ceil(width / 8);
  const down = Math.ceil(height / 8);
  const blocks = set.map(() => new Float32Array(64));
  const tables = set.map(({ channel }) => (set.length === 1 && channel.isLinear ? undefined : toLinear()));
  const view = new DataView(result.buffer);
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      for (const [index, block] of blocks.entries()) {
        const dcIndex = coefficients.dcAt + index * across * down + row * across + column;
        const isFlat = coefficients.read(dcIndex, block);
        if (isFlat) block.fill((block[0] ?? 0) * FLAT_SCALE);
        else inverseCosine(block);
      }
      toRgb(blocks);
      for (const [index, block] of blocks.entries()) {
        const channel = set[index];
        if (channel) placeBlock(block, channel, tables[index], { x: column * 8, y: row * 8 }, view);
      }
    }
  }
  coefficients.dcAt += set.length * across * down;
}

/** A mean is stored eightfold: the transform of a flat block, as its first number passes both directions. */
const FLAT_SCALE = 1 / 8;

/** The colour differences of BT.709, to red, green and blue. */
function toRgb([first, second, third]: readonly Float32Array[]): void {
  if (!first || !second || !third) return;
  for (let at = 0; at < 64; at++) {
    const y = first[at] ?? 0;
    const cb = second[at] ?? 0;
    const cr = third[at] ?? 0;
    first[at] = y + 1.5747 * cr;
    second[at] = y - 0.1873 * cb - 0.4682 * cr;
    third[at] = y + 1.8556 * cb;
  }
}

function placeBlock(
  block: Float32Array,
  { width, height, rows, channel }: DwaChannel,
  table: Uint16Array | undefined,
  { x, y }: { x: number; y: number },
  view: DataView,
): void {
  const halves = halfTable();
  for (let row = 0; row < Math.min(8, height - y); row++) {
    const offset = rows[y + row] ?? 0;
    for (let column = 0; column < Math.min(8, width - x); column++) {
      const stored = floatToHalf(block[row * 8 + column] ?? 0);
      const bits = table ? (table[stored] ?? 0) : stored;
      if (channel.type === 'half') view.setUint16(offset + (x + column) * 2, bits, true);
      else view.setFloat32(offset + (x + column) * 4, halves[bits] ?? 0, true);
    }
  }
}

/** Cosines of the transform: half of cos(n pi / 16). */
const COSINES = Array.from({ length: 8 }, (_, n) => 0.5 * Math.cos((n * Math.PI) / 16));
const [, C1 = 0, C2 = 0, C3 = 0, C4 = 0, C5 = 0, C6 = 0, C7 = 0] = COSINES;

/** The inverse cosine transform of 8 x 8 numbers, in place: rows, then columns. */
function inverseCosine(block: Float32Array): void {
  for (let row = 0; row < 64; row += 8) inverseCosine8(block, row, 1);
  for (let column = 0; column < 8; column++) inverseCosine8(block, column, 8);
}

function inverseCosine8(block: Float32Array, start: number, step: number): void {
  const at = (index: number): number => block[start + index * step] ?? 0;
  const [v0, v1, v2, v3, v4, v5, v6, v7] = [at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)];
  const odd0 = C1 * v1 + C3 * v3 + C5 * v5 + C7 * v7;
  const odd1 = C3 * v1 - C7 * v3 - C1 * v5 - C5 * v7;
  const odd2 = C5 * v1 - C1 * v3 + C7 * v5 + C3 * v7;
  const odd3 = C7 * v1 - C5 * v3 + C3 * v5 - C1 * v7;
  const sum = C4 * (v0 + v4);
  const difference = C4 * (v0 - v4);
  const even0 = sum + C2 * v2 + C6 * v6;
  const even3 = sum - C2 * v2 - C6 * v6;
  const even1 = difference + C6 * v2 - C2 * v6;
  const even2 = difference - C6 * v2 + C2 * v6;
  block[start] = even0 + odd0;
  block[start + step] = even1 + odd1;
  block[start + 2 * step] = even2 + odd2;
  block[start + 3 * step] = even3 + odd3;
  block[start + 4 * step] = even3 - odd3;
  block[start + 5 * step] = even2 - odd2;
  block[start + 6 * step] = even1 - odd1;
  block[start + 7 * step] = even0 - odd0;
}
