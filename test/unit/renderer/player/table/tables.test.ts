import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { FrameTable } from '../../../../../renderer/player/table/frameTable.ts';
import { readIsoTable } from '../../../../../renderer/player/table/isoTable.ts';
import { readMatroskaTable } from '../../../../../renderer/player/table/matroskaTable.ts';
import { readFrameTable } from '../../../../../renderer/player/table/readFrameTable.ts';
import { KIB, MIB } from '../../../../../shared/units.ts';
import { bytesOf, clip, CODED } from './codedClips.ts';

const timesOf = (table: FrameTable | undefined) =>
  Array.from({ length: table?.count ?? 0 }, (_, frame) => table?.timeOf(frame) ?? NaN);

/** A large file of which only some parts are there; between them are zeros. */
interface Sparse {
  size: number;
  parts: { at: number; content: Uint8Array }[];
}

const whole = (content: Uint8Array): Sparse => ({ size: content.length, parts: [{ at: 0, content }] });

/** Through the reader, as the window reads: the bytes that were received, too. */
async function readThrough({ size, parts }: Sparse, spared?: () => Promise<void>) {
  let received = 0;
  const ask: typeof fetch = (_input, init) => {
    const [start = 0, last = 0] = (/(\d+)-(\d+)$/.exec(new Headers(init?.headers).get('range') ?? '') ?? [])
      .slice(1)
      .map(Number);
    received += last + 1 - start;
    const body = new Uint8Array(last + 1 - start);
    for (const { at, content } of parts) {
      const from = Math.max(at, start);
      if (from < at + content.length && from <= last)
        body.set(content.subarray(from - at, last + 1 - at), from - start);
    }
    const headers = { 'content-range': `bytes ${start}-${last}/${size}` };
    return Promise.resolve(new Response(body, { status: 206, headers }));
  };
  const link = () =>
    Promise.resolve({
      ...{ url: 'https://replica.example/', size, versionId: 'v', lastModified: 0 },
      ...{ expiresAt: Infinity, route: { storage: 'replica' } },
    });
  return { table: await readFrameTable({ link, ask, spared }), received: () => received };
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
  ])('%s: spread over the file, times rounded as the file rounds them', async (file, count, numerator, denominator) => {
    const { content } = await clip(file);
    const { table } = await readThrough(whole(content));
    expect(table).toMatchObject({ count, rate: { numerator, denominator } });
    const first = table?.timeOf(0) ?? NaN;
    for (const [frame, time] of timesOf(table).entries()) {
      expect(Math.abs(time - first - (frame * denominator) / numerator)).toBeLessThanOrEqual(0.001);
    }
  });

  it('is the one that another demultiplexer finds, in every clip', async () => {
    for (const file of await readdir(CODED)) {
      const { content, bytes, size } = await clip(file);
      using input = new Input({ source: new BufferSource(content), formats: ALL_FORMATS });
      const track = await input.getPrimaryVideoTrack();
      if (!track) throw new Error(`${file} has no picture`);
      const theirs: number[] = [];
      for await (const { timestamp } of new EncodedPacketSink(track).packets()) {
        if (timestamp >= -1e-9) theirs.push(timestamp);
      }
      theirs.sort((a, b) => a - b);
      const own = timesOf(await (file.endsWith('webm') ? readMatroskaTable : readIsoTable)(bytes, size));
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
    const parts = [
      { at: 0, content: Buffer.concat([ftyp, mdat]) },
      { at: size - (content.length - moov), content: content.subarray(moov) },
    ];
    const { table, received } = await readThrough({ size, parts });
    expect(table?.count).toBe(240);
    expect(received()).toBeLessThan(0.3 * MIB);
  });

  it('is the index of each fragment, not its media', async () => {
    const file = await fragmented(100, 2 * MIB);
    const { table, received } = await readThrough(file);
    expect(table).toMatchObject({ count: 100 * 24, rate: { numerator: 24, denominator: 1 } });
    expect(received()).toBeLessThan(4 * MIB);
  });

  it('is more than 4 MiB only while playing can spare it', async () => {
    const file = await fragmented(400, 2 * MIB);
    const without = await readThrough(file);
    expect(without.table).toBeUndefined();
    expect(without.received()).toBeLessThanOrEqual(4 * MIB);
    let asked = 0;
    const { table, received } = await readThrough(file, () => {
      asked += 1;
      return Promise.resolve();
    });
    expect(table?.count).toBe(400 * 24);
    expect(asked).toBeGreaterThan(0);
    expect(received()).toBeLessThan(16 * MIB);
    const ended = new Error('The player is closed');
    await expect(readThrough(file, () => Promise.reject(ended))).rejects.toBe(ended);
  });

  it('ends as soon as it can be seen that there is too much of it', async () => {
    const { table, received } = await readThrough(await fragmented(4000, 1000), () => Promise.resolve());
    expect(table?.count).toBe(4000 * 24);
    const more = await readThrough(webm({ clusters: 600, blocks: 24, blockBytes: 8000 }), () => Promise.resolve());
    expect(more.table).toBeUndefined();
    expect(more.received()).toBeLessThan(8 * MIB);
    expect(received()).toBeLessThan(8 * MIB);
  });

  it('is all of a WebM file whose pictures are small, and not the large pictures of another', async () => {
    const small = webm({ clusters: 40, blocks: 24, blockBytes: 5000 });
    const { table, received } = await readThrough(small, () => Promise.resolve());
    expect(table).toMatchObject({ count: 40 * 24, rate: { numerator: 24, denominator: 1 } });
    expect(received()).toBeLessThanOrEqual(small.size * 1.05);
    const large = webm({ clusters: 40, blocks: 24, blockBytes: 400_000 });
    const other = await readThrough(large, () => Promise.resolve());
    expect(other.table?.count).toBe(40 * 24);
    expect(other.received()).toBeLessThan(40 * 24 * 40 * KIB);
  });

  it('is bounded in an index that is large', async () => {
    const samples = 1_000_000;
    const { file } = film({ samples, offsets: samples });
    const { table, received } = await readThrough(whole(file));
    expect(table).toBeUndefined();
    expect(received()).toBeLessThanOrEqual(4 * MIB);
  });

  it('passes over what it does not need of an index', async () => {
    const samples = 400_000;
    const { file } = film({ samples, offsets: 1000, sizes: samples });
    expect(file.length).toBeGreaterThan(1.5 * MIB);
    const { table, received } = await readThrough(whole(file));
    expect(table?.count).toBe(samples);
    expect(received()).toBeLessThan(0.5 * MIB);
  });
});

