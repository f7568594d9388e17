import { boxes, latin1, u16, u32 } from './isoBoxes.ts';
import { KIB } from './units.ts';

/** Content of a file by its head; unknown parts are absent. */
export type MediaHead =
  | { is: 'empty' }
  /** A web page in place of media. */
  | { is: 'page' }
  /** Readable text. */
  | { is: 'text' }
  /** MP4 or QuickTime (ISO/IEC 14496-12). @param endsAt bytes: where a box ends that is not there to its end. */
  | { is: 'iso'; tracks: MediaTrack[]; hasIndex: boolean; endsAt?: number }
  /** Matroska or WebM (RFC 9559). */
  | { is: 'matroska'; tracks: MediaTrack[] }
  /** Any other format that its first bytes name. */
  | { is: 'named'; name: string }
  | { is: 'unknown' };

export interface MediaTrack {
  kind: 'video' | 'audio' | 'other';
  /** As the file writes it: `hvc1`, `V_VP9`. */
  codec: string;
  /** Name for display: "HEVC Main 10"; the code where it has no name here. */
  name: string;
  width?: number;
  height?: number;
}

export interface ReadableBytes {
  /** Of the whole file, bytes. */
  size: number;
  /** Fewer bytes at the end of the file. */
  read: (offset: number, length: number) => Promise<Uint8Array>;
}

/** Bytes per read; one request in the player. */
const BLOCK_BYTES = 16 * KIB;
/** Limits reading to 384 KiB, wherever the index of the file is. */
const MAX_BLOCKS = 24;
/** Elements of Matroska that are looked at. */
const MAX_ELEMENTS = 200;

/** Reads the head of a file, by at most 24 reads of 16 KiB. Rejects only as `read` does. */
export async function readMediaHead(source: ReadableBytes): Promise<MediaHead> {
  if (source.size === 0) return { is: 'empty' };
  const bytes = new Blocks(source);
  const start = await bytes.at(0, 64);
  const name = nameOf(start);
  if (name === MXF) return { is: 'named', name: `${MXF}${mxfEssence(await bytes.at(0, MXF_PACK_BYTES))}` };
  if (name !== undefined) return { is: 'named', name };
  if (startsWith(start, [0x1a, 0x45, 0xdf, 0xa3])) return { is: 'matroska', tracks: await matroskaTracks(bytes) };
  if (BOXES.has(latin1(start, 4, 4))) return isoHead(bytes);
  const text = textOf(await bytes.at(0, 1024));
  if (text === undefined) return { is: 'unknown' };
  return { is: /<(?:!doctype\s+html|html|head|body)[\s>]/i.test(text) ? 'page' : 'text' };
}

/** The tracks for display: "HEVC Main 10, 3840 × 2160"; '' where there are none of that kind. */
export function trackText(tracks: readonly MediaTrack[], kind: MediaTrack['kind']): string {
  const track = tracks.find((one) => one.kind === kind);
  if (!track) return '';
  const { name, width, height } = track;
  return width && height ? `${name}, ${width} × ${height}` : name;
}

class Blocks {
  readonly size: number;
  readonly #source: ReadableBytes;
  readonly #blocks = new Map<number, Promise<Uint8Array>>();

  constructor(source: ReadableBytes) {
    this.#source = source;
    this.size = source.size;
  }

  /** Fewer bytes at the end of the file, and after the limit. */
  async at(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(this.size, offset + length);
    const result = new Uint8Array(Math.max(0, end - offset));
    for (let index = Math.floor(offset / BLOCK_BYTES); index * BLOCK_BYTES < end; index++) {
      const block = await this.#block(index);
      if (!block) return result.subarray(0, Math.max(0, index * BLOCK_BYTES - offset));
      const from = Math.max(offset, index * BLOCK_BYTES);
      const to = Math.min(end, index * BLOCK_BYTES + block.length);
      if (to > from) result.set(block.subarray(from - index * BLOCK_BYTES, to - index * BLOCK_BYTES), from - offset);
      if (to < end && block.length < BLOCK_BYTES) return result.subarray(0, Math.max(0, to - offset));
    }
    return result;
  }

