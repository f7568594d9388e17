import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Page } from 'playwright';
import { KIB, MIB, SECOND_MS } from '../../shared/units.ts';
import { openStudioInApp, type StudioInApp } from '../e2e/studioInApp.ts';
import { dropFiles } from '../helpers/dropFiles.ts';
import { type InputFigures, percentile, watchInput } from '../helpers/inputLatency.ts';
import { type RelayProcess, startRelayProcess } from '../helpers/relayProcess.ts';
import { seed } from '../sandbox/seed.ts';
import { atMost, type Figure, measured } from './figures.ts';
import { writeFilm } from './film.ts';

const CLIP = join(import.meta.dirname, '../fixtures/media/shots/sq010/sh010/sq010_sh010_comp_v002.mp4');
const FILM = 'film/film.mp4';
const DAY_MS = 24 * 3600 * SECOND_MS;
/** Long enough for every transfer to be under way with it. */
const FILM_SECONDS = 90;
const FILM_BYTES_PER_SECOND = 1.5e6;
const CONNECTION_BYTES_PER_SECOND = 6e6;
/** Narrow enough for this machine to fill it, so that it is the line that is short and not the processors. */
const LINE_BYTES_PER_SECOND = 8e6;
const DROPPED = 2000;
const DROPPED_BYTES = 512 * KIB;
const SAVED = 500;
const SAVED_BYTES = MIB;
/** Between two inputs: a user in a hurry. */
const INPUT_INTERVAL_MS = 120;
const ALLOWED_MS = 50;
const PLAYING_TIMEOUT_MS = 60 * SECOND_MS;

export const LOAD_DESCRIPTION = [
  `a film of ${FILM_BYTES_PER_SECOND / 1e6} MB/s plays for ${FILM_SECONDS} s over a long line (75 ms each way,`,
  `${CONNECTION_BYTES_PER_SECOND / 1e6} MB/s a connection, ${LINE_BYTES_PER_SECOND / 1e6} MB/s in all) while`,
  `${DROPPED} files of ${DROPPED_BYTES / KIB} KiB are dropped and ${SAVED} of ${SAVED_BYTES / MIB} MiB are saved`,
].join(' ');

/** What the film and the input met. */
interface Watched {
  /** Milliseconds in which it should have played and did not move. */
  stalled: number;
  longestStall: number;
  played: number;
}

/** A film over a long line, which transfers in both directions would fill. */
export async function playUnderLoad(describe: (studio: StudioInApp) => void): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'nearplay-bench-'));
  const relays: RelayProcess[] = [];
  const studio = await openStudioInApp({ through: async (endpoint) => through(endpoint, relays) });
  try {
    describe(studio);
    await prepare(studio, folder);
    return await measure(studio, folder);
  } finally {
    await studio.stop();
    await Promise.all(relays.map((relay) => relay.close()));
    await rm(folder, { recursive: true, force: true });
  }
}

async function through(endpoint: string, relays: RelayProcess[]): Promise<string> {
  const { protocol, port } = new URL(endpoint);
  const relay = await startRelayProcess({
    targetPort: Number(port),
    handshake: true,
    bytesPerSecond: CONNECTION_BYTES_PER_SECOND,
    lineBytesPerSecond: LINE_BYTES_PER_SECOND,
  });
  relays.push(relay);
  return `${protocol}//127.0.0.1:${relay.port}`;
}

async function prepare({ sandbox }: StudioInApp, folder: string): Promise<void> {
  const [media, dropped] = [join(folder, 'media'), join(folder, 'dropped')];
  for (const below of [join(media, 'film'), join(media, 'plates'), dropped]) await mkdir(below, { recursive: true });
  await writeFilm(CLIP, join(media, FILM), { seconds: FILM_SECONDS, bytesPerSecond: FILM_BYTES_PER_SECOND });
  const content = randomBytes(SAVED_BYTES);
  for (let index = 0; index < SAVED; index++) await writeFile(join(media, plateOf(index)), content);
  await seed(sandbox, media, { prefix: 'media', ageMs: DAY_MS, replicated: true });
  await rm(media, { recursive: true });
  const small = randomBytes(DROPPED_BYTES);
  for (let index = 0; index < DROPPED; index++) await writeFile(join(dropped, `d${index}_comp.bin`), small);
}

const plateOf = (index: number) => `plates/p${index}_plate.bin`;

