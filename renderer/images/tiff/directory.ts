import { ByteReader } from '../byteReader.ts';
import { damaged, PictureError } from '../picture.ts';

// TIFF 6.0, section 2, and BigTIFF (its 64-bit offsets): directories of tagged values.

export const TAG = {
  subfileType: 254,
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  orientation: 274,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planar: 284,
  predictor: 317,
  colorMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
} as const;

const WANTED: ReadonlySet<number> = new Set(Object.values(TAG));
const MAX_PAGES = 64;
const MAX_ENTRIES = 4096;
/** A picture of 65,536 rows has as many strips at most, in each of its planes. */
const MAX_VALUES = 1 << 20;

/** Whole-number values by tag; the rest of a directory is not read. */
export type Directory = ReadonlyMap<number, readonly number[]>;

/** True for the first bytes of a TIFF or BigTIFF file, in either byte order. */
export function isTiff(head: Uint8Array): boolean {
  const magic = [...head.subarray(0, 4)].join(' ');
  return ['73 73 42 0', '77 77 0 42', '73 73 43 0', '77 77 0 43'].includes(magic);
}

export interface TiffFile {
  isLittle: boolean;
  pages: Directory[];
}

/** @throws PictureError */
export function readTiffFile(bytes: Uint8Array<ArrayBuffer>): TiffFile {
  const isLittle = bytes[0] === 0x49;
  const reader = new ByteReader(bytes, isLittle, 2);
  const isBig = reader.u16() === 43;
  if (isBig) reader.at = 8;
  const pages: Directory[] = [];
  const seen = new Set<number>();
  let next = isBig ? reader.u64() : reader.u32();
  while (next !== 0 && pages.length < MAX_PAGES) {
    if (seen.has(next)) throw damaged('TIFF directories');
    seen.add(next);
    if (next >= bytes.length) {
      // Pages that were read are good.
      if (pages.length > 0) break;
      throw new PictureError({ is: 'short', bytes: bytes.length, needed: next + 2 });
    }
    reader.at = next;
    pages.push(readDirectory(reader, isBig));
    next = isBig ? reader.u64() : reader.u32();
  }
  return { isLittle, pages };
}

function readDirectory(reader: ByteReader, isBig: boolean): Directory {
  const count = isBig ? reader.u64() : reader.u16();
  if (count > MAX_ENTRIES) throw damaged('TIFF directory');
  const entries = new Map<number, readonly number[]>();
  for (let index = 0; index < count; index++) {
    const tag = reader.u16();
    const type = reader.u16();
    const length = isBig ? reader.u64() : reader.u32();
    const inline = reader.at;
    const end = inline + (isBig ? 8 : 4);
    const size = SIZES.get(type);
    if (WANTED.has(tag) && size !== undefined) {
      if (length > MAX_VALUES) throw damaged(`TIFF tag ${tag}`);
      if (size * length > end - inline) reader.at = isBig ? reader.u64() : reader.u32();
      reader.need(size * length);
      entries.set(
        tag,
        Array.from({ length }, () => readValue(reader, type)),
      );
    }
    reader.at = end;
  }
  return entries;
}

/** Bytes of a value by its type: byte, short, long, and 64 bits of BigTIFF. */
const SIZES: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [3, 2],
  [4, 4],
  [16, 8],
]);

function readValue(reader: ByteReader, type: number): number {
  if (type === 1) return reader.u8();
  if (type === 3) return reader.u16();
  return type === 4 ? reader.u32() : reader.u64();
}
