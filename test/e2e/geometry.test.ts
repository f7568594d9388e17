import { randomBytes } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Font, type Geometry, type Size, watchGeometry } from '../helpers/geometry.ts';
import { seed } from '../sandbox/seed.ts';
import { openStudioInApp, type StudioInApp } from './studioInApp.ts';

const SECOND = 1000;
const MEDIA = join(import.meta.dirname, '../fixtures/media');
const WINDOWS = [
  { width: 1024, height: 768 },
  { width: 1280, height: 820 },
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
];
const SIZES: Size[] = WINDOWS.flatMap((window) => [1, 1.5, 2].map((zoom) => ({ ...window, zoom })));
const FONTS: Font[] = ['own', 'foreign'];
const DEEP = ['shows', 'lumen', 'ep101', 'sq010', 'sh0450', 'comp', 'publish', 'v012'];
/** A name of 120 characters, as reviews have them. */
const long = (start: string, end: string) => `${start}_${'beauty_'.repeat(20)}`.slice(0, 120 - end.length) + end;
const DEEP_LONG = DEEP.map((name, index) => long(`${index}_${name}`, '_v003'));
const LONG = {
  video: long('sq010_sh0450_comp', '_v012_final_client_review_h264_rec709.mp4'),
  other: long('sq010_sh0450_scene', '_v004.nk'),
  broken: long('sq010_sh0450_broken', '_v001.mp4'),
  sound: long('sq010_temp_score', '.wav'),
  still: long('sq010_mood', '_v002.png'),
};
/** Two versions, each in its folder. */
const VERSIONS = ['_v011', '_v012'].map((version) => ({
  folder: long('sq010_sh0450_comp', version),
  name: long('sq010_sh0450_comp', `${version}.png`),
}));
const FRAMES = long('sq010_sh0450_plate', '_v007');
/** As long as they may be; none of them is there. */
const LOOKS = ['Show', 'A look of many words for one long show that has many sequences'.slice(0, 60)].map((name) => ({
  name,
  key: `looks/${long('show', '.cube')}`,
}));
const WORLD = [
  'コンポジット_ショット_v003.png',
  'لقطة_مركبة_v003.png',
  'кадр_композитинг_v003.png',
  'ลำดับภาพ v003.png',
];

let studio: StudioInApp;
let geometry: Geometry;

beforeAll(async () => {
  studio = await openStudioInApp({ preferences: false, looks: LOOKS });
  studio.page.setDefaultTimeout(15 * SECOND);
  geometry = await watchGeometry(studio.page);
  process.stderr.write(`The other font: ${geometry.foreignFont}\n`);
  await seedNames();
});
afterEach(() => studio.sandbox.clearFaults());
afterAll(() => studio.stop());

async function seedNames(): Promise<void> {
  const root = join(studio.folder, 'names');
  const clip = join(MEDIA, 'shots/sq010/sh010/sq010_sh010_comp_v002.mp4');
  const picture = join(MEDIA, 'shots/sq010/sh020/plates/sq010_sh020_plate.0001.png');
  const copy = async (from: string, ...to: string[]) => {
    const path = join(root, ...to);
    await mkdir(dirname(path), { recursive: true });
    await cp(from, path);
  };
  await copy(picture, ...DEEP, 'sq010_sh0450_comp_v012.png');
  await copy(picture, ...DEEP_LONG, 'sq010_sh0450_comp_v012.png');
  for (const { folder, name } of VERSIONS) await copy(picture, 'versions', folder, name);
  await copy(clip, 'names', LONG.video);
  await copy(join(MEDIA, 'audio/sq010_temp_score.wav'), 'names', LONG.sound);
  await copy(picture, 'names', LONG.still);
  for (const frame of ['1001', '1002', '1003', '1005', '1007']) await copy(picture, 'names', `${FRAMES}.${frame}.png`);
  for (const name of WORLD) await copy(picture, 'names', name);
  await writeFile(join(root, 'names', LONG.other), randomBytes(2000));
  await writeFile(join(root, 'names', LONG.broken), randomBytes(2000));
  await mkdir(join(studio.folder, 'other'));
  await writeFile(join(studio.folder, 'other', LONG.other), randomBytes(3000));
  const [version] = await seed(studio.sandbox, root, { prefix: 'media', ageMs: 26 * 3600 * SECOND });
  if (!version) throw new Error('Nothing was seeded');
  // A folder with nothing in it is an object whose name ends with a slash.
  for (const { name } of [studio.sandbox.main, studio.sandbox.replica]) {
    studio.sandbox.bucketOf(name).add({ ...version, key: 'media/empty/' });
  }
}

