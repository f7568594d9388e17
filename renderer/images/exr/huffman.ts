import { damaged } from '../picture.ts';

// The Huffman coding of PIZ and DWA: canonical codes for values of 16 bits, and one more symbol for runs.

const SYMBOLS = 65_537;
const MAX_CODE_BITS = 58;
/** Codes of so many bits or fewer are found by one look into a table. */
const TABLE_BITS = 14;
const SHORT_ZERO_RUN = 59;
const LONG_ZERO_RUN = 63;
const SHORTEST_LONG_RUN = 6;
const HEADER_BYTES = 20;

/** Decodes `length` values. @throws PictureError damaged */
export function decodeHuffman(packed: Uint8Array<ArrayBuffer>, length: number): Uint16Array<ArrayBuffer> {
  const values = new Uint16Array(length);
  if (length === 0) return values;
  if (packed.length < HEADER_BYTES) throw damaged('EXR Huffman table');
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const first = view.getUint32(0, true);
  const last = view.getUint32(4, true);
  const dataBits = view.getUint32(12, true);
  if (first >= SYMBOLS || last >= SYMBOLS || first > last) throw damaged('EXR Huffman table');
  const bits = new BitReader(packed, HEADER_BYTES * 8, packed.length * 8);
  const lengths = readLengths(bits, first, last);
  const start = Math.ceil(bits.at / 8) * 8;
  if (start + dataBits > packed.length * 8) throw damaged('EXR Huffman data');
  decode(new BitReader(packed, start, start + dataBits), codesOf(lengths), last, values);
  return values;
}

/** Bits from the highest of each byte on. */
class BitReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  /** In bits. */
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array<ArrayBuffer>, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** The next bits, up to 24, without reading them; beyond the end there are zeros. */
  peek(count: number): number {
    const byte = this.at >> 3;
    const word =
      ((this.#bytes[byte] ?? 0) << 24) |
      ((this.#bytes[byte + 1] ?? 0) << 16) |
      ((this.#bytes[byte + 2] ?? 0) << 8) |
      (this.#bytes[byte + 3] ?? 0);
    return (word << (this.at & 7)) >>> (32 - count);
  }

  read(count: number): number {
    const value = this.peek(count);
    this.at += count;
    return value;
  }
}

/** Lengths of the codes by symbol, 6 bits each; runs of zeros are shorter. */
function readLengths(bits: BitReader, first: number, last: number): Uint8Array {
  const lengths = new Uint8Array(SYMBOLS);
  for (let symbol = first; symbol <= last; symbol++) {
    if (bits.at > bits.end) throw damaged('EXR Huffman table');
    const length = bits.read(6);
    if (length < SHORT_ZERO_RUN) {
      lengths[symbol] = length;
      continue;
    }
    const run = length === LONG_ZERO_RUN ? bits.read(8) + SHORTEST_LONG_RUN : length - SHORT_ZERO_RUN + 2;
    if (symbol + run > last + 1) throw damaged('EXR Huffman table');
    symbol += run - 1;
  }
  return lengths;
}

interface Codes {
  /** By the next 14 bits: the symbol times 64 plus the length of its code; 0 where the code is longer. */
  table: Uint32Array;
  /** By length: the first code, and how many there are. */
  firsts: Float64Array;
  counts: Uint32Array;
  /** By length: where its symbols begin in `symbols`. */
  starts: Uint32Array;
  symbols: Uint32Array;
}

/** Codes of one length follow one another in the order of their symbols; longer ones are smaller numbers. */
function codesOf(lengths: Uint8Array): Codes {
  const counts = new Uint32Array(MAX_CODE_BITS + 1);
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1;
  counts[0] = 0;
  const firsts = new Float64Array(MAX_CODE_BITS + 1);
  const starts = new Uint32Array(MAX_CODE_BITS + 1);
  let code = 0;
  let start = 0;
  for (let length = MAX_CODE_BITS; length > 0; length--) {
    const next = Math.floor((code + (counts[length] ?? 0)) / 2);
    firsts[length] = code;
    starts[length] = start;
    start += counts[length] ?? 0;
    code = next;
  }
  const symbols = new Uint32Array(start);
  const filled = starts.slice();
  const table = new Uint32Array(1 << TABLE_BITS);
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue;
    const at = filled[length] ?? 0;
    filled[length] = at + 1;
    symbols[at] = symbol;
    if (length > TABLE_BITS) continue;
    const own = (firsts[length] ?? 0) + at - (starts[length] ?? 0);
    const from = own * 2 ** (TABLE_BITS - length);
    if (from >= table.length) throw damaged('EXR Huffman table');
    table.fill(symbol * 64 + length, from, from + 2 ** (TABLE_BITS - length));
  }
  return { table, firsts, counts, starts, symbols };
}

function decode(bits: BitReader, codes: Codes, runSymbol: number, values: Uint16Array): void {
  const { table } = codes;
  let at = 0;
  while (at < values.length) {
    const entry = table[bits.peek(TABLE_BITS)] ?? 0;
    let symbol = entry >> 6;
    if (entry === 0) symbol = longCode(bits, codes);
    else bits.at += entry & 63;
    if (bits.at > bits.end) throw damaged('EXR Huffman data');
    if (symbol !== runSymbol) {
      values[at++] = symbol;
      continue;
    }
    const run = bits.read(8);
    if (bits.at > bits.end || at === 0 || at + run > values.length) throw damaged('EXR Huffman data');
    values.fill(values[at - 1] ?? 0, at, at + run);
    at += run;
  }
}

function longCode(bits: BitReader, { firsts, counts, starts, symbols }: Codes): number {
  let code = bits.read(TABLE_BITS);
  for (let length = TABLE_BITS + 1; length <= MAX_CODE_BITS; length++) {
    code = code * 2 + bits.read(1);
    const index = code - (firsts[length] ?? 0);
    if (index >= 0 && index < (counts[length] ?? 0)) return symbols[(starts[length] ?? 0) + index] ?? 0;
  }
  throw damaged('EXR Huffman data');
}
