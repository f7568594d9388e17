import type { BoxBytes } from '../../../shared/isoBoxes.ts';
import { KIB } from '../../../shared/units.ts';
import { FrameTable, MAX_FRAMES, risingTicks } from './frameTable.ts';

// IDs of elements (RFC 9559, section 5.1, with the marker bits of their length).
const SEGMENT = 0x18538067;
const INFO = 0x1549a966;
const TIMESTAMP_SCALE = 0x2ad7b1;
const DURATION = 0x4489;
const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const TRACK_NUMBER = 0xd7;
const TRACK_TYPE = 0x83;
const CODEC_ID = 0x86;
const DEFAULT_DURATION = 0x23e383;
const TRACK_TIMESTAMP_SCALE = 0x23314f;
const CODEC_DELAY = 0x56aa;
const CONTENT_ENCODINGS = 0x6d80;
const CLUSTER = 0x1f43b675;
const TIMESTAMP = 0xe7;
const SIMPLE_BLOCK = 0xa3;
const BLOCK_GROUP = 0xa0;
const BLOCK = 0xa1;
const BLOCK_DURATION = 0x9b;
/** Elements that stand beside clusters: where one begins, a cluster of unknown size has ended. */
const BESIDE_CLUSTERS: ReadonlySet<number> = new Set([
  ...[CLUSTER, INFO, TRACKS],
  // SeekHead, Cues, Chapters, Attachments, Tags.
  ...[0x114d9b74, 0x1c53bb6b, 0x1043a770, 0x1941a469, 0x1254c367],
]);

const NANOSECONDS = 1e9;
/** Longest head of an element, and what a block has before its frame. */
const HEAD_BYTES = 12;
const BLOCK_HEAD_BYTES = 13;
/** Read at once where frames are small, and where they are large and passed over. */
const NEAR_BYTES = 256 * KIB;
const FAR_BYTES = 4 * KIB;
const VIDEO = 1;

interface Element {
  id: number;
  /** First byte of its content. */
  start: number;
  /** Byte after its last one: of what holds it where its own size is not known. */
  end: number;
  hasSize: boolean;
}

interface Film {
  number: number;
  codec: string;
  /** Nanoseconds; 0: not said. */
  frameDuration: number;
  isEncoded: boolean;
}

/**
 * The pictures of a Matroska or WebM file, from the heads of its blocks (RFC 9559): its times are spread over the whole file, and
 * large frames are passed over. Undefined for what is no such file, for one that breaks off, and for what is not known here
 * (laced frames, a track with a time of its own).
 * @param size of the whole file, bytes
 * @throws what reading throws
 */
export async function readMatroskaTable(source: BoxBytes, size: number): Promise<FrameTable | undefined> {
  const bytes = new Window(source);
  let segment: Element | undefined;
  for await (const element of elements(bytes, 0, size)) if (element.id === SEGMENT) segment ??= element;
  if (!segment || segment.end > size) return undefined;
  const found: Found = { scale: 1e6, duration: 0, film: undefined, times: [], latest: 0, lastsFor: 0 };
  let at = segment.start;
  while (at < segment.end) {
    const element = await elementAt(bytes, at, segment.end);
    if (!element || element.end > segment.end) return undefined;
    at = element.end;
    if (element.id === INFO) await readInfo(bytes, element, found);
    else if (element.id === TRACKS) {
      const film = await filmIn(bytes, element);
      if (film) found.film ??= film;
      else if (!found.film) return undefined;
    } else if (element.id === CLUSTER) {
      const end = await readCluster(bytes, element, found);
      if (end === undefined) return undefined;
      at = end;
    }
  }
  return tableOf(found);
}

interface Found {
  /** Nanoseconds in a unit of time. */
  scale: number;
  /** Of the segment, in units of time; 0: not said. */
  duration: number;
  film: Film | undefined;
  /** Of pictures in the order of decoding, in units of time. */
  times: number[];
  /** Of the last picture. */
  latest: number;
  /** Of the last picture, as its own block says; 0: it does not. */
  lastsFor: number;
}

function tableOf({ scale, duration, film, times, lastsFor }: Found): FrameTable | undefined {
  const ticks = risingTicks(times);
  const last = ticks.at(-1);
  if (last === undefined || !film) return undefined;
  const before = ticks.at(-2);
  const lasts = lastsFor || film.frameDuration / scale || (before === undefined ? 0 : last - before);
  // What goes on longer than the film says is no time that can be sought.
  const end = duration > last ? Math.min(duration, last + lasts) : last + lasts;
  // An exact number of units a second, or else of microseconds.
  if (NANOSECONDS % scale === 0) return new FrameTable({ ticks, timescale: NANOSECONDS / scale, end });
  const micro = (time: number): number => Math.round((time * scale) / 1000);
  return new FrameTable({ ticks: ticks.map(micro), timescale: 1e6, end: micro(end) });
}

async function readInfo(bytes: Window, info: Element, found: Found): Promise<void> {
  for await (const { id, start, end } of elements(bytes, info.start, info.end)) {
    const content = await bytes.at(start, Math.min(8, end - start));
    if (id === TIMESTAMP_SCALE) found.scale = unsigned(content) || found.scale;
    if (id === DURATION) found.duration = float(content);
  }
}

