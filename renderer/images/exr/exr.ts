import { ByteReader } from '../byteReader.ts';
import {
  checkSize,
  damaged,
  type DecodeOptions,
  newSamples,
  type Picture,
  PictureError,
  type PixelWindow,
  type Samples,
  unsupported,
} from '../picture.ts';
import { unpackB44 } from './b44.ts';
import { type ChunkLayout, chunkLayout, rowOffsets } from './chunkLayout.ts';
import { unpackDwa } from './dwa.ts';
import { type ExrChannel, type ExrHeader, type ExrPart, readExrHeader } from './exrHeader.ts';
import { layersOf, mainLayer } from './exrLayers.ts';
import { unpackPiz } from './piz.ts';
import { unpackPxr24, unrleChunk, unzipChunk } from './simpleChunks.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const OFFSET_BYTES = 8;
const MAX_CHUNKS = 1 << 20;

/** Decodes one layer of a file of one or several parts, in scan lines or tiles. Of several levels, the largest. @throws PictureError */
export async function decodeExr(bytes: Bytes, { layer: wanted, breathe }: DecodeOptions = {}): Promise<Picture> {
  const header = readExrHeader(bytes);
  const layers = layersOf(header.parts);
  const layer = layers.find(({ id }) => id === wanted) ?? mainLayer(layers);
  const part = layer && header.parts[layer.part];
  if (!part) throw unsupported('EXR of deep data');
  const channels = layer.indices.map((index) => part.channels[index]).filter((channel) => channel !== undefined);
  checkSize(
    part.data.width,
    part.data.height,
    channels.map(({ type }) => type),
  );
  checkSize(part.display.width, part.display.height, []);
  // A chunk is unpacked with all channels of its part.
  checkSize(
    part.tile?.width ?? part.data.width,
    Math.min(part.data.height, part.tile?.height ?? part.compression.lines),
    part.channels.map(({ type }) => type),
  );
  const planes = channels.map(({ type }) => newSamples(type, part.data.width * part.data.height));
  const targets = new Map(layer.indices.map((index, at) => [index, planes[at]]));
  for (const { window, packed } of chunksOf(bytes, header, layer.part)) {
    const layout = chunkLayout(window, part.channels);
    // A chunk that would not become smaller is stored as it is.
    const unpacked = packed.length === layout.bytes ? packed : await unpack(packed, part, layout);
    placeChunk(unpacked, layout, part.data, targets);
    await breathe?.();
  }
  return {
    format: `EXR, ${part.compression.name}, ${[...new Set(channels.map(({ type }) => type))].join(' and ')}`,
    data: part.data,
    display: part.display,
    pixelAspect: part.pixelAspect,
    channels: channels.map(({ type }, at) => ({
      name: layer.channels[at] ?? '',
      type,
      samples: planes[at] ?? newSamples(type, 0),
      white: 1,
    })),
    layers: layers.map(({ id, name, view, channels: names }) => ({
      id,
      name,
      ...(view !== undefined && { view }),
      channels: names,
    })),
    layer: layer.id,
    transfer: 'linear',
    isPremultiplied: true,
  };
}

function unpack(packed: Bytes, { compression }: ExrPart, layout: ChunkLayout): Bytes | Promise<Bytes> {
  switch (compression.name) {
    case 'uncompressed':
      throw damaged('EXR chunk');
    case 'RLE':
      return unrleChunk(packed, layout.bytes);
    case 'ZIPS':
    case 'ZIP':
      return unzipChunk(packed, layout.bytes);
    case 'PIZ':
      return unpackPiz(packed, layout);
    case 'PXR24':
      return unpackPxr24(packed, layout);
    case 'B44':
    case 'B44A':
      return unpackB44(packed, layout);
    case 'DWAA':
    case 'DWAB':
      return unpackDwa(packed, layout);
  }
}

interface Chunk {
  window: PixelWindow;
  packed: Bytes;
}