  #block(index: number): Promise<Uint8Array> | undefined {
    const known = this.#blocks.get(index);
    if (known || this.#blocks.size >= MAX_BLOCKS) return known;
    const reading = this.#source.read(index * BLOCK_BYTES, Math.min(BLOCK_BYTES, this.size - index * BLOCK_BYTES));
    this.#blocks.set(index, reading);
    return reading;
  }
}

/* MP4 and QuickTime */

/** Types of boxes that a file may begin with. */
const BOXES: ReadonlySet<string> = new Set('ftyp moov mdat free skip wide pnot styp moof uuid'.split(' '));

async function isoHead(bytes: Blocks): Promise<MediaHead> {
  const head: Extract<MediaHead, { is: 'iso' }> = { is: 'iso', tracks: [], hasIndex: false };
  for await (const box of boxes(bytes, 0, bytes.size)) {
    // Bytes after an unknown box are no box.
    if (!/^[\x20-\x7e\xa9]{4}$/.test(box.type)) break;
    if (box.end > bytes.size) head.endsAt = box.end;
    if (box.type === 'moov' || box.type === 'moof') head.hasIndex = true;
    if (box.type === 'moov') {
      for await (const { type, start, end } of boxes(bytes, box.start, box.end)) {
        if (type === 'trak') head.tracks.push(...(await tracksIn(bytes, start, end)));
      }
    }
  }
  return head;
}

const TRACK_KINDS: ReadonlyMap<string, MediaTrack['kind']> = new Map([
  ['vide', 'video'],
  ['soun', 'audio'],
]);

/** Looks down trak / mdia / minf / stbl / stsd, as deep as there is something. */
async function tracksIn(bytes: Blocks, start: number, end: number): Promise<MediaTrack[]> {
  const tracks: MediaTrack[] = [];
  let handler = '';
  for await (const box of boxes(bytes, start, end)) {
    if (box.type === 'hdlr' && handler === '') handler = latin1(await bytes.at(box.start + 8, 4), 0, 4);
    if (['mdia', 'minf', 'stbl'].includes(box.type)) tracks.push(...(await tracksIn(bytes, box.start, box.end)));
    if (box.type !== 'stsd') continue;
    for await (const entry of boxes(bytes, box.start + 8, box.end)) {
      const content = await bytes.at(entry.start, Math.min(1024, entry.end - entry.start));
      tracks.push(isoTrack(entry.type, content));
    }
  }
  const kind = TRACK_KINDS.get(handler);
  return handler === '' ? tracks : tracks.map((track) => ({ ...track, kind: kind ?? 'other' }));
}

/** @param content of the sample entry, behind its type. */
function isoTrack(codec: string, content: Uint8Array): MediaTrack {
  const known = ISO_CODECS.get(codec);
  const profile = known?.[0] === 'video' ? profileIn(codec, content) : '';
  const name = known ? `${known[1]}${profile}` : `"${codec.trim()}"`;
  const isVideo = known?.[0] === 'video' && content.length >= 28;
  // ISO/IEC 14496-12, VisualSampleEntry: 8 bytes of every entry, 16 reserved, then width and height.
  return {
    kind: known?.[0] ?? 'other',
    codec,
    name,
    ...(isVideo && { width: u16(content, 24), height: u16(content, 26) }),
  };
}

