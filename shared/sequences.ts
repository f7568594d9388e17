/** A run of numbered files (`plate.0001.exr` …) that belong together and are read as one object. */
export interface FrameName {
  /** What comes before the number, separator included. */
  head: string;
  /** Digits as written, with leading zeros. */
  digits: string;
  /** What comes after the number, from the dot on. */
  tail: string;
}

// The last number before the extension, after a separator: sh010_v002.1001.exr is frame 1001, shot_v002.exr is none.
const FRAME = /^(.*[._])(\d{3,8})(\.[A-Za-z0-9]+)$/;
/** Formats that are rendered frame by frame. `take_0001.mov` and `take_0002.mov` are two takes, not two frames. */
const FRAME_FORMATS = new Set('exr dpx tif tiff png jpg jpeg tga webp avif bmp cin hdr psd'.split(' '));

/** Splits a file name into a sequence's parts; undefined when it is no frame of one. */
export function frameName(name: string): FrameName | undefined {
  const match = FRAME.exec(name);
  const [, head, digits, tail] = match ?? [];
  if (head === undefined || digits === undefined || tail === undefined) return undefined;
  return FRAME_FORMATS.has(tail.slice(1).toLowerCase()) ? { head, digits, tail } : undefined;
}

/** The name of the whole sequence: `plate.####.exr`. The number of `#` is the padding. */
export function sequenceName({ head, digits, tail }: FrameName): string {
  return `${head}${'#'.repeat(digits.length)}${tail}`;
}

/** The name of one frame of a sequence. @param name as sequenceName gives it. */
export function nameOfFrame(name: string, frame: number): string {
  return name.replace(/#+/, (hashes) => String(frame).padStart(hashes.length, '0'));
}

/** Frame numbers as people write them: `1-12, 15, 20-24`. @param frames in ascending order. */
export function frameRanges(frames: readonly number[]): string {
  const runs: { first: number; last: number }[] = [];
  for (const frame of frames) {
    const run = runs.at(-1);
    if (run && frame === run.last + 1) run.last = frame;
    else runs.push({ first: frame, last: frame });
  }
  return runs.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(', ');
}

export interface Grouped<Item> {
  singles: Item[];
  sequences: { name: string; frames: { number: number; item: Item }[] }[];
}

/**
 * Finds the sequences among items of one folder. Two frames make a sequence; a lone numbered file stays a file. Frames
 * come out in ascending order, whatever the order of the items.
 */
export function groupSequences<Item>(items: readonly Item[], nameOf: (item: Item) => string): Grouped<Item> {
  const groups = new Map<string, { number: number; item: Item }[]>();
  const singles: Item[] = [];
  for (const item of items) {
    const parts = frameName(nameOf(item));
    if (!parts) {
      singles.push(item);
      continue;
    }
    const name = sequenceName(parts);
    const group = groups.get(name) ?? [];
    group.push({ number: Number(parts.digits), item });
    groups.set(name, group);
  }
  const sequences: Grouped<Item>['sequences'] = [];
  for (const [name, frames] of groups) {
    const [only] = frames;
    if (only && frames.length === 1) singles.push(only.item);
    else sequences.push({ name, frames: frames.sort((a, b) => a.number - b.number) });
  }
  return { singles, sequences };
}
