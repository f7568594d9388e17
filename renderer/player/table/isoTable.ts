import { type Box, type BoxBytes, boxes, latin1, u32 } from '../../../shared/isoBoxes.ts';
import { mayDrop } from '../../../shared/timecode.ts';
import { MIB } from '../../../shared/units.ts';
import { defaultDurationIn, readFragments, type SampleTimes } from './fragments.ts';
import { FrameTable, MAX_FRAMES, risingTicks, type StartTimecode } from './frameTable.ts';

/** An index up to so large is read as a whole, by requests side by side: one wait instead of many. */
const WHOLE_INDEX_BYTES = MIB;

/**
 * The pictures of an MP4 or QuickTime file, from its index (ISO/IEC 14496-12): times of samples (stts, ctts) with the edit list
 * (elst) as FFmpeg's demultiplexer applies it, which Chromium plays by; of fragments, from the index of each. Undefined for what is no
 * such file, and for what is not known here (edits with a rate, fragments that show a sample before it is decoded or before 0).
 * @param size of the whole file, bytes
 * @throws what reading throws
 */
export async function readIsoTable(bytes: BoxBytes, size: number): Promise<FrameTable | undefined> {
  const index = await childOf(bytes, { start: 0, end: size }, 'moov');
  if (!index || index.end > size) return undefined;
  if (index.end - index.start <= WHOLE_INDEX_BYTES) await bytes.at(index.start, index.end - index.start);
  let movieTimescale = 0;
  const tracks: Track[] = [];
  let fragmented: Box | undefined;
  for await (const box of boxes(bytes, index.start, index.end)) {
    if (box.type === 'mvex') fragmented = box;
    if (box.type === 'mvhd') movieTimescale = await timescaleIn(bytes, box);
    if (box.type === 'trak') tracks.push(await trackIn(bytes, box));
  }
  const films = tracks.filter(({ handler }) => handler === 'vide');
  const film = films.find(({ isEnabled }) => isEnabled) ?? films[0];
  if (!film?.samples) return undefined;
  const media = await sampleTimes(bytes, film.samples);
  const times = fragmented
    ? await fragmentTimes(bytes, film, media, { fragmented, movieTimescale, index, size })
    : await presentationTimes(bytes, film, media, movieTimescale);
  if (!times || times.ticks.length === 0) return undefined;
  const startTimecode = await startTimecodeIn(bytes, tracks);
  return new FrameTable({ ...times, timescale: film.timescale, startTimecode });
}

interface Track {
  id: number;
  handler: string;
  isEnabled: boolean;
  timescale: number;
  /** stbl */
  samples: Box | undefined;
  edits: Box | undefined;
}

async function trackIn(bytes: BoxBytes, box: Box): Promise<Track> {
  const track: Track = { id: 0, handler: '', isEnabled: true, timescale: 0, samples: undefined, edits: undefined };
  for await (const child of boxes(bytes, box.start, box.end)) {
    if (child.type === 'tkhd') {
      const head = await bytes.at(child.start, 24);
      track.isEnabled = (u32(head, 0) & 1) === 1;
      track.id = u32(head, head[0] === 1 ? 20 : 12);
    }
    if (child.type === 'edts') track.edits = await childOf(bytes, child, 'elst');
    if (child.type !== 'mdia') continue;
    for await (const inner of boxes(bytes, child.start, child.end)) {
      if (inner.type === 'mdhd') track.timescale = await timescaleIn(bytes, inner);
      if (inner.type === 'hdlr') track.handler = latin1(await bytes.at(inner.start + 8, 4), 0, 4);
      if (inner.type === 'minf') track.samples = await childOf(bytes, inner, 'stbl');
    }
  }
  return track;
}

async function childOf(bytes: BoxBytes, within: Pick<Box, 'start' | 'end'>, type: string): Promise<Box | undefined> {
  for await (const box of boxes(bytes, within.start, within.end)) {
    if (box.type === type) return box;
    // Bytes after an unknown box are no box.
    if (!/^[\x20-\x7e\xa9]{4}$/.test(box.type)) return undefined;
  }
  return undefined;
}

/** Units a second of mvhd and mdhd, which begin alike. */
async function timescaleIn(bytes: BoxBytes, { start }: Box): Promise<number> {
  const head = await bytes.at(start, 24);
  return u32(head, head[0] === 1 ? 20 : 12);
}

