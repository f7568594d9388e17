import { ByteReader } from '../byteReader.ts';
import { damaged, type PixelWindow, type SampleType, unsupported } from '../picture.ts';

// OpenEXR File Layout (openexr.com, "OpenEXR File Layout"): magic number, version, headers of one or several parts.

const MAGIC = 20_000_630;
const MULTI_PART = 0x1000;
const DEEP = 0x800;
const SINGLE_TILED = 0x200;
/** Flags of the version that are known; a file with another one may mean anything. */
const KNOWN_FLAGS = 0x1e00;
const MAX_NAME = 255;
const MAX_PARTS = 256;
const MAX_CHANNELS = 1024;

/** By the code of the attribute; `lines` is the height of a chunk. */
const COMPRESSIONS = [
  { name: 'uncompressed', lines: 1 },
  { name: 'RLE', lines: 1 },
  { name: 'ZIPS', lines: 1 },
  { name: 'ZIP', lines: 16 },
  { name: 'PIZ', lines: 32 },
  { name: 'PXR24', lines: 16 },
  { name: 'B44', lines: 32 },
  { name: 'B44A', lines: 32 },
  { name: 'DWAA', lines: 32 },
  { name: 'DWAB', lines: 256 },
] as const;

type Compression = (typeof COMPRESSIONS)[number];

const OTHER_COMPRESSIONS: ReadonlyMap<number, string> = new Map([
  [10, 'HTJ2K256'],
  [11, 'HTJ2K32'],
  [12, 'LJ2K'],
  [13, 'Zstandard'],
]);

export interface ExrChannel {
  name: string;
  type: SampleType;
  /** The samples stand for perceived brightness: B44 and DWA treat them so. */
  isLinear: boolean;
  /** Every so many pixels there is a sample. */
  xSampling: number;
  ySampling: number;
}

export interface ExrPart {
  name: string;
  view: string | undefined;
  /** Views of a single part that holds several: the first is the one whose channels are not named after it. */
  views: readonly string[];
  channels: ExrChannel[];
  compression: Compression;
  data: PixelWindow;
  display: PixelWindow;
  pixelAspect: number;
  tile: { width: number; height: number } | undefined;
  isDeep: boolean;
  /** Chunks of the part, all levels; undefined where it is not said. */
  chunkCount: number | undefined;
}

export interface ExrHeader {
  parts: ExrPart[];
  isMultiPart: boolean;
  /** Where the tables of offsets begin. */
  end: number;
}

/** True for the first bytes of an EXR file. */
export function isExr(head: Uint8Array): boolean {
  return head[0] === 0x76 && head[1] === 0x2f && head[2] === 0x31 && head[3] === 0x01;
}

/** @throws PictureError */
export function readExrHeader(bytes: Uint8Array<ArrayBuffer>): ExrHeader {
  const reader = new ByteReader(bytes, true);
  if (reader.u32() !== MAGIC) throw damaged('EXR magic number');
  const version = reader.u32();
  if ((version & 0xff) !== 2 || (version & ~0xff & ~KNOWN_FLAGS) !== 0)
    throw unsupported(`EXR of version ${version & 0xff}, flags ${(version >>> 8).toString(16)}`);
  const isMultiPart = (version & MULTI_PART) !== 0;
  const flags = { isTiled: (version & SINGLE_TILED) !== 0, isDeep: (version & DEEP) !== 0, isMultiPart };
  const parts: ExrPart[] = [];
  do {
    parts.push(readPart(reader, flags));
    if (parts.length > MAX_PARTS) throw damaged('EXR headers');
  } while (isMultiPart && !isEnd(reader));
  return { parts, isMultiPart, end: reader.at };
}

/** The headers end with an empty one. */
function isEnd(reader: ByteReader): boolean {
  reader.need(1);
  if (reader.bytes[reader.at] !== 0) return false;
  reader.at += 1;
  return true;
}

interface Flags {
  isTiled: boolean;
  isDeep: boolean;
  isMultiPart: boolean;
}

