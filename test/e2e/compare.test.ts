import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { look } from '../helpers/looking.ts';
import { seed } from '../sandbox/seed.ts';
import { openStudioInApp, type StudioInApp } from './studioInApp.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const LONG = { timeout: 60 * SECOND };
const CODED = join(import.meta.dirname, '../fixtures/media-coded');
const PICTURES = join(import.meta.dirname, '../fixtures/pictures');
const FILMS: Record<string, string> = {
  'shot_v001.mov': 'prores_422hq_24.mov',
  'shot_v002.mp4': 'h264_24.mp4',
  'shot_v003.mp4': 'h264_24_aac.mp4',
  'timed_v001.mov': 'h264_24_timecode.mov',
  'timed_v002.mov': 'h264_24_timecode.mov',
};
/** Numbers of the frames of two versions of a plate, whose pictures are the same where the numbers are odd. */
const PLATES = { v001: [1001, 1002, 1004], v002: [1001, 1002, 1003, 1004] };
/** Versions that have folders of their own; and layers that their folders alone tell apart. */
const FOLDERS: Record<string, string> = {
  'sh010/v001/sh010_comp_v001.1001.exr': 'zip_half.exr',
  'sh010/v001/sh010_comp_v001.1002.exr': 'zip_half.exr',
  'sh010/v002/sh010_comp_v002.1001.exr': 'piz_half.exr',
  'sh010/v002/sh010_comp_v002.1002.exr': 'piz_half.exr',
  'sh010/v002/sh010_comp_v002_notes.exr': 'zip_half.exr',
  'sh010/v003/sh010_comp_v003.1001.exr': 'zip_half.exr',
  'sh010/v003/sh010_comp_v003.1002.exr': 'zip_half.exr',
  'layers/v001/exr/beauty.exr': 'zip_half.exr',
  'layers/v002/exr/beauty.exr': 'piz_half.exr',
};

let studio: StudioInApp;

beforeAll(async () => {
  studio = await openStudioInApp({ media: false });
  const folder = join(studio.folder, 'compare');
  await mkdir(folder);
  for (const [name, from] of Object.entries(FILMS)) await copyFile(join(CODED, from), join(folder, name));
  for (const [version, frames] of Object.entries(PLATES)) {
    for (const frame of frames) {
      const from = version === 'v002' && frame % 2 === 0 ? 'piz_half.exr' : 'zip_half.exr';
      await copyFile(join(PICTURES, from), join(folder, `plate_${version}.${frame}.exr`));
    }
  }
  for (const [name, from] of Object.entries(FOLDERS)) {
    await mkdir(join(folder, dirname(name)), { recursive: true });
    await copyFile(join(PICTURES, from), join(folder, name));
  }
  await copyFile(join(CODED, 'h264_24.mp4'), join(folder, 'sh010/v003/sh010_comp_v003.mp4'));
  await seed(studio.sandbox, folder, { prefix: 'media/compare', ageMs: 24 * HOUR, replicated: true });
  await studio.page.reload();
  await studio.card('compare/').dblclick();
});
afterEach(async () => {
  const { page } = studio;
  studio.sandbox.clearFaults();
  for (let presses = 0; presses < 4 && (await page.getByTestId('player').count()) > 0; presses++) await press('Escape');
  await page.getByTestId('player').waitFor({ state: 'detached' });
});
afterAll(() => studio.stop());

const press = async (...keys: string[]) => {
  for (const key of keys) await studio.page.keyboard.press(key);
};
const compare = (name: string) => studio.page.getByTestId('compare').getAttribute(`data-${name}`);
const text = (testId: string) => studio.page.getByTestId(testId).innerText();
const settled = () => expect.poll(() => compare('settled'), LONG).toBe('true');
const note = (side: 'a' | 'b') =>
  studio.page
    .getByTestId(`compare-side-${side}`)
    .getByTestId('compare-note')
    .innerText({ timeout: 60 * SECOND });

interface Side {
  said: string;
  /** As it is coded in the picture, counted from 1; undefined without a picture. */
  pictured: number | undefined;
}

/** What a side says, and what is in its picture, at one moment. */
function sideOf(side: 'a' | 'b'): Promise<Side> {
  return studio.page.evaluate((name) => {
    const canvas = document.querySelector(`[data-testid="compare-side-${name}"] > canvas`);
    const said = document.querySelector(`[data-testid="compare-frame-${name}"]`)?.textContent ?? '';
    const isShown = canvas?.getAttribute('data-active') === 'true';
    const context = new OffscreenCanvas(160, 96).getContext('2d');
    if (!isShown || !context || !(canvas instanceof HTMLCanvasElement)) return { said, pictured: undefined };
    context.drawImage(canvas, 0, 0, 160, 96);
    const { data } = context.getImageData(0, 0, 160, 96);
    let pictured = 0;
    for (let bit = 0; bit < 10; bit++) if ((data[(24 * 160 + bit * 16 + 8) * 4] ?? 0) > 128) pictured += 2 ** bit;
    return { said, pictured: pictured + 1 };
  }, side);
}