const press = (testId: string) => studio.page.getByTestId(testId).first().click();

/** At the size that people have, so that a fault of another size cannot hide what is clicked next. */
async function expectNoFaults(sizes: readonly Size[] = SIZES): Promise<void> {
  const faults = await geometry.faults(sizes, FONTS);
  await geometry.usual();
  expect.soft(faults).toEqual([]);
}

/** In the page: notices that would leave after some seconds stay, however long a busy machine takes to look at them. */
function keepNotices(): void {
  const [SHORT_MS, HOUR_MS] = [3000, 3_600_000];
  const { setTimeout: real } = globalThis;
  const patient = (act: () => void, milliseconds = 0) => real(act, milliseconds < SHORT_MS ? milliseconds : HOUR_MS);
  Reflect.set(globalThis, 'setTimeout', patient);
  // A notice that the focus has held goes on for what was left of its time: by this clock always all of it.
  const now = Date.now();
  Reflect.set(Date, 'now', () => now);
}

async function openFolder(...names: string[]): Promise<void> {
  const { page } = studio;
  const isThere = (folder: string) =>
    page.locator(`[data-testid="library"][data-folder=${JSON.stringify(folder)}][aria-busy="false"]`).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.crumb').first().click();
  await isThere('');
  for (const [index] of names.entries()) {
    const key = `${names.slice(0, index + 1).join('/')}/`;
    await studio.card(key).click();
    await isThere(key);
  }
  await page.mouse.move(0, 0);
}

async function openFile(folder: readonly string[], name: string): Promise<void> {
  await openFolder(...folder);
  await studio.card([...folder, name].join('/')).click();
  await studio.page.getByTestId('player').waitFor();
  await studio.page.mouse.move(0, 0);
}

