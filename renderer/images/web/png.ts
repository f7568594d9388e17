import { ByteReader } from '../byteReader.ts';
import { inflate } from '../inflate.ts';
import {
  type Channel,
  checkSize,
  damaged,
  type DecodeOptions,
  newSamples,
  type Picture,
  type Samples,
  unsupported,
} from '../picture.ts';
import { managedColours } from './managed.ts';

// Portable Network Graphics (W3C Recommendation, third edition): samples as stored, of 1 to 16 bits.

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Length, type and check value of a chunk. */
const CHUNK_FRAME_BYTES = 12;
const MAX_SIDE = 2 ** 31 - 1;

const COLOUR_TYPES: ReadonlyMap<number, { names: readonly string[]; depths: readonly number[] }> = new Map([
  [0, { names: ['Y'], depths: [1, 2, 4, 8, 16] }],
  [2, { names: ['R', 'G', 'B'], depths: [8, 16] }],
  [3, { names: ['index'], depths: [1, 2, 4, 8] }],
  [4, { names: ['Y', 'A'], depths: [8, 16] }],
  [6, { names: ['R', 'G', 'B', 'A'], depths: [8, 16] }],
]);
const PALETTE = 3;

/** Chunks that say what colours are meant; sRGB says what is assumed anyway. */
const COLOUR_CHUNKS: ReadonlySet<string> = new Set(['iCCP', 'cICP', 'gAMA', 'cHRM']);

/** First column and row, and steps across and down, of the seven pictures of Adam7. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const WHOLE = [[0, 0, 1, 1]] as const;
/** Rows between two breaths. */
const BREATH_ROWS = 64;

interface Head {
  width: number;
  height: number;
  depth: number;
  colourType: number;
  /** Of the samples of a pixel. */
  names: readonly string[];
  isInterlaced: boolean;
}

interface Chunks {
  head: Head;
  data: Uint8Array<ArrayBuffer>[];
  palette: Uint8Array | undefined;
  transparency: Uint8Array | undefined;
  hasColours: boolean;
  isAnimated: boolean;
}

/** True for the first bytes of a PNG file. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((value, index) => bytes[index] === value);
}

/** Decodes all colour types and depths, interlaced or not; of an animation its still picture. @throws PictureError */
export async function decodePng(bytes: Uint8Array<ArrayBuffer>, options: DecodeOptions): Promise<Picture> {
  const chunks = readChunks(bytes);
  const { head } = chunks;
  const packed = await inflate(joined(chunks.data), packedLength(head), 'PNG pixels');
  const samples = await unpacked(packed, head, options.breathe);
  const channels = coloured(samples, chunks);
  const shown = chunks.hasColours
    ? await managedColours(bytes, 'image/png', channels, head, options.engine)
    : undefined;
  const window = { x: 0, y: 0, width: head.width, height: head.height };
  return {
    format: `PNG, ${head.depth} bit`,
    data: window,
    display: window,
    pixelAspect: 1,
    channels,
    layers: [{ id: '', name: '', channels: channels.map(({ name }) => name) }],
    layer: '',
    transfer: 'srgb',
    isPremultiplied: false,
    isSeeThrough: channels.some(({ name }) => name === 'A'),
    isAnimated: chunks.isAnimated,
    ...(shown && { shown }),
  };
}

function readChunks(bytes: Uint8Array<ArrayBuffer>): Chunks {
  const reader = new ByteReader(bytes, false, SIGNATURE.length);
  let head: Head | undefined;
  const chunks: Omit<Chunks, 'head'> = {
    ...{ data: [], palette: undefined, transparency: undefined, hasColours: false, isAnimated: false },
  };
  for (;;) {
    reader.need(CHUNK_FRAME_BYTES);
    const length = reader.u32();
    const type = reader.latin1(4);
    if (!/^[A-Za-z]{4}$/.test(type)) throw damaged('PNG chunks');
    reader.need(length + 4);
    const body = reader.take(length);
    reader.at += 4;
    if (!head) {
      if (type !== 'IHDR') throw damaged('PNG header');
      head = readHead(body);
    } else if (type === 'IDAT') chunks.data.push(body);
    else if (type === 'PLTE') chunks.palette = body;
    else if (type === 'tRNS') chunks.transparency = body;
    else if (type === 'acTL') chunks.isAnimated = true;
    else if (COLOUR_CHUNKS.has(type)) chunks.hasColours = true;
    else if (type === 'IEND') break;
  }
  if (chunks.data.length === 0) throw damaged('PNG pixels');
  return { head, ...chunks };
}

