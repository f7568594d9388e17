import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { colourAt, colourChannels } from '../../renderer/images/colourChannels.ts';
import { parseCube } from '../../renderer/images/cube.ts';
import { decodePicture } from '../../renderer/images/decodePicture.ts';
import { type Looking, PLAIN_LOOKING, shownColour, toSrgb } from '../../renderer/images/looking.ts';
import type { Picture } from '../../renderer/images/picture.ts';
import { seed } from '../sandbox/seed.ts';
import { openStudioInApp, type StudioInApp } from './studioInApp.ts';

const SECOND = 1000;
const DAY_MS = 24 * 3600 * SECOND;
const PICTURES = join(import.meta.dirname, '../fixtures/pictures');
const WEB = join(PICTURES, 'web');
const CUBE = join(import.meta.dirname, '../fixtures/colour/grade.cube');
const FOLDER = 'pictures/';
const SHOW = { name: 'Show', key: 'looks/show.cube' };
const DAMAGED = { name: 'Damaged', key: 'looks/damaged.cube' };
const LINES_OF_DAMAGED = 20;
const GONE = { name: 'Gone', key: 'looks/gone.cube' };
const STILLS = [
  'zip_half.exr',
  'layers.exr',
  'overscan.exr',
  'rgb10_a_big.dpx',
  'rgb8_big.dpx',
  'lzw_predicted_16.tif',
];
/** PNG, JPEG and WebP, each with what its format says the decoded samples are. */
const WEB_STILLS = ['rgba_16.png', 'rgb_8_adam7.png', 'palette_4.png', 'lossless_alpha.webp', 'colour.jpg', 'grey.jpg'];
/** Their profile exchanges red and green. */
const PROFILED = ['profile.jpg', 'profile.webp'];
const PROFILE_GAMMA = 2.2;
/** Single ones in a folder of their own names; frames, with a gap and one that is cut. */
const FRAMES = [1001, 1002, 1004, 1005];
const REFUSALS = [404, 503, 403];
const CUT_FRAME = 1005;
const SEQUENCE = `${FOLDER}render.####.exr`;

let studio: StudioInApp;

beforeAll(async () => {
  studio = await openStudioInApp({ media: false, looks: [SHOW, DAMAGED, GONE] });
  const folder = join(studio.folder, 'pictures');
  await mkdir(folder);
  for (const name of [...STILLS, 'htj2k.exr']) await copyFile(join(PICTURES, name), join(folder, name));
  for (const name of [...WEB_STILLS, ...PROFILED, 'cmyk.jpg', 'animated.webp'])
    await copyFile(join(WEB, name), join(folder, name));
  for (const frame of FRAMES) {
    const bytes = await readFile(join(PICTURES, frame % 2 === 0 ? 'piz_half.exr' : 'zip_half.exr'));
    await writeFile(join(folder, `render.${frame}.exr`), frame === CUT_FRAME ? bytes.subarray(0, 2000) : bytes);
  }
  // Each its own: what was read once may come from the browser's cache.
  for (const status of REFUSALS) {
    for (const frame of [1, 2])
      await copyFile(join(PICTURES, 'zip_half.exr'), join(folder, `far${status}.${frame}.exr`));
  }
  await seed(studio.sandbox, folder, { prefix: 'media/pictures', ageMs: DAY_MS, replicated: true });
  const cut = (await readFile(CUBE, 'utf8')).split('\n').slice(0, LINES_OF_DAMAGED).join('\n');
  const looks = join(studio.folder, 'looks');
  await mkdir(looks);
  await copyFile(CUBE, join(looks, 'show.cube'));
  await writeFile(join(looks, 'damaged.cube'), cut);
  await seed(studio.sandbox, looks, { prefix: 'media/looks', ageMs: DAY_MS, replicated: true });
  await studio.page.reload();
  await studio.card(FOLDER).dblclick();
});
afterEach(async () => {
  studio.sandbox.clearFaults();
  await studio.page.keyboard.press('q');
  await studio.page.keyboard.press('Escape');
});
afterAll(() => studio.stop());

const media = () => studio.page.getByTestId('player-media');

async function open(key: string): Promise<void> {
  await studio.card(key).dblclick();
  await media().waitFor({ timeout: 60 * SECOND });
}

