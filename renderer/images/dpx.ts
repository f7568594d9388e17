import { ByteReader } from './byteReader.ts';
import {
  type Channel,
  checkSize,
  damaged,
  type DecodeOptions,
  newSamples,
  type Picture,
  PictureError,
  type Samples,
  type SampleType,
  type Transfer,
  unsupported,
} from './picture.ts';

// SMPTE ST 268-1, "File Format for Digital Moving-Picture Exchange (DPX)", version 2.0: offsets of its header.
const ORIENTATION_AT = 768;
const ELEMENTS_AT = 780;
const ELEMENT_BYTES = 72;
const PIXEL_ASPECT_AT = 1628;
const HEADER_BYTES = 2048;
const MAX_ELEMENTS = 8;
const UNDEFINED = 0xffffffff;

/** Components by the code of an element's descriptor (table 1). */
const COMPONENTS: ReadonlyMap<number, readonly string[]> = new Map([
  [1, ['R']],
  [2, ['G']],
  [3, ['B']],
  [4, ['A']],
  [6, ['Y']],
  [8, ['Z']],
  [50, ['R', 'G', 'B']],
  [51, ['R', 'G', 'B', 'A']],
  [52, ['A', 'B', 'G', 'R']],
]);
const DESCRIPTORS: ReadonlyMap<number, string> = new Map([
  [7, 'colour differences (CbCr)'],
  [9, 'composite video'],
  [100, 'CbYCrY 4:2:2'],
  [101, 'CbYACrYA 4:2:2:4'],
  [102, 'CbYCr 4:4:4'],
  [103, 'CbYCrA 4:4:4:4'],
]);

/** What the code of the transfer characteristic says (table 5A). */
const TRANSFERS: ReadonlyMap<number, Transfer> = new Map([
  [1, 'log'], // printing density
  [2, 'linear'],
  [3, 'log'],
  [4, 'video'],
  [5, 'video'], // SMPTE 274M
  [6, 'video'], // BT.709
  [7, 'video'],
  [8, 'video'],
  [9, 'video'],
  [10, 'video'],
]);

interface Element {
  components: readonly string[];
  transfer: Transfer;
  depth: number;
  /** 0 packed, 1 filled method A (padding below), 2 filled method B (padding above). */
  packing: number;
  offset: number;
  linePadding: number;
}

/** True for the first bytes of a DPX file, in either byte order. */
export function isDpx(head: Uint8Array): boolean {
  const magic = String.fromCharCode(...head.subarray(0, 4));
  return magic === 'SDPX' || magic === 'XPDS';
}

/** Decodes 8, 10, 12 and 16 bits and float, in both byte orders, packed and filled. @throws PictureError */
export async function decodeDpx(bytes: Uint8Array<ArrayBuffer>, { breathe }: DecodeOptions = {}): Promise<Picture> {
  const reader = new ByteReader(bytes, bytes[0] === 0x58);
  reader.need(HEADER_BYTES);
  reader.at = 4;
  const imageOffset = reader.u32();
  reader.at = ORIENTATION_AT;
  const orientation = reader.u16();
  const count = reader.u16();
  const width = reader.u32();
  const height = reader.u32();
  if (count < 1 || count > MAX_ELEMENTS) throw damaged('DPX image elements');
  // Right to left and bottom to top are read; columns first are not.
  if (orientation > 3 && orientation !== 0xffff) throw unsupported('DPX stored in columns');
  const elements = Array.from({ length: count }, (_, index) => readElement(reader, index, imageOffset));
  const types = elements.flatMap(({ components, depth }) => components.map(() => typeOf(depth)));
  checkSize(width, height, types);
  const channels: Channel[] = [];
  for (const element of elements) {
    const planes = await readElementPlanes(bytes, reader.isLittle, element, { width, height, orientation, breathe });
    element.components.forEach((name, index) => {
      const samples = planes[index];
      const type = typeOf(element.depth);
      const white = type === 'float' ? 1 : 2 ** element.depth - 1;
      if (samples) channels.push({ name, type, samples, white });
    });
  }
  const order = ['R', 'G', 'B', 'Y', 'A', 'Z'];
  channels.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  const [first] = elements;
  const window = { x: 0, y: 0, width, height };
  return {
    format: `DPX, ${first?.depth === 32 ? 'float' : `${first?.depth ?? 0} bit`}`,
    data: window,
    display: window,
    pixelAspect: readAspect(reader),
    channels,
    layers: [{ id: '', name: '', channels: channels.map(({ name }) => name) }],
    layer: '',
    transfer: first?.transfer ?? 'unknown',
    isPremultiplied: false,
  };
}

function readElement(reader: ByteReader, index: number, imageOffset: number): Element {
  reader.at = ELEMENTS_AT + index * ELEMENT_BYTES;
  const isSigned = reader.u32() === 1;
  reader.at += 16;
  const descriptor = reader.u8();
  const transfer = reader.u8();
  reader.at += 1;
  const depth = reader.u8();
  const packing = reader.u16();
  const encoding = reader.u16();
  const offset = reader.u32();
  const linePadding = reader.u32();
  const components = COMPONENTS.get(descriptor);
  if (!components) throw unsupported(`DPX of ${DESCRIPTORS.get(descriptor) ?? `descriptor ${descriptor}`}`);
  if (![8, 10, 12, 16, 32].includes(depth)) throw unsupported(`DPX of ${depth} bits`);
  if (isSigned && depth !== 32) throw unsupported('DPX of signed values');
  if (encoding === 1) throw unsupported('DPX with run-length encoding');
  if (packing > 2) throw unsupported(`DPX packing ${packing}`);
  return {
    components,
    transfer: TRANSFERS.get(transfer) ?? 'unknown',
    depth,
    packing,
    offset: offset === 0 || offset === UNDEFINED ? imageOffset : offset,
    linePadding: linePadding === UNDEFINED ? 0 : linePadding,
  };
}