describe('no control is covered and no text is cut or overlaps', () => {
  it('on the first run', async () => {
    const { page, app } = studio;
    await page.getByTestId('empty-state').waitFor();
    await expectNoFaults();
    const answered = app.answerDialog({ filePaths: [join(studio.folder, 'isolation-preferences.json')] });
    await page.getByTestId('empty-state').getByRole('button').first().click();
    await answered;
    await studio.card('shots/').waitFor({ timeout: 60 * SECOND });
  });

  it('in the library, and in its menus', async () => {
    const { page } = studio;
    await expectNoFaults();
    for (const opener of ['reading-chip', 'upload-button', 'sort-button']) {
      await press(opener);
      await page.locator('.popover').waitFor();
      await expectNoFaults();
      await page.keyboard.press('Escape');
      await page.locator('.popover').waitFor({ state: 'detached' });
    }
  });

  it.each(DEEP.map((_, index) => index + 1))('in a folder %i levels deep', async (levels) => {
    await openFolder(...DEEP.slice(0, levels));
    await expectNoFaults();
  });

  it.each(DEEP.map((_, index) => index + 1))('in a folder %i levels deep with long names', async (levels) => {
    await openFolder(...DEEP_LONG.slice(0, levels));
    await expectNoFaults();
  });

  it('in the menu of the folders that are folded', async () => {
    const { page } = studio;
    await openFolder(...DEEP_LONG);
    await press('crumb-fold');
    await expectNoFaults();
    const names = await page.getByRole('menuitem').allInnerTexts();
    expect(names).toEqual(DEEP_LONG.slice(0, -2));
    await page.getByRole('menuitem', { name: DEEP_LONG[2] ?? '' }).click();
    await expect
      .poll(() => page.getByTestId('library').getAttribute('data-folder'))
      .toBe(`${DEEP_LONG.slice(0, 3).join('/')}/`);
  });

  it('with long names, in the grid and in the list', async () => {
    const { page } = studio;
    await openFolder('names');
    await expectNoFaults();
    await page.keyboard.press('v');
    await expectNoFaults();
    await page.keyboard.press('v');
    await page.keyboard.press('/');
    await page.keyboard.type('comp');
    await expectNoFaults();
    await page.keyboard.type(' nothing has this name');
    await page.getByTestId('empty-state').waitFor();
    await expectNoFaults();
    await page.getByTestId('empty-state').getByRole('button').click();
  });

  it('where there is nothing, or nothing can be shown', async () => {
    const { page, sandbox } = studio;
    await openFolder('empty');
    await page.getByTestId('empty-state').waitFor();
    await expectNoFaults();
    for (const [status, code] of [
      [403, 'AccessDenied'],
      [400, 'ExpiredToken'],
    ] as const) {
      await openFolder();
      await studio.card('names/').waitFor();
      const mend = sandbox.addFault({ operation: 'ListObjectsV2', effect: { kind: 'status', status, code } });
      await studio.card('names/').click();
      await page.getByTestId('error-state').waitFor();
      await expectNoFaults();
      mend();
      await page.getByTestId('error-state').getByRole('button', { name: 'Try again' }).click();
      await page.getByTestId('error-state').waitFor({ state: 'detached' });
    }
  });

  it.each([
    ['a video', LONG.video],
    ['sound', LONG.sound],
    ['a still', LONG.still],
    ['a sequence', `${FRAMES}.####.png`],
    ['a file without a picture', LONG.other],
    ['a broken file', LONG.broken],
  ])('in the player with %s', async (_what, name) => {
    const { page } = studio;
    await openFile(['names'], name);
    if (name === LONG.broken) await page.getByTestId('error-state').waitFor();
    else if (name !== LONG.other) await page.locator('[data-testid="player-route"][data-storage]').waitFor();
    await expectNoFaults();
    if (name === LONG.video) {
      await page.getByTestId('counting-button').click();
      await page.locator('[data-counting="film"]').waitFor();
      await expectNoFaults();
      await page.keyboard.press('Escape');
      await page.getByTestId('counter').click();
      await page.getByTestId('go-to').waitFor();
      await expectNoFaults();
      await page.keyboard.press('Escape');
    }
    await page.keyboard.press('t');
    await page.getByTestId('transfers').waitFor();
    await expectNoFaults();
    await page.keyboard.press('t');
    await page.keyboard.press('Escape');
  });

  it('in the menu of looks, and with one that cannot be used', async () => {
    const { page } = studio;
    await openFile(['names'], LONG.still);
    await page.locator('[data-testid="player-route"][data-storage]').waitFor();
    await press('cube-button');
    await page.locator('.popover').waitFor();
    await expectNoFaults();
    await page.getByRole('menuitemradio', { name: LOOKS[1]?.name ?? '' }).click();
    await page.getByTestId('table-fault').waitFor();
    await expectNoFaults();
    await page.keyboard.press('Escape');
  });

  it('in a comparison, in each way, and where its other side is chosen', async () => {
    const { page } = studio;
    await openFile(['names'], LONG.video);
    await page.keyboard.press('d');
    await page.locator(`[data-choice="${FRAMES}.####.png"]`).waitFor();
    await expectNoFaults();
    await page.locator(`[data-choice="${FRAMES}.####.png"]`).click();
    await page.locator('[data-testid="compare"][data-settled="true"]').waitFor();
    await expectNoFaults();
    await page.keyboard.press('y');
    await expectNoFaults();
    await page.keyboard.press('Escape');
    await page.getByTestId('compare').waitFor({ state: 'detached' });
  });

  it('where versions in other folders are offered, and where they cannot be looked for', async () => {
    const { page, sandbox } = studio;
    const [offered, own] = VERSIONS;
    if (!offered || !own) throw new Error('There are two versions');
    await openFile(['versions', own.folder], own.name);
    const effect = { kind: 'status', status: 403, code: 'AccessDenied' } as const;
    const mend = sandbox.addFault({ operation: 'ListObjectsV2', effect });
    await page.keyboard.press('d');
    await page.locator('[data-testid="version-search"][data-phase="failed"]').waitFor();
    await expectNoFaults();
    mend();
    await page.getByTestId('look-again').click();
    await page.locator(`[data-choice="${offered.name}"]`).waitFor();
    await expectNoFaults();
    await page.keyboard.press('Escape');
    await page.locator('.popover').waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
  });

  it('where a file is marked to be compared', async () => {
    const { page } = studio;
    await openFolder('names');
    await studio.card(`names/${LONG.video}`).hover();
    await studio.card(`names/${LONG.video}`).getByTestId('card-compare').click();
    await page.getByTestId('unmark').waitFor();
    await page.mouse.move(0, 0);
    await expectNoFaults();
    await page.getByTestId('unmark').click();
    await page.getByTestId('unmark').waitFor({ state: 'detached' });
    await page.mouse.move(0, 0);
  });

  it.each([
    ['the settings', ',', 'settings'],
    ['why this region', 'w', 'why-panel'],
    ['replication', 'r', 'replication-view'],
    ['the shortcuts', '?', 'shortcuts'],
  ])('in %s', async (_what, key, testId) => {
    const { page } = studio;
    await openFolder('names');
    await page.keyboard.press(key);
    await page.getByTestId(testId).waitFor();
    if (testId === 'replication-view') await page.getByTestId('report-again').waitFor();
    await expectNoFaults();
    await page.keyboard.press('Escape');
    await page.getByTestId(testId).waitFor({ state: 'detached' });
  });

  it('in the editor of the preferences', async () => {
    const { page } = studio;
    await page.keyboard.press(',');
    await press('edit-preferences-button');
    await page.getByTestId('preferences-editor').waitFor();
    await page.getByTestId('ranges-field').first().waitFor();
    await page.getByTestId('ranges-field').first().fill('203.0.113.0/24\n198.51.100.0/33');
    await page.getByTestId('range-finding').first().waitFor();
    await expectNoFaults();
    const tabs = await page.locator('[data-testid^="editor-tab-"]').count();
    for (let index = 1; index < tabs; index += 1) {
      await page.locator('[data-testid^="editor-tab-"]').nth(index).click();
      await expectNoFaults();
    }
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.getByTestId('preferences-editor').waitFor({ state: 'detached' });
  });

  it('in the comparison of a folder, and where a folder to watch is chosen', async () => {
    const { page, app } = studio;
    await openFolder('names');
    await press('upload-button');
    const answered = app.answerDialog({ filePaths: [join(studio.folder, 'other')] });
    await press('verify-folder');
    await answered;
    await page.getByTestId('verify-report').waitFor({ timeout: 60 * SECOND });
    await expectNoFaults();
    await page.keyboard.press('Escape');
    await press('upload-button');
    await press('watch-local-folder');
    await page.getByTestId('watch-folder-dialog').waitFor();
    await expectNoFaults();
    await page.keyboard.press('Escape');
  });

  it('with transfers and notices, in the library, in the player and in a dialog', async () => {
    const { page, sandbox } = studio;
    await openFolder('names');
    await page.evaluate(keepNotices);
    sandbox.addFault({
      ...{ operation: 'PutObject', key: /refused/ },
      effect: { kind: 'status', status: 403, code: 'AccessDenied' },
    });
    const names = [long('sq020', '_v001.mov'), long('sq030_refused', '_v001.mov'), long('sq040', '_v001.mov')];
    for (const [index, name] of names.entries()) {
      const file = await studio.file(name, randomBytes(1000 * (index + 1)));
      await page.getByTestId('file-input').setInputFiles(file);
      await page
        .getByTestId('toast')
        .filter({ hasText: name })
        .first()
        .waitFor({ timeout: 60 * SECOND });
    }
    const stay = async () => {
      await page.getByTestId('toast').last().getByRole('button').focus();
      expect(await page.getByTestId('toast').count()).toBe(3);
    };
    await page.getByTestId('transfers').waitFor();
    await expectNoFaults();
    await stay();
    await page.keyboard.press('t');
    await expectNoFaults();
    await stay();
    await studio.card(`names/${LONG.video}`).click();
    await page.locator('[data-testid="player-route"][data-storage]').waitFor();
    await stay();
    await expectNoFaults();
    await page.keyboard.press('t');
    await stay();
    await expectNoFaults();
    await page.keyboard.press('t');
    await page.getByTestId('player').getByRole('button').first().click();
    await page.getByTestId('player').waitFor({ state: 'detached' });
    await stay();
    await page.keyboard.press('?');
    await page.getByTestId('shortcuts').waitFor();
    await stay();
    await expectNoFaults();
    await page.getByTestId('toast').last().getByRole('button').focus();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByTestId('toast').count()).toBe(2);
    await page.getByTestId('shortcuts').getByRole('button', { name: 'Close' }).click();
    await page.getByTestId('shortcuts').waitFor({ state: 'detached' });
    await page.keyboard.press('t');
    await press('bandwidth-button');
    await expectNoFaults();
    await page.keyboard.press('Escape');
    await page.keyboard.press('t');
    await page.reload();
    await page.getByTestId('app').waitFor({ timeout: 60 * SECOND });
  });
});

