import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { FrameTable } from '../../../../../renderer/player/table/frameTable.ts';
import { readIsoTable } from '../../../../../renderer/player/table/isoTable.ts';
import { readPacketTable } from '../../../../../renderer/player/table/packetTable.ts';
import { readFrameTable } from '../../../../../renderer/player/table/readFrameTable.ts';
import { MIB } from '../../../../../shared/units.ts';
import { bytesOf, clip, CODED } from './codedClips.ts';

const timesOf = (table: FrameTable | undefined) =>
  Array.from({ length: table?.count ?? 0 }, (_, frame) => table?.timeOf(frame) ?? NaN);

/** Through the reader, as the window reads: the bytes that were received, too. */
async function readThrough(content: Uint8Array, size = content.length, from = 0) {
  let received = 0;
  const ask: typeof fetch = (_input, init) => {
    const [start = 0, last = 0] = (/(\d+)-(\d+)$/.exec(new Headers(init?.headers).get('range') ?? '') ?? [])
      .slice(1)
      .map(Number);
    received += last + 1 - start;
    const body = new Uint8Array(last + 1 - start);
    // Before `from` there are only zeros but for the first bytes of the content, up to the first 64.
    for (let at = start; at <= last; at++) body[at - start] = content[at < 64 ? at : at - from] ?? 0;
    const headers = { 'content-range': `bytes ${start}-${last}/${size}` };
    return Promise.resolve(new Response(body, { status: 206, headers }));
  };
  const link = () =>
    Promise.resolve({
      ...{ url: 'https://replica.example/', size, versionId: 'v', lastModified: 0 },
      ...{ expiresAt: Infinity, route: { storage: 'replica' } },
    });
  return { table: await readFrameTable({ link, ask }), received: () => received };
}

const RATES: [file: string, count: number, numerator: number, denominator: number, first?: number][] = [
  ['h264_4.mp4', 60, 4, 1],
  ['h264_23976.mp4', 240, 24000, 1001],
  ['h264_24.mp4', 240, 24, 1],
  ['h264_24_aac.mp4', 240, 24, 1],
  ['h264_24_negative.mp4', 240, 24, 1],
  ['h264_24_no_edit.mp4', 240, 24, 1, 2 / 24],
  ['h264_24_timecode.mov', 240, 24, 1],
  ['h264_25.mp4', 250, 25, 1],
  ['h264_25_gop250.mp4', 250, 25, 1],
  // The cut begins with frame 20.
  ['h264_25_edit.mp4', 230, 25, 1],
  ['h264_25_late.mp4', 250, 25, 1, 0.5],
  ['h264_2997.mp4', 300, 30000, 1001],
  ['h264_2997_drop.mov', 300, 30000, 1001],
  ['h264_30.mp4', 300, 30, 1],
  ['h264_50.mp4', 400, 50, 1],
  ['h264_5994.mp4', 400, 60000, 1001],
];

