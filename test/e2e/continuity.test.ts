import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeFilm } from '../bench/film.ts';
import { CodedPlayer } from '../helpers/codedPlayer.ts';
import type { FaultEffect } from '../sandbox/faults.ts';
import { seed } from '../sandbox/seed.ts';
import { openStudioInApp, type StudioInApp } from './studioInApp.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const CLIP = join(import.meta.dirname, '../fixtures/media/shots/sq010/sh010/sq010_sh010_comp_v002.mp4');
const FOLDER = 'takes/';
/** ProRes at 29.97 frames a second: no media element plays it. */
const DECODED_CLIP = join(import.meta.dirname, '../fixtures/media-coded/prores_4444_2997.mov');
/** H.264 at the same rate, each picture with its number in it, as the one above. */
const CODED_CLIP = join(import.meta.dirname, '../fixtures/media-coded/h264_2997.mp4');
/** Filled up to about what the other clip has. */
const DECODED_FILM = { seconds: 10, bytesPerSecond: 40_000 };
/** So much of it that a slow source has to be found out before all of it is there. */
const LONG_FILM = { ...DECODED_FILM, seconds: 40 };
/** By the engine that plays them: the media element, and decoded pictures. */
const ENGINES = ['mp4', 'mov'] as const;
type Engine = (typeof ENGINES)[number];
/** A copy for each case: the browser keeps what it has played. */
const TAKES = ['expiry', 'down', 'missing', 'refused', 'failing', 'silent', 'slow', 'main'];
/** Slower than the clip plays would stop it; a little faster keeps a connection open for most of the clip. */
const SLOWLY = 60_000;
/** Where the first connection breaks, in bytes: some seconds into the clip. */
const BREAK_AT = 160_000;
/** The same of a film of which little is to be loaded: soon after its first picture. */
const BREAK_SOON_AT = 80_000;
/**
 * So little that both connections of the decoded film carry a third of what plays: less than a busy machine decodes, whose decoder waits
 * for bytes then and not the other way round.
 */
const TOO_SLOWLY = 6000;
let studio: StudioInApp;

/** What happens to the replica while it is read from, and where playing goes on. */
const TROUBLES = [
  ['when the link expires', 'expiry', () => studio.sandbox.setClock(13 * HOUR), 'replica'],
  ["when the replica's region goes down", 'down', () => troubled({ kind: 'down' }), 'main'],
  [
    'when the replica answers 404',
    'missing',
    () => troubled({ kind: 'status', status: 404, code: 'NoSuchKey' }),
    'main',
  ],
  [
    'when the replica answers 403',
    'refused',
    () => troubled({ kind: 'status', status: 403, code: 'AccessDenied' }, 'GetObject'),
    'main',
  ],
  [
    'when the replica answers 503',
    'failing',
    () => troubled({ kind: 'status', status: 503, code: 'SlowDown' }, 'GetObject'),
    'main',
  ],
  ['when the replica falls silent', 'silent', () => troubled({ kind: 'stall' }), 'main'],
] as const;

interface Sample {
  /** Seconds, on the page's clock. */
  at: number;
  /** Seconds. */
  position: number;
  /** What is read from: of a media element the origin of its address, else the storage that the player names. */
  source: string;
  errorShown: boolean;
}

function troubled(effect: FaultEffect, operation?: string): void {
  const { region } = studio.sandbox.replica;
  studio.sandbox.addFault({ region, effect, ...(operation !== undefined && { operation }) });
}

const keyOf = (take: string, engine: Engine) => `${FOLDER}${take}.${engine}`;

beforeAll(async () => {
  studio = await openStudioInApp({ media: false });
  const folder = join(studio.folder, 'takes');
  await mkdir(folder);
  const film = join(studio.folder, 'film.mov');
  await writeFilm(DECODED_CLIP, film, DECODED_FILM);
  for (const take of TAKES) {
    await copyFile(CLIP, join(folder, `${take}.mp4`));
    await copyFile(film, join(folder, `${take}.mov`));
  }
  const coded = join(studio.folder, 'coded.mp4');
  await writeFilm(CODED_CLIP, coded, DECODED_FILM);
  for (const [, take] of TROUBLES) {
    await copyFile(coded, join(folder, `paused-${take}.mp4`));
    await copyFile(film, join(folder, `paused-${take}.mov`));
  }
  // Two connections read the decoded film: more of it comes before it is found to be slow.
  await writeFilm(DECODED_CLIP, join(folder, 'slow.mov'), LONG_FILM);
  await seed(studio.sandbox, folder, { prefix: 'media/takes', ageMs: 24 * HOUR, replicated: true });
  await studio.page.reload();
  await studio.card(FOLDER).dblclick();
});
afterEach(async () => {
  studio.sandbox.clearFaults();
  studio.sandbox.setClock(0);
  await studio.page.keyboard.press('Escape');
  // A circuit breaker closes by itself once the storage answers again.
  await expect
    .poll(async () => (await explainRoute(studio.page)).reason, { timeout: 60 * SECOND })
    .toBe('replica-by-ip');
});
afterAll(() => studio.stop());