describe('what the check finds', () => {
  interface Broken {
    tag?: string;
    text?: string;
    style: Record<string, string>;
    inside?: Broken[];
  }
  /** Element by element: the page takes no style from HTML. */
  const add = (broken: Broken) =>
    studio.page.evaluate((described) => {
      const build = ({ tag = 'div', text = '', style, inside = [] }: Broken): HTMLElement => {
        const element = document.createElement(tag);
        element.append(text, ...inside.map(build));
        Object.assign(element.style, style);
        return element;
      };
      const element = build(described);
      element.id = 'broken';
      document.body.append(element);
    }, broken);
  const found = () => geometry.faults(SIZES.slice(0, 1), ['own']);
  const below = { position: 'fixed', bottom: '0', left: '600px' };
  const narrow = { whiteSpace: 'nowrap', overflow: 'hidden' };
  afterEach(() => studio.page.evaluate(() => document.getElementById('broken')?.remove()));

  it('is nothing where nothing is broken', async () => {
    await openFolder();
    expect(await found()).toEqual([]);
  });

  it.each<[string, Broken, RegExp]>([
    [
      'a cover over a control',
      { style: { position: 'fixed', inset: '0 0 auto auto', width: '60px', height: '60px' } },
      /^covered: .*Settings/,
    ],
    ['cut text', { text: 'A sentence', style: { ...below, ...narrow, width: '40px' } }, /^cut text: .*A sentence/],
    [
      'text that is cut below',
      { text: 'A line', style: { ...below, height: '8px', overflow: 'hidden' } },
      /^cut text: .*A line/,
    ],
    [
      'text of which nothing is left but its ellipsis',
      { text: 'A sentence', style: { ...below, ...narrow, width: '12px', textOverflow: 'ellipsis' } },
      /^squeezed text: .*A sentence/,
    ],
    [
      'text over text',
      {
        style: below,
        inside: [
          { tag: 'i', text: 'One', style: { position: 'absolute' } },
          { tag: 'b', text: 'Other', style: {} },
        ],
      },
      /^overlapping text: .*(One.*Other|Other.*One)/,
    ],
    [
      'a control outside of the window',
      { tag: 'button', text: 'Gone', style: { ...below, bottom: '-60px' } },
      /^not to be reached: .*Gone/,
    ],
    [
      'a control that is cut in half',
      { tag: 'button', text: 'Half', style: { ...below, bottom: '-10px' } },
      /^cut off: .*Half/,
    ],
    [
      'text that leaves its button',
      { tag: 'button', text: 'Too long', style: { ...below, width: '20px', whiteSpace: 'nowrap', padding: '0' } },
      /^text outside: .*Too long/,
    ],
  ])('is %s, with the size, the zoom and the font', async (_what, broken, expected) => {
    await add(broken);
    const faults = await found();
    expect(faults.filter((fault) => expected.test(fault))).not.toEqual([]);
    for (const fault of faults) expect(fault).toMatch(/ — 1024 px at 100% in Inter$/);
  });

  it('is nothing where an ellipsis says that text is cut, or where one can scroll', async () => {
    await add({ text: 'A sentence', style: { ...below, ...narrow, width: '60px', textOverflow: 'ellipsis' } });
    expect(await found()).toEqual([]);
    await add({
      text: 'A sentence',
      style: { ...below, left: '400px', width: '40px', height: '8px', overflow: 'auto' },
    });
    expect(await found()).toEqual([]);
  });
});