describe('the table of a clip', () => {
  it.each(RATES)('%s: %d pictures at %d/%d', async (file, count, numerator, denominator, first = 0) => {
    const { bytes, size } = await clip(file);
    const table = await readIsoTable(bytes, size);
    expect(table).toMatchObject({ count, rate: { numerator, denominator } });
    for (const [frame, time] of timesOf(table).entries()) {
      expect(time).toBeCloseTo(first + (frame * denominator) / numerator, 9);
    }
    expect(table?.end).toBeCloseTo(first + (count * denominator) / numerator, 9);
  });

  it('a variable rate has a time for each picture', async () => {
    const { bytes, size } = await clip('h264_variable.mp4');
    const table = await readIsoTable(bytes, size);
    expect(table).toMatchObject({ count: 200, rate: undefined, timecodeBase: undefined });
    const wanted = Array.from(
      { length: 200 },
      (_, n) => (300 * Math.floor(n / 5) + 10 * (n % 5) * ((n % 5) + 1)) / 1000,
    );
    expect(timesOf(table)).toEqual(wanted);
    expect(table?.timecodeOf(7)).toBeUndefined();
  });

  it.each([
    ['vp9_24.webm', 240, 24, 1],
    ['vp9_2997.webm', 240, 30000, 1001],
    ['h264_24_fragments.mp4', 240, 24, 1],
  ])('%s: from its packets, times rounded as the file rounds them', async (file, count, numerator, denominator) => {
    const { content, bytes, size } = await clip(file);
    expect(await readIsoTable(bytes, size)).toBeUndefined();
    const { table } = await readThrough(content);
    expect(table).toMatchObject({ count, rate: { numerator, denominator } });
    const first = table?.timeOf(0) ?? NaN;
    for (const [frame, time] of timesOf(table).entries()) {
      expect(Math.abs(time - first - (frame * denominator) / numerator)).toBeLessThanOrEqual(0.001);
    }
  });

  it('is the one that another demultiplexer finds, in every clip', async () => {
    for (const file of (await readdir(CODED)).filter(
      (name) => /\.(mp4|mov)$/.test(name) && !name.includes('fragments'),
    )) {
      const { content, bytes, size } = await clip(file);
      using input = new Input({ source: new BufferSource(content), formats: ALL_FORMATS });
      const track = await input.getPrimaryVideoTrack();
      if (!track) throw new Error(`${file} has no picture`);
      const theirs: number[] = [];
      for await (const { timestamp } of new EncodedPacketSink(track).packets()) {
        if (timestamp >= -1e-9) theirs.push(timestamp);
      }
      theirs.sort((a, b) => a - b);
      const own = timesOf(await readIsoTable(bytes, size));
      expect([file, own.length]).toEqual([file, theirs.length]);
      // A cut within a picture: Chromium moves the next one to the start (measured), the other library does not.
      const moved = file === 'h264_25_edit.mp4' ? 0.01 : 0;
      for (const [frame, time] of theirs.entries()) expect(own[frame]).toBeCloseTo(time - moved, 6);
    }
  });
});

describe('the start of timecode', () => {
  it('with drop-frame: the numbers that are left out', async () => {
    const { bytes, size } = await clip('h264_2997_drop.mov');
    const table = await readIsoTable(bytes, size);
    expect(table?.startTimecode).toMatchObject({ framesPerSecond: 30, drop: true });
    expect(table?.timecodeOf(0)).toBe('10:00:55;00');
    expect(table?.timecodeOf(149)).toBe('10:00:59;29');
    expect(table?.timecodeOf(150)).toBe('10:01:00;02');
    expect(table?.frameOfTimecode((table.startTimecode?.frame ?? 0) + 150)).toBe(150);
  });

  it('without', async () => {
    const { bytes, size } = await clip('h264_24_timecode.mov');
    const table = await readIsoTable(bytes, size);
    expect(table?.timecodeOf(0)).toBe('01:00:00:00');
    expect(table?.timecodeOf(239)).toBe('01:00:09:23');
    expect(table?.frameOfTimecode(86_399)).toBeUndefined();
  });

  it('is 0 where the file has none', async () => {
    const { bytes, size } = await clip('h264_23976.mp4');
    const table = await readIsoTable(bytes, size);
    expect(table).toMatchObject({ startTimecode: undefined, timecodeBase: { framesPerSecond: 24, drop: false } });
    expect(table?.timecodeOf(25)).toBe('00:00:01:01');
  });
});

