import { halfToFloat } from './half.ts';
import type { Channel, Picture, Rgba } from './picture.ts';

/** The channels of a layer that are shown as colour and alpha; undefined ones are 0, a missing alpha is 1. */
export interface ColourChannels {
  red: Channel;
  green: Channel | undefined;
  blue: Channel | undefined;
  alpha: Channel | undefined;
}

const WORDS: readonly (readonly string[])[] = [
  ['r', 'red'],
  ['g', 'green'],
  ['b', 'blue'],
];
const ALPHAS: readonly string[] = ['a', 'alpha'];

/**
 * Red, green and blue by their names; one channel of luminance or of anything else as grey; of others the first three, as directions (X, Y, Z)
 * are looked at. Undefined for a layer without channels.
 */
export function colourChannels(channels: readonly Channel[]): ColourChannels | undefined {
  const named = (words: readonly string[]): Channel | undefined =>
    channels.find(({ name }) => words.includes(name.toLowerCase()));
  const alpha = named(ALPHAS);
  const [red, green, blue] = WORDS.map(named);
  if (red && (green ?? blue)) return { red, green, blue, alpha };
  const others = channels.filter((channel) => channel !== alpha);
  // Luminance, whose colour differences are not put together: it alone is the picture.
  const luminance = others.some(({ name }) => name === 'X') ? undefined : others.find(({ name }) => name === 'Y');
  const grey = luminance ?? (others.length === 1 ? others[0] : undefined);
  if (grey) return { red: grey, green: grey, blue: grey, alpha };
  const [first, second, third] = others;
  if (first) return { red: first, green: second, blue: third, alpha };
  return alpha && { red: alpha, green: alpha, blue: alpha, alpha };
}

/** The channels that are looked at: by the file's colour profile where it has one that changes them. */
export function shownChannels({ shown, channels }: Pick<Picture, 'shown' | 'channels'>): ColourChannels | undefined {
  return colourChannels(shown ?? channels);
}

/** Index of a pixel of the display window among the samples; undefined where there are none. */
function sampleIndex({ data, display }: Picture, x: number, y: number): number | undefined {
  const column = x + display.x - data.x;
  const row = y + display.y - data.y;
  const isInside = column >= 0 && row >= 0 && column < data.width && row < data.height;
  return isInside ? row * data.width + column : undefined;
}

/** A stored sample as a number. */
function storedNumber({ type, samples }: Channel, index: number): number {
  const value = samples[index] ?? NaN;
  return type === 'half' ? halfToFloat(value) : value;
}

/** A pixel of the display window as colour, code values as shares of their white; black where there are no samples. */
export function colourAt(picture: Picture, channels: ColourChannels, x: number, y: number): Rgba {
  const index = sampleIndex(picture, x, y);
  if (index === undefined) return [0, 0, 0, 0];
  const { red, green, blue, alpha } = channels;
  const share = (channel: Channel | undefined, missing: number): number =>
    channel ? storedNumber(channel, index) / channel.white : missing;
  return [share(red, 0), share(green, 0), share(blue, 0), share(alpha, 1)];
}

/** What is stored for a pixel of the display window, channel by channel, colours first; undefined where there are no samples. */
export function storedAt(picture: Picture, x: number, y: number): { name: string; value: number }[] | undefined {
  const index = sampleIndex(picture, x, y);
  if (index === undefined) return undefined;
  // A file may have them in the order of their names: blue, green, red.
  return picture.channels
    .toSorted((a, b) => rankOf(a) - rankOf(b))
    .map((channel) => ({ name: channel.name, value: storedNumber(channel, index) }));
}

/** Red, green, blue, alpha, then all others as they are. */
function rankOf({ name }: Channel): number {
  const place = [...WORDS, ALPHAS].findIndex((words) => words.includes(name.toLowerCase()));
  return place === -1 ? WORDS.length + 1 : place;
}