function readPart(reader: ByteReader, flags: Flags): ExrPart {
  const read = new Map<string, unknown>();
  for (;;) {
    const name = reader.cString(MAX_NAME, 'EXR header');
    if (name === '') break;
    const type = reader.cString(MAX_NAME, 'EXR header');
    const size = reader.u32();
    reader.need(size);
    const end = reader.at + size;
    const readValue = ATTRIBUTES.get(name);
    if (readValue?.type === type && !read.has(name)) {
      const value = new ByteReader(reader.bytes.subarray(reader.at, end), true);
      read.set(name, readValue.read(value));
    }
    reader.at = end;
  }
  const get = <Value>(name: string): Value | undefined => read.get(name) as Value | undefined;
  const channels = get<ExrChannel[]>('channels');
  const code = get<number>('compression');
  const data = get<PixelWindow>('dataWindow');
  if (!channels || channels.length === 0) throw damaged('EXR channels');
  if (code === undefined) throw damaged('EXR compression');
  if (!data) throw damaged('EXR data window');
  const type = get<string>('type');
  const isDeep = flags.isDeep || type?.startsWith('deep') === true;
  const isTiled = flags.isMultiPart ? type === 'tiledimage' || type === 'deeptile' : flags.isTiled;
  const tile = get<{ width: number; height: number }>('tiles');
  if (isTiled && (!tile || tile.width < 1 || tile.height < 1)) throw damaged('EXR tiles');
  const compression = COMPRESSIONS[code];
  if (!compression) throw unsupported(`EXR with ${OTHER_COMPRESSIONS.get(code) ?? `compression ${code}`}`);
  const aspect = get<number>('pixelAspectRatio') ?? 1;
  return {
    name: get<string>('name') ?? '',
    view: get<string>('view'),
    views: get<string[]>('multiView') ?? [],
    channels,
    compression,
    data,
    display: get<PixelWindow>('displayWindow') ?? data,
    pixelAspect: aspect > 0.1 && aspect < 10 ? aspect : 1,
    tile: isTiled ? tile : undefined,
    isDeep,
    chunkCount: get<number>('chunkCount'),
  };
}

interface Attribute {
  type: string;
  read: (value: ByteReader) => unknown;
}

const text = (value: ByteReader): string => new TextDecoder().decode(value.bytes);

const ATTRIBUTES: ReadonlyMap<string, Attribute> = new Map<string, Attribute>([
  ['channels', { type: 'chlist', read: readChannels }],
  ['compression', { type: 'compression', read: (value) => value.u8() }],
  ['dataWindow', { type: 'box2i', read: readWindow }],
  ['displayWindow', { type: 'box2i', read: readWindow }],
  ['pixelAspectRatio', { type: 'float', read: (value) => value.f32() }],
  ['tiles', { type: 'tiledesc', read: (value) => ({ width: value.u32(), height: value.u32() }) }],
  ['type', { type: 'string', read: text }],
  ['name', { type: 'string', read: text }],
  ['view', { type: 'string', read: text }],
  ['multiView', { type: 'stringvector', read: readTexts }],
  ['chunkCount', { type: 'int', read: (value) => value.u32() }],
]);

const TYPES: readonly SampleType[] = ['uint32', 'half', 'float'];

function readChannels(value: ByteReader): ExrChannel[] {
  const channels: ExrChannel[] = [];
  for (;;) {
    const name = value.cString(MAX_NAME, 'EXR channels');
    if (name === '') return channels;
    const type = TYPES[value.u32()];
    const isLinear = value.u8() !== 0;
    value.at += 3;
    const xSampling = value.i32();
    const ySampling = value.i32();
    if (!type || xSampling < 1 || ySampling < 1 || channels.length >= MAX_CHANNELS) throw damaged('EXR channels');
    channels.push({ name, type, isLinear, xSampling, ySampling });
  }
}

function readWindow(value: ByteReader): PixelWindow {
  const [x, y] = [value.i32(), value.i32()];
  // The last pixel is inside.
  return { x, y, width: value.i32() - x + 1, height: value.i32() - y + 1 };
}

function readTexts(value: ByteReader): string[] {
  const texts: string[] = [];
  while (value.at < value.bytes.length && texts.length < MAX_PARTS) {
    texts.push(new TextDecoder().decode(value.take(value.u32())));
  }
  return texts;
}