/** Both sides stand still at these numbers, which are those of their pictures. */
async function expectPair(a: number, b: number): Promise<void> {
  await settled();
  const pair = async () => [await sideOf('a'), await sideOf('b')];
  const expected = [a, b].map((number) => ({ said: `${number}`, pictured: number }));
  await expect.poll(pair, LONG).toEqual(expected);
}

/** Opens a file, stands still, and lays the one beside it that is offered first. */
async function openPair(name: string, offered: string): Promise<void> {
  const { page } = studio;
  await studio.card(`compare/${name}`).dblclick();
  await page.getByTestId('player').waitFor();
  await press('k', 'd');
  const first = page.getByRole('menuitem').first();
  await first.waitFor();
  expect(await first.innerText()).toBe(offered);
  await expect.poll(() => first.evaluate((item) => item === document.activeElement)).toBe(true);
  await press('Enter');
  await page.getByTestId('compare').waitFor();
  await settled();
}

it('two versions of a film go in step, each with its own number', async () => {
  await openPair('shot_v003.mp4', 'shot_v002.mp4');
  await press('Home');
  await expectPair(1, 1);
  await press('ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowLeft');
  await expectPair(3, 3);
  await press('>', '>', '>', '<');
  expect(await text('compare-offset')).toBe('B +2');
  await expectPair(3, 5);
  await press('g');
  await studio.page.getByTestId('go-to').waitFor();
  await studio.page.keyboard.type('101');
  await press('Enter');
  await expectPair(101, 103);
  await look(studio, 'compare-side');
  await press('s');
  expect(await text('compare-offset')).toBe('B -2');
  await expectPair(103, 101);
  await press('s', 'z');
  await expectPair(101, 101);
  await press('l');
  await expect.poll(async () => Number((await sideOf('a')).said), LONG).toBeGreaterThan(104);
  await press('k');
  await settled();
  const { said } = await sideOf('a');
  await expectPair(Number(said), Number(said));
});

it('a place that one side does not have says so, and shows no neighbour', async () => {
  await openPair('shot_v003.mp4', 'shot_v002.mp4');
  await press('End', '>');
  expect(await note('b')).toBe('B has no frame here.');
  expect(await sideOf('b')).toEqual({ said: '–', pictured: undefined });
  await expect.poll(() => sideOf('a'), LONG).toMatchObject({ said: '240', pictured: 240 });
  await look(studio, 'compare-no-frame');
  await press('z');
  await expectPair(240, 240);
});