const H264_PROFILES: ReadonlyMap<number, string> = new Map([
  [66, 'Baseline'],
  [77, 'Main'],
  [88, 'Extended'],
  [100, 'High'],
  [110, 'High 10'],
  [122, 'High 4:2:2'],
  [244, 'High 4:4:4'],
  [44, 'CAVLC 4:4:4'],
]);
const HEVC_PROFILES: ReadonlyMap<number, string> = new Map([
  [1, 'Main'],
  [2, 'Main 10'],
  [3, 'Main Still Picture'],
  [4, 'Range Extensions'],
]);
/** VC-3 compression identifiers (SMPTE ST 2019-1); those of DNxHD by their depth, since a bitrate depends on the rate. */
const DNX_PROFILES: ReadonlyMap<number, string> = new Map([
  ...[1235, 1241, 1250].map((id) => [id, '10 bit'] as const),
  ...[1237, 1238, 1242, 1243, 1244, 1251, 1252, 1253, 1258, 1259, 1260].map((id) => [id, '8 bit'] as const),
  [1256, '10 bit, 4:4:4'],
  [1270, 'DNxHR 444'],
  [1271, 'DNxHR HQX'],
  [1272, 'DNxHR HQ'],
  [1273, 'DNxHR SQ'],
  [1274, 'DNxHR LB'],
]);

function profileIn(codec: string, content: Uint8Array): string {
  const text = latin1(content, 0, content.length);
  const named = (profiles: ReadonlyMap<number, string>, box: string, at: number, mask: number): string => {
    const found = text.indexOf(box);
    const value = found === -1 ? undefined : content[found + 4 + at];
    const name = value === undefined ? undefined : profiles.get(value & mask);
    return name === undefined ? '' : ` ${name}`;
  };
  // AVCDecoderConfigurationRecord: version, profile. HEVCDecoderConfigurationRecord: version, then the profile in 5 bits.
  if (codec.startsWith('avc')) return named(H264_PROFILES, 'avcC', 1, 0xff);
  if (/^(?:hvc1|hev1|dvh1|dvhe)$/.test(codec)) return named(HEVC_PROFILES, 'hvcC', 1, 0x1f);
  if (!/^AVd[nh]$/.test(codec)) return '';
  const found = Math.max(text.indexOf('ADHR0001'), text.indexOf('ARES0001'));
  const profile = found === -1 || content.length < found + 12 ? undefined : DNX_PROFILES.get(u32(content, found + 8));
  return profile === undefined ? '' : ` (${profile})`;
}

type KnownCodec = readonly ['video' | 'audio', string];

const ISO_CODECS: ReadonlyMap<string, KnownCodec> = new Map<string, KnownCodec>([
  ...video('H.264', 'avc1 avc3'),
  ...video('HEVC', 'hvc1 hev1'),
  ...video('Dolby Vision (HEVC)', 'dvh1 dvhe'),
  ...video('VVC', 'vvc1 vvi1'),
  ...video('AV1', 'av01'),
  ...video('VP8', 'vp08'),
  ...video('VP9', 'vp09'),
  ...video('ProRes 422 HQ', 'apch'),
  ...video('ProRes 422', 'apcn'),
  ...video('ProRes 422 LT', 'apcs'),
  ...video('ProRes 422 Proxy', 'apco'),
  ...video('ProRes 4444', 'ap4h'),
  ...video('ProRes 4444 XQ', 'ap4x'),
  ...video('ProRes RAW', 'aprn aprh'),
  ...video('Avid DNxHD', 'AVdn'),
  ...video('Avid DNxHR', 'AVdh'),
  ...video('APV', 'apv1'),
  ...video('CineForm', 'CFHD'),
  ...video('MPEG-4 Visual', 'mp4v'),
  ...video('Motion JPEG', 'jpeg mjpa mjpb'),
  ...video('JPEG 2000', 'mjp2 mj2k'),
  ...video('PNG', 'png\x20'),
  ...video('QuickTime Animation', 'rle\x20'),
  ...video('Hap', 'Hap1 Hap5 HapY HapM HapA Hap7'),
  ...video('DV', 'dvc\x20 dvcp dvpp dv5n dv5p dvh5 dvh6'),
  ...video('MPEG-2', 'mp2v m2v1 mx5n mx5p xdv1 xdv2 xdv3 xdv6 xdvb xdvc xd5a xd5b xd5c xd54 xd55 xd59'),
  ...video('uncompressed video', 'v210 2vuy yuv2 v308 v408 v410 r210 R10k b64a raw\x20'),
  ...video('Blackmagic RAW', 'brhq brst brlt brxq brvn'),
  ...audio('AAC', 'mp4a'),
  ...audio('PCM', 'lpcm sowt twos in24 in32 fl32 fl64 ipcm'),
  ...audio('AC-3', 'ac-3'),
  ...audio('E-AC-3', 'ec-3'),
  ...audio('Apple Lossless', 'alac'),
  ...audio('Opus', 'Opus'),
  ...audio('FLAC', 'fLaC'),
  ...audio('MP3', '.mp3'),
]);

