import { type PixelWindow, SAMPLE_BYTES } from '../picture.ts';
import type { ExrChannel } from './exrHeader.ts';

/** A channel within a chunk: how many samples, and how large. */
export interface ChunkChannel {
  channel: ExrChannel;
  /** Samples of a row. */
  width: number;
  /** Rows that have samples. */
  height: number;
  sampleBytes: number;
}

/**
 * The bytes of a chunk: row by row, and in each row channel by channel. Of a channel with fewer samples only some rows
 * have any.
 */
export interface ChunkLayout {
  window: PixelWindow;
  channels: ChunkChannel[];
  bytes: number;
}

export function chunkLayout(window: PixelWindow, channels: readonly ExrChannel[]): ChunkLayout {
  const laid = channels.map((channel) => ({
    channel,
    width: samplesIn(window.x, window.width, channel.xSampling),
    height: samplesIn(window.y, window.height, channel.ySampling),
    sampleBytes: SAMPLE_BYTES[channel.type],
  }));
  const bytes = laid.reduce((sum, { width, height, sampleBytes }) => sum + width * height * sampleBytes, 0);
  return { window, channels: laid, bytes };
}

/** Multiples of `step` among `length` numbers from `first` on. */
function samplesIn(first: number, length: number, step: number): number {
  return Math.floor((first + length - 1) / step) - Math.ceil(first / step) + 1;
}

/** Where the rows of each channel begin in a chunk's bytes. */
export function rowOffsets({ window, channels }: ChunkLayout): number[][] {
  const offsets = channels.map((): number[] => []);
  let at = 0;
  for (let y = window.y; y < window.y + window.height; y++) {
    for (const [index, { channel, width, sampleBytes }] of channels.entries()) {
      if (y % channel.ySampling !== 0) continue;
      offsets[index]?.push(at);
      at += width * sampleBytes;
    }
  }
  return offsets;
}