/** Content of a table of 32-bit numbers behind its version, flags and number of entries. */
async function entriesOf(
  bytes: BoxBytes,
  box: Box | undefined,
  fields: number,
): Promise<{ version: number; count: number; field: (entry: number, index: number) => number } | undefined> {
  if (!box) return undefined;
  const head = await bytes.at(box.start, 8);
  const count = Math.min(u32(head, 4), Math.floor((box.end - box.start - 8) / (4 * fields)));
  const content = await bytes.at(box.start + 8, count * 4 * fields);
  return { version: head[0] ?? 0, count, field: (entry, index) => u32(content, (entry * fields + index) * 4) };
}

interface Edit {
  /** In units of the movie. */
  duration: number;
  /** In units of the track; -1: nothing is shown. */
  mediaTime: number;
}

/** Undefined for edits that play at another rate. */
async function editsIn(bytes: BoxBytes, box: Box | undefined): Promise<Edit[] | undefined> {
  if (!box) return [];
  const head = await bytes.at(box.start, 8);
  const isLong = head[0] === 1;
  const length = isLong ? 20 : 12;
  const count = Math.min(u32(head, 4), Math.floor((box.end - box.start - 8) / length));
  const content = await bytes.at(box.start + 8, count * length);
  const edits: Edit[] = [];
  for (let index = 0; index < count; index++) {
    const at = index * length;
    const long = (offset: number): number => (u32(content, offset) | 0) * 2 ** 32 + u32(content, offset + 4);
    const rate = u32(content, at + length - 4);
    const duration = isLong ? long(at) : u32(content, at);
    const mediaTime = isLong ? long(at + 8) : u32(content, at + 4) | 0;
    if (mediaTime !== -1 && rate !== 0x00010000) return undefined;
    edits.push({ duration, mediaTime });
  }
  return edits;
}

/** Times of samples in the order of decoding, and the last end. */
async function sampleTimes(bytes: BoxBytes, samples: Box): Promise<SampleTimes | undefined> {
  const found = new Map<string, Box>();
  for await (const box of boxes(bytes, samples.start, samples.end)) found.set(box.type, box);
  const durations = await entriesOf(bytes, found.get('stts'), 2);
  const offsets = await entriesOf(bytes, found.get('ctts'), 2);
  const sizes = found.get('stsz') ?? found.get('stz2');
  if (!durations || !sizes) return undefined;
  const count = u32(await bytes.at(sizes.start, 12), 8);
  let named = 0;
  for (let entry = 0; entry < durations.count; entry++) named += durations.field(entry, 0);
  if (Math.min(count, named) > MAX_FRAMES) return undefined;
  const times = new Float64Array(Math.min(count, named));
  const ends = new Float64Array(times.length);
  let [at, sample] = [0, 0];
  for (let entry = 0; entry < durations.count; entry++) {
    const [repeated, duration] = [durations.field(entry, 0), durations.field(entry, 1)];
    for (let index = 0; index < repeated && sample < times.length; index++) {
      times[sample] = at;
      at += duration;
      ends[sample++] = at;
    }
  }
  sample = 0;
  let leastOffset = 0;
  for (let entry = 0; offsets && entry < offsets.count; entry++) {
    // Signed in version 1 (ISO/IEC 14496-12, 8.6.1.3), and by QuickTime in version 0 too.
    const [repeated, offset] = [offsets.field(entry, 0), offsets.field(entry, 1) | 0];
    leastOffset = Math.min(leastOffset, offset);
    for (let index = 0; index < repeated && sample < times.length; index++, sample++) {
      times[sample] = (times[sample] ?? 0) + offset;
      ends[sample] = (ends[sample] ?? 0) + offset;
    }
  }
  return { times, ends, leastOffset };
}

/**
 * When pictures are on screen. Of each edit, samples that begin within it are shown, placed after the edits before it; when the first
 * picture would begin later than the edits before it end, all move to there, as FFmpeg does for a cut within a picture.
 */