describe('what is read', () => {
  it('is a small part of 10 GB, with the index at the end', async () => {
    const { content } = await clip('h264_24.mp4');
    const moov = content.indexOf('moov') - 4;
    const size = 10e9;
    // ftyp, then a box of 64 bits that ends where the index begins.
    const mdat = Buffer.alloc(16);
    const ftyp = content.subarray(0, content.readUInt32BE(0));
    mdat.writeUInt32BE(1, 0);
    mdat.write('mdat', 4);
    mdat.writeBigUInt64BE(BigInt(size - ftyp.length - (content.length - moov)), 8);
    const head = Buffer.concat([ftyp, mdat, Buffer.alloc(64 - ftyp.length - 16)]);
    const whole = Buffer.concat([head, content.subarray(moov)]);
    const { table, received } = await readThrough(whole, size, size - whole.length);
    expect(table?.count).toBe(240);
    expect(received()).toBeLessThan(0.3 * MIB);
  });

  it('is nothing but what it takes to see that there is too much of it', async () => {
    const { content } = await clip('h264_24_fragments.mp4');
    const size = 10e9;
    const { table, received } = await readThrough(content, size);
    expect(table).toBeUndefined();
    expect(received()).toBeLessThanOrEqual(4 * MIB);
  });

  it('is bounded in an index that is large', async () => {
    const samples = 1_000_000;
    const { file } = film({ samples, offsets: samples });
    const { table, received } = await readThrough(file);
    expect(table).toBeUndefined();
    expect(received()).toBeLessThanOrEqual(4 * MIB);
  });

  it('passes over what it does not need of an index', async () => {
    const samples = 400_000;
    const { file } = film({ samples, offsets: 1000, sizes: samples });
    expect(file.length).toBeGreaterThan(1.5 * MIB);
    const { table, received } = await readThrough(file);
    expect(table?.count).toBe(samples);
    expect(received()).toBeLessThan(0.5 * MIB);
  });
});

it('bytes of anything else give no table', async () => {
  for (const content of [Buffer.alloc(0), Buffer.from('moov'), Buffer.alloc(5000, 'x'), Buffer.alloc(300, 0xff)]) {
    expect(await readIsoTable(bytesOf(content), content.length)).toBeUndefined();
  }
  await expect(readPacketTable(bytesOf(Buffer.alloc(5000, 'x')), 5000)).rejects.toBeInstanceOf(Error);
});

it('a clip that ends anywhere gives a table or none', async () => {
  const { content } = await clip('h264_2997_drop.mov');
  const moov = content.indexOf('moov') - 4;
  for (let end = 0; end < content.length; end += end < moov ? 997 : 31) {
    const table = await readIsoTable(bytesOf(content.subarray(0, end)), end);
    expect(table).toBeUndefined();
  }
});

function box(type: string, ...content: Buffer[]): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.reduce((sum, { length }) => sum + length, 0), 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...content]);
}

const words = (...numbers: number[]) => {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [index, number] of numbers.entries()) bytes.writeInt32BE(number, index * 4);
  return bytes;
};

/** An index of one film without its media; ctts of so many entries, stsz of so many sizes (0: all alike). */
function film({ samples, offsets, sizes = 0 }: { samples: number; offsets: number; sizes?: number }): { file: Buffer } {
  const ctts = Buffer.alloc(offsets * 8);
  for (let entry = 0; entry < offsets; entry++) ctts.writeUInt32BE(1, entry * 8);
  const stbl = box(
    'stbl',
    box('stts', words(0, 1, samples, 512)),
    box('ctts', words(0, offsets), ctts),
    box('stsz', words(0, sizes === 0 ? 1 : 0, samples), Buffer.alloc(sizes * 4)),
  );
  const mdhd = box('mdhd', words(0, 0, 0, 12_288, 0, 0));
  const hdlr = box('hdlr', words(0, 0), Buffer.from('vide'), Buffer.alloc(13));
  const mdia = box('mdia', mdhd, hdlr, box('minf', stbl));
  const moov = box('moov', box('mvhd', words(0, 0, 0, 1000, 0, 0)), box('trak', box('tkhd', words(1)), mdia));
  return { file: Buffer.concat([box('ftyp', Buffer.from('isom'), words(0)), moov]) };
}
