import { floatToHalf, halfTable } from '../half.ts';
import { damaged } from '../picture.ts';
import { type ChunkLayout, rowOffsets } from './chunkLayout.ts';
import { toRows } from './simpleChunks.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const BLOCK_BYTES = 14;
const FLAT_BLOCK_BYTES = 3;
/** A shift that no other block has says that all of it is one value. */
const FLAT_SHIFT = 13;

let logTable: Uint16Array | undefined;

/** Perceptual channels were stored as exp(x / 8). */
function toLog(): Uint16Array {
  logTable ??= Uint16Array.from(halfTable(), (value) =>
    Number.isFinite(value) && value > 0 ? floatToHalf(8 * Math.log(value)) : 0,
  );
  return logTable;
}

/** B44 and B44A: blocks of 4 x 4 halves in 14 bytes, or in 3 where they are equal; other types are stored as they are. */
export function unpackB44(packed: Bytes, layout: ChunkLayout): Bytes {
  const result = new Uint8Array(layout.bytes);
  const offsets = rowOffsets(layout);
  const block = new Uint16Array(16);
  let from = 0;
  for (const [index, { channel, width, height, sampleBytes }] of layout.channels.entries()) {
    const rows = offsets[index] ?? [];
    if (channel.type !== 'half') {
      const length = width * height * sampleBytes;
      if (from + length > packed.length) throw damaged('EXR B44');
      toRows(packed.subarray(from, from + length), width * sampleBytes, rows, result);
      from += length;
      continue;
    }
    const table = channel.isLinear ? toLog() : undefined;
    const values = new Uint16Array(width * height);
    for (let y = 0; y < height; y += 4) {
      for (let x = 0; x < width; x += 4) {
        from += readBlock(packed, from, block);
        for (let row = 0; row < Math.min(4, height - y); row++) {
          for (let column = 0; column < Math.min(4, width - x); column++) {
            const value = block[row * 4 + column] ?? 0;
            values[(y + row) * width + x + column] = table ? (table[value] ?? 0) : value;
          }
        }
      }
    }
    toRows(new Uint8Array(values.buffer), width * 2, rows, result);
  }
  return result;
}

/** Reads the block at an offset; returns its length. */
function readBlock(packed: Bytes, at: number, block: Uint16Array): number {
  const byte = (index: number): number => packed[at + index] ?? 0;
  if (at + FLAT_BLOCK_BYTES > packed.length) throw damaged('EXR B44');
  const first = (byte(0) << 8) | byte(1);
  const shift = byte(2) >> 2;
  if (shift >= FLAT_SHIFT) {
    block.fill(halfOf(first));
    return FLAT_BLOCK_BYTES;
  }
  if (at + BLOCK_BYTES > packed.length) throw damaged('EXR B44');
  // Fifteen differences of 6 bits follow: down the first column, then from each column to the next.
  const differences = (index: number): number => {
    const bit = 22 + index * 6;
    const word = (byte(bit >> 3) << 8) | byte((bit >> 3) + 1);
    return (((word >> (10 - (bit & 7))) & 0x3f) << shift) - (0x20 << shift);
  };
  block[0] = first;
  for (let row = 1; row < 4; row++) block[row * 4] = (block[row * 4 - 4] ?? 0) + differences(row - 1);
  for (let column = 1; column < 4; column++) {
    for (let row = 0; row < 4; row++)
      block[row * 4 + column] = (block[row * 4 + column - 1] ?? 0) + differences(column * 4 + row - 1);
  }
  for (let index = 0; index < 16; index++) block[index] = halfOf(block[index] ?? 0);
  return BLOCK_BYTES;
}

/** Halves as they are ordered by size, to their bits. */
function halfOf(ordered: number): number {
  return ordered & 0x8000 ? ordered & 0x7fff : ~ordered & 0xffff;
}