/** The chunks of a part's largest level, each checked to be where its table says. */
function* chunksOf(bytes: Bytes, header: ExrHeader, partIndex: number): Generator<Chunk> {
  const part = header.parts[partIndex];
  if (!part) return;
  const windows = chunkWindows(part);
  const reader = new ByteReader(bytes, true, header.end);
  for (const { chunkCount } of header.parts.slice(0, partIndex)) {
    if (chunkCount === undefined) throw damaged('EXR chunk count');
    reader.need(chunkCount * OFFSET_BYTES);
    reader.at += chunkCount * OFFSET_BYTES;
  }
  reader.need(windows.length * OFFSET_BYTES);
  const offsets = windows.map(() => reader.u64());
  const furthest = offsets.reduce((most, offset) => Math.max(most, offset), 0);
  if (furthest >= bytes.length)
    throw new PictureError({ is: 'short', bytes: bytes.length, needed: furthest + OFFSET_BYTES });
  for (const [index, window] of windows.entries()) {
    const offset = offsets[index] ?? 0;
    // A writer that was ended left zeros.
    if (offset < header.end) throw damaged('EXR offset table');
    reader.at = offset;
    if (header.isMultiPart && reader.u32() !== partIndex) throw damaged('EXR chunk');
    const isInPlace = part.tile
      ? reader.u32() * part.tile.width + part.data.x === window.x &&
        reader.u32() * part.tile.height + part.data.y === window.y &&
        reader.u32() + reader.u32() === 0
      : reader.i32() === window.y;
    if (!isInPlace) throw damaged('EXR chunk');
    yield { window, packed: reader.take(reader.u32()) };
  }
}

/** Where the chunks of the largest level are, from top to bottom, and tiles from left to right. */
function chunkWindows({ data, tile, compression }: ExrPart): PixelWindow[] {
  const width = tile?.width ?? data.width;
  const height = tile?.height ?? compression.lines;
  if (Math.ceil(data.width / width) * Math.ceil(data.height / height) > MAX_CHUNKS) throw damaged('EXR tiles');
  const windows: PixelWindow[] = [];
  for (let y = 0; y < data.height; y += height) {
    for (let x = 0; x < data.width; x += width) {
      windows.push({
        x: data.x + x,
        y: data.y + y,
        width: Math.min(width, data.width - x),
        height: Math.min(height, data.height - y),
      });
    }
  }
  return windows;
}

/** Copies the rows of the channels that are wanted; samples of fewer pixels stand for all of theirs. */
function placeChunk(
  bytes: Bytes,
  layout: ChunkLayout,
  data: PixelWindow,
  targets: ReadonlyMap<number, Samples | undefined>,
): void {
  const { window, channels } = layout;
  const offsets = rowOffsets(layout);
  for (const [index, { channel, width, sampleBytes }] of channels.entries()) {
    const plane = targets.get(index);
    if (!plane) continue;
    const rows = offsets[index] ?? [];
    const isFull = channel.xSampling === 1 && channel.ySampling === 1;
    for (const [row, offset] of rows.entries()) {
      // A copy begins at a multiple of what the samples need.
      const samples = samplesOf(bytes.slice(offset, offset + width * sampleBytes), channel);
      if (isFull) plane.set(samples, (window.y + row - data.y) * data.width + window.x - data.x);
      else spread(samples, row, channel, { window, data, plane });
    }
  }
}

function samplesOf(bytes: Bytes, { type }: ExrChannel): Samples {
  if (type === 'float') return new Float32Array(bytes.buffer);
  return type === 'half' ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer);
}

function spread(
  samples: Samples,
  row: number,
  { xSampling, ySampling }: ExrChannel,
  { window, data, plane }: { window: PixelWindow; data: PixelWindow; plane: Samples },
): void {
  const firstY = Math.ceil(window.y / ySampling) * ySampling + row * ySampling;
  const firstX = Math.ceil(window.x / xSampling) * xSampling;
  const endY = Math.min(firstY + ySampling, data.y + data.height);
  const endX = window.x + window.width;
  for (let y = firstY; y < endY; y++) {
    for (let x = window.x; x < endX; x++) {
      const from = Math.max(0, Math.floor((x - firstX) / xSampling));
      plane[(y - data.y) * data.width + x - data.x] = samples[from] ?? 0;
    }
  }
}
