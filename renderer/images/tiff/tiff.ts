import {
  type Channel,
  checkSize,
  damaged,
  type DecodeOptions,
  type Layer,
  newSamples,
  type Picture,
  PictureError,
  SAMPLE_BYTES,
  type Samples,
  type SampleType,
  unsupported,
} from '../picture.ts';
import { type Directory, readTiffFile, TAG } from './directory.ts';
import { compressionName, decompress, undoPredictor } from './strips.ts';

const MAX_SAMPLES = 32;

const PHOTOMETRICS: ReadonlyMap<number, string> = new Map([
  [4, 'a mask'],
  [5, 'CMYK'],
  [6, 'YCbCr'],
  [8, 'CIE L*a*b*'],
  [9, 'ICC L*a*b*'],
  [10, 'ITU L*a*b*'],
  [32803, 'a colour filter array'],
  [32844, 'LogL'],
  [32845, 'LogLuv'],
  [34892, 'linear raw'],
]);

interface Page {
  width: number;
  height: number;
  type: SampleType;
  depth: number;
  samples: number;
  compression: number;
  predictor: number;
  photometric: number;
  orientation: number;
  isPlanar: boolean;
  isPremultiplied: boolean;
  names: string[];
  colors: readonly number[] | undefined;
  /** Size of a strip or tile, in pixels. */
  tile: { width: number; height: number; isStrip: boolean };
  offsets: readonly number[];
  byteCounts: readonly number[];
}

/** Decodes 8 and 16 bits, 32 bits, half and float, in strips and tiles, of the page that `layer` names. @throws PictureError */
export async function decodeTiff(bytes: Uint8Array<ArrayBuffer>, options: DecodeOptions = {}): Promise<Picture> {
  const file = readTiffFile(bytes);
  // Smaller copies of a page are no pages.
  const pages = file.pages.filter((page) => ((page.get(TAG.subfileType)?.[0] ?? 0) & 1) === 0);
  const wanted = pages.findIndex((_, index) => pageId(index) === options.layer);
  const index = Math.max(0, wanted);
  const directory = pages[index];
  if (!directory) throw damaged('TIFF directories');
  const page = readPage(directory);
  const channels = toned(await readSamples(bytes, file.isLittle, page, options.breathe), page);
  const window = { x: 0, y: 0, width: page.width, height: page.height };
  const depth = page.type === 'half' || page.type === 'float' ? page.type : `${page.depth} bit`;
  return {
    format: `TIFF, ${compressionName(page.compression)}, ${depth}`,
    data: window,
    display: window,
    pixelAspect: 1,
    channels,
    layers: pages.map((_, at): Layer => {
      const names = at === index ? channels.map(({ name }) => name) : [];
      return { id: pageId(at), name: at === 0 ? '' : `${at + 1}`, channels: names };
    }),
    layer: pageId(index),
    transfer: 'unknown',
    isPremultiplied: page.isPremultiplied,
  };
}

function pageId(index: number): string {
  return index === 0 ? '' : `${index + 1}`;
}

function readPage(directory: Directory): Page {
  const one = (tag: number, otherwise: number): number => directory.get(tag)?.[0] ?? otherwise;
  const width = one(TAG.width, 0);
  const height = one(TAG.height, 0);
  const samples = one(TAG.samplesPerPixel, 1);
  const photometric = one(TAG.photometric, 1);
  const compression = one(TAG.compression, 1);
  const depths = directory.get(TAG.bitsPerSample) ?? [1];
  const depth = depths[0] ?? 1;
  if (samples < 1 || samples > MAX_SAMPLES) throw damaged('TIFF samples per pixel');
  if (depths.some((other) => other !== depth)) throw unsupported('TIFF with channels of different depth');
  compressionName(compression);
  const name = PHOTOMETRICS.get(photometric);
  if (name !== undefined || photometric > 3) throw unsupported(`TIFF of ${name ?? `photometric ${photometric}`}`);
  const type = typeOf(depth, one(TAG.sampleFormat, 1));
  const types = Array.from({ length: samples }, () => type);
  checkSize(width, height, types);
  if (one(TAG.fillOrder, 1) !== 1) throw unsupported('TIFF with its bits in reverse');
  const orientation = one(TAG.orientation, 1);
  if (orientation > 4) throw unsupported('TIFF stored in columns');
  const predictor = one(TAG.predictor, 1);
  const isFloat = type === 'half' || type === 'float';
  if (predictor > 3 || (predictor === 3 && !isFloat)) throw unsupported(`TIFF predictor ${predictor}`);
  const isTiled = directory.has(TAG.tileWidth);
  const tile = isTiled
    ? { width: one(TAG.tileWidth, 0), height: one(TAG.tileHeight, 0), isStrip: false }
    : { width, height: Math.min(height, one(TAG.rowsPerStrip, height)), isStrip: true };
  checkSize(tile.width, tile.height, types);
  const colors = photometric === 3 ? directory.get(TAG.colorMap) : undefined;
  if (photometric === 3 && (colors?.length !== 3 * 2 ** depth || samples !== 1)) throw damaged('TIFF colour map');
  const extra = directory.get(TAG.extraSamples) ?? [];
  return {
    width,
    height,
    type,
    depth,
    samples,
    compression,
    predictor,
    photometric,
    orientation,
    isPlanar: one(TAG.planar, 1) === 2,
    isPremultiplied: extra[0] === 1,
    names: namesOf(samples, photometric, extra),
    colors,
    tile,
    offsets: directory.get(isTiled ? TAG.tileOffsets : TAG.stripOffsets) ?? [],
    byteCounts: directory.get(isTiled ? TAG.tileByteCounts : TAG.stripByteCounts) ?? [],
  };
}