function typeOf(depth: number): SampleType {
  return depth === 8 ? 'uint8' : depth === 32 ? 'float' : 'uint16';
}

function readAspect(reader: ByteReader): number {
  reader.at = PIXEL_ASPECT_AT;
  const horizontal = reader.u32();
  const vertical = reader.u32();
  const aspect = horizontal / vertical;
  const isSaid = horizontal !== UNDEFINED && vertical !== UNDEFINED && horizontal > 0 && vertical > 0;
  return isSaid && aspect > 0.1 && aspect < 10 ? aspect : 1;
}

interface Raster {
  width: number;
  height: number;
  orientation: number;
  breathe: DecodeOptions['breathe'];
}

const ROWS_PER_BREATH = 64;

async function readElementPlanes(
  bytes: Uint8Array<ArrayBuffer>,
  isLittle: boolean,
  element: Element,
  { width, height, orientation, breathe }: Raster,
): Promise<Samples[]> {
  const { components, offset } = element;
  const perRow = components.length * width;
  const stride = strideOf(bytes.length, element, perRow, height);
  const needed = offset + stride * (height - 1) + rowBytes(element, perRow);
  if (needed > bytes.length) throw new PictureError({ is: 'short', bytes: bytes.length, needed });
  // Words of 32 bits are read to their end, beyond that of the file.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = typeOf(element.depth);
  const planes = components.map(() => newSamples(type, width * height));
  const row = newSamples(type, perRow);
  const readRow = rowReader(element);
  const isUpward = orientation === 2 || orientation === 3;
  const isLeftward = orientation === 1 || orientation === 3;
  for (let y = 0; y < height; y++) {
    readRow(view, offset + y * stride, isLittle, row);
    const first = (isUpward ? height - 1 - y : y) * width;
    for (const [index, plane] of planes.entries()) {
      for (let x = 0, from = index; x < width; x++, from += components.length)
        plane[first + (isLeftward ? width - 1 - x : x)] = row[from] ?? 0;
    }
    if (y % ROWS_PER_BREATH === ROWS_PER_BREATH - 1) await breathe?.();
  }
  return planes;
}

/** Bytes of a row without padding. */
function rowBytes({ depth, packing }: Element, datums: number): number {
  if (depth === 10 && packing !== 0) return Math.ceil(datums / 3) * 4;
  if (depth === 12 && packing !== 0) return datums * 2;
  if (depth === 10 || depth === 12) return Math.ceil((datums * depth) / 32) * 4;
  return (datums * depth) / 8;
}

/** Rows begin at multiples of four bytes; writers that forgot it are known by the size of the file. */
function strideOf(fileBytes: number, element: Element, datums: number, height: number): number {
  const bare = rowBytes(element, datums) + element.linePadding;
  const aligned = Math.ceil(bare / 4) * 4;
  return element.offset + aligned * height <= fileBytes ? aligned : bare;
}

type ReadRow = (view: DataView, at: number, isLittle: boolean, row: Samples) => void;

function rowReader({ depth, packing, components }: Element): ReadRow {
  if (depth === 8) return readRow8;
  if (depth === 16) return readRow16;
  if (depth === 32) return readRowFloat;
  if (packing === 0) return packedRow(depth);
  if (depth === 12) return packing === 1 ? filledRow12(4) : filledRow12(0);
  const shift = packing === 1 ? 2 : 0;
  // Of one component, the first of three is the lowest; of several, the first is the highest.
  return components.length === 1
    ? filledRow10([shift, shift + 10, shift + 20])
    : filledRow10([shift + 20, shift + 10, shift]);
}

function readRow8(view: DataView, at: number, _isLittle: boolean, row: Samples): void {
  row.set(new Uint8Array(view.buffer, view.byteOffset + at, row.length));
}

function readRow16(view: DataView, at: number, isLittle: boolean, row: Samples): void {
  for (let index = 0; index < row.length; index++) row[index] = view.getUint16(at + 2 * index, isLittle);
}

function readRowFloat(view: DataView, at: number, isLittle: boolean, row: Samples): void {
  for (let index = 0; index < row.length; index++) row[index] = view.getFloat32(at + 4 * index, isLittle);
}

function filledRow12(shift: number): ReadRow {
  return (view, at, isLittle, row) => {
    for (let index = 0; index < row.length; index++)
      row[index] = (view.getUint16(at + 2 * index, isLittle) >> shift) & 0xfff;
  };
}

function filledRow10([first, second, third]: readonly [number, number, number]): ReadRow {
  return (view, at, isLittle, row) => {
    for (let index = 0, word = at; index < row.length; index += 3, word += 4) {
      const value = view.getUint32(word, isLittle);
      row[index] = (value >>> first) & 0x3ff;
      // Beyond the row's end these are dropped.
      row[index + 1] = (value >>> second) & 0x3ff;
      row[index + 2] = (value >>> third) & 0x3ff;
    }
  };
}

/** Values follow one another from the lowest bit of each word of 32, and go over into the next word. */
function packedRow(depth: number): ReadRow {
  const mask = 2 ** depth - 1;
  return (view, at, isLittle, row) => {
    for (let index = 0; index < row.length; index++) {
      const bit = index * depth;
      const word = at + (bit >> 5) * 4;
      const shift = bit & 31;
      let value = view.getUint32(word, isLittle) >>> shift;
      if (shift + depth > 32) value |= view.getUint32(word + 4, isLittle) << (32 - shift);
      row[index] = value & mask;
    }
  };
}
