import type { Lut } from './cube.ts';
import type { Rgb, Rgba, Transfer } from './picture.ts';

// How stored values become what is shown. The shader (pictureShader.ts) does the same arithmetic.

export type ShownChannel = 'colour' | 'red' | 'green' | 'blue' | 'alpha' | 'luminance';

/** What stored values are taken for: light, sRGB, Cineon's film density, or what a screen shows as it is. */
export type Interpretation = 'linear' | 'srgb' | 'cineon' | 'stored';

/** By which curve light is shown. */
type DisplayCurve = 'srgb' | 'rec709';

export interface Looking {
  /** Stops: each doubles the light. */
  exposure: number;
  /** 1: none. Larger is brighter. */
  gamma: number;
  channel: ShownChannel;
  /** Undefined: by what the file says. */
  interpretation: Interpretation | undefined;
  display: DisplayCurve;
  /** Instead of the display's curve. */
  lut: Lut | undefined;
  /** Where the table was chosen. */
  lutOrigin: LutOrigin | undefined;
}

/** A file of this computer, or a look of the studio's preferences. */
export type LutOrigin = { is: 'file'; name: string } | { is: 'look'; name: string; key: string };

export const PLAIN_LOOKING: Looking = {
  exposure: 0,
  gamma: 1,
  channel: 'colour',
  interpretation: undefined,
  display: 'srgb',
  lut: undefined,
  lutOrigin: undefined,
};

/** What a file's values are taken for until another choice is made: only light and sRGB are known closely enough to be converted. */
export function interpretationOf(transfer: Transfer): Interpretation {
  return transfer === 'linear' || transfer === 'srgb' ? transfer : 'stored';
}

/** Shares of red, green and blue in luminance (ITU-R BT.709-6, item 3.2); files say too rarely which primaries they have. */
export const LUMINANCE: Rgb = [0.2126, 0.7152, 0.0722];

/** What is shown of a pixel, from 0 to 1; values that are not numbers become 0. */
export function shownColour(stored: Rgba, transfer: Transfer, looking: Looking): Rgb {
  if (looking.channel === 'alpha') return grey(clamp(stored[3]));
  const { interpretation = interpretationOf(transfer), exposure, gamma, channel, display, lut } = looking;
  const gain = 2 ** exposure;
  let colour = each(stored, (value) => decoded(finite(value), interpretation) * gain);
  if (channel === 'luminance') colour = grey(dot(colour, LUMINANCE));
  if (lut) colour = lut.at(colour);
  else if (interpretation !== 'stored') colour = each(colour, (value) => encoded(value, display));
  if (gamma !== 1) colour = each(colour, (value) => Math.max(0, value) ** (1 / gamma));
  if (channel === 'red') colour = grey(colour[0]);
  if (channel === 'green') colour = grey(colour[1]);
  if (channel === 'blue') colour = grey(colour[2]);
  return each(colour, clamp);
}

function decoded(value: number, interpretation: Interpretation): number {
  if (interpretation === 'srgb') return fromSrgb(value);
  return interpretation === 'cineon' ? fromCineon(value) : value;
}

function encoded(value: number, display: DisplayCurve): number {
  return display === 'srgb' ? toSrgb(value) : toRec709(value);
}

/** IEC 61966-2-1; below 0 mirrored, so that nothing is lost before exposure. */
export function fromSrgb(value: number): number {
  const size = Math.abs(value);
  return Math.sign(value) * (size <= 0.04045 ? size / 12.92 : ((size + 0.055) / 1.055) ** 2.4);
}

export function toSrgb(value: number): number {
  return value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055;
}

/** ITU-R BT.709-6, item 1.2. */
export function toRec709(value: number): number {
  return value < 0.018 ? value * 4.5 : 1.099 * value ** 0.45 - 0.099;
}

/**
 * Printing density to light (Kodak, "Conversion of 10-bit Log Film Data To 8-bit Linear or Video Data"): white at code 685, black at 95, 0.002 of
 * density a code, a film gamma of 0.6.
 */
export function fromCineon(value: number): number {
  const black = cineonLight(95 / 1023);
  return (cineonLight(value) - black) / (1 - black);
}

function cineonLight(value: number): number {
  return 10 ** (((value * 1023 - 685) * 0.002) / 0.6);
}

function finite(value: number): number {
  if (Number.isNaN(value)) return 0;
  // As large as a half can be; infinity times zero would be no number.
  return Math.min(65_504, Math.max(-65_504, value));
}

function clamp(value: number): number {
  return value > 0 ? Math.min(1, value) : 0;
}

function grey(value: number): Rgb {
  return [value, value, value];
}

function each([red, green, blue]: Rgb | Rgba, change: (value: number) => number): Rgb {
  return [change(red), change(green), change(blue)];
}

function dot(one: Rgb, other: Rgb): number {
  return one[0] * other[0] + one[1] * other[1] + one[2] * other[2];
}