async function presentationTimes(
  bytes: BoxBytes,
  { edits: list, timescale }: Track,
  media: SampleTimes | undefined,
  movieTimescale: number,
): Promise<{ ticks: Float64Array; end: number } | undefined> {
  const edits = await editsIn(bytes, list);
  if (!media || !edits || timescale === 0) return undefined;
  const { times, ends } = media;
  const shown: number[] = [];
  let end = 0;
  let place = 0;
  let empty = 0;
  let hasBegun = false;
  const whole = { duration: 0, mediaTime: 0 };
  for (const { duration, mediaTime } of edits.length === 0 ? [whole] : edits) {
    const lasts = Math.round((duration * timescale) / Math.max(1, movieTimescale));
    if (mediaTime === -1) {
      place += lasts;
      if (!hasBegun) empty += lasts;
      continue;
    }
    hasBegun = true;
    // A duration of 0: to the end of the media.
    const last = lasts === 0 ? Infinity : mediaTime + lasts;
    for (const [index, time] of times.entries()) {
      if (edits.length > 0 && (time < mediaTime || time >= last)) continue;
      shown.push(place + time - mediaTime);
      end = Math.max(end, place + Math.min(ends[index] ?? time, last) - mediaTime);
    }
    place += lasts;
  }
  const ticks = risingTicks(shown);
  const late = edits.length > 0 ? Math.max(0, (ticks[0] ?? 0) - empty) : 0;
  return { ticks: ticks.map((tick) => tick - late), end: end - late };
}

/**
 * When the pictures of fragments are on screen: an edit list moves them all, and its durations mean nothing, as in FFmpeg.
 * @param first samples of the index, before those of the fragments
 */
async function fragmentTimes(
  bytes: BoxBytes,
  { id, edits: list, timescale }: Track,
  first: SampleTimes | undefined,
  { fragmented, movieTimescale, index, size }: { fragmented: Box; movieTimescale: number; index: Box; size: number },
): Promise<{ ticks: Float64Array; end: number } | undefined> {
  const edits = await editsIn(bytes, list);
  const shown = edits?.filter(({ mediaTime }) => mediaTime !== -1);
  if (!first || !edits || !shown || shown.length > 1 || timescale === 0) return undefined;
  // Of samples of the index, FFmpeg shows those within the edit.
  if (first.times.length > 0 && edits.length > 0) return undefined;
  const empty = edits.reduce((sum, { duration, mediaTime }) => sum + (mediaTime === -1 ? duration : 0), 0);
  const moved = Math.round((empty * timescale) / Math.max(1, movieTimescale)) - (shown[0]?.mediaTime ?? 0);
  const defaultDuration = await defaultDurationIn(bytes, fragmented, id);
  const rest = await readFragments(bytes, index.end, size, { id, defaultDuration });
  // Engines move these, some by as much as the largest of all, some by what they have read of them.
  if (!rest || Math.min(first.leastOffset, rest.leastOffset) < 0) return undefined;
  const ticks = risingTicks([...first.times, ...rest.times].map((time) => time + moved));
  if ((ticks[0] ?? 0) < 0) return undefined;
  const end = [first.ends, rest.ends].reduce((latest, ends) => ends.reduce((a, b) => Math.max(a, b), latest), 0);
  return { ticks, end: end + moved };
}

/** The start of a timecode track (QuickTime File Format, "Timecode Media"); undefined where it is not one number. */
async function startTimecodeIn(bytes: BoxBytes, tracks: readonly Track[]): Promise<StartTimecode | undefined> {
  const track = tracks.find(({ handler }) => handler === 'tmcd');
  if (!track?.samples) return undefined;
  const found = new Map<string, Box>();
  for await (const box of boxes(bytes, track.samples.start, track.samples.end)) found.set(box.type, box);
  const description = found.get('stsd');
  const times = await entriesOf(bytes, found.get('stts'), 2);
  const chunks = found.get('stco') ?? found.get('co64');
  if (!description || !times || !chunks || times.count !== 1 || times.field(0, 0) !== 1) return undefined;
  // Version, flags, number of entries; then an entry: size, type, 6 reserved bytes, a reference, 4 reserved bytes.
  const entry = await bytes.at(description.start + 8, 36);
  if (latin1(entry, 4, 4) !== 'tmcd') return undefined;
  const [flags, numerator, denominator] = [u32(entry, 20), u32(entry, 24), u32(entry, 28)];
  const framesPerSecond = entry[32] ?? 0;
  if (numerator === 0 || denominator === 0 || framesPerSecond === 0) return undefined;
  const head = await bytes.at(chunks.start + 8, 8);
  const offset = chunks.type === 'co64' ? u32(head, 0) * 2 ** 32 + u32(head, 4) : u32(head, 0);
  const sample = await bytes.at(offset, 4);
  // Flags: 1 drop-frame, 4 negative times, 8 a counter in place of a timecode.
  if (sample.length < 4 || (flags & 8) !== 0) return undefined;
  return {
    frame: u32(sample, 0) | 0,
    framesPerSecond,
    drop: (flags & 1) === 1 && mayDrop(framesPerSecond),
    rate: { numerator, denominator },
  };
}