function video(name: string, codes: string): [string, readonly ['video', string]][] {
  return codes.split(/ (?! |$)/).map((code) => [code.padEnd(4), ['video', name]]);
}

function audio(name: string, codes: string): [string, readonly ['audio', string]][] {
  return codes.split(' ').map((code) => [code, ['audio', name]]);
}

/* Matroska */

const MATROSKA_CODECS: ReadonlyMap<string, string> = new Map([
  ['V_MPEG4/ISO/AVC', 'H.264'],
  ['V_MPEGH/ISO/HEVC', 'HEVC'],
  ['V_AV1', 'AV1'],
  ['V_VP8', 'VP8'],
  ['V_VP9', 'VP9'],
  ['V_PRORES', 'ProRes'],
  ['V_FFV1', 'FFV1'],
  ['V_MPEG2', 'MPEG-2'],
  ['V_UNCOMPRESSED', 'uncompressed video'],
  ['A_OPUS', 'Opus'],
  ['A_VORBIS', 'Vorbis'],
  ['A_AAC', 'AAC'],
  ['A_FLAC', 'FLAC'],
  ['A_AC3', 'AC-3'],
  ['A_PCM/INT/LIT', 'PCM'],
]);
/** Elements that hold others: Segment, Tracks, TrackEntry, Video. */
const MASTERS: ReadonlySet<number> = new Set([0x18538067, 0x1654ae6b, 0xae, 0xe0]);

/** Goes through the elements as far as Tracks; RFC 9559, section 5. */
async function matroskaTracks(bytes: Blocks): Promise<MediaTrack[]> {
  const tracks: MediaTrack[] = [];
  let offset = 0;
  for (let count = 0; count < MAX_ELEMENTS; count++) {
    const head = await bytes.at(offset, 12);
    const id = vint(head, 0, false);
    const size = id && vint(head, id.length, true);
    if (!id || !size) return tracks;
    const start = offset + id.length + size.length;
    // A cluster: the tracks stand before it.
    if (id.value === 0x1f43b675) return tracks;
    if (id.value === 0xae) tracks.push({ kind: 'other', codec: '', name: '' });
    const track = tracks.at(-1);
    if (track && !MASTERS.has(id.value) && size.value <= 64) {
      fill(track, id.value, await bytes.at(start, size.value));
    }
    offset = MASTERS.has(id.value) ? start : start + size.value;
  }
  return tracks;
}

function fill(track: MediaTrack, id: number, content: Uint8Array): void {
  const number = content.reduce((sum, byte) => sum * 256 + byte, 0);
  if (id === 0x83) track.kind = number === 1 ? 'video' : number === 2 ? 'audio' : 'other';
  if (id === 0xb0) track.width = number;
  if (id === 0xba) track.height = number;
  if (id !== 0x86) return;
  track.codec = latin1(content, 0, content.length).replace(/\0+$/, '');
  track.name = MATROSKA_CODECS.get(track.codec) ?? `"${track.codec.replace(/[^\x20-\x7e]/g, '')}"`;
}

/** A number of variable size (RFC 8794, section 4); its marker is part of an identifier and not of a size. */
function vint(bytes: Uint8Array, at: number, isSize: boolean): { value: number; length: number } | undefined {
  const first = bytes[at];
  if (first === undefined || first === 0) return undefined;
  const length = Math.clz32(first) - 23;
  if (at + length > bytes.length) return undefined;
  let value = isSize ? first & ((1 << (8 - length)) - 1) : first;
  for (let index = 1; index < length; index++) value = value * 256 + (bytes[at + index] ?? 0);
  return { value, length };
}