it('one is laid over the other in every way, by keyboard and by dragging', async () => {
  const { page } = studio;
  await openPair('shot_v002.mp4', 'shot_v001.mov');
  await press('Home');
  await expectPair(1, 1);
  await press('y');
  expect(await compare('way')).toBe('wipe');
  await press('Shift+ArrowUp', 'Shift+ArrowUp', 'Shift+ArrowDown');
  const edge = page.getByTestId('compare-edge');
  expect(await edge.getAttribute('aria-valuenow')).toBe('55');
  const [box, area] = [await edge.boundingBox(), await page.locator('.compare-over').boundingBox()];
  if (!box || !area) throw new Error('The wipe has no edge');
  await page.mouse.move(box.x + box.width / 2, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(area.x + area.width / 4, box.y + 40, { steps: 4 });
  await page.mouse.up();
  await expect.poll(() => edge.getAttribute('aria-valuenow')).toBe('25');
  await look(studio, 'compare-wipe');
  await press('y');
  expect(await compare('way')).toBe('difference');
  await press('Shift+ArrowUp', 'Shift+ArrowUp');
  expect(await text('compare-amount')).toBe('×4');
  await look(studio, 'compare-difference');
  await press('y');
  expect(await compare('way')).toBe('overlay');
  await press('Shift+ArrowDown');
  expect(await text('compare-amount')).toBe('45%');
  await look(studio, 'compare-overlay');
  await press('a');
  expect([await compare('way'), await compare('shown')]).toEqual(['flip', 'a']);
  expect(await page.getByTestId('compare-side-b').isVisible()).toBe(false);
  await press('a');
  expect(await compare('shown')).toBe('b');
  expect(await page.getByTestId('compare-side-a').isVisible()).toBe(false);
  await look(studio, 'compare-flip');
  await press('Shift+Y', 'Shift+Y', 'Shift+Y', 'Shift+Y');
  expect(await compare('way')).toBe('side');
});

it('Escape goes back to the file, at the frame that was on screen', async () => {
  const { page } = studio;
  await openPair('shot_v003.mp4', 'shot_v002.mp4');
  await press('g');
  await page.getByTestId('go-to').waitFor();
  await page.keyboard.type('78');
  await press('Enter');
  await expectPair(78, 78);
  await press('Escape');
  await page.getByTestId('compare').waitFor({ state: 'detached' });
  await expect.poll(() => text('frame-number'), LONG).toMatch(/^78 /);
  expect(await page.locator('.controls').getAttribute('data-playing')).toBe('false');
});

it('sequences go by their numbers, and a missing frame is missing', async () => {
  const { page } = studio;
  await openPair('plate_v002.####.exr', 'plate_v001.####.exr');
  await press('Home', 'ArrowRight', 'ArrowRight');
  expect(await note('b')).toContain('1003');
  expect([(await sideOf('a')).said, (await sideOf('b')).said]).toEqual(['1003', '1003']);
  expect(await text('frame-number')).toBe('1003 / 1004');
  await look(studio, 'compare-missing');
  await press('ArrowRight');
  await settled();
  expect([(await sideOf('a')).said, (await sideOf('b')).said]).toEqual(['1004', '1004']);
  await press('>');
  expect(await note('b')).toBe('B has no frame here.');
  await press('z', 'e');
  await expect.poll(() => page.getByTestId('exposure').innerText()).toContain('+0.5');
  await press('q');
});

it('goes by timecode where both have it', async () => {
  await openPair('timed_v002.mov', 'timed_v001.mov');
  await press('Home', 'Shift+Z');
  expect(await text('compare-step-by')).toBe('By timecode');
  await expectPair(1, 1);
  await press('ArrowRight');
  await expectPair(2, 2);
});

it.each(['shot_v003.mp4', 'plate_v002.####.exr'])(
  'both sides of %s are read from main when the replica is down',
  async (name) => {
    const { page, sandbox } = studio;
    const effect = { kind: 'answer-instead', status: 503, headers: {}, body: '' } as const;
    sandbox.addFault({ region: sandbox.replica.region, operation: 'GetObject', key: /compare/, effect });
    // Read from the network, not from what the browser kept.
    await page.context().clearCookies();
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Network.clearBrowserCache');
    await devtools.detach();
    await openPair(name, name.startsWith('shot') ? 'shot_v002.mp4' : 'plate_v001.####.exr');
    for (const side of ['a', 'b']) {
      const route = page.getByTestId(`compare-label-${side}`).getByTestId('player-route');
      await expect.poll(() => route.getAttribute('data-storage'), LONG).toBe('main-us');
    }
  },
);

/** Goes to a folder from the top. */
async function openFolder(...folder: readonly string[]): Promise<void> {
  await studio.page.locator('.crumb').first().click();
  await isListed('');
  for (const [index] of folder.entries()) {
    const key = `${folder.slice(0, index + 1).join('/')}/`;
    await studio.card(key).click();
    await isListed(key);
  }
}

/** Goes to a folder, and opens a file of it, which stands still. */
async function openIn(folder: readonly string[], name: string): Promise<void> {
  await openFolder(...folder);
  await studio.card([...folder, name].join('/')).click();
  await studio.page.getByTestId('player').waitFor();
  await press('k');
}

const isListed = (folder: string) =>
  studio.page
    .locator(`[data-testid="library"][data-folder=${JSON.stringify(folder)}][aria-busy="false"]`)
    .waitFor({ timeout: 60 * SECOND });
const searched = (phase: string) =>
  studio.page
    .locator(`[data-testid="version-search"][data-phase=${JSON.stringify(phase)}]`)
    .waitFor({ timeout: 60 * SECOND });
const offered = async () => (await studio.page.getByRole('menuitem').allInnerTexts()).map((name) => name.split('\n'));

it('versions that have folders of their own are offered, newest first, and compared', async () => {
  const { page } = studio;
  await openIn(['compare', 'sh010', 'v002'], 'sh010_comp_v002.####.exr');
  await press('d');
  await searched('done');
  expect(await offered()).toEqual([
    ['sh010_comp_v003.####.exr', 'v003/'],
    ['sh010_comp_v003.mp4', 'v003/'],
    ['sh010_comp_v001.####.exr', 'v001/'],
    ['sh010_comp_v002_notes.exr'],
  ]);
  await look(studio, 'compare-versions');
  await page.locator('[data-choice="sh010_comp_v001.####.exr"]').click();
  await page.getByTestId('compare').waitFor();
  await settled();
  await press('Home', 'ArrowRight');
  await settled();
  expect([(await sideOf('a')).said, (await sideOf('b')).said]).toEqual(['1002', '1002']);
  await press('Escape');
  await page.getByTestId('compare').waitFor({ state: 'detached' });
});

it('files of one name are told apart by their folders', async () => {
  const { page } = studio;
  await openIn(['compare', 'layers', 'v001', 'exr'], 'beauty.exr');
  await press('d');
  await searched('done');
  expect(await offered()).toEqual([['beauty.exr', 'v002/exr/']]);
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-choice'))).toBe('beauty.exr');
  await press('Enter');
  await page.getByTestId('compare').waitFor();
  await settled();
  const names = await page.locator('.compare-label .name').evaluateAll((all) => all.map((name) => name.textContent));
  expect(names).toEqual(['v001/exr/beauty.exr', 'v002/exr/beauty.exr']);
  await look(studio, 'compare-same-name');
});

it('where versions cannot be listed the menu says so, and looks again', async () => {
  const { sandbox } = studio;
  await openIn(['compare', 'sh010', 'v001'], 'sh010_comp_v001.####.exr');
  sandbox.addFault({ operation: 'ListObjectsV2', effect: { kind: 'status', status: 403, code: 'AccessDenied' } });
  await press('d');
  await searched('failed');
  expect(await offered()).toEqual([['Look for versions again']]);
  await look(studio, 'compare-versions-failed');
  sandbox.clearFaults();
  await press('ArrowDown', 'Enter');
  await searched('done');
  expect((await offered())[0]).toEqual(['sh010_comp_v003.####.exr', 'v003/']);
  await press('Escape');
});

const active = () =>
  studio.page
    .locator('[data-testid="card"][aria-selected="true"]')
    .evaluateAll(([card]) => card?.getAttribute('data-key') ?? undefined);
/** By a key of the list, once that has the focus. */
const goTo = (key: string, name: string) =>
  expect
    .poll(async () => {
      await press(key);
      return active();
    }, LONG)
    .toBe(`compare/${name}`);

it('two files of two folders are chosen in the library, by keyboard alone', async () => {
  const { page } = studio;
  await openFolder('compare', 'layers', 'v002', 'exr');
  await goTo('Home', 'layers/v002/exr/beauty.exr');
  await press('d');
  const bar = page.getByTestId('marked-bar');
  await expect.poll(() => bar.textContent()).toContain('beauty.exr');
  await studio.screenshot('compare-marked');
  for (const folder of ['compare/layers/v002/', 'compare/layers/', 'compare/']) {
    await press('Backspace');
    await isListed(folder);
  }
  await goTo('End', 'plate_v002.####.exr');
  await press('d');
  await page.getByTestId('compare').waitFor();
  await settled();
  const names = await page.locator('.compare-label .name').evaluateAll((all) => all.map((name) => name.textContent));
  expect(names).toEqual(['beauty.exr', 'plate_v002.####.exr']);
  expect(await page.getByTestId('compare-side-a').getAttribute('data-picture')).toBe('picture');
  await press('Escape');
  await page.getByTestId('compare').waitFor({ state: 'detached' });
  await press('Escape');
  await page.getByTestId('player').waitFor({ state: 'detached' });
  await expect.poll(active).toBe('compare/plate_v002.####.exr');
  expect(await bar.textContent()).toBe('');
});

it('two files are chosen by the signs on their cards, in the grid and in the list', async () => {
  const { page } = studio;
  await openFolder('compare');
  const mark = async (name: string) => {
    const card = studio.card(`compare/${name}`);
    await card.hover();
    await card.getByTestId('card-compare').click();
  };
  const isMarked = (name: string) => studio.card(`compare/${name}`).getAttribute('data-marked');
  await mark('shot_v002.mp4');
  await expect.poll(() => isMarked('shot_v002.mp4')).toBe('true');
  await press('Escape');
  await expect.poll(() => isMarked('shot_v002.mp4')).toBe('false');
  await press('v');
  await page.locator('.entries[data-view="list"]').waitFor();
  await mark('shot_v002.mp4');
  await page.getByTestId('unmark').click();
  await page.getByTestId('unmark').waitFor({ state: 'detached' });
  await mark('shot_v002.mp4');
  await mark('shot_v003.mp4');
  await page.getByTestId('compare').waitFor();
  await press('Home');
  await expectPair(1, 1);
  await press('Escape');
  await page.getByTestId('compare').waitFor({ state: 'detached' });
  await press('Escape');
  await page.getByTestId('player').waitFor({ state: 'detached' });
  await press('v');
  await page.locator('.entries[data-view="grid"]').waitFor();
});
