// Whether the number on screen is the one of the picture, in the window of the app (in the stand-in where Electron is missing), with
// clips whose frame number is coded in the picture: seeks by dragging, clicks on the bar, steps each way and after a click, pauses while
// playing, all of it also within the first second after opening. A number is wrong where it is not the picture's, a picture is wrong
// where it is not the one that the step leads to.
//
// With ffmpeg it also measures how fast films of 1920 x 1080 answer, of short and long groups and of ProRes: seek to picture, pictures a
// second while dragging and backwards, pictures that are dropped.
//
//   npm run bench:frames [-- --json] [--quick] [--file NAME,NAME] [--speed-only] [--films FOLDER]
//
// FOLDER keeps the films for the next time.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openStudioInApp, type StudioInApp } from '../e2e/studioInApp.ts';
import { CodedPlayer, type ShownFrame } from '../helpers/codedPlayer.ts';
import { seededRandom } from '../helpers/seededRandom.ts';
import { seed } from '../sandbox/seed.ts';
import { describeLoad, describeMachine } from './figures.ts';
import { makeFilms, measureSpeed } from './frameSpeed.ts';

const DAY_MS = 24 * 3600 * 1000;
const CODED = join(import.meta.dirname, '../fixtures/media-coded');
/** The number in the picture of the first one that is on screen. */
const FIRST: Readonly<Record<string, number>> = { 'h264_25_edit.mp4': 20 };
const random = seededRandom(7);

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    file: { type: 'string' },
    'speed-only': { type: 'boolean', default: false },
    films: { type: 'string' },
  },
});
/** Of each kind. */
const counts = values.quick
  ? { seeks: 50, steps: 20, pauses: 12, clicks: 10, openings: 3 }
  : { seeks: 500, steps: 200, pauses: 120, clicks: 100, openings: 10 };

interface Outcome {
  file: string;
  checks: number;
  /** Numbers that are not the picture's, those that are not known included. */
  wrong: number;
  wrongPictures: number;
  /** What was wrong first. */
  first?: string;
}

class Check {
  readonly outcome: Outcome;
  readonly #player: CodedPlayer;

  constructor(file: string, player: CodedPlayer) {
    this.outcome = { file, checks: 0, wrong: 0, wrongPictures: 0 };
    this.#player = player;
  }

  /** @param expected the frame that has to be on screen, counted from 0 */
  async look(what: string, expected?: number): Promise<number> {
    const { said, pictured } = await this.#player.settled();
    const frame = pictured - (FIRST[this.outcome.file] ?? 0);
    this.outcome.checks += 1;
    const isWrong = said === -1 || said !== frame;
    const isOther = expected !== undefined && frame !== expected;
    if (isWrong) this.outcome.wrong += 1;
    if (isOther) this.outcome.wrongPictures += 1;
    if (isWrong || isOther) this.outcome.first ??= describe(what, { said, pictured }, expected);
    return frame;
  }
}

function describe(what: string, { said, pictured }: ShownFrame, expected: number | undefined): string {
  return `${what}: says ${said}, shows ${pictured}${expected === undefined ? '' : `, expected ${expected}`}`;
}

