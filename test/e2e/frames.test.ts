import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CodedPlayer, type ShownFrame } from '../helpers/codedPlayer.ts';
import { seededRandom } from '../helpers/seededRandom.ts';
import { seed } from '../sandbox/seed.ts';
import { openStudioInApp, type StudioInApp } from './studioInApp.ts';

const HOUR = 3600 * 1000;
const CODED = join(import.meta.dirname, '../fixtures/media-coded');
const random = seededRandom(11);
let studio: StudioInApp;
let player: CodedPlayer;

beforeAll(async () => {
  studio = await openStudioInApp({ media: false });
  await seed(studio.sandbox, CODED, { prefix: 'media/coded', ageMs: 24 * HOUR, replicated: true });
  await studio.page.reload();
  player = new CodedPlayer(studio.page);
  await player.prepare();
  await studio.card('coded/').dblclick();
});
afterEach(async () => {
  await studio.page.keyboard.press('Escape');
  await studio.page.getByTestId('player').waitFor({ state: 'detached' });
});
afterAll(() => studio.stop());

/** With the number in the first picture on screen. `npm run bench:frames` does the same, and more of it, with all clips. */
const CLIPS = [
  ['h264_23976.mp4', 0],
  ['h264_24_aac.mp4', 0],
  ['h264_25_gop250.mp4', 0],
  ['h264_25_edit.mp4', 20],
  ['h264_2997_drop.mov', 0],
  ['h264_5994.mp4', 0],
  ['h264_variable.mp4', 0],
  ['vp9_2997.webm', 0],
] as const;

describe('the number on screen is the one of the picture', () => {
  it.each(CLIPS)('%s', async (file, first) => {
    const { page } = studio;
    const wrong: unknown[] = [];
    const check = async (what: string, expected?: number): Promise<ShownFrame> => {
      const shown = await player.settled();
      const isRight = shown.said !== -1 && shown.said + first === shown.pictured;
      if (!isRight || (expected !== undefined && shown.said !== expected)) wrong.push({ what, ...shown, expected });
      return shown;
    };
    await studio.card(`coded/${file}`).dblclick();
    await player.known();
    // Within the first second.
    await player.press('k');
    let { said } = await check('paused at once');
    for (let step = 0; step < 2; step++) {
      await player.press('ArrowRight');
      ({ said } = await check('step right after opening', said + 1));
    }
    for (let click = 0; click < 3; click++) {
      await player.click(random() * 0.9);
      ({ said } = await check('click'));
      await player.press('ArrowRight');
      ({ said } = await check('step after a click', said + 1));
      await player.press('ArrowLeft');
      await check('step back after a click', said - 1);
    }
    await player.press('Home');
    await check('start', 0);
    for (let pause = 0; pause < 2; pause++) {
      await page.keyboard.press('Space');
      await page.waitForTimeout(100 + random() * 300);
      await page.keyboard.press('Space');
      ({ said } = await check('pause'));
      await player.press('ArrowRight');
      await check('step after a pause', said + 1);
    }
    await player.press('End');
    const end = await check('end');
    const last = Number(/\d+$/.exec(await page.getByTestId('frame-number').innerText())?.[0]);
    // Chromium has no seek to a last picture that begins where the file says that it ends.
    if (file !== 'h264_variable.mp4') expect(end.said + 1).toBe(last);
    await player.press('ArrowLeft');
    await check('step back from the end', end.said - 1);
    expect(wrong).toEqual([]);
  });
});