function readHead(body: Uint8Array<ArrayBuffer>): Head {
  if (body.length !== 13) throw damaged('PNG header');
  const reader = new ByteReader(body, false);
  const [width, height] = [reader.u32(), reader.u32()];
  const [depth, colourType, compression, filter, interlace] = [...reader.take(5)];
  const colours = COLOUR_TYPES.get(colourType ?? NaN);
  if (!colours || depth === undefined || colourType === undefined || !colours.depths.includes(depth))
    throw damaged('PNG header');
  if (width > MAX_SIDE || height > MAX_SIDE) throw damaged('PNG header');
  if (compression !== 0 || filter !== 0 || (interlace ?? 2) > 1) throw unsupported('PNG of a later method');
  const { names } = colours;
  const most = colourType === PALETTE ? 4 : names.length + 1;
  checkSize(
    width,
    height,
    Array.from({ length: most }, () => (depth === 16 ? 'uint16' : 'uint8')),
  );
  return { width, height, depth, colourType, names, isInterlaced: interlace === 1 };
}

interface Pass {
  x: number;
  y: number;
  across: number;
  down: number;
  width: number;
  height: number;
  /** Of a row without its filter. */
  rowBytes: number;
}

/** The pictures that rows are stored of: seven of an interlaced file, each without rows where it is empty. */
function passesOf(head: Head): Pass[] {
  const bits = head.names.length * head.depth;
  return (head.isInterlaced ? ADAM7 : WHOLE)
    .map(([x, y, across, down]) => {
      const width = Math.max(0, Math.ceil((head.width - x) / across));
      const height = Math.max(0, Math.ceil((head.height - y) / down));
      return { x, y, across, down, width, height, rowBytes: Math.ceil((width * bits) / 8) };
    })
    .filter(({ width, height }) => width > 0 && height > 0);
}

function packedLength(head: Head): number {
  return passesOf(head).reduce((sum, { rowBytes, height }) => sum + (rowBytes + 1) * height, 0);
}

/** Samples by channel, of rows without their filters. */
async function unpacked(
  packed: Uint8Array<ArrayBuffer>,
  head: Head,
  breathe: DecodeOptions['breathe'],
): Promise<Samples[]> {
  const { width, height, depth, names } = head;
  const planes = names.map(() => newSamples(depth === 16 ? 'uint16' : 'uint8', width * height));
  const pixelBytes = Math.max(1, (names.length * depth) / 8);
  let at = 0;
  for (const pass of passesOf(head)) {
    let before: Uint8Array | undefined;
    for (let row = 0; row < pass.height; row++) {
      if (row % BREATH_ROWS === 0) await breathe?.();
      const line = packed.subarray(at + 1, at + 1 + pass.rowBytes);
      undoFilter(packed[at] ?? 0, line, before, pixelBytes);
      const first = (pass.y + row * pass.down) * width + pass.x;
      if (depth < 8) spreadBits(line, planes[0], depth, first, pass);
      else spreadBytes(line, planes, depth, first, pass);
      before = line;
      at += 1 + pass.rowBytes;
    }
  }
  return planes;
}

/** Filters of section 9.2: what is stored is the difference from what is guessed by the bytes to the left and above. */
function undoFilter(filter: number, line: Uint8Array, before: Uint8Array | undefined, pixelBytes: number): void {
  const { length } = line;
  switch (filter) {
    case 0:
      return;
    case 1:
      for (let at = pixelBytes; at < length; at++) line[at] = (line[at] ?? 0) + (line[at - pixelBytes] ?? 0);
      return;
    case 2:
      if (before) for (let at = 0; at < length; at++) line[at] = (line[at] ?? 0) + (before[at] ?? 0);
      return;
    case 3:
      for (let at = 0; at < length; at++) {
        const left = at < pixelBytes ? 0 : (line[at - pixelBytes] ?? 0);
        line[at] = (line[at] ?? 0) + ((left + (before?.[at] ?? 0)) >> 1);
      }
      return;
    case 4:
      for (let at = 0; at < length; at++) {
        const left = at < pixelBytes ? 0 : (line[at - pixelBytes] ?? 0);
        const above = before?.[at] ?? 0;
        const corner = at < pixelBytes ? 0 : (before?.[at - pixelBytes] ?? 0);
        line[at] = (line[at] ?? 0) + nearest(left, above, corner);
      }
      return;
    default:
      throw damaged('PNG filter');
  }
}