async function measure(studio: StudioInApp, folder: string): Promise<Figure[]> {
  const { page, sandbox } = studio;
  const count = (method: string, of: RegExp) =>
    sandbox.requests.filter(({ method: one, key, status }) => one === method && of.test(key) && status < 300).length;
  // The listing of the start is older than the film.
  await page.reload();
  await studio.card('film/').waitFor({ timeout: PLAYING_TIMEOUT_MS });
  await dropFiles(page, '[data-testid="drop-zone"]', [join(folder, 'dropped')]);
  await waitFor(() => count('PUT', /_comp\.bin$/) > 0);
  await studio.card('film/').dblclick({ timeout: PLAYING_TIMEOUT_MS });
  await studio.card(FILM).dblclick({ timeout: PLAYING_TIMEOUT_MS });
  await page.waitForFunction(isPlaying, undefined, { timeout: PLAYING_TIMEOUT_MS });
  const endInput = await watchInput(page);
  await page.evaluate(watchFilm);
  await Promise.all([saveAll(studio, folder), hurry(page)]);
  const film = await page.evaluate(() => (Reflect.get(globalThis, 'endWatchingFilm') as () => Watched)());
  const { answered, main }: InputFigures = await endInput();
  return [
    atMost(0, 'film over a long line, beside transfers: stalled', film.stalled, 'ms'),
    measured('film: longest stall', film.longestStall, 'ms'),
    measured('film: played', film.played, 's'),
    atMost(ALLOWED_MS, 'beside a film: input answered, 95%', percentile(answered, 0.95), 'ms'),
    measured('beside a film: input answered, longest', percentile(answered, 1), 'ms'),
    measured('beside a film: answer of main, 95%', percentile(main, 0.95), 'ms'),
    measured('beside a film: inputs', answered.length, 'inputs'),
    measured('beside a film: uploaded', count('PUT', /_comp\.bin$/), 'files'),
    measured('beside a film: saved', count('GET', /_plate\.bin$/), 'files'),
  ];
}

/** Saves all at once. A chooser takes a click or a key that was a moment ago; what is refused without one is asked for again. */
async function saveAll({ app, page }: StudioInApp, folder: string): Promise<void> {
  for (let index = 0; index < SAVED; index++) await app.answerDialog({ filePath: join(folder, `saved-${index}.bin`) });
  await page.evaluate(
    async (keys) => {
      const { nearplay } = globalThis as unknown as {
        nearplay: { request(name: string, payload: object): Promise<{ error?: object }> };
      };
      for (const waiting = [...keys]; waiting.length > 0;) {
        const { error } = await nearplay.request('download', { key: waiting[0] });
        if (!error) waiting.shift();
        else await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
    Array.from({ length: SAVED }, (_, index) => plateOf(index)),
  );
}

async function waitFor(isSo: () => boolean): Promise<void> {
  const ends = performance.now() + PLAYING_TIMEOUT_MS;
  while (!isSo()) {
    if (performance.now() > ends) throw new Error('Nothing was uploaded');
    await wait(INPUT_INTERVAL_MS);
  }
}

/** Keys that leave the film playing, until it has played nearly to its end. */
async function hurry(page: Page): Promise<void> {
  const ends = performance.now() + (FILM_SECONDS - 15) * SECOND_MS;
  while (performance.now() < ends) {
    for (const key of ['m', 'm', 't', 't']) {
      await page.keyboard.press(key);
      await wait(INPUT_INTERVAL_MS);
    }
  }
}

/** In the page. */
function isPlaying(): boolean {
  const media = document.querySelector<HTMLVideoElement>('[data-testid="player-media"]');
  return media !== null && !media.paused && media.currentTime > 0.5;
}

/** In the page. */
function watchFilm(): void {
  const LOOK_MS = 50;
  const figures: Watched = { stalled: 0, longestStall: 0, played: 0 };
  let [before, at, stall] = [-1, performance.now(), 0];
  const timer = setInterval(() => {
    const media = document.querySelector<HTMLVideoElement>('[data-testid="player-media"]');
    const now = performance.now();
    const elapsed = now - at;
    at = now;
    if (!media || media.paused || media.ended) return;
    const moved = media.currentTime - before;
    if (moved > 0 || before < 0) {
      if (before >= 0 && moved < 5) figures.played += moved;
      stall = 0;
    } else if (media.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) {
      stall += elapsed;
      figures.stalled += elapsed;
      figures.longestStall = Math.max(figures.longestStall, stall);
    }
    before = media.currentTime;
  }, LOOK_MS);
  Reflect.set(globalThis, 'endWatchingFilm', () => {
    clearInterval(timer);
    return figures;
  });
}