async function measure(studio: StudioInApp, player: CodedPlayer, file: string): Promise<Outcome> {
  const { page } = studio;
  const check = new Check(file, player);
  const open = async () => {
    await studio.card(`coded/${file}`).dblclick();
    await player.known();
  };
  const close = async () => {
    await page.keyboard.press('Escape');
    await page.getByTestId('player').waitFor({ state: 'detached' });
  };
  for (let opening = 0; opening < counts.openings; opening++) {
    await open();
    await player.press('k');
    const at = await check.look('paused after opening');
    await player.press('ArrowRight');
    await check.look('step after opening', at + 1);
    await player.click(random() * 0.9);
    await check.look('click after opening');
    await close();
  }
  await open();
  await player.press('k');
  await player.drag(counts.seeks, random, () => check.look('drag'));
  for (let click = 0; click < counts.clicks; click++) {
    await player.click(0.05 + random() * 0.8);
    const at = await check.look('click');
    await player.press('ArrowRight');
    await check.look('step after a click', at + 1);
  }
  await player.press('Home');
  let at = await check.look('start', 0);
  for (const [key, step] of [
    ['ArrowRight', 1],
    ['ArrowLeft', -1],
  ] as const) {
    for (let count = 0; count < counts.steps; count++) {
      if (at + step < 0) break;
      // The last picture of some files cannot be sought in Chromium; the steps turn round before it.
      if (step === 1 && at >= 55 && file === 'h264_4.mp4') break;
      await player.press(key);
      at = await check.look(`step ${step}`, at + step);
      if (step === 1 && at > 195) break;
    }
  }
  for (let pause = 0; pause < counts.pauses; pause++) {
    if (pause % 8 === 0) await player.press('Home');
    await player.press('Space');
    await page.waitForTimeout(60 + random() * 500);
    await player.press('Space');
    at = await check.look('pause');
    await player.press('ArrowRight');
    await check.look('step after a pause', at + 1);
  }
  await close();
  return check.outcome;
}

async function speeds(studio: StudioInApp, player: CodedPlayer, films: readonly string[]): Promise<void> {
  for (const file of films.filter(isWanted)) {
    await studio.card(`films/${file}`).dblclick();
    await player.known();
    const figures = await measureSpeed(studio.page, player, random);
    const { seekP50, seekP95, dragged, backwards, backwardsSpeed, backwardsTwice, backwardsTwiceSpeed, dropped } =
      figures;
    if (values.json) say(JSON.stringify({ file, ...figures }));
    else
      say(
        `${file}: seek ${seekP50}/${seekP95} ms (p50/p95), dragging ${dragged} pictures/s, backwards ${backwards} pictures/s at ` +
          `${backwardsSpeed} of its speed, twice as fast ${backwardsTwice} at ${backwardsTwiceSpeed}, dropped ${dropped} %`,
      );
    await studio.page.keyboard.press('Escape');
    await studio.page.getByTestId('player').waitFor({ state: 'detached' });
  }
}

function isWanted(file: string): boolean {
  return values.file?.split(',').includes(file) ?? true;
}

async function main(): Promise<void> {
  const files = values['speed-only'] ? [] : (await readdir(CODED)).sort().filter(isWanted);
  const studio = await openStudioInApp({ media: false });
  try {
    await seed(studio.sandbox, CODED, { prefix: 'media/coded', ageMs: DAY_MS, replicated: true });
    const folder = values.films ?? join(studio.folder, 'films');
    const films = await makeFilms(folder);
    if (films.length > 0)
      await seed(studio.sandbox, folder, { prefix: 'media/films', ageMs: DAY_MS, replicated: true });
    else if (!values.json) say('ffmpeg is not installed: how fast films answer is not measured');
    await studio.page.reload();
    const player = new CodedPlayer(studio.page);
    await player.prepare();
    if (files.length > 0) await studio.card('coded/').dblclick();
    if (!values.json) say(`${studio.app.runtimeVersion}; ${describeMachine()}; ${describeLoad()}`);
    for (const file of files) {
      const outcome = await measure(studio, player, file);
      const { checks, wrong, wrongPictures, first } = outcome;
      if (values.json) say(JSON.stringify(outcome));
      else
        say(
          `${file}: ${checks} checks, ${wrong} numbers and ${wrongPictures} pictures wrong${first ? ` (${first})` : ''}`,
        );
      if (wrong + wrongPictures > 0) process.exitCode = 1;
    }
    if (films.length === 0) return;
    await studio.page.reload();
    await player.prepare();
    await studio.card('films/').dblclick();
    await speeds(studio, player, films);
  } finally {
    await studio.stop();
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main();