function explainRoute(page: Page): Promise<{ reason?: string }> {
  return page.evaluate(
    async (key) => {
      const { nearplay } = globalThis as unknown as {
        nearplay: { request(name: string, payload: { key: string }): Promise<{ result?: { reason: string } }> };
      };
      return (await nearplay.request('explainRoute', { key })).result ?? {};
    },
    keyOf('expiry', 'mp4'),
  );
}

/** Where the player is, seconds: in what a media element says, or by the number of the picture that was drawn. */
async function preparePosition(page: Page): Promise<void> {
  await page.evaluate(() => {
    Reflect.set(globalThis, 'playerPosition', (): number => {
      const media = document.querySelector('[data-testid="player-media"]');
      // An element is tried first with what none plays.
      if (media instanceof HTMLMediaElement) return media.readyState === 0 ? -1 : media.currentTime;
      const frame = document.querySelector('.stage')?.getAttribute('data-frame') ?? null;
      return frame === null ? -1 : (Number(frame) * 1001) / 30_000;
    });
  });
}

/** Samples the player 20 times a second from within the page, until told to stop. */
async function record(page: Page): Promise<() => Promise<Sample[]>> {
  await preparePosition(page);
  await page.evaluate(() => {
    const samples: Sample[] = [];
    let source = '';
    const timer = setInterval(() => {
      const position = (Reflect.get(globalThis, 'playerPosition') as () => number)();
      if (position < 0) return;
      // While it goes over it says nothing.
      const route = document.querySelector('[data-testid="player-route"]');
      const media = document.querySelector('[data-testid="player-media"]');
      if (media instanceof HTMLMediaElement) source = new URL(media.currentSrc).origin;
      else source = route?.getAttribute('data-storage') ?? source;
      samples.push({
        at: performance.now() / 1000,
        position,
        source,
        errorShown: document.querySelector('[data-testid="player"] [data-testid="error-state"]') !== null,
      });
    }, 50);
    Reflect.set(globalThis, 'endRecording', () => {
      clearInterval(timer);
      return samples;
    });
  });
  return () => page.evaluate(() => (Reflect.get(globalThis, 'endRecording') as () => Sample[])());
}

/** Connections that are slow and, once the returned function is called, break: however late that is. */
function onSlowLine(take: string, engine: Engine, region: string, afterBytes: number): () => void {
  const { sandbox } = studio;
  const clip = { region, operation: 'GetObject', key: new RegExp(`${take}\\.${engine}`) };
  sandbox.addFault({ ...clip, effect: { kind: 'bandwidth', bytesPerSecond: SLOWLY } });
  const begun = Promise.withResolvers<undefined>();
  // Every connection of before: which of several the player reads on is its own affair.
  const lift = sandbox.addFault({ ...clip, effect: { kind: 'reset', afterBytes, when: begun.promise } });
  return () => {
    lift();
    begun.resolve(undefined);
  };
}

/** Plays a clip over a slow connection that breaks in its middle, once `trouble` has begun: however late that is. */
async function playThrough(
  take: string,
  engine: Engine,
  region: string,
  trouble: () => void,
  { breakAt = BREAK_AT, end = pastTheBreak }: { breakAt?: number; end?: (page: Page) => Promise<unknown> } = {},
): Promise<Sample[]> {
  const { page } = studio;
  const breakNow = onSlowLine(take, engine, region, breakAt);
  const recorded = await record(page);
  await studio.card(keyOf(take, engine)).dblclick();
  await page.waitForFunction(isPast, 0.5, { timeout: 60 * SECOND });
  trouble();
  breakNow();
  await end(page);
  return recorded();
}

async function pastTheBreak(page: Page): Promise<void> {
  await page.waitForFunction(isPast, 9, { timeout: 60 * SECOND });
}

/** A second after another holder took over, however late it did. */
async function pastGoingOver(page: Page): Promise<void> {
  const route = '[data-testid="player-route"][data-reason="measured-faster"]';
  await page.locator(route).waitFor({ timeout: 60 * SECOND });
  const there = await page.evaluate(() => (Reflect.get(globalThis, 'playerPosition') as () => number)());
  await page.waitForFunction(isPast, there + 1, { timeout: 60 * SECOND });
}

function isPast(seconds: number): boolean {
  return (Reflect.get(globalThis, 'playerPosition') as () => number)() > seconds;
}

function isFrame(frame: number): boolean {
  return document.querySelector('.stage')?.getAttribute('data-frame') === String(frame);
}

