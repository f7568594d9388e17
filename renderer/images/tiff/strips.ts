import { inflateUpTo } from '../inflate.ts';
import { damaged, unsupported } from '../picture.ts';

/** Compressions by the code of their tag that are named and not decoded. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [2, 'CCITT'],
  [3, 'CCITT Group 3'],
  [4, 'CCITT Group 4'],
  [6, 'JPEG (old)'],
  [7, 'JPEG'],
  [34712, 'JPEG 2000'],
  [34887, 'LERC'],
  [34925, 'LZMA'],
  [50000, 'Zstandard'],
  [50001, 'WebP'],
]);

const DECODED: ReadonlyMap<number, string> = new Map([
  [1, 'uncompressed'],
  [5, 'LZW'],
  [8, 'Deflate'],
  [32946, 'Deflate'],
  [32773, 'PackBits'],
]);

/** The name of a compression. @throws PictureError unsupported for one that is not decoded */
export function compressionName(code: number): string {
  const name = DECODED.get(code);
  if (name === undefined) throw unsupported(`TIFF with ${NAMES.get(code) ?? `compression ${code}`}`);
  return name;
}

/** The bytes of a strip or tile, `length` of them. @throws PictureError when it has fewer */
export async function decompress(
  bytes: Uint8Array<ArrayBuffer>,
  compression: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  switch (compression) {
    case 5:
      return decodeLzw(bytes, length);
    case 32773:
      return decodePackBits(bytes, length);
    case 8:
    case 32946: {
      const { atMost, end } = await inflateUpTo(bytes, length);
      if (end < length) throw damaged('TIFF Deflate');
      return atMost;
    }
    default:
      if (bytes.length < length) throw damaged('TIFF strips');
      // A copy: the file's bytes stay as they are.
      return bytes.slice(0, length);
  }
}

/** TIFF 6.0, section 9. */
function decodePackBits(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(length);
  let from = 0;
  let to = 0;
  while (to < length) {
    const code = bytes[from];
    if (code === undefined) throw damaged('TIFF PackBits');
    from += 1;
    if (code < 128) {
      result.set(bytes.subarray(from, from + Math.min(code + 1, length - to)), to);
      from += code + 1;
      to += code + 1;
      if (from > bytes.length) throw damaged('TIFF PackBits');
    } else if (code > 128) {
      const value = bytes[from];
      if (value === undefined) throw damaged('TIFF PackBits');
      result.fill(value, to, to + 257 - code);
      from += 1;
      to += 257 - code;
    }
  }
  return result;
}

const CLEAR = 256;
const END = 257;
const FIRST_CODE = 258;
const MAX_CODES = 4096;

/** TIFF 6.0, section 13: codes of 9 to 12 bits, the highest bit first, one bit longer one code before it has to be. */
function decodeLzw(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  // The variant of TIFF 5 had the lowest bit first; its clear code then stands so.
  if (bytes[0] === 0 && ((bytes[1] ?? 0) & 1) === 1) throw unsupported('TIFF with LZW of TIFF 5');
  const result = new Uint8Array(length);
  const prefixes = new Uint16Array(MAX_CODES);
  const lengths = new Uint16Array(MAX_CODES).fill(1, 0, CLEAR);
  const last = new Uint8Array(MAX_CODES).map((_, index) => index);
  const firsts = last.slice();
  let width = 9;
  let next = FIRST_CODE;
  let before = -1;
  let to = 0;
  let buffer = 0;
  let bits = 0;
  let from = 0;
  while (to < length) {
    while (bits < width) {
      const byte = bytes[from++];
      if (byte === undefined) throw damaged('TIFF LZW');
      buffer = ((buffer << 8) | byte) & 0xfffff;
      bits += 8;
    }
    bits -= width;
    const code = (buffer >> bits) & ((1 << width) - 1);
    if (code === END) throw damaged('TIFF LZW');
    if (code === CLEAR) {
      width = 9;
      next = FIRST_CODE;
      before = -1;
      continue;
    }
    if (code > next || (code === next && before === -1) || (before === -1 && code > 255)) throw damaged('TIFF LZW');
    if (before !== -1 && next < MAX_CODES) {
      prefixes[next] = before;
      lengths[next] = (lengths[before] ?? 0) + 1;
      firsts[next] = firsts[before] ?? 0;
      last[next] = firsts[code === next ? before : code] ?? 0;
      next += 1;
      if (next >= (1 << width) - 1 && width < 12) width += 1;
    }
    // Backwards from its end: a code knows the one before it.
    const count = lengths[code] ?? 0;
    let at = to + count;
    let part = code;
    for (let left = count; left > 0; left--) {
      at -= 1;
      if (at < length) result[at] = last[part] ?? 0;
      part = prefixes[part] ?? 0;
    }
    to += count;
    before = code;
  }
  return result;
}

/**
 * Undoes the differences between neighbours of a row in place (TIFF 6.0, section 14; Adobe's Technical Note 3 for floats).
 * @param samples values that stand side by side for a pixel
 */
export function undoPredictor(
  bytes: Uint8Array<ArrayBuffer>,
  { predictor, depth, width, samples, isLittle }: PredictedRows,
): void {
  if (predictor === 1) return;
  const rowBytes = width * samples * (depth / 8);
  for (let start = 0; start + rowBytes <= bytes.length; start += rowBytes) {
    const row = bytes.subarray(start, start + rowBytes);
    if (predictor === 3) undoFloatRow(row, samples, depth / 8, isLittle);
    else undoRow(row, samples, depth, isLittle);
  }
}

interface PredictedRows {
  predictor: number;
  depth: number;
  /** Pixels of a row. */
  width: number;
  samples: number;
  isLittle: boolean;
}

function undoRow(row: Uint8Array<ArrayBuffer>, samples: number, depth: number, isLittle: boolean): void {
  if (depth === 8) {
    for (let at = samples; at < row.length; at++) row[at] = (row[at] ?? 0) + (row[at - samples] ?? 0);
    return;
  }
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  if (depth === 16) {
    for (let at = samples * 2; at < row.length; at += 2)
      view.setUint16(at, view.getUint16(at, isLittle) + view.getUint16(at - samples * 2, isLittle), isLittle);
    return;
  }
  for (let at = samples * 4; at < row.length; at += 4)
    view.setUint32(at, view.getUint32(at, isLittle) + view.getUint32(at - samples * 4, isLittle), isLittle);
}

/** Bytes are summed up; then the highest bytes of all values of the row come first, and so on. */
function undoFloatRow(row: Uint8Array<ArrayBuffer>, samples: number, size: number, isLittle: boolean): void {
  for (let at = samples; at < row.length; at++) row[at] = (row[at] ?? 0) + (row[at - samples] ?? 0);
  const sums = row.slice();
  const count = row.length / size;
  for (let index = 0; index < count; index++) {
    for (let byte = 0; byte < size; byte++)
      row[index * size + (isLittle ? size - 1 - byte : byte)] = sums[byte * count + index] ?? 0;
  }
}