async function picture(): Promise<void> {
  await expect.poll(() => media().getAttribute('data-picture'), { timeout: 60 * SECOND }).toBe('picture');
}

/** Chooses with the pointer; the keys are the player's again when the menu is gone. */
async function choose(button: string, item: string): Promise<void> {
  const { page } = studio;
  await page.getByTestId('looking').getByRole('button', { name: button }).click();
  await page.getByRole('menuitemradio', { name: item }).click();
  await page.getByRole('menu').waitFor({ state: 'detached' });
  await expect.poll(() => page.evaluate(() => document.activeElement?.className)).toBe('player');
}

interface Drawn {
  width: number;
  height: number;
  /** Red, green, blue, alpha of each pixel. */
  pixels: number[];
}

/** What is on the canvas. */
function drawn(): Promise<Drawn> {
  return media().evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext('2d');
    copy?.drawImage(canvas, 0, 0);
    return { width, height, pixels: [...(copy?.getImageData(0, 0, width, height).data ?? [])] };
  });
}

/** The largest difference between what is on the canvas and what the arithmetic says, in steps of 8 bits. */
async function difference(decoded: Picture, looking: Partial<Looking>): Promise<number> {
  const { width, height, pixels } = await drawn();
  const channels = colourChannels(decoded.channels);
  expect([width, height]).toEqual([decoded.display.width, decoded.display.height]);
  let most = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const stored = channels ? colourAt(decoded, channels, x, y) : ([0, 0, 0, 0] as const);
      const shown = shownColour(stored, decoded.transfer, { ...PLAIN_LOOKING, ...looking });
      for (const [index, value] of shown.entries()) {
        const found = pixels[(y * width + x) * 4 + index] ?? NaN;
        most = Math.max(most, Math.abs(found - value * 255));
      }
    }
  }
  return most;
}

/** Rounding to 8 bits, and arithmetic in float beside double. */
const MOST_STEPS = 1.01;

it.each(STILLS)('%s is drawn as it is stored and looked at', async (name) => {
  const decoded = await decodePicture(new Uint8Array(await readFile(join(PICTURES, name))));
  const { page } = studio;
  await open(`${FOLDER}${name}`);
  await picture();
  await expect.poll(() => difference(decoded, {})).toBeLessThanOrEqual(MOST_STEPS);
  await page.keyboard.press('e');
  await page.keyboard.press('e');
  await expect.poll(() => difference(decoded, { exposure: 1 })).toBeLessThanOrEqual(MOST_STEPS);
  await page.keyboard.press('Shift+E');
  await page.keyboard.press('Shift+E');
  await page.keyboard.press('Shift+E');
  await expect.poll(() => difference(decoded, { exposure: -0.5 })).toBeLessThanOrEqual(MOST_STEPS);
  for (const channel of ['red', 'green', 'blue', 'alpha', 'luminance'] as const) {
    await page.keyboard.press('c');
    await expect
      .poll(() => difference(decoded, { exposure: -0.5, channel }), { message: channel })
      .toBeLessThanOrEqual(MOST_STEPS);
  }
});

interface WebReference {
  width: number;
  height: number;
  white: number;
  channels: Record<string, number[]>;
}

async function webReference(name: string): Promise<WebReference> {
  const all = JSON.parse(await readFile(join(WEB, 'references.json'), 'utf8')) as Record<string, WebReference>;
  const found = all[name];
  if (!found) throw new Error(`No reference for ${name}`);
  return found;
}

/** Red, green, blue and alpha that a reference says of a pixel, as shares of white. */
function referenceAt({ channels, white }: WebReference, at: number): [number, number, number, number] {
  const { R, G, B, Y, A } = channels;
  const share = (samples: readonly number[] | undefined): number => (samples?.[at] ?? NaN) / white;
  return [share(R ?? Y), share(G ?? Y), share(B ?? Y), A ? share(A) : 1];
}

