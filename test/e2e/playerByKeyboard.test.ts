import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CodedPlayer } from '../helpers/codedPlayer.ts';
import { look } from '../helpers/looking.ts';
import { seed } from '../sandbox/seed.ts';
import { openStudioInApp, type StudioInApp } from './studioInApp.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const CODED = join(import.meta.dirname, '../fixtures/media-coded');
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
afterAll(() => studio.stop());

const press = async (...keys: string[]) => {
  for (const key of keys) await studio.page.keyboard.press(key);
};
const numbered = async () => Number.parseInt(await studio.page.getByTestId('frame-number').innerText(), 10);
const speed = () => studio.page.getByTestId('speed-button').innerText();
const attribute = (name: string) => studio.page.locator('.stage').getAttribute(name);
const view = () => studio.page.locator('.stage').evaluate((stage) => stage.style.getPropertyValue('--view'));
const playerAttribute = (name: string) => studio.page.getByTestId('player').getAttribute(name);

/** A menu that was left gives the focus back a moment after it is gone: a key that is pressed before goes nowhere. */
async function menuIsLeft(): Promise<void> {
  await studio.page.waitForFunction(() => {
    const { activeElement, body } = document;
    return document.querySelector('.popover') === null && activeElement !== null && activeElement !== body;
  });
}

/** By the Tab key alone, from wherever the focus is. */
async function tabTo(testId: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await press('Tab');
    const found = await studio.page.evaluate(() => document.activeElement?.getAttribute('data-testid'));
    if (found === testId) return;
  }
  throw new Error(`Tab does not come to ${testId}`);
}

it('steps, types a frame, and hears where it is', async () => {
  const { page } = studio;
  await studio.card('coded/h264_24.mp4').dblclick();
  await player.known();
  await press('k', 'Home');
  expect(await player.settled()).toEqual({ said: 0, pictured: 0 });
  await press('ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowLeft');
  expect(await player.settled()).toEqual({ said: 2, pictured: 2 });
  await expect.poll(() => page.locator('.counter [role="status"]').innerText()).toBe('Frame 3 of 240, 00:00:00:02');
  // The slider says the same, and arrows are frames on it, on a button and on the volume.
  for (const place of ['scrub', 'speed-button', 'counter', 'view-button']) {
    await tabTo(place);
    const before = await numbered();
    await press('ArrowRight');
    expect([place, await player.settled()]).toEqual([place, { said: before, pictured: before }]);
  }
  expect(await page.getByTestId('scrub').getAttribute('aria-valuetext')).toBe('Frame 7 of 240, 00:00:00:06');
  await press('g');
  await page.getByTestId('go-to').waitFor();
  await page.keyboard.type('100');
  await press('Enter');
  expect(await player.settled()).toEqual({ said: 99, pictured: 99 });
  await look(studio, 'player-paused');
});

it('counts in another way, chosen from its menu', async () => {
  const { page } = studio;
  await tabTo('counting-button');
  await press('Enter');
  await page.locator('[data-counting="film"]').waitFor();
  await look(studio, 'player-counting');
  await press('ArrowDown', 'ArrowDown', 'Enter');
  await menuIsLeft();
  const chosen = await page.getByTestId('frame-number').innerText();
  expect(chosen).toBe('1100 / 1240');
  await press('Enter');
  await page.locator('[data-counting="one"]').waitFor();
  await page.locator('[data-counting="one"]').focus();
  await press('Enter');
  await menuIsLeft();
  await expect.poll(() => page.getByTestId('frame-number').innerText()).toBe('100 / 240');
});

it('marks what is played, and repeats it', async () => {
  const { page } = studio;
  await press('i');
  for (let step = 0; step < 10; step++) await press('ArrowRight');
  expect(await player.settled()).toEqual({ said: 109, pictured: 109 });
  await press('o');
  await expect.poll(() => page.getByTestId('repeat').getAttribute('aria-pressed')).toBe('true');
  const loop = async (): Promise<void> => {
    let before = await numbered();
    const deadline = performance.now() + 20 * SECOND;
    for (let turns = 0; turns < 2;) {
      if (performance.now() > deadline) throw new Error('It is not repeated');
      const now = await numbered();
      if (now < before) turns += 1;
      before = now;
      await page.waitForTimeout(20);
    }
  };
  await press('l');
  await loop();
  await press('Shift+L');
  await loop();
  await press('k', 'x', 'Shift+L', 'Shift+L');
  await expect.poll(() => page.getByTestId('repeat').getAttribute('aria-label')).toBe('Play once');
});