function typeOf(depth: number, format: number): SampleType {
  if (format === 3 && depth === 16) return 'half';
  if (format === 3 && depth === 32) return 'float';
  // 4: not defined, which are whole numbers wherever it is found.
  if (format === 1 || format === 4) {
    if (depth === 8) return 'uint8';
    if (depth === 16) return 'uint16';
    if (depth === 32) return 'uint32';
  }
  const formats = ['', 'bit', 'bit, signed', 'bit, float', 'bit', 'bit, complex', 'bit, complex'];
  throw unsupported(`TIFF of ${depth} ${formats[format] ?? `bit, format ${format}`}`);
}

function namesOf(samples: number, photometric: number, extra: readonly number[]): string[] {
  const colours = photometric === 2 ? ['R', 'G', 'B'] : ['Y'];
  return Array.from({ length: samples }, (_, index) => {
    const colour = colours[index];
    if (colour !== undefined) return colour;
    const at = index - colours.length;
    // Associated, unassociated, or the one further sample of which nothing is said.
    const isAlpha = at === 0 && (extra[0] !== 0 || extra.length === 1 || extra.length === 0);
    return isAlpha ? 'A' : `extra ${at + 1}`;
  });
}

async function readSamples(
  bytes: Uint8Array<ArrayBuffer>,
  isLittle: boolean,
  page: Page,
  breathe: DecodeOptions['breathe'],
): Promise<Samples[]> {
  const { width, height, tile, isPlanar, samples, depth, type } = page;
  const across = Math.ceil(width / tile.width);
  const down = Math.ceil(height / tile.height);
  const perTile = isPlanar ? 1 : samples;
  const needed = across * down * (isPlanar ? samples : 1);
  if (page.offsets.length < needed) throw damaged(tile.isStrip ? 'TIFF strips' : 'TIFF tiles');
  checkEnd(bytes.length, page, needed);
  const planes = Array.from({ length: samples }, () => newSamples(type, width * height));
  for (let index = 0; index < needed; index++) {
    const plane = Math.floor(index / (across * down));
    const within = index % (across * down);
    const x = (within % across) * tile.width;
    const y = Math.floor(within / across) * tile.height;
    const rows = tile.isStrip ? Math.min(tile.height, height - y) : tile.height;
    const offset = page.offsets[index] ?? 0;
    const count = page.byteCounts[index] ?? bytes.length - offset;
    const packed = bytes.subarray(offset, offset + count);
    const length = rows * tile.width * perTile * (depth / 8);
    const unpacked = await decompress(packed, page.compression, length);
    undoPredictor(unpacked, { ...page, width: tile.width, samples: perTile, isLittle });
    const values = valuesOf(unpacked, type, isLittle);
    for (let channel = 0; channel < perTile; channel++)
      place(values, channel, perTile, planes[isPlanar ? plane : channel], { x, y, rows, page });
    await breathe?.();
  }
  return planes;
}

function checkEnd(fileBytes: number, { offsets, byteCounts }: Page, count: number): void {
  let needed = 0;
  for (let index = 0; index < count; index++)
    needed = Math.max(needed, (offsets[index] ?? 0) + (byteCounts[index] ?? 0));
  if (needed > fileBytes) throw new PictureError({ is: 'short', bytes: fileBytes, needed });
}

/** Values of bytes in a byte order; the bytes are used up. */
function valuesOf(bytes: Uint8Array<ArrayBuffer>, type: SampleType, isLittle: boolean): Samples {
  const size = SAMPLE_BYTES[type];
  if (!isLittle && size > 1) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + size <= bytes.length; at += size) {
      if (size === 2) view.setUint16(at, view.getUint16(at, false), true);
      else view.setUint32(at, view.getUint32(at, false), true);
    }
  }
  const { buffer, byteOffset, length } = bytes;
  if (type === 'uint8') return bytes;
  if (type === 'float') return new Float32Array(buffer, byteOffset, length / 4);
  if (type === 'uint32') return new Uint32Array(buffer, byteOffset, length / 4);
  return new Uint16Array(buffer, byteOffset, length / 2);
}

function place(
  values: Samples,
  channel: number,
  step: number,
  plane: Samples | undefined,
  { x, y, rows, page }: { x: number; y: number; rows: number; page: Page },
): void {
  if (!plane) return;
  const { width, height, orientation, tile } = page;
  const columns = Math.min(tile.width, width - x);
  const isUpward = orientation === 3 || orientation === 4;
  const isLeftward = orientation === 2 || orientation === 3;
  for (let row = 0; row < Math.min(rows, height - y); row++) {
    const line = (isUpward ? height - 1 - y - row : y + row) * width;
    let from = row * tile.width * step + channel;
    for (let column = 0; column < columns; column++, from += step)
      plane[line + (isLeftward ? width - 1 - x - column : x + column)] = values[from] ?? 0;
  }
}

/** Channels as they are meant: a colour map is looked up, and white that is stored as 0 becomes the highest value. */
function toned(planes: readonly Samples[], page: Page): Channel[] {
  const { type, depth, names, photometric, colors } = page;
  const white = type === 'half' || type === 'float' ? 1 : 2 ** depth - 1;
  const [first] = planes;
  if (colors && first) {
    const entries = colors.length / 3;
    return ['R', 'G', 'B'].map((name, channel) => ({
      name,
      type: 'uint16',
      samples: Uint16Array.from(first, (value) => colors[channel * entries + value] ?? 0),
      white: 65_535,
    }));
  }
  if (photometric === 0 && first && type !== 'half' && type !== 'float') {
    for (let at = 0; at < first.length; at++) first[at] = white - (first[at] ?? 0);
  }
  return planes.map((samples, index) => ({ name: names[index] ?? '', type, samples, white }));
}