/** As `difference`, of colours multiplied by how much they cover: a copy of the canvas keeps no others. */
async function webDifference(reference: WebReference, looking: Partial<Looking>): Promise<number> {
  const { width, height, pixels } = await drawn();
  if (width !== reference.width || height !== reference.height) return Infinity;
  let most = 0;
  for (let at = 0; at < width * height; at++) {
    const stored = referenceAt(reference, at);
    const all = { ...PLAIN_LOOKING, ...looking };
    const shown = shownColour(stored, 'srgb', all);
    const cover = all.channel === 'colour' ? stored[3] : 1;
    const alpha = (pixels[at * 4 + 3] ?? NaN) / 255;
    most = Math.max(most, Math.abs(alpha - cover) * 255);
    for (const [index, value] of shown.entries()) {
      const found = (pixels[at * 4 + index] ?? NaN) * alpha;
      most = Math.max(most, Math.abs(found - value * cover * 255));
    }
  }
  return most;
}

/** Of colours that are multiplied by alpha in 8 bits, divided and multiplied again. */
const MOST_STEPS_COVERED = 2.01;

it.each(WEB_STILLS)('%s is drawn as it is stored and looked at', async (name) => {
  const reference = await webReference(name);
  const { page } = studio;
  await open(`${FOLDER}${name}`);
  await picture();
  await expect.poll(() => webDifference(reference, {})).toBeLessThanOrEqual(MOST_STEPS_COVERED);
  await page.keyboard.press('e');
  await expect.poll(() => webDifference(reference, { exposure: 0.5 })).toBeLessThanOrEqual(MOST_STEPS_COVERED);
  for (const channel of ['red', 'green', 'blue', 'alpha', 'luminance'] as const) {
    await page.keyboard.press('c');
    await expect
      .poll(() => webDifference(reference, { exposure: 0.5, channel }), { message: channel })
      .toBeLessThanOrEqual(MOST_STEPS);
  }
});

/** The words under the pointer without the blanks between them, and the pixel that they are of. */
async function pixelUnderPointer(): Promise<{ words: string; at: (width: number) => number }> {
  // A pointer that is there already moves nothing.
  await studio.page.mouse.move(0, 0);
  await media().hover();
  const pixel = studio.page.getByTestId('pixel');
  await expect.poll(() => pixel.innerText()).toMatch(/x \d+ y \d+/);
  const words = (await pixel.innerText()).replace(/\s+/g, '');
  const [, x = NaN, y = NaN] = (/^x(\d+)y(\d+)/.exec(words) ?? []).map(Number);
  return { words, at: (width) => y * width + x };
}

it.each([
  ['rgba_16.png', ''],
  ['lossless_alpha.webp', ''],
  ['profile.webp', ''],
  ['colour.jpg', 'decoded'],
])('the pixel of %s is told as it is stored', async (name, are) => {
  const { channels, width } = await webReference(name);
  await open(`${FOLDER}${name}`);
  await picture();
  const { words, at } = await pixelUnderPointer();
  const samples = Object.entries(channels).map(([channel, values]) => `${channel}${values[at(width)]}`);
  expect(words).toContain(`${are}${samples.join('')}shown`);
});

it('values that the engine has converted are not called stored', async () => {
  await open(`${FOLDER}cmyk.jpg`);
  await picture();
  const { words } = await pixelUnderPointer();
  expect(words).toMatch(/storedvaluesnotknownshown/);
});

it.each(PROFILED)('%s is shown by its profile', async (name) => {
  await open(`${FOLDER}${name}`);
  await picture();
  const { channels, ...rest } = await webReference(name);
  const { R: red = [], G: green = [], B: blue = [] } = channels;
  const meant = (samples: readonly number[]): number[] =>
    samples.map((value) => toSrgb((value / 255) ** PROFILE_GAMMA) * 255);
  const shown = { ...rest, channels: { R: meant(green), G: meant(red), B: meant(blue) } };
  await expect.poll(() => webDifference(shown, {})).toBeLessThanOrEqual(MOST_STEPS_COVERED);
});

it('a still that moves is left to the engine', async () => {
  await studio.card(`${FOLDER}animated.webp`).dblclick();
  await expect.poll(() => media().evaluate((element) => element.tagName), { timeout: 60 * SECOND }).toBe('IMG');
});

