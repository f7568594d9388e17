import { type Box, type BoxBytes, boxes, u32 } from '../../../shared/isoBoxes.ts';
import { MIB } from '../../../shared/units.ts';
import { MAX_FRAMES } from './frameTable.ts';

/** Of the index of one fragment: 30,000 samples and more. */
const MAX_FRAGMENT_BYTES = MIB;
/** Of a file: 4 boxes a second, for 20 hours. */
const MAX_BOXES = 300_000;

// Flags of tfhd and trun (ISO/IEC 14496-12, 8.8.7 and 8.8.8).
const HAS_BASE_OFFSET = 0x1;
const HAS_DESCRIPTION = 0x2;
const HAS_DEFAULT_DURATION = 0x8;
const HAS_DATA_OFFSET = 0x1;
const HAS_FIRST_FLAGS = 0x4;
const HAS_DURATION = 0x100;
const HAS_SIZE = 0x200;
const HAS_FLAGS = 0x400;
const HAS_OFFSET = 0x800;

/** A track of a file that is written fragment by fragment. */
export interface FragmentedTrack {
  id: number;
  /** Of its samples where a fragment does not say, in units of the track. */
  defaultDuration: number;
}

/** Times of samples in the order of decoding, in units of the track. */
export interface SampleTimes {
  times: Float64Array;
  ends: Float64Array;
  /** Least distance of a picture from when it is decoded; 0 where none comes before. */
  leastOffset: number;
}

/** The default duration of a track's samples (trex, ISO/IEC 14496-12, 8.8.3); 0 where none is said. */
export async function defaultDurationIn(bytes: BoxBytes, extends_: Box, trackId: number): Promise<number> {
  for await (const box of boxes(bytes, extends_.start, extends_.end)) {
    if (box.type !== 'trex') continue;
    const content = await bytes.at(box.start, 16);
    if (u32(content, 4) === trackId) return u32(content, 12);
  }
  return 0;
}

/**
 * The samples of a track in the fragments from an offset to the end of the file: reads their indexes, not their media. Undefined for a
 * file that breaks off, or where fragments say nonsense.
 * @throws what reading throws
 */
export async function readFragments(
  bytes: BoxBytes,
  from: number,
  size: number,
  track: FragmentedTrack,
): Promise<SampleTimes | undefined> {
  const samples = new Samples();
  let at = from;
  for await (const box of boxes(bytes, from, size, MAX_BOXES)) {
    // Bytes after an unknown box are no box.
    if (box.end > size || !/^[\x20-\x7e\xa9]{4}$/.test(box.type)) return undefined;
    at = box.end;
    if (box.type !== 'moof') continue;
    if (box.end - box.start > MAX_FRAGMENT_BYTES) return undefined;
    await bytes.at(box.start, box.end - box.start);
    for await (const part of boxes(bytes, box.start, box.end)) {
      if (part.type === 'traf' && !(await readTrack(bytes, part, track, samples))) return undefined;
    }
  }
  return at === size ? samples.all() : undefined;
}

async function readTrack(bytes: BoxBytes, part: Box, track: FragmentedTrack, samples: Samples): Promise<boolean> {
  let duration = track.defaultDuration;
  for await (const box of boxes(bytes, part.start, part.end)) {
    if (box.end > part.end) return false;
    if (box.type === 'tfhd') {
      const content = await bytes.at(box.start, box.end - box.start);
      const flags = u32(content, 0) & 0xffffff;
      if (u32(content, 4) !== track.id) return true;
      const before = 8 + (flags & HAS_BASE_OFFSET ? 8 : 0) + (flags & HAS_DESCRIPTION ? 4 : 0);
      if (flags & HAS_DEFAULT_DURATION) duration = u32(content, before);
    }
    if (box.type === 'tfdt') {
      const content = await bytes.at(box.start, box.end - box.start);
      samples.decodeTime = content[0] === 1 ? u32(content, 4) * 2 ** 32 + u32(content, 8) : u32(content, 4);
    }
    if (box.type === 'trun') {
      if (!readRun(await bytes.at(box.start, box.end - box.start), duration, samples)) return false;
    }
  }
  return true;
}

function readRun(content: Uint8Array, defaultDuration: number, samples: Samples): boolean {
  const flags = u32(content, 0) & 0xffffff;
  const count = u32(content, 4);
  let at = 8 + (flags & HAS_DATA_OFFSET ? 4 : 0) + (flags & HAS_FIRST_FLAGS ? 4 : 0);
  const fields = [HAS_DURATION, HAS_SIZE, HAS_FLAGS, HAS_OFFSET].filter((flag) => (flags & flag) !== 0);
  if (at + count * fields.length * 4 > content.length || count > MAX_FRAMES - samples.count) return false;
  for (let index = 0; index < count; index++) {
    let [duration, offset] = [defaultDuration, 0];
    for (const field of fields) {
      if (field === HAS_DURATION) duration = u32(content, at);
      // Signed in version 1, and read so in version 0 too, as FFmpeg does.
      if (field === HAS_OFFSET) offset = u32(content, at) | 0;
      at += 4;
    }
    samples.add(duration, offset);
  }
  return true;
}

class Samples {
  /** Of the next sample. */
  decodeTime = 0;
  #leastOffset = 0;
  readonly #times: number[] = [];
  readonly #ends: number[] = [];

  get count(): number {
    return this.#times.length;
  }

  add(duration: number, offset: number): void {
    this.#times.push(this.decodeTime + offset);
    this.#leastOffset = Math.min(this.#leastOffset, offset);
    this.decodeTime += duration;
    this.#ends.push(this.decodeTime + offset);
  }

  all(): SampleTimes {
    return {
      times: Float64Array.from(this.#times),
      ends: Float64Array.from(this.#ends),
      leastOffset: this.#leastOffset,
    };
  }
}