/** The first film; undefined where there is none, or where its times are not told as they are understood here. */
async function filmIn(bytes: Window, tracks: Element): Promise<Film | undefined> {
  for await (const entry of elements(bytes, tracks.start, tracks.end)) {
    if (entry.id !== TRACK_ENTRY) continue;
    const film: Film = { number: 0, codec: '', frameDuration: 0, isEncoded: false };
    let type = 0;
    let hasOwnTime = false;
    for await (const { id, start, end } of elements(bytes, entry.start, entry.end)) {
      const content = await bytes.at(start, Math.min(8, end - start));
      if (id === TRACK_NUMBER) film.number = unsigned(content);
      if (id === TRACK_TYPE) type = unsigned(content);
      if (id === CODEC_ID) film.codec = String.fromCharCode(...content);
      if (id === DEFAULT_DURATION) film.frameDuration = unsigned(content);
      if (id === TRACK_TIMESTAMP_SCALE) hasOwnTime ||= float(content) !== 1;
      if (id === CODEC_DELAY) hasOwnTime ||= unsigned(content) !== 0;
      if (id === CONTENT_ENCODINGS) film.isEncoded = true;
    }
    if (type === VIDEO) return hasOwnTime ? undefined : film;
  }
  return undefined;
}

/** Adds the times of a cluster. @returns the byte after it; undefined for what is not understood here */
async function readCluster(bytes: Window, cluster: Element, found: Found): Promise<number | undefined> {
  const { film, times } = found;
  if (!film) return undefined;
  let time = 0;
  let at = cluster.start;
  while (at < cluster.end) {
    const element = await elementAt(bytes, at, cluster.end);
    if (!element || element.end > cluster.end) return undefined;
    if (!cluster.hasSize && BESIDE_CLUSTERS.has(element.id)) return at;
    at = element.end;
    if (element.id === TIMESTAMP) time = unsigned(await bytes.at(element.start, element.end - element.start));
    let block: Element | undefined = element.id === SIMPLE_BLOCK ? element : undefined;
    let lastsFor = 0;
    if (element.id === BLOCK_GROUP) {
      for await (const inner of elements(bytes, element.start, element.end)) {
        if (inner.id === BLOCK) block = inner;
        if (inner.id === BLOCK_DURATION) lastsFor = unsigned(await bytes.at(inner.start, inner.end - inner.start));
      }
    }
    if (!block) continue;
    const shown = await shownIn(bytes, block, film);
    if (shown === 'unknown' || times.length >= MAX_FRAMES) return undefined;
    // Pictures before the start are decoded for others, and not shown.
    if (shown === undefined || time + shown < 0) continue;
    if (time + shown >= found.latest) [found.latest, found.lastsFor] = [time + shown, lastsFor];
    times.push(time + shown);
  }
  return at;
}

/** The time of a block's picture within its cluster; undefined for blocks of other tracks, and for what is only decoded. */
async function shownIn(bytes: Window, block: Element, film: Film): Promise<number | 'unknown' | undefined> {
  const head = await bytes.at(block.start, Math.min(BLOCK_HEAD_BYTES, block.end - block.start));
  const track = vint(head, 0);
  if (track?.value !== film.number) return undefined;
  const at = track.length;
  const flags = head[at + 2] ?? 0;
  if ((flags & 0x06) !== 0) return 'unknown';
  if (film.codec === 'V_VP8') {
    if (film.isEncoded) return 'unknown';
    // RFC 6386, section 9.1: the bit after the version says whether the frame is shown.
    if (((head[at + 3] ?? 0) & 0x10) === 0) return undefined;
  }
  return (((head[at] ?? 0) << 24) >> 16) + (head[at + 1] ?? 0);
}

async function* elements(bytes: Window, from: number, to: number): AsyncGenerator<Element> {
  for (let at = from; at < to;) {
    const element = await elementAt(bytes, at, to);
    if (!element) return;
    yield element;
    at = element.end;
  }
}

/** The head of an element (RFC 8794, sections 4 to 6); undefined where there is none. */
async function elementAt(bytes: Window, at: number, to: number): Promise<Element | undefined> {
  const head = await bytes.at(at, Math.min(HEAD_BYTES, to - at));
  const id = vint(head, 0);
  const size = id && id.length <= 4 ? vint(head, id.length) : undefined;
  if (!id || !size) return undefined;
  const start = at + id.length + size.length;
  const marked = id.value + 2 ** (7 * id.length);
  return { id: marked, start, end: size.isUnknown ? to : start + size.value, hasSize: !size.isUnknown };
}

/** A number of variable length, without the marker of it. */
function vint(bytes: Uint8Array, at: number): { value: number; length: number; isUnknown: boolean } | undefined {
  const first = bytes[at] ?? 0;
  const length = Math.clz32(first) - 23;
  if (length > 8 || at + length > bytes.length) return undefined;
  let value = first & (2 ** (8 - length) - 1);
  let isUnknown = value === 2 ** (8 - length) - 1;
  for (let index = 1; index < length; index++) {
    const byte = bytes[at + index] ?? 0;
    value = value * 256 + byte;
    isUnknown &&= byte === 0xff;
  }
  return { value, length, isUnknown };
}

function unsigned(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

/** 0 for what is no number. */
function float(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const value = bytes.length === 4 ? view.getFloat32(0) : bytes.length === 8 ? view.getFloat64(0) : 0;
  return Number.isFinite(value) && value > 0 ? value : 0;
}

/** Small reads from larger ones: much at once where what is read lies close together. */
class Window {
  readonly #source: BoxBytes;
  #from = 0;
  #held: Uint8Array = new Uint8Array(0);

  constructor(source: BoxBytes) {
    this.#source = source;
  }

  async at(offset: number, length: number): Promise<Uint8Array> {
    const within = offset - this.#from;
    if (within >= 0 && within + length <= this.#held.length) return this.#held.subarray(within, within + length);
    // After a leap over a large frame little is read: another leap may follow.
    const isNear = within >= 0 && within <= this.#held.length + FAR_BYTES;
    const wanted = Math.max(length, isNear ? NEAR_BYTES : FAR_BYTES);
    this.#held = await this.#source.at(offset, wanted);
    this.#from = offset;
    return this.#held.subarray(0, length);
  }
}