it('what is behind a still is seen through it, and its view is that of all pictures', async () => {
  const { page } = studio;
  await open(`${FOLDER}lossless_alpha.webp`);
  await picture();
  const stage = page.locator('.stage');
  await page.keyboard.press('b');
  await expect.poll(() => stage.getAttribute('data-background')).not.toBe('dark');
  await studio.screenshot('still-background');
  await page.keyboard.press('b');
  await page.getByTestId('view-button').click();
  await page.getByRole('menuitemcheckbox', { name: 'Left and right exchanged' }).click();
  await page.keyboard.press('Escape');
  await expect.poll(() => media().evaluate((element) => getComputedStyle(element).transform)).toMatch(/^matrix\(-1,/);
  await page.keyboard.press('h');
  for (let left = 3; left > 0; left--) await page.keyboard.press('b');
  await expect.poll(() => stage.getAttribute('data-background')).toBe('dark');
});

it('a table takes the place of the curve, and one with a fault says in which line', async () => {
  const decoded = await decodePicture(new Uint8Array(await readFile(join(PICTURES, 'zip_half.exr'))));
  const { page } = studio;
  await open(`${FOLDER}zip_half.exr`);
  await picture();
  const text = await readFile(CUBE, 'utf8');
  await page.getByTestId('cube-file').setInputFiles(CUBE);
  await expect.poll(() => difference(decoded, { lut: parseCube(text) })).toBeLessThanOrEqual(MOST_STEPS);
  await page.getByTestId('cube-file').setInputFiles({
    name: 'wrong.cube',
    mimeType: 'text/plain',
    buffer: Buffer.from('LUT_3D_SIZE 2\n0 0 oops\n'),
  });
  await expect.poll(() => page.getByTestId('looking').getByRole('alert').innerText()).toContain('line 2');
  await studio.screenshot('picture-table');
});

it('a look of the studio comes from the nearest copy, is what is shown, and stays for the next file', async () => {
  const decoded = await decodePicture(new Uint8Array(await readFile(join(PICTURES, 'zip_half.exr'))));
  const lut = parseCube(await readFile(CUBE, 'utf8'));
  const { page, sandbox } = studio;
  const name = () => page.getByTestId('cube-button').innerText();
  const shownOf = (at: number, looking: Partial<Looking>): string => {
    const { width } = decoded.display;
    const channels = colourChannels(decoded.channels);
    if (!channels) throw new Error('There are no colours');
    const stored = colourAt(decoded, channels, at % width, Math.floor(at / width));
    const colour = shownColour(stored, decoded.transfer, { ...PLAIN_LOOKING, ...looking });
    return `shown${colour.map((value) => Math.round(value * 255)).join('')}`;
  };
  await open(`${FOLDER}zip_half.exr`);
  await picture();
  expect(await name()).toBe('No LUT');
  const before = await pixelUnderPointer();
  const at = before.at(decoded.display.width);
  expect(before.words).toContain(shownOf(at, {}));
  expect(shownOf(at, { lut })).not.toBe(shownOf(at, {}));
  const asked = sandbox.requests.length;
  await choose('LUT: No LUT', SHOW.name);
  await expect.poll(name).toBe(SHOW.name);
  await expect.poll(() => difference(decoded, { lut })).toBeLessThanOrEqual(MOST_STEPS);
  const after = await pixelUnderPointer();
  expect(after.words).toContain(shownOf(after.at(decoded.display.width), { lut }));
  const requests = sandbox.requests.slice(asked);
  const places = requests.filter(({ operation, key }) => operation === 'GetObject' && key === `media/${SHOW.key}`);
  expect(places.map(({ region }) => region)).toContain(sandbox.replica.region);
  await studio.screenshot('picture-look');

  for (const [look, words] of [
    [DAMAGED, 'the file ends before all values'],
    [GONE, 'gone.cube'],
  ] as const) {
    await choose(`LUT: ${SHOW.name}`, look.name);
    const fault = page.getByTestId('table-fault');
    await fault.filter({ hasText: `${look.name} is not used: ` }).waitFor();
    expect(await fault.getAttribute('title')).toContain(words);
    expect(await fault.getAttribute('title')).toContain(look.key);
    expect(await name()).toBe(SHOW.name);
  }
  await studio.screenshot('picture-look-refused');
  expect(await difference(decoded, { lut })).toBeLessThanOrEqual(MOST_STEPS);

  await page.keyboard.press('Escape');
  await open(`${FOLDER}layers.exr`);
  await picture();
  expect(await name()).toBe(SHOW.name);
  await page.keyboard.press('q');
  await expect.poll(name).toBe('No LUT');
});

it('a look is read where the folder of looks may not be listed', async () => {
  const { page, sandbox } = studio;
  await open(`${FOLDER}zip_half.exr`);
  await picture();
  sandbox.addFault({ operation: 'ListObjectsV2', effect: { kind: 'status', status: 403, code: 'AccessDenied' } });
  await choose('LUT: No LUT', SHOW.name);
  await expect.poll(() => page.getByTestId('cube-button').innerText()).toBe(SHOW.name);
});

it('another layer is shown when it is chosen, and the pixel under the pointer as it is stored', async () => {
  const bytes = new Uint8Array(await readFile(join(PICTURES, 'layers.exr')));
  const { page } = studio;
  await open(`${FOLDER}layers.exr`);
  await picture();
  await choose('Layer: Main', 'diffuse');
  const decoded = await decodePicture(bytes, { layer: '0/diffuse' });
  await expect.poll(() => difference(decoded, {}), { timeout: 60 * SECOND }).toBeLessThanOrEqual(MOST_STEPS);
  await media().hover();
  const stored = decoded.channels.map(({ name }) => name).join('|');
  await expect.poll(() => page.getByTestId('pixel').innerText()).toMatch(new RegExp(`x \\d+ y \\d+[^]*(${stored}) `));
  await studio.screenshot('picture-layer');
});

it('a missing frame is shown as missing, and one that is cut as such, never as another one', async () => {
  const { page } = studio;
  await open(SEQUENCE);
  await picture();
  const first = await drawn();
  expect(await media().getAttribute('data-frame')).toBe('1001');
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => media().getAttribute('data-frame')).toBe('1002');
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => page.getByTestId('no-picture').innerText()).toContain('Frame 1003 is missing.');
  expect(await page.getByTestId('player').locator('.counter').innerText()).toContain('1003');
  await studio.screenshot('picture-missing');
  await page.keyboard.press('ArrowRight');
  await picture();
  expect(await media().getAttribute('data-frame')).toBe('1004');
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => page.getByTestId('no-picture').innerText()).toMatch(/Frame 1005 .* 2 kB/);
  await page.keyboard.press('Home');
  await picture();
  await expect.poll(() => media().getAttribute('data-frame')).toBe('1001');
  expect((await drawn()).pixels).toEqual(first.pixels);
});

