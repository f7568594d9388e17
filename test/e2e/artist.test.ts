import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { playerState, waitForReason, watchPlayback } from '../../build/demo/player.ts';
import { IN_SYDNEY, openStudioInApp, type StudioInApp } from './studioInApp.ts';

const SECOND = 1000;
const CLIP = join(import.meta.dirname, '../fixtures/media/shots/sq010/sh010/sq010_sh010_comp_v002.mp4');
let studio: StudioInApp;

describe('an artist in Sydney', () => {
  beforeAll(async () => {
    studio = await openStudioInApp({ delaySeconds: 8, sandbox: { replicationDelayMs: 8 * SECOND } });
  });
  afterEach(async () => {
    studio.sandbox.clearFaults();
    await studio.page.keyboard.press('Escape');
  });
  afterAll(() => studio.stop());

  const open = async (folder: string) => {
    await studio.page.keyboard.press('Escape');
    await studio.page
      .getByRole('button', { name: 'Library' })
      .or(studio.page.getByRole('link', { name: 'Library' }))
      .first()
      .click();
    for (const part of folder.split('/').filter(Boolean)) {
      await studio.card(folder.slice(0, folder.indexOf(part) + part.length + 1)).dblclick();
    }
  };

  it('sees the library, and where everything is read from', async () => {
    const { page } = studio;
    await studio.card('shots/').waitFor();
    await expect.poll(() => page.getByTestId('reading-chip').innerText()).toContain('Sydney');
    await open('stills/');
    await page.locator('[data-testid="card"][data-key^="stills/"] [data-testid="card-route"]').first().waitFor();
    await expect.poll(() => page.getByTestId('card-route').first().innerText()).toContain('Sydney');
    await page.locator('.still[data-shown="true"]').nth(2).waitFor();
    await studio.screenshot('library');
    expect(await page.getByTestId('reading-chip').innerText()).toBe('Sydney');
    await page.getByTestId('reading-chip').click();
    await expect.poll(() => page.locator('.reading-popover').innerText()).toContain(IN_SYDNEY);
    await page.keyboard.press('Escape');
  });

  it('uploads with progress that can be seen and cancelled', async () => {
    const { page, sandbox } = studio;
    await open('');
    sandbox.addFault({ method: 'PUT', effect: { kind: 'bandwidth', bytesPerSecond: 2_000_000 } });
    await page.keyboard.press('t');
    const file = await studio.file('sq020_sh030_plate_v001.mov', Buffer.alloc(48 * 1024 * 1024, 7));
    await page.getByTestId('file-input').setInputFiles(file);
    const row = page.locator('[data-testid="transfer"][data-key="sq020_sh030_plate_v001.mov"]');
    await expect.poll(() => row.innerText(), { timeout: 60 * SECOND }).toMatch(/[1-9]\d?\s?%|[1-9][\d.]* MB of/);
    await studio.screenshot('upload-in-progress');
    await row.getByRole('button', { name: /cancel/i }).click();
    await expect.poll(() => row.getAttribute('data-state')).toBe('cancelled');
    expect(await page.getByTestId('card').count()).toBeGreaterThan(0);
    await page.keyboard.press('t');
  });

  it('plays a new upload from the source, then from the replica, in the same page', async () => {
    const { page, sandbox } = studio;
    const file = await studio.file('sq030_sh020_anim_v001.mp4', await readFile(CLIP));
    await page.evaluate(() => document.documentElement.setAttribute('data-marker', 'same-page'));
    await page.getByTestId('file-input').setInputFiles(file);
    await studio.card('sq030_sh020_anim_v001.mp4').dblclick({ timeout: 60 * SECOND });
    const source = await waitForReason(page, ['within-replication-delay'], 10 * SECOND);
    expect(source).toMatchObject({ storage: sandbox.main.name, origin: expect.anything() as string });
    await watchPlayback(page, sandbox.main.endpoint);
    expect(await page.getByTestId('player-route').innerText()).toMatch(/replication delay, \d+ s left/);
    await studio.screenshot('playing-from-source');
    const replica = await waitForReason(page, ['replica-by-ip'], 60 * SECOND);
    expect(replica.storage).toBe(sandbox.replica.name);
    await watchPlayback(page, sandbox.replica.endpoint);
    await studio.screenshot('playing-from-replica');
    expect(await page.evaluate(() => document.documentElement.getAttribute('data-marker'))).toBe('same-page');
  });

  it.each([
    ['VP9 in WebM', 'reviews/', 'reviews/2026-03-18_dailies.webm'],
    ['H.264 in QuickTime', 'shots/sq020/sh020/', 'shots/sq020/sh020/sq020_sh020_light_v005.mov'],
    ['WAV', 'audio/', 'audio/sq010_temp_score.wav'],
    ['AAC', 'audio/', 'audio/sq020_ambience.m4a'],
  ])('plays %s from the replica', async (_name, folder, key) => {
    await open(folder);
    await studio.card(key).dblclick();
    await waitForReason(studio.page, ['replica-by-ip'], 10 * SECOND);
    const { from, to } = await watchPlayback(studio.page, studio.sandbox.replica.endpoint);
    expect(to).toBeGreaterThan(from);
  });

  it('sees images', async () => {
    await open('stills/');
    await studio.card('stills/sq010_colour_script.png').dblclick();
    await expect
      .poll(async () => (await playerState(studio.page)).origin, { timeout: 60 * SECOND })
      .toBe(studio.sandbox.replica.endpoint);
    await studio.screenshot('image');
  });

  it('sees a numbered sequence as one file, and plays it frame by frame', async () => {
    await open('shots/sq010/sh020/plates/');
    const key = 'shots/sq010/sh020/plates/sq010_sh020_plate.####.png';
    await studio.card(key).waitFor();
    expect(await studio.page.getByTestId('card').count()).toBe(1);
    // Whoever presses Space while the links are still on their way means it.
    studio.sandbox.addFault({ operation: 'ListObjectsV2', effect: { kind: 'latency', milliseconds: 2 * SECOND } });
    await studio.card(key).dblclick();
    const media = studio.page.getByTestId('player-media');
    await media.waitFor({ timeout: 60 * SECOND });
    const first = await media.getAttribute('data-frame');
    await studio.page.keyboard.press('Space');
    await studio.page
      .getByTestId('player')
      .getByRole('button', { name: 'Pause' })
      .waitFor({ timeout: 60 * SECOND });
    await expect.poll(() => media.getAttribute('data-frame'), { timeout: 60 * SECOND }).not.toBe(first);
    await studio.screenshot('sequence');
  });

  it('chooses by hand where to read from, effective at once, and kept over a restart', async () => {
    await open('stills/');
    await studio.page.getByTestId('settings-button').click();
    await studio.page.locator('[data-testid="read-from-option"][data-value="main"]').click();
    await studio.screenshot('settings');
    await studio.page.keyboard.press('Escape');
    await expect.poll(() => studio.page.getByTestId('reading-chip').innerText()).toContain('main-us');
    await expect.poll(() => studio.page.getByTestId('card-route').first().innerText()).not.toContain('Sydney');
    await studio.restart();
    await expect.poll(() => studio.page.getByTestId('reading-chip').innerText()).toContain('main-us');
    await studio.page.getByTestId('settings-button').click();
    await studio.page.locator('[data-testid="read-from-option"][data-value="auto"]').click();
    await studio.page.keyboard.press('Escape');
    await expect.poll(() => studio.page.getByTestId('reading-chip').innerText()).toContain('Sydney');
  });

  it('is told what is wrong and what to do, and tries again', async () => {
    const { page, sandbox } = studio;
    await open('');
    await studio.card('shots/').waitFor();
    sandbox.addFault({ operation: 'ListObjectsV2', effect: { kind: 'status', status: 403, code: 'AccessDenied' } });
    await studio.card('shots/').dblclick();
    await page.getByTestId('error-state').waitFor({ timeout: 60 * SECOND });
    expect(await page.getByTestId('error-state').innerText()).toContain('s3:ListBucket');
    await studio.screenshot('error');
    sandbox.clearFaults();
    await page.getByTestId('error-state').getByRole('button').first().click();
    await studio.card('shots/sq010/').waitFor({ timeout: 60 * SECOND });
  });

  it('leaves no credential and no signature in any log', async () => {
    const { accessKeyId, secretAccessKey } = studio.sandbox.credentials;
    const file = await readFile(join(studio.folder, 'user', 'logs', 'nearplay.log'), 'utf8').catch(() => '');
    const logs = studio.app.logs() + file;
    expect(logs.length).toBeGreaterThan(0);
    for (const secret of [accessKeyId, secretAccessKey]) expect(logs).not.toContain(secret);
    expect(logs).not.toMatch(/X-Amz-Signature=(?!\[struck out\])/i);
  });
});

describe('on the first day', () => {
  afterEach(() => studio.stop());

  it('an empty library says what to do', async () => {
    studio = await openStudioInApp({ media: false });
    await studio.page.getByTestId('empty-state').waitFor({ timeout: 60 * SECOND });
    await studio.screenshot('empty-library');
  });

  it('without preferences the app asks for them, and goes on with an imported file', async () => {
    studio = await openStudioInApp({ preferences: false });
    await studio.page.getByTestId('empty-state').waitFor({ timeout: 60 * SECOND });
    await studio.screenshot('first-run');
    const file = join(studio.folder, 'isolation-preferences.json');
    const answered = studio.app.answerDialog({ filePaths: [file] });
    await studio.page.getByTestId('empty-state').getByRole('button').first().click();
    await answered;
    await studio.card('shots/').waitFor({ timeout: 60 * SECOND });
  });
});