/** The largest jump between two samples that follow each other, in seconds: beyond what played while the page was busy. */
function largestJump(samples: readonly Sample[]): number {
  return samples.reduce((largest, { at, position }, index) => {
    const before = samples[index - 1];
    if (!before) return largest;
    const moved = position - before.position;
    return Math.max(largest, moved < 0 ? -moved : moved - (at - before.at));
  }, 0);
}

describe.each(ENGINES)('playback of %s goes on at the same place', (engine) => {
  const sourceOf = ({ name, endpoint }: { name: string; endpoint: string }) => (engine === 'mp4' ? endpoint : name);

  it.each(TROUBLES)('%s', async (_name, take, trouble, wanted) => {
    const { main, replica } = studio.sandbox;
    const samples = await playThrough(take, engine, replica.region, trouble);
    expect(samples[0]?.source).toBe(sourceOf(replica));
    expect(samples.at(-1)?.source).toBe(sourceOf(wanted === 'main' ? main : replica));
    expect(samples.filter(({ errorShown }) => errorShown)).toEqual([]);
    expect(largestJump(samples)).toBeLessThan(0.5);
  });

  it('when the replica gives less than plays and main is faster, which is said', async () => {
    const { page, sandbox } = studio;
    const { main, replica } = sandbox;
    const slow = (): void => {
      sandbox.clearFaults();
      troubled({ kind: 'bandwidth', bytesPerSecond: TOO_SLOWLY }, 'GetObject');
    };
    const how = { breakAt: BREAK_SOON_AT, end: pastGoingOver };
    const samples = await playThrough('slow', engine, replica.region, slow, how);
    expect(samples[0]?.source).toBe(sourceOf(replica));
    expect(samples.at(-1)?.source).toBe(sourceOf(main));
    expect(samples.filter(({ errorShown }) => errorShown)).toEqual([]);
    expect(largestJump(samples)).toBeLessThan(0.5);
    expect(await page.getByTestId('player-route').textContent()).toContain('Playing from');
    // Gone over once: no way back and forth.
    const sources = samples.map(({ source }) => source);
    expect(sources.filter((source, index) => index > 0 && source !== sources[index - 1])).toHaveLength(1);
  });

  it('when main is down and a replica holds the file', async () => {
    const { page, sandbox } = studio;
    await page.getByTestId('settings-button').click();
    await page.locator('[data-testid="read-from-option"][data-value="main"]').click();
    await page.keyboard.press('Escape');
    const down = () => void sandbox.addFault({ region: sandbox.main.region, effect: { kind: 'down' } });
    const samples = await playThrough('main', engine, sandbox.main.region, down);
    expect(samples[0]?.source).toBe(sourceOf(sandbox.main));
    expect(samples.at(-1)?.source).toBe(sourceOf(sandbox.replica));
    expect(samples.filter(({ errorShown }) => errorShown)).toEqual([]);
    expect(largestJump(samples)).toBeLessThan(0.5);
    await expect.poll(() => page.getByTestId('player-route').getAttribute('data-reason')).toBe('main-unreachable');
    sandbox.clearFaults();
    await page.keyboard.press('Escape');
    await page.getByTestId('settings-button').click();
    await page.locator('[data-testid="read-from-option"][data-value="auto"]').click();
  });
});

/** Of a film that stands still: pictures whose number is coded in them. */
describe.each(ENGINES)('%s that is paused has the picture of its number', (engine) => {
  it.each(TROUBLES)('%s', async (_name, take, trouble, wanted) => {
    const { page, sandbox } = studio;
    const breakNow = onSlowLine(`paused-${take}`, engine, sandbox.replica.region, BREAK_SOON_AT);
    const player = new CodedPlayer(page);
    await player.prepare();
    await studio.card(keyOf(`paused-${take}`, engine)).dblclick();
    await player.known();
    await player.press('k');
    const before = await player.settled();
    expect(before.pictured).toBe(before.said);
    trouble();
    breakNow();
    // Where nothing was read yet.
    await player.click(0.9);
    await page.waitForFunction(
      () => {
        const stage = document.querySelector('.stage');
        return stage?.getAttribute('data-settled') === 'true' && Number(stage.getAttribute('data-frame')) > 200;
      },
      undefined,
      { timeout: 60 * SECOND },
    );
    const after = await player.settled();
    expect(after.pictured).toBe(after.said);
    await player.press('ArrowLeft');
    await page.waitForFunction(isFrame, after.said - 1, { timeout: 60 * SECOND });
    expect(await player.settled()).toEqual({ said: after.said - 1, pictured: after.said - 1 });
    const { name } = wanted === 'main' ? sandbox.main : sandbox.replica;
    await expect.poll(() => page.getByTestId('player-route').getAttribute('data-storage')).toBe(name);
  });
});
