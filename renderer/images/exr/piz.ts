import { damaged } from '../picture.ts';
import { type ChunkLayout, rowOffsets } from './chunkLayout.ts';
import { decodeHuffman } from './huffman.ts';
import { toRows } from './simpleChunks.ts';

const BITMAP_BYTES = 8192;
const VALUES = 65_536;

/** PIZ: values that occur are numbered, the numbers go through a wavelet, and that through Huffman codes. */
export function unpackPiz(packed: Uint8Array<ArrayBuffer>, layout: ChunkLayout): Uint8Array<ArrayBuffer> {
  if (packed.length < 4) throw damaged('EXR PIZ');
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const first = view.getUint16(0, true);
  const last = view.getUint16(2, true);
  if (last >= BITMAP_BYTES) throw damaged('EXR PIZ');
  const bitmapLength = first <= last ? last - first + 1 : 0;
  const bitmap = packed.subarray(4, 4 + bitmapLength);
  const lengthAt = 4 + bitmapLength;
  if (lengthAt + 4 > packed.length) throw damaged('EXR PIZ');
  const huffmanLength = view.getUint32(lengthAt, true);
  if (lengthAt + 4 + huffmanLength > packed.length) throw damaged('EXR PIZ');
  const { table, highest } = valuesOf(bitmap, first);
  const data = packed.subarray(lengthAt + 4, lengthAt + 4 + huffmanLength);
  const values = decodeHuffman(data, layout.bytes / 2);
  const result = new Uint8Array(layout.bytes);
  const offsets = rowOffsets(layout);
  let at = 0;
  for (const [index, { width, height, sampleBytes }] of layout.channels.entries()) {
    // Samples of 32 bits are two values side by side.
    const words = sampleBytes / 2;
    const own = values.subarray(at, at + width * height * words);
    for (let word = 0; word < words; word++)
      undoWavelet(own.subarray(word), { width, height, step: words, stride: width * words, highest });
    for (let word = 0; word < own.length; word++) own[word] = table[own[word] ?? 0] ?? 0;
    const bytes = new Uint8Array(own.buffer, own.byteOffset, own.byteLength);
    toRows(bytes, width * sampleBytes, offsets[index] ?? [], result);
    at += own.length;
  }
  return result;
}

/** Values by their number; 0 always occurs. */
function valuesOf(bitmap: Uint8Array, first: number): { table: Uint16Array; highest: number } {
  const table = new Uint16Array(VALUES);
  let count = 1;
  for (const [index, bits] of bitmap.entries()) {
    for (let bit = 0; bit < 8; bit++) {
      const value = (first + index) * 8 + bit;
      if (value !== 0 && (bits >> bit) & 1) table[count++] = value;
    }
  }
  return { table, highest: count - 1 };
}

interface Plane {
  width: number;
  height: number;
  /** Values from one sample to the next, and from one row to the next. */
  step: number;
  stride: number;
  /** The largest number. */
  highest: number;
}

/** Undoes the Haar wavelet in place, from the coarsest level to the finest. */
function undoWavelet(values: Uint16Array, { width, height, step, stride, highest }: Plane): void {
  // Fewer than 14 bits leave room for signs; else arithmetic is modulo 2^16.
  const merge = highest < 1 << 14 ? merge14 : merge16;
  let size = 1;
  while (size * 2 <= Math.min(width, height)) size *= 2;
  for (let half = size >> 1; half >= 1; half >>= 1) {
    const whole = half * 2;
    const [stepX, stepY] = [step * half, stride * half];
    let y = 0;
    for (; y + whole <= height; y += whole) {
      let x = 0;
      for (; x + whole <= width; x += whole) {
        const at = y * stride + x * step;
        merge(values, at, at + stepY);
        merge(values, at + stepX, at + stepY + stepX);
        merge(values, at, at + stepX);
        merge(values, at + stepY, at + stepY + stepX);
      }
      // A column is left over.
      if (width & half) merge(values, y * stride + x * step, y * stride + x * step + stepY);
    }
    if (height & half) {
      for (let x = 0; x + whole <= width; x += whole)
        merge(values, y * stride + x * step, y * stride + x * step + stepX);
    }
  }
}

/** Mean and difference become two values again. */
function merge14(values: Uint16Array, low: number, high: number): void {
  const mean = ((values[low] ?? 0) << 16) >> 16;
  const difference = ((values[high] ?? 0) << 16) >> 16;
  const first = mean + (difference & 1) + (difference >> 1);
  values[low] = first;
  values[high] = first - difference;
}

function merge16(values: Uint16Array, low: number, high: number): void {
  const mean = values[low] ?? 0;
  const difference = values[high] ?? 0;
  const second = (mean - (difference >> 1)) & 0xffff;
  values[high] = second;
  values[low] = difference + second - 0x8000;
}
