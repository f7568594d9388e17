import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { seed } from '../sandbox/seed.ts';
import { openStudioInApp, type StudioInApp } from './studioInApp.ts';

const SECOND = 1000;
const DAY_MS = 24 * 3600 * SECOND;
const CLIP = join(import.meta.dirname, '../fixtures/media/shots/sq010/sh010/sq010_sh010_comp_v002.mp4');
const FOLDER = 'odd/';
const ARCHIVED = `<?xml version="1.0"?><Error><Code>InvalidObjectState</Code><Message>The operation is not valid for the object's storage class</Message><StorageClass>GLACIER</StorageClass></Error>`;
let studio: StudioInApp;

/** The clip with the code of its sample entry replaced, so that it says of itself that it is something else. */
function named(clip: Buffer, code: string): Buffer {
  const at = clip.indexOf('avc1', clip.indexOf('stsd'));
  const other = Buffer.from(clip);
  other.write(code, at, 'latin1');
  return other;
}

beforeAll(async () => {
  studio = await openStudioInApp({ media: false });
  const folder = join(studio.folder, 'odd');
  await mkdir(folder);
  const clip = await readFile(CLIP);
  const media = clip.indexOf('mdat');
  const files: Record<string, Buffer> = {
    'empty.mp4': Buffer.alloc(0),
    'cut.mp4': clip.subarray(0, media + 20),
    'text.mp4': Buffer.from('These are notes of the dailies and not a film.\n'.repeat(50)),
    'prores.mov': named(clip, 'apch'),
    'dnxhr.mov': named(clip, 'AVdh'),
    'archived.mp4': clip,
    'refused.mp4': clip,
    'still.png': Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(100)]),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  await seed(studio.sandbox, folder, { prefix: 'media/odd', ageMs: DAY_MS, replicated: true });
  await studio.page.reload();
  await studio.card(FOLDER).dblclick();
});
afterEach(async () => {
  studio.sandbox.clearFaults();
  await studio.page.keyboard.press('Escape');
});
afterAll(() => studio.stop());

async function shown(name: string): Promise<{ code: string | null; text: string; buttons: string[] }> {
  await studio.card(`${FOLDER}${name}`).dblclick();
  const state = studio.page.getByTestId('player').getByTestId('error-state');
  await state.waitFor({ timeout: 60 * SECOND });
  return {
    code: await state.getAttribute('data-code'),
    text: await state.innerText(),
    buttons: await state.getByRole('button').allInnerTexts(),
  };
}

it.each([
  ['empty.mp4', 'empty-file', /0 bytes/, []],
  ['cut.mp4', 'damaged-file', /is cut|no index/, ['Save a copy…']],
  ['text.mp4', 'damaged-file', /text and no media/, ['Save a copy…']],
  ['prores.mov', 'damaged-file', /ProRes 422 HQ, \d+ × \d+ could not be decoded/, ['Save a copy…']],
  ['dnxhr.mov', 'codec-unsupported', /Avid DNxHR, \d+ × \d+, which is not played here/, ['Save a copy…']],
  ['still.png', 'damaged-file', /damaged \(PNG/, ['Save a copy…']],
])('%s is explained by its own bytes', async (name, code, words, buttons) => {
  const state = await shown(name);
  expect(state).toMatchObject({ code, text: expect.stringMatching(words) as string });
  expect(state.buttons.map((label) => label.trim())).toEqual(buttons);
});

it('a file that is archived everywhere says so, with the words of the storage', async () => {
  const headers = { 'content-type': 'application/xml' };
  studio.sandbox.addFault({
    operation: 'GetObject',
    key: /archived/,
    effect: { kind: 'answer-instead', status: 403, headers, body: ARCHIVED },
  });
  const state = await shown('archived.mp4');
  expect(state).toMatchObject({ code: 'archived', buttons: [] });
  expect(state.text).toContain('GLACIER');
  expect(state.text).toContain("not valid for the object's storage class");
  expect(state.text).not.toMatch(/https?:|X-Amz/);
});

it('a file that only the replica refuses is played from main', async () => {
  const { sandbox, page } = studio;
  sandbox.addFault({
    region: sandbox.replica.region,
    operation: 'GetObject',
    key: /refused/,
    effect: { kind: 'status', status: 403, code: 'InvalidObjectState' },
  });
  await studio.card(`${FOLDER}refused.mp4`).dblclick();
  await page.waitForFunction(
    (origin) => {
      const media = document.querySelector('[data-testid="player-media"]');
      return media instanceof HTMLMediaElement && media.currentTime > 0.5 && media.currentSrc.startsWith(origin);
    },
    sandbox.main.endpoint,
    { timeout: 60 * SECOND },
  );
});
