import { inflate } from '../inflate.ts';
import { damaged } from '../picture.ts';
import type { ChunkLayout } from './chunkLayout.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** ZIP and ZIPS. */
export async function unzipChunk(packed: Bytes, length: number): Promise<Bytes> {
  return interleaved(await inflate(packed, length, 'EXR ZIP'));
}

export function unrleChunk(packed: Bytes, length: number): Bytes {
  return interleaved(unrle(packed, length));
}

/** Runs of equal bytes (a count and the byte), and of others (a negative count, and they). */
export function unrle(packed: Bytes, length: number): Bytes {
  const result = new Uint8Array(length);
  let from = 0;
  let to = 0;
  while (to < length) {
    const code = packed[from++];
    if (code === undefined) throw damaged('EXR RLE');
    const count = code < 128 ? code + 1 : 256 - code;
    if (to + count > length) throw damaged('EXR RLE');
    if (code < 128) {
      const value = packed[from++];
      if (value === undefined) throw damaged('EXR RLE');
      result.fill(value, to, to + count);
    } else {
      if (from + count > packed.length) throw damaged('EXR RLE');
      result.set(packed.subarray(from, from + count), to);
      from += count;
    }
    to += count;
  }
  return result;
}

/** Undoes the two things that make bytes pack better: differences, and all even bytes before all odd ones. */
export function interleaved(bytes: Bytes): Bytes {
  const result = new Uint8Array(bytes.length);
  const half = (bytes.length + 1) >> 1;
  // The first byte has nothing before it.
  let value = 128;
  for (let at = 0, to = 0; at < half; at++, to += 2) {
    value = (value + (bytes[at] ?? 0) - 128) & 0xff;
    result[to] = value;
  }
  for (let at = half, to = 1; at < bytes.length; at++, to += 2) {
    value = (value + (bytes[at] ?? 0) - 128) & 0xff;
    result[to] = value;
  }
  return result;
}

/** PXR24: differences of neighbours, the bytes of a row by their weight; of floats the lowest byte is not kept. */
export async function unpackPxr24(packed: Bytes, layout: ChunkLayout): Promise<Bytes> {
  const kept = { half: 2, float: 3, uint32: 4, uint8: 1, uint16: 2 };
  const length = layout.channels.reduce(
    (sum, { channel, width, height }) => sum + width * height * kept[channel.type],
    0,
  );
  const planes = await inflate(packed, length, 'EXR PXR24');
  const result = new Uint8Array(layout.bytes);
  const view = new DataView(result.buffer);
  const { window } = layout;
  let from = 0;
  let to = 0;
  for (let y = window.y; y < window.y + window.height; y++) {
    for (const { channel, width } of layout.channels) {
      if (y % channel.ySampling !== 0) continue;
      const count = kept[channel.type];
      let value = 0;
      for (let x = 0; x < width; x++) {
        let difference = 0;
        for (let byte = 0; byte < count; byte++)
          difference = (difference << 8) | (planes[from + byte * width + x] ?? 0);
        if (channel.type === 'float') difference <<= 8;
        value = (value + difference) | 0;
        if (channel.type === 'half') {
          view.setUint16(to, value & 0xffff, true);
          to += 2;
        } else {
          view.setUint32(to, value >>> 0, true);
          to += 4;
        }
      }
      from += width * count;
    }
  }
  return result;
}

/** Writes values of a channel that stand row by row to their rows of the chunk. */
export function toRows(values: Bytes, rowBytes: number, rows: readonly number[], result: Bytes): void {
  for (const [row, offset] of rows.entries()) result.set(values.subarray(row * rowBytes, (row + 1) * rowBytes), offset);
}