it('a sequence plays at the rate that is chosen', async () => {
  const { page } = studio;
  await open(SEQUENCE);
  await picture();
  await choose('Rate: 24 fps', '60 fps');
  await page.keyboard.press('Space');
  await expect.poll(() => media().getAttribute('data-frame'), { timeout: 60 * SECOND }).toBe('1005');
  await choose('Rate: 60 fps', '24 fps');
});

it.each(REFUSALS)('frames come from main when the replica answers %i', async (status) => {
  const { sandbox } = studio;
  const effect = { kind: 'answer-instead', status, headers: {}, body: '' } as const;
  sandbox.addFault({ region: sandbox.replica.region, operation: 'GetObject', key: /far/, effect });
  await open(`${FOLDER}far${status}.#.exr`);
  await picture();
  await expect
    .poll(() => studio.page.getByTestId('player-route').getAttribute('data-storage'), { timeout: 60 * SECOND })
    .toBe('main-us');
});

it('what is not decoded is named, with the way to save it', async () => {
  await studio.card(`${FOLDER}htj2k.exr`).dblclick();
  const state = studio.page.getByTestId('player').getByTestId('error-state');
  await state.waitFor({ timeout: 60 * SECOND });
  expect(await state.innerText()).toContain('EXR with HTJ2K32');
  expect(await state.getByRole('button').allInnerTexts()).toContainEqual(expect.stringContaining('Save a copy'));
});

it('cards show pictures, too', async () => {
  await expect
    .poll(() => studio.card(`${FOLDER}zip_half.exr`).locator('canvas').getAttribute('data-shown'), {
      timeout: 60 * SECOND,
    })
    .toBe('true');
  await studio.screenshot('picture-cards');
});