/* MXF */

const MXF = 'an MXF file';
/** The first partition pack says what the file holds (SMPTE ST 377-1, section 7.1). */
const MXF_PACK_BYTES = KIB;
/** Label of an essence container, up to the byte that names its essence (SMPTE ST 379-1, ST 400). */
// eslint-disable-next-line no-control-regex -- bytes, not text
const MXF_CONTAINER = /\x06\x0e\x2b\x34\x04\x01\x01[\s\S]\x0d\x01\x03\x01\x02([\s\S])/g;
const MXF_PICTURES: ReadonlyMap<number, string> = new Map([
  [0x02, 'DV'],
  [0x04, 'MPEG-2'],
  [0x05, 'uncompressed video'],
  [0x0c, 'JPEG 2000'],
  [0x10, 'H.264'],
  [0x11, 'DNxHD or DNxHR'],
  [0x1c, 'ProRes'],
]);

/** " with DNxHD or DNxHR"; empty where it names no picture that is known here. */
function mxfEssence(pack: Uint8Array): string {
  for (const [, kind = ''] of latin1(pack, 0, pack.length).matchAll(MXF_CONTAINER)) {
    const name = MXF_PICTURES.get(kind.charCodeAt(0));
    if (name !== undefined) return ` with ${name}`;
  }
  return '';
}

/* Everything else that is known by its first bytes. */

const MAGIC: readonly (readonly [name: string, offset: number, text: string])[] = [
  ['an OpenEXR image', 0, '\x76\x2f\x31\x01'],
  ['a DPX image', 0, 'SDPX'],
  ['a DPX image', 0, 'XPDS'],
  ['a Cineon image', 0, '\x80\x2a\x5f\xd7'],
  ['a TIFF image', 0, 'II*\0'],
  ['a TIFF image', 0, 'MM\0*'],
  ['a Photoshop document', 0, '8BPS'],
  ['a PNG image', 0, '\x89PNG\r\n\x1a\n'],
  ['a JPEG image', 0, '\xff\xd8\xff'],
  ['a GIF image', 0, 'GIF8'],
  ['a WebP image', 8, 'WEBP'],
  ['a JPEG 2000 image', 4, 'jP  '],
  ['a JPEG XL image', 4, 'JXL '],
  ['a Radiance HDR image', 0, '#?RADIANCE'],
  ['an HEIF image', 4, 'ftypheic'],
  ['an HEIF image', 4, 'ftypmif1'],
  ['an AVIF image', 4, 'ftypavif'],
  [MXF, 0, '\x06\x0e\x2b\x34'],
  ['a RED R3D clip', 4, 'RED1'],
  ['a RED R3D clip', 4, 'RED2'],
  ['an AVI file', 8, 'AVI '],
  ['a WAV file', 8, 'WAVE'],
  ['an AIFF file', 8, 'AIFF'],
  ['an MPEG program stream', 0, '\0\0\x01\xba'],
  ['an Ogg file', 0, 'OggS'],
  ['a FLAC file', 0, 'fLaC'],
  ['an MP3 file', 0, 'ID3'],
  ['a PDF document', 0, '%PDF'],
  ['a ZIP archive', 0, 'PK\x03\x04'],
  ['a gzip archive', 0, '\x1f\x8b'],
];

function nameOf(start: Uint8Array): string | undefined {
  return MAGIC.find(([, offset, text]) => latin1(start, offset, text.length) === text)?.[0];
}

/** The bytes as text, where they are text. */
function textOf(bytes: Uint8Array): string | undefined {
  const text = latin1(bytes, 0, bytes.length);
  // eslint-disable-next-line no-control-regex -- bytes that no text has
  return /[\x00-\x08\x0b\x0e-\x1f\x7f]/.test(text) ? undefined : text;
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, index) => bytes[index] === byte);
}