it('plays slower and faster, both ways', async () => {
  const { page } = studio;
  await press(']');
  expect(await speed()).toBe('1.5×');
  await press('[', '[');
  expect(await speed()).toBe('0.75×');
  await press(']');
  await press('g');
  await page.keyboard.type('60');
  await press('Enter');
  await player.settled();
  await press('l', 'l');
  await expect.poll(speed).toBe('2×');
  await press('j');
  await expect.poll(speed).toBe('-1×');
  await press('j');
  await expect.poll(speed).toBe('-2×');
  const before = await numbered();
  await expect.poll(numbered).toBeLessThan(before);
  await press('k');
  expect(await speed()).toBe('1×');
  await tabTo('speed-button');
  await press('Enter');
  await page.locator('[data-speed="2"]').waitFor();
  await press('Escape');
  await page.locator('[data-speed="2"]').waitFor({ state: 'detached' });
  await menuIsLeft();
  await page.getByTestId('player').waitFor();
});

it('looks closer, turned over, and behind masks', async () => {
  const { page } = studio;
  await press('+', '+');
  expect(await view()).toBe('translate(0px, 0px) scale(1.5625, 1.5625)');
  expect(await attribute('data-movable')).toBe('true');
  await look(studio, 'player-zoomed');
  await press('1');
  await expect.poll(() => page.getByTestId('view-button').getAttribute('aria-label')).toMatch(/: 100%$/);
  await press('0', 'h', 'Shift+H');
  expect(await view()).toBe('translate(0px, 0px) scale(-1, -1)');
  await press('n', 'Shift+N', 'b', 'b');
  expect(await page.getByTestId('mask').count()).toBe(1);
  expect(await page.getByTestId('safe-area').count()).toBe(2);
  expect(await attribute('data-background')).toBe('grey');
  await look(studio, 'player-masked');
  const box = await page.getByTestId('mask').boundingBox();
  expect((box?.width ?? 0) / (box?.height ?? 1)).toBeCloseTo(2.39, 1);
  await tabTo('view-button');
  await press('Enter');
  await page.getByTestId('view-mask').waitFor();
  await look(studio, 'player-view-menu');
  await page.getByTestId('view-mask').focus();
  await press('ArrowRight');
  await page.locator('[data-choice="none"]').waitFor();
  await look(studio, 'player-mask-menu');
  await page.locator('[data-choice="none"]').focus();
  await press('Enter');
  await page.getByTestId('mask').waitFor({ state: 'detached' });
  await page.getByTestId('view-mask').waitFor({ state: 'detached' });
  await menuIsLeft();
  await press('h', 'Shift+H', 'Shift+N', 'b', 'b', 'b');
  expect(await view()).toBe('translate(0px, 0px) scale(1, 1)');
});