it('bytes of anything else give no table', async () => {
  for (const content of [Buffer.alloc(0), Buffer.from('moov'), Buffer.alloc(5000, 'x'), Buffer.alloc(300, 0xff)]) {
    expect(await readIsoTable(bytesOf(content), content.length)).toBeUndefined();
  }
  for (const content of [
    Buffer.alloc(0),
    Buffer.alloc(5000, 'x'),
    Buffer.alloc(300, 0xff),
    Buffer.from('1a45dfa3', 'hex'),
  ])
    expect(await readMatroskaTable(bytesOf(content), content.length)).toBeUndefined();
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

/** The fragmented clip with one fragment of a second so many times, each with media of so many bytes, which are not there. */
async function fragmented(fragments: number, mediaBytes: number): Promise<Sparse> {
  const { content } = await clip('h264_24_fragments.mp4');
  const moof = content.indexOf('moof') - 4;
  const index = content.subarray(moof, moof + content.readUInt32BE(moof));
  const parts = [{ at: 0, content: content.subarray(0, moof) as Uint8Array }];
  let at = moof;
  for (let fragment = 0; fragment < fragments; fragment++) {
    const own = Buffer.from(index);
    const tfdt = own.indexOf('tfdt');
    expect(own[tfdt + 4]).toBe(1);
    own.writeBigUInt64BE(BigInt(fragment * 12_288), tfdt + 8);
    const media = Buffer.alloc(8);
    media.writeUInt32BE(8 + mediaBytes, 0);
    media.write('mdat', 4);
    parts.push({ at, content: Buffer.concat([own, media]) });
    at += own.length + 8 + mediaBytes;
  }
  return { size: at, parts };
}

function element(id: number, content: Buffer, size = content.length): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(id, 0);
  head.writeBigUInt64BE(BigInt(size), 4);
  head[4] = 0x01;
  // An id has as many bytes as it needs.
  return Buffer.concat([head.subarray(4 - id.toString(16).length / 2), content]);
}

const numbers = (...values: number[]) => Buffer.from(values);

interface WebmOptions {
  clusters: number;
  blocks: number;
  blockBytes: number;
  codec?: string;
  track?: Buffer;
  flags?: number;
  /** Of the frame of a block. */
  firstByte?: (block: number) => number;
}

/** A WebM file at 24 pictures a second, with frames that are not there but for their first byte. */
function webm({
  clusters,
  blocks,
  blockBytes,
  codec = 'V_VP9',
  track = Buffer.alloc(0),
  flags = 0,
  firstByte,
}: WebmOptions): Sparse {
  const entry = Buffer.concat([
    element(0xd7, numbers(1)),
    element(0x83, numbers(1)),
    element(0x86, Buffer.from(codec)),
    track,
  ]);
  const head = Buffer.concat([
    element(0x1549a966, element(0x2ad7b1, numbers(0x0f, 0x42, 0x40))),
    element(0x1654ae6b, element(0xae, entry)),
  ]);
  const ebml = element(0x1a45dfa3, element(0x4282, Buffer.from('webm')));
  const parts: Sparse['parts'] = [];
  const start = ebml.length + 12;
  let at = start + head.length;
  for (let cluster = 0; cluster < clusters; cluster++) {
    const time = Buffer.alloc(4);
    const first = Math.round((cluster * blocks * 1000) / 24);
    time.writeUInt32BE(first);
    const blockLength = 9 + 4 + blockBytes;
    const timestamp = element(0xe7, time);
    parts.push({
      at,
      content: Buffer.concat([
        element(0x1f43b675, Buffer.alloc(0), timestamp.length + blocks * blockLength),
        timestamp,
      ]),
    });
    at += 12 + timestamp.length;
    for (let block = 0; block < blocks; block++) {
      const within = Math.round(((cluster * blocks + block) * 1000) / 24) - first;
      const content = numbers(0x81, within >> 8, within & 0xff, flags, firstByte?.(block) ?? 0);
      parts.push({ at, content: element(0xa3, content, 4 + blockBytes) });
      at += blockLength;
    }
  }
  parts.unshift({ at: 0, content: Buffer.concat([ebml, element(0x18538067, Buffer.alloc(0), at - start), head]) });
  return { size: at, parts };
}

describe('a Matroska file', () => {
  const few = { clusters: 2, blocks: 24, blockBytes: 100 };

  it('of VP8 has no number for what is only decoded', async () => {
    // Every sixth frame is not shown.
    const firstByte = (block: number) => (block % 6 === 0 ? 0 : 0x10);
    const { table } = await readThrough(webm({ ...few, codec: 'V_VP8', firstByte }));
    expect(table?.count).toBe(40);
  });

  it('with laced frames, or a track with a time of its own, is not known', async () => {
    expect((await readThrough(webm({ ...few, flags: 0x02 }))).table).toBeUndefined();
    expect((await readThrough(webm({ ...few, track: element(0x56aa, numbers(1, 0)) }))).table).toBeUndefined();
  });

  it('that breaks off is not known', async () => {
    const { size, parts } = webm(few);
    for (let cut = 1; cut < size; cut += 211)
      expect((await readThrough({ size: size - cut, parts })).table).toBeUndefined();
  });

  it('the last picture lasts as long as its track says, else as the one before', async () => {
    const lasting = element(0x23e383, numbers(0x02, 0x7b, 0xf0, 0x51));
    expect((await readThrough(webm({ ...few, track: lasting }))).table?.end).toBeCloseTo(2, 2);
    expect((await readThrough(webm(few))).table?.end).toBeCloseTo(2, 2);
  });
});

describe('fragments', () => {
  it('that break off are not known', async () => {
    const { content } = await clip('h264_24_fragments.mp4');
    const first = content.indexOf('moof') - 4;
    for (let end = first + 1; end < content.length; end += 491)
      expect(await readIsoTable(bytesOf(content.subarray(0, end)), end)).toBeUndefined();
  });

  it('whose pictures come before they are decoded are not known: engines differ', async () => {
    const { content } = await clip('h264_24_fragments.mp4');
    const changed = Buffer.from(content);
    // Version, flags, count, place of the media, flags of the first sample; then size and offset of each sample.
    const run = changed.lastIndexOf('trun') + 4;
    expect(changed.readUInt32BE(run) & 0xffffff).toBe(0xa05);
    changed.writeInt32BE(-512, run + 16 + 4);
    expect(await readIsoTable(bytesOf(changed), changed.length)).toBeUndefined();
  });
});
