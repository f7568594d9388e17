import { GIB } from '../../shared/units.ts';
import type { EngineDecoder } from './web/engineImage.ts';

/** How samples are stored: IEEE 754 half (as its 16 bits) and float, or unsigned integers. */
export type SampleType = 'half' | 'float' | 'uint8' | 'uint16' | 'uint32';

/** Halves stand in a Uint16Array as their bits. */
export type Samples =
  Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

/** One channel, row by row from the top left, a sample for each pixel of the data window. */
export interface Channel {
  /** As the file names it, without its layer. */
  name: string;
  type: SampleType;
  samples: Samples;
  /** Stored value that is 1 in arithmetic: 1023 of 10 bits, 1 of floats. */
  white: number;
}

/** In pixels, from the top left. */
export interface PixelWindow {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What a file offers to look at: channels that belong together. */
export interface Layer {
  /** Identity within the file. */
  id: string;
  /** Empty for the main one. */
  name: string;
  /** Of a stereo pair: `left`, `right`; absent where the file names no views. */
  view?: string;
  channels: string[];
}

/**
 * What code values mean, by what the file says. `video` is a camera's or display's curve that is not known more closely; `unknown` where the
 * file says nothing.
 */
export type Transfer = 'linear' | 'log' | 'srgb' | 'video' | 'unknown';

/** A decoded picture: one layer of its file, as stored. */
export interface Picture {
  /** Format, compression and depth, in the field's words: `DPX, 10 bit`. */
  format: string;
  /** Where the samples are. */
  data: PixelWindow;
  /** What is to be seen: samples outside of it are overscan, and pixels of it without samples are black. */
  display: PixelWindow;
  /** Width of a pixel as a share of its height. */
  pixelAspect: number;
  channels: Channel[];
  layers: Layer[];
  /** Id of the one that was decoded. */
  layer: string;
  transfer: Transfer;
  /** Colour is multiplied by alpha. */
  isPremultiplied: boolean;
  /** By its format, alpha is how much of what is behind the picture is covered. */
  isSeeThrough?: boolean;
  /** There are more pictures in the file, that follow each other in time. */
  isAnimated?: boolean;
  /**
   * What `channels` are. Absent or `stored`: as they are in the file. `decoded`: as the decoder of a lossy format gives them, which others may
   * round differently. `unknown`: changed on the way.
   */
  values?: 'stored' | 'decoded' | 'unknown';
  /** What the file's colour profile makes of the channels, in sRGB: what is looked at in their place. */
  shown?: Channel[];
}

/** Red, green and blue. */
export type Rgb = readonly [number, number, number];
export type Rgba = readonly [number, number, number, number];

/** Why a file gives no picture. All are about its bytes: no other link gives others. */
export type PictureFault =
  /** The file ends before the picture does, sizes in bytes. `needed` is what it must have at least. */
  | { is: 'short'; bytes: number; needed: number }
  /** What is read makes no sense; `where` is a part of the format, in its own words. */
  | { is: 'damaged'; where: string }
  /** Sound, and not decoded here; `what` names it in the format's own words. */
  | { is: 'unsupported'; what: string }
  | { is: 'too-large'; width: number; height: number; channels: number }
  /** No picture format that is known here. */
  | { is: 'unknown-format' }
  /** Decoding took longer than it may, or the decoder broke down. */
  | { is: 'stopped' };

/** Thrown by decoders; its message is for logs. */
export class PictureError extends Error {
  readonly fault: PictureFault;

  constructor(fault: PictureFault) {
    super(`No picture: ${JSON.stringify(fault)}`);
    this.name = 'PictureError';
    this.fault = fault;
  }
}

export function damaged(where: string): PictureError {
  return new PictureError({ is: 'damaged', where });
}

export function unsupported(what: string): PictureError {
  return new PictureError({ is: 'unsupported', what });
}

/** Decoded samples of one picture at most. 8192 x 4320 RGBA in float takes 540 MiB. */
const MAX_PICTURE_BYTES = GIB;
const MAX_SIDE_PX = 65_536;

export const SAMPLE_BYTES: Readonly<Record<SampleType, number>> = { half: 2, float: 4, uint8: 1, uint16: 2, uint32: 4 };

/** Checks a size that a head states before memory is taken for it. @throws PictureError too-large; damaged for no size at all */
export function checkSize(width: number, height: number, types: readonly SampleType[]): void {
  if (!(width > 0 && height > 0)) throw damaged('size');
  const bytes = types.reduce((sum, type) => sum + width * height * SAMPLE_BYTES[type], 0);
  if (width > MAX_SIDE_PX || height > MAX_SIDE_PX || bytes > MAX_PICTURE_BYTES)
    throw new PictureError({ is: 'too-large', width, height, channels: types.length });
}

export function newSamples(type: SampleType, count: number): Samples {
  switch (type) {
    case 'uint8':
      return new Uint8Array(count);
    case 'half':
    case 'uint16':
      return new Uint16Array(count);
    case 'uint32':
      return new Uint32Array(count);
    case 'float':
      return new Float32Array(count);
  }
}

export interface DecodeOptions {
  /** Id of the layer; default, and where the file has no such layer, the main one. */
  layer?: string;
  /** Called between parts of the work; may wait, and throws to end it. */
  breathe?: () => Promise<void>;
  /** Decodes JPEG and WebP, and applies colour profiles; without it the ones are refused, the others left out. */
  engine?: EngineDecoder;
}
