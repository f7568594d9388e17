import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DecodedStage, type OpenedFilm } from '../../../../../renderer/player/decoded/decodedStage.ts';
import { type Film, UndecodableFilm } from '../../../../../renderer/player/decoded/film.ts';
import type { PlayerEvent } from '../../../../../renderer/player/playerLink.ts';
import type { RangeReader } from '../../../../../renderer/player/reader/rangeReader.ts';
import { FrameTable } from '../../../../../renderer/player/table/frameTable.ts';
import type { Link } from '../../../../../shared/link.ts';
import { FakeSource } from './fakePictures.ts';

const TABLE = FrameTable.steady(100, { numerator: 25, denominator: 1 });
let now: number;
let events: PlayerEvent[];
let opened: (OpenedFilm | undefined)[];
let source: FakeSource;
let readers: RangeReader[];
let asked: (string | undefined)[];
let refuse: Error | undefined;
let stage: DecodedStage;

function link(storage: string, rest: Partial<Link> = {}): Link {
  return {
    ...{ key: 'a.mov', url: `https://${storage}.example/a.mov`, region: storage, bucket: 'b', kind: 'video' },
    ...{ contentType: 'video/quicktime', size: 1000, lastModified: 0, expiresAt: 1_000_000 },
    route: { storage, reason: 'replica-by-ip', details: {} },
    ...rest,
  };
}

beforeEach(() => {
  now = 100;
  events = [];
  opened = [];
  readers = [];
  asked = [];
  refuse = undefined;
  source = new FakeSource();
  stage = new DecodedStage({
    dispatch: (event) => events.push(event),
    createLink: (failed) => {
      asked.push(failed);
      return Promise.resolve(link(failed === 'near' ? 'main' : 'near', { expiresAt: 4100 }));
    },
    clock: () => now,
    opened: (film) => opened.push(film),
    arrived: () => undefined,
    open: (reader) => {
      readers.push(reader);
      if (refuse) return Promise.reject(refuse);
      const film: Film = {
        pictures: source,
        sound: undefined,
        placement: { width: 1920, height: 1080, rotation: 0, flip: false },
        dispose: vi.fn(),
      };
      return Promise.resolve(film);
    },
    probe: (_link, fault) => Promise.resolve({ fault }),
  });
});
afterEach(() => stage.dispose());

const settled = () => vi.waitFor(() => expect(opened.length + events.length).toBeGreaterThan(0));

it('opens when there are a link and a table, and reads by that link', async () => {
  stage.load(link('near'));
  expect(opened).toEqual([]);
  stage.setTable(undefined);
  stage.setTable(TABLE);
  await settled();
  expect(opened).toHaveLength(1);
  expect(await readers[0]?.size()).toBe(1000);
  expect(asked).toEqual([]);
});

it('says what the file is where nothing here decodes it, or its table is not known', async () => {
  refuse = new UndecodableFilm('hvc1');
  stage.load(link('near'));
  stage.setTable(TABLE);
  await settled();
  expect(events).toEqual([{ type: 'media-failed', fault: 'unsupported' }]);
  events = [];
  refuse = undefined;
  stage.setTable(null);
  stage.load(link('near'));
  await settled();
  expect(events).toEqual([{ type: 'media-failed', fault: 'unsupported' }]);
  expect(opened).toEqual([]);
});

it('tells of what it reads from by itself', async () => {
  stage.load(link('near', { expiresAt: 0 }));
  stage.setTable(TABLE);
  await settled();
  // The session's link has ended: one of its own, whose end is on the player's clock.
  await readers[0]?.size();
  now = 200;
  stage.prepare(link('main'));
  await vi.waitFor(() => expect(events).toContainEqual({ type: 'standby-ready' }));
  await vi.waitFor(() => expect(readers[0]?.storage).toBe('main'));
  expect(asked).toEqual([]);
});

it('asks for a link of another storage than the one that failed, and tells which it is', async () => {
  stage.load(link('near'));
  stage.setTable(TABLE);
  await settled();
  const [reader] = readers;
  vi.stubGlobal('fetch', (url: string) =>
    Promise.resolve(
      url.includes('near')
        ? new Response('', { status: 503 })
        : new Response(new Uint8Array(1000), {
            status: 206,
            headers: { 'content-range': 'bytes 0-999/1000', 'content-length': '1000' },
          }),
    ),
  );
  try {
    expect((await reader?.read(0, 10))?.length).toBe(10);
  } finally {
    vi.unstubAllGlobals();
  }
  expect(asked).toEqual(['near']);
  expect(events).toMatchObject([{ type: 'link-taken', link: { region: 'main', expiresAt: 4100 } }]);
});

it('a picture whose bytes cannot be had is a fault of the network; the next link is tried where it was', async () => {
  stage.load(link('near'));
  stage.setTable(TABLE);
  await settled();
  source.failure = new TypeError('no network');
  opened[0]?.pictures.want({ frame: 7, direction: 1, stride: 0, first: 0, last: 99 });
  await source.settle();
  expect(events[0]).toEqual({ type: 'media-failed', fault: 'network' });
  source.failure = undefined;
  stage.prepare(link('main'));
  await source.settle();
  expect(opened[0]?.pictures.get(7)).toBeDefined();
  now += 6000;
  opened[0]?.pictures.want({ frame: 60, direction: 1, stride: 0, first: 0, last: 99 });
  await source.settle();
  expect(events).toContainEqual({ type: 'media-playing' });
  expect(opened).toHaveLength(1);
});

it('gives up on a film of which no picture can be decoded', async () => {
  stage.load(link('near'));
  stage.setTable(TABLE);
  await settled();
  for (let frame = 0; frame < 100; frame++) source.broken.add(frame);
  opened[0]?.pictures.want({ frame: 0, direction: 1, stride: 1, first: 0, last: 99 });
  await source.settle();
  expect(events).toEqual([{ type: 'media-failed', fault: 'unsupported' }]);
  expect(opened.at(-1)).toBeUndefined();
});

it('says nothing more once it is disposed', async () => {
  stage.load(link('near'));
  stage.setTable(TABLE);
  stage.dispose();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(events).toEqual([]);
  expect(opened).toEqual([]);
});