/** Of Paeth: which of three bytes is nearest to left + above - corner. */
function nearest(left: number, above: number, corner: number): number {
  const fromLeft = Math.abs(above - corner);
  const fromAbove = Math.abs(left - corner);
  const fromCorner = Math.abs(left + above - 2 * corner);
  if (fromLeft <= fromAbove && fromLeft <= fromCorner) return left;
  return fromAbove <= fromCorner ? above : corner;
}

function spreadBytes(
  line: Uint8Array,
  planes: readonly Samples[],
  depth: number,
  first: number,
  { width, across }: Pass,
): void {
  const count = planes.length;
  for (const [index, plane] of planes.entries()) {
    if (depth === 8) {
      for (let x = 0, to = first, from = index; x < width; x++, to += across, from += count)
        plane[to] = line[from] ?? 0;
    } else {
      for (let x = 0, to = first, from = index * 2; x < width; x++, to += across, from += count * 2)
        plane[to] = ((line[from] ?? 0) << 8) | (line[from + 1] ?? 0);
    }
  }
}

/** Several samples in a byte, the first one in its highest bits. */
function spreadBits(
  line: Uint8Array,
  plane: Samples | undefined,
  depth: number,
  first: number,
  { width, across }: Pass,
): void {
  if (!plane) return;
  const mask = 2 ** depth - 1;
  for (let x = 0; x < width; x++) {
    const bit = x * depth;
    plane[first + x * across] = ((line[bit >> 3] ?? 0) >> (8 - depth - (bit & 7))) & mask;
  }
}

/** Channels with the palette's colours in the place of its indexes, and the alpha that one colour or each of the palette has. */
function coloured(samples: readonly Samples[], { head, palette, transparency }: Chunks): Channel[] {
  const { depth, colourType, names } = head;
  if (colourType === PALETTE) return ofPalette(samples[0] ?? new Uint8Array(), palette, transparency);
  const type = depth === 16 ? 'uint16' : 'uint8';
  const white = 2 ** depth - 1;
  const channels = names.map((name, index): Channel => {
    return { name, type, samples: samples[index] ?? newSamples(type, 0), white };
  });
  if (!transparency || names.includes('A')) return channels;
  const key = names.map((_, index) => ((transparency[index * 2] ?? 0) << 8) | (transparency[index * 2 + 1] ?? 0));
  if (transparency.length < key.length * 2) throw damaged('PNG transparency');
  const alpha = newSamples(type, head.width * head.height);
  for (let at = 0; at < alpha.length; at++) {
    alpha[at] = samples.every((plane, index) => plane[at] === key[index]) ? 0 : white;
  }
  return [...channels, { name: 'A', type, samples: alpha, white }];
}

function ofPalette(indexes: Samples, palette: Uint8Array | undefined, transparency: Uint8Array | undefined): Channel[] {
  if (!palette || palette.length % 3 !== 0) throw damaged('PNG palette');
  const entries = palette.length / 3;
  const planes = Array.from({ length: transparency ? 4 : 3 }, () => new Uint8Array(indexes.length));
  for (const [channel, plane] of planes.entries()) {
    const table = Uint8Array.from({ length: entries }, (_, entry) =>
      channel < 3 ? (palette[entry * 3 + channel] ?? 0) : (transparency?.[entry] ?? 255),
    );
    for (let at = 0; at < plane.length; at++) {
      const entry = indexes[at] ?? 0;
      if (entry >= entries) throw damaged('PNG palette');
      plane[at] = table[entry] ?? 0;
    }
  }
  return planes.map((samples, index) => ({ name: 'RGBA'.charAt(index), type: 'uint8', samples, white: 255 }));
}

function joined(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const [only, ...others] = parts;
  if (only && others.length === 0) return only;
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
