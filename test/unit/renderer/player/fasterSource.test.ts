import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FasterSource, type FilmMoment } from '../../../../renderer/player/fasterSource.ts';
import {
  INITIAL_PLAYER_LINK,
  MAX_FASTER_FOUND,
  type PlayerEvent,
  step,
} from '../../../../renderer/player/playerLink.ts';
import { measureRate } from '../../../../renderer/player/sourceRate.ts';
import type { FasterStorage, Link } from '../../../../shared/link.ts';

/** A film of 100 seconds, a million bytes each. */
const DURATION_S = 100;
const BYTES_PER_SECOND = 1_000_000;

function linkOf(storage: string, rest: Partial<Link> = {}): Link {
  return {
    ...{ key: 'a.mov', url: `https://${storage}.example/a.mov`, region: storage, bucket: 'b', kind: 'video' },
    ...{ contentType: 'video/quicktime', size: DURATION_S * BYTES_PER_SECOND, lastModified: 0, expiresAt: 1e9 },
    route: { storage, reason: storage === 'near' ? 'replica-by-ip' : 'measured-faster', details: {} },
    ...rest,
  };
}

let state = INITIAL_PLAYER_LINK;
let at: number;
/** Bytes a second that other holders give; what is not here holds nothing. */
let rates: Record<string, number | undefined>;
let measured: { url: string; start: number; end: number }[];
let asked: FasterStorage[];
let others: (storage: string) => Link;
let faster: FasterSource;

function dispatch(event: PlayerEvent): void {
  ({ state } = step(state, event, at));
}

beforeEach(() => {
  at = 0;
  rates = {};
  measured = [];
  asked = [];
  others = linkOf;
  state = INITIAL_PLAYER_LINK;
  dispatch({ type: 'opened' });
  dispatch({ type: 'link-arrived', id: 1, link: linkOf('near') });
  faster = new FasterSource({
    state: () => state,
    dispatch,
    storages: () => ['main', 'near', 'far'],
    createLink: (wanted) => {
      asked.push(wanted);
      return Promise.resolve(wanted.storage in rates ? others(wanted.storage) : linkOf('near'));
    },
    measure: (url, range) => {
      measured.push({ url, ...range });
      return Promise.resolve(rates[new URL(url).hostname.replace('.example', '')]);
    },
  });
});

/** Plays for so long. @param share of what plays that arrives */
async function play(seconds: number, share: number, moment: Partial<FilmMoment> = {}): Promise<void> {
  for (const end = at + seconds * 1000; at < end; at += 250) {
    const loaded = (at / 1000) * share;
    const position = Math.min(loaded, DURATION_S);
    faster.look({ at, isLoading: true, loaded, ahead: 0, speed: 1, duration: DURATION_S, position, ...moment });
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
}

it('goes over to the fastest holder where the source brings less than plays', async () => {
  rates = { main: 2_000_000, far: 3_000_000 };
  await play(6, 0.5);
  expect(asked).toEqual([
    { storage: 'main', than: 'near' },
    { storage: 'far', than: 'near' },
  ]);
  expect(state.standby?.route.storage).toBe('far');
  const [range] = measured;
  expect((range?.end ?? 0) - (range?.start ?? 0)).toBe(1_000_000);
});

it.each<[string, Record<string, number | undefined>]>([
  ['none holds it', {}],
  ['the others give nothing', { main: undefined, far: 0 }],
  ['the line is slow for all', { main: 500_000, far: 999_999 }],
])('stays and says nothing where %s', async (_what, given) => {
  rates = given;
  await play(30, 0.5);
  expect(measured.length).toBeGreaterThanOrEqual(Object.keys(given).length);
  expect(state).toMatchObject({ standby: undefined, faster: undefined, link: { route: { storage: 'near' } } });
});

it('takes no other content of the name', async () => {
  rates = { main: 9_000_000 };
  others = (storage) => linkOf(storage, { lastModified: 1 });
  await play(30, 0.5);
  expect(measured).toEqual([]);
  expect(state.standby).toBeUndefined();
});

it('measures nothing where enough arrives, or nothing plays', async () => {
  rates = { main: 9_000_000 };
  await play(30, 1);
  await play(30, 0, { isLoading: false });
  faster.look(undefined);
  expect(asked).toEqual([]);
});

it('measures again after pauses that grow', async () => {
  rates = { main: 1 };
  await play(600, 0.5);
  expect(measured.length).toBeGreaterThan(3);
  expect(measured.length).toBeLessThan(8);
});

it('goes over a few times at most, however the lines change', async () => {
  rates = { main: 9_000_000, far: 9_000_000, near: 9_000_000 };
  const been: (string | undefined)[] = [];
  for (let round = 0; round < 10; round++) {
    await play(60, 0.2);
    if (state.standby) been.push(state.standby.route.storage);
    dispatch({ type: 'standby-ready' });
  }
  expect(been).toHaveLength(MAX_FASTER_FOUND);
  expect(state.link?.route.storage).toBe(been.at(-1));
});

it('a player that is gone goes nowhere', async () => {
  rates = { main: 9_000_000 };
  const events = vi.fn();
  const gone = new FasterSource({
    ...{
      state: () => state,
      dispatch: events,
      storages: () => ['main'],
      createLink: () => Promise.resolve(linkOf('main')),
    },
    measure: () => Promise.resolve(9_000_000),
  });
  for (; at < 6000; at += 250) {
    gone.look({ at, isLoading: true, loaded: 0, ahead: 0, speed: 1, duration: DURATION_S, position: 0 });
    gone.dispose();
    await Promise.resolve();
  }
  expect(events).not.toHaveBeenCalled();
});

describe('a measurement', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is of what a range brings, and of nothing that is no range', async () => {
    const range = { start: 100, end: 1100 };
    const answer = (status: number, headers = {}) => {
      return () => Promise.resolve(new Response(new Uint8Array(1000), { status, headers }));
    };
    expect(await measureRate('https://a.example', range, answer(206, { etag: '"a"' }))).toBe(1_000_000);
    expect(await measureRate('https://a.example', range, answer(200))).toBeUndefined();
    expect(await measureRate('https://a.example', range, answer(403))).toBeUndefined();
    expect(await measureRate('https://a.example', range, answer(206, { 'content-type': 'text/html' }))).toBeUndefined();
    expect(await measureRate('https://a.example', range, () => Promise.reject(new TypeError('down')))).toBeUndefined();
  });

  it('of a source that falls silent is what came before, in the time that it was given', async () => {
    const silent: typeof fetch = (_url, init) => {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          controller.enqueue(new Uint8Array(5000));
          init?.signal?.addEventListener('abort', () => controller.error(new DOMException('Aborted', 'AbortError')));
        },
      });
      return Promise.resolve(new Response(body, { status: 206, headers: { etag: '"a"' } }));
    };
    const rate = measureRate('https://a.example', { start: 0, end: 100_000 }, silent);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await rate).toBeCloseTo(2000, -1);
  });
});
