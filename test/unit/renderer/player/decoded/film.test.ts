import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { openFilm, UndecodableFilm } from '../../../../../renderer/player/decoded/film.ts';
import type { ProresAnswer, ProresTask } from '../../../../../renderer/player/decoded/proresTask.ts';
import { ProresWorkers } from '../../../../../renderer/player/decoded/proresWorkers.ts';
import { RangeReader } from '../../../../../renderer/player/reader/rangeReader.ts';
import { readFrameTable } from '../../../../../renderer/player/table/readFrameTable.ts';
import { MIB } from '../../../../../shared/units.ts';
import { writeFilm } from '../../../../bench/film.ts';
import { withFolder } from '../../../../helpers/fixtures.ts';
import { CODED } from '../table/codedClips.ts';

/** A worker at the edge: it looks at the head of what it gets, and gives an image of nothing. */
class FakeWorker extends EventTarget {
  readonly sizes: number[] = [];

  postMessage({ id, data }: ProresTask): void {
    this.sizes.push(data.byteLength);
    // ProRes: the size of the frame, then its mark.
    const isProres = Buffer.from(data, 4, 4).toString('latin1') === 'icpf';
    const image = { width: 160, height: 96, close: () => undefined } as ImageBitmap;
    const answer: ProresAnswer = isProres ? { id, image, decodeMs: 1 } : { id, problem: 'no ProRes' };
    queueMicrotask(() => this.dispatchEvent(new MessageEvent('message', { data: answer })));
  }

  terminate(): void {
    // There is nothing to end.
  }
}

const workers = () => new ProresWorkers(() => new FakeWorker(), 1);

/** A storage of one file that notes what is asked for. */
async function storageOf(path: string) {
  const file: FileHandle = await open(path);
  const { size } = await file.stat();
  const asked: [number, number][] = [];
  const ask: typeof fetch = async (_url, init) => {
    const [start = 0, last = 0] = (/(\d+)-(\d+)$/.exec(new Headers(init?.headers).get('range') ?? '') ?? [])
      .slice(1)
      .map(Number);
    asked.push([start, last + 1]);
    const bytes = new Uint8Array(last + 1 - start);
    await file.read(bytes, 0, bytes.length, start);
    return new Response(bytes, {
      status: 206,
      headers: { 'content-length': `${bytes.length}`, 'content-range': `bytes ${start}-${last}/${size}` },
    });
  };
  const link = () =>
    Promise.resolve({
      ...{ url: 'https://near.example/film.mov', size, versionId: 'v1', lastModified: 0, expiresAt: Infinity },
      route: { storage: 'near' },
    });
  return { ask, link, asked, size, close: () => file.close() };
}

async function opened(path: string) {
  const storage = await storageOf(path);
  const table = await readFrameTable(storage);
  if (!table) throw new Error('The fixture has no table');
  const ofTable = storage.asked.splice(0).reduce((sum, [start, end]) => sum + end - start, 0);
  const reader = new RangeReader({ ...storage, blockBytes: MIB / 4, maxBlocksPerRequest: 16 });
  return { storage, table, ofTable, reader };
}

withFolder(
  'a large film: little is read before its first picture, and no byte twice for ten steps',
  async ({ folder }) => {
    const path = join(folder, 'film.mov');
    // 1920 x 1080 at 24 frames a second has about so much.
    await writeFilm(join(CODED, 'prores_422hq_24.mov'), path, { seconds: 10, bytesPerSecond: 22_000_000 });
    const { storage, table, ofTable, reader } = await opened(path);
    const film = await openFilm(reader, table, workers);
    const taken: (number | undefined)[] = [];
    const taker = {
      isWanted: () => true,
      take: (_frame: number, _image: unknown, number?: number) => taken.push(number),
    };
    const { signal } = new AbortController();
    await film.pictures.decode(0, taker, signal);
    expect(ofTable + reader.figures.bytesReceived).toBeLessThanOrEqual(4 * MIB);
    for (let frame = 1; frame <= 10; frame++) await film.pictures.decode(frame, taker, signal);
    expect(taken).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const ranges = [...storage.asked].sort(([one], [other]) => one - other);
    for (const [index, [start]] of ranges.entries()) expect(start).toBeGreaterThanOrEqual(ranges[index - 1]?.[1] ?? 0);
    film.dispose();
    reader.dispose();
    await storage.close();
  },
);

withFolder('every picture of the coded films is the one of its number', async () => {
  for (const [file, count] of [
    ['prores_422hq_24.mov', 240],
    ['prores_4444_2997.mov', 300],
  ] as const) {
    const { storage, table, reader } = await opened(join(CODED, file));
    expect(table.count).toBe(count);
    const film = await openFilm(reader, table, workers);
    expect(film.placement).toEqual({ width: 160, height: 96, rotation: 0, flip: false });
    const numbers: (number | undefined)[] = [];
    const taker = { isWanted: () => true, take: (_f: number, _i: unknown, number?: number) => numbers.push(number) };
    for (let frame = 0; frame < count; frame++) await film.pictures.decode(frame, taker, new AbortController().signal);
    expect(numbers).toEqual(Array.from({ length: count }, (_, frame) => frame));
    film.dispose();
    reader.dispose();
    await storage.close();
  }
});

withFolder('says that it cannot be decoded where there is no decoder, or no film', async () => {
  const { storage, table, reader } = await opened(join(CODED, 'h264_24.mp4'));
  await expect(openFilm(reader, table, workers)).rejects.toThrow(UndecodableFilm);
  reader.dispose();
  await storage.close();
});

withFolder('a fault of the storage is told as such', async () => {
  const { storage, table } = await opened(join(CODED, 'prores_422hq_24.mov'));
  const ask = vi.fn<typeof fetch>(() => Promise.reject(new TypeError('no network')));
  const reader = new RangeReader({ ...storage, ask, retryDelay: { first: 1, most: 1 } });
  await expect(openFilm(reader, table, workers)).rejects.toThrow(/range of the object could not be read/);
  reader.dispose();
  await storage.close();
});