it('the pointer goes nearer to what it is on, and moves it', async () => {
  const { page } = studio;
  const box = await page.locator('.stage').boundingBox();
  if (!box) throw new Error('There is no stage');
  const at = { x: box.x + box.width / 4, y: box.y + box.height / 2 };
  await page.mouse.move(at.x, at.y);
  await page.mouse.wheel(0, -240);
  await expect.poll(view).toMatch(/scale\(1\.5625, 1\.5625\)$/);
  expect(Number.parseFloat(/translate\(([-\d.]+)px/.exec(await view())?.[1] ?? '')).toBeCloseTo(
    (box.width / 4) * 0.5625,
    0,
  );
  const paused = () => page.locator('.controls').getAttribute('data-playing');
  await page.mouse.down();
  await page.mouse.move(at.x + 40, at.y + 10, { steps: 4 });
  await page.mouse.up();
  await expect.poll(view).toMatch(/translate\([-\d.]+px, 10(\.\d+)?px\)/);
  expect(await paused()).toBe('false');
  await press('0');
});

it('controls leave while it plays, and come back', async () => {
  const { page } = studio;
  await press('Shift+L');
  // A click on the picture plays it, and leaves the focus to the player.
  await page.locator('.stage').click({ position: { x: 400, y: 300 } });
  await expect.poll(() => playerAttribute('data-idle')).toBe('true');
  await expect.poll(() => page.locator('.player-top').evaluate((top) => getComputedStyle(top).opacity)).toBe('0');
  await studio.screenshot('player-alone');
  expect(await page.getByTestId('frame-number').isVisible()).toBe(true);
  await press('m');
  await expect.poll(() => playerAttribute('data-idle')).toBe('false');
  await press('m', 'f');
  await expect.poll(() => page.evaluate(() => document.fullscreenElement !== null)).toBe(true);
  await expect.poll(() => playerAttribute('data-idle')).toBe('true');
  await studio.screenshot('player-full-screen-alone');
  await press('k');
  await expect.poll(() => playerAttribute('data-idle')).toBe('false');
  await studio.screenshot('player-full-screen');
  await press('ArrowDown');
  await page.locator('[data-testid="player"][aria-label="h264_24_aac.mp4"]').waitFor();
  expect(await page.evaluate(() => document.fullscreenElement !== null)).toBe(true);
  await press('ArrowUp', 'f');
  await expect.poll(() => page.evaluate(() => document.fullscreenElement !== null)).toBe(false);
  await page.locator('[data-testid="player"][aria-label="h264_24.mp4"]').waitFor();
});

it('the next file shows the same frame, muted, paused and as fast', async () => {
  const { page } = studio;
  await player.known();
  await press('k', 'm', ']', 'g');
  await page.keyboard.type('78');
  await press('Enter');
  expect(await player.settled()).toEqual({ said: 77, pictured: 77 });
  await press('ArrowDown');
  await page.locator('[data-testid="player"][aria-label="h264_24_aac.mp4"]').waitFor();
  await player.known();
  expect(await player.settled()).toEqual({ said: 77, pictured: 77 });
  expect(await speed()).toBe('1.5×');
  expect(await page.locator('.controls').getAttribute('data-playing')).toBe('false');
  expect(await page.getByRole('button', { name: 'Unmute' }).count()).toBe(1);
  await press('m', '[');
});

it('plays on to the next file', async () => {
  const { page } = studio;
  for (let presses = 0; presses < 4; presses++) {
    if ((await page.getByTestId('repeat').getAttribute('aria-label')) === 'Play on to the next file') break;
    await press('Shift+L');
  }
  expect(await page.getByTestId('repeat').getAttribute('aria-label')).toBe('Play on to the next file');
  await press('g');
  await page.keyboard.type('225');
  await press('Enter');
  await player.settled();
  await press('l');
  await page.locator('[data-testid="player"][aria-label="h264_24_fragments.mp4"]').waitFor();
  await player.known();
  await expect.poll(() => page.locator('.controls').getAttribute('data-playing')).toBe('true');
  expect(await page.getByTestId('repeat').getAttribute('aria-label')).toBe('Play on to the next file');
  await press('k');
});

it('the drawer lies over the edge, and the picture keeps its size', async () => {
  const { page } = studio;
  const size = () => page.locator('.stage').boundingBox();
  const before = await size();
  await press('t');
  await page.getByTestId('transfers').waitFor();
  expect(await size()).toEqual(before);
  await look(studio, 'player-drawer');
  await press('t');
  await page.getByTestId('transfers').waitFor({ state: 'detached' });
});

it('the list of keys has all of them', async () => {
  const { page } = studio;
  await press('?');
  await page.getByTestId('shortcuts').waitFor();
  await look(studio, 'player-keys');
  await press('Escape');
  await page.getByTestId('shortcuts').waitFor({ state: 'detached' });
  await press('Escape');
  await page.getByTestId('player').waitFor({ state: 'detached' });
});
