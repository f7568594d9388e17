import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServices } from '../../electron/services/application.ts';
import { PreferencesInBucket } from '../../electron/services/preferences/preferencesInBucket.ts';
import { settingsInMemory } from '../../electron/services/preferences/settingsStore.ts';
import { SILENT } from '../../electron/services/runtime/log.ts';
import { SAVE } from '../../electron/shell/saveQuestion.ts';
import { parsePreferences } from '../../shared/preferences.ts';
import { seed } from '../sandbox/seed.ts';
import { openStudioInApp, type StudioInApp } from './studioInApp.ts';

const SECOND = 1000;
let studio: StudioInApp;

beforeAll(async () => {
  studio = await openStudioInApp({ preferences: false });
  const file = join(studio.folder, 'isolation-preferences.json');
  const answered = studio.app.answerDialog({ filePaths: [file] });
  await studio.page.getByTestId('empty-state').getByRole('button').first().click();
  await answered;
  await studio.card('shots/').waitFor({ timeout: 60 * SECOND });
});
afterAll(() => studio.stop());

/** The second admin, on another machine: straight to the object in the bucket. */
async function otherAdmin<Result>(work: (stored: PreferencesInBucket) => Promise<Result>): Promise<Result> {
  const { accessKeyId, secretAccessKey } = studio.sandbox.credentials;
  const services = createServices({
    userDataFolder: studio.folder,
    journalFolder: join(studio.folder, 'other-admin'),
    settings: settingsInMemory(),
    env: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    commandLinePreferences: join(studio.folder, 'isolation-preferences.json'),
    log: SILENT,
    now: () => Date.now(),
    version: '0',
    platform: process.platform,
    runtime: 'test',
  });
  await services.start();
  try {
    return await work(new PreferencesInBucket(services.studio()));
  } finally {
    await services.stop();
  }
}

const storedText = () =>
  otherAdmin(async (stored) => {
    const read = await stored.read();
    return typeof read === 'object' ? read : undefined;
  });

describe('an admin', () => {
  it('edits the preferences: checks, simulator, difference, save; everybody then has them', async () => {
    const { page } = studio;
    await page.getByTestId('settings-button').click();
    await page.getByTestId('edit-preferences-button').click();
    await page.getByTestId('preferences-editor').waitFor();
    await page.getByTestId('ranges-field').fill('203.0.113.0/24\n198.51.100.0/33');
    await page.getByTestId('range-finding').first().waitFor();
    expect(await page.getByTestId('preferences-save').isDisabled()).toBe(true);
    await page.getByTestId('ranges-field').fill('203.0.113.0/24\n198.51.100.0/24');
    await page.getByTestId('simulator-address').fill('198.51.100.9');
    await expect.poll(() => page.getByTestId('simulated').innerText()).toContain('studio-media-syd');
    expect(await page.getByTestId('differences').innerText()).toContain('198.51.100.0/24');
    await studio.screenshot('preferences-editor');
    // Asked natively: without a person's word nothing is written.
    const refused = studio.app.answerDialog('cancel');
    await page.getByTestId('preferences-save').click();
    await refused;
    const questions = async () =>
      (await studio.app.recorded()).dialogs.filter(({ title }) => title.startsWith('Save Iso'));
    await expect.poll(async () => (await questions()).length).toBe(1);
    await expect.poll(() => page.getByTestId('preferences-save').isEnabled()).toBe(true);
    expect(await storedText()).toBeUndefined();
    const agreed = studio.app.answerDialog({ response: SAVE });
    await page.getByTestId('preferences-save').click();
    await agreed;
    await expect.poll(async () => (await storedText())?.text, { timeout: 60 * SECOND }).toContain('198.51.100.0/24');
  });

  it('is told when somebody else saved first, sees what they changed, decides, and nothing is lost', async () => {
    const { page } = studio;
    await page.getByTestId('editor-tab-text').click();
    const mine = (await page.getByTestId('preferences-text').inputValue()).replace(/("delaySeconds":\s*)\d+/, '$1 30');
    await otherAdmin(async (stored) => {
      const read = await stored.read();
      if (typeof read !== 'object') throw new Error('There is no object');
      const { document } = parsePreferences(read.text);
      if (!document) throw new Error('It cannot be read');
      document.replication.delaySeconds = 45;
      document.replication.replicas[0]?.ipRanges.push('192.0.2.0/24');
      await stored.save(JSON.stringify(document), read.etag);
    });
    await page.getByTestId('preferences-text').fill(mine);
    const agreed = studio.app.answerDialog({ response: SAVE });
    await page.getByTestId('preferences-save').click();
    await agreed;
    await page.getByTestId('preferences-merge').waitFor({ timeout: 60 * SECOND });
    await studio.screenshot('preferences-merge');
    expect(await page.getByTestId('preferences-save-merged').isDisabled()).toBe(true);
    await page.getByTestId('preferences-conflict').getByTestId('choose-mine').click();
    const merged = studio.app.answerDialog({ response: SAVE });
    await page.getByTestId('preferences-save-merged').click();
    await merged;
    await expect
      .poll(async () => parsePreferences((await storedText())?.text ?? '').document?.replication, {
        timeout: 60 * SECOND,
      })
      .toMatchObject({
        delaySeconds: 30,
        replicas: [{ ipRanges: ['203.0.113.0/24', '198.51.100.0/24', '192.0.2.0/24'] }],
      });
    await page.getByTestId('editor-tab-history').click();
    await expect.poll(() => page.getByTestId('preferences-version').count()).toBe(3);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
  });

  it('finds what is not replicated, and saves it as a manifest', async () => {
    const { page, sandbox } = studio;
    await seed(sandbox, join(import.meta.dirname, '../fixtures/media/stills'), {
      prefix: 'media/before-the-rule',
      ageMs: 48 * 3600 * SECOND,
      replicated: false,
    });
    await page.keyboard.press('r');
    await page.getByTestId('replication-view').waitFor();
    await page.getByTestId('report-never').waitFor({ timeout: 60 * SECOND });
    await expect.poll(() => page.getByTestId('report-object').count()).toBe(3);
    await studio.screenshot('replication');
    const file = join(studio.folder, 'manifest.csv');
    const answered = studio.app.answerDialog({ filePath: file });
    await page.getByTestId('save-manifest').click();
    await answered;
    await expect
      .poll(() => readFile(file, 'utf8').catch(() => ''), { timeout: 60 * SECOND })
      .toMatch(/^(studio-media,media\/before-the-rule\/[^,]+,[^,\r\n]+\r\n){3}$/);
    await page.keyboard.press('Escape');
  });

  it('sees why this region, measures, and gets a text for IT', async () => {
    const { page } = studio;
    await page.keyboard.press('w');
    await page.getByTestId('why-panel').waitFor();
    await page.getByTestId('measure').click();
    await expect.poll(() => page.getByTestId('why-panel').innerText(), { timeout: 60 * SECOND }).toMatch(/\d+ ms/);
    await page.getByTestId('copy-for-it').click();
    await expect.poll(() => page.getByTestId('copy-for-it').innerText()).toMatch(/Copied/);
    await studio.screenshot('why-this-region');
    await page.keyboard.press('Escape');
  });
});

it('a malformed object in the bucket keeps the last good preferences in force, and Settings say so', async () => {
  const { page } = studio;
  await otherAdmin(async (stored) => {
    const read = await stored.read();
    await stored.save('{ "version": 1,', typeof read === 'object' ? read.etag : undefined);
  });
  await studio.app.firePower('resume');
  await page.getByTestId('settings-button').click();
  await expect.poll(() => page.getByTestId('settings').innerText(), { timeout: 60 * SECOND }).toContain('not JSON');
  await page.keyboard.press('Escape');
  await studio.card('shots/').waitFor();
});

it('an upload that was not finished goes on after a restart, and nothing is sent twice', async () => {
  const { page, sandbox } = studio;
  sandbox.addFault({ operation: 'UploadPart', effect: { kind: 'bandwidth', bytesPerSecond: 3_000_000 } });
  const content = Buffer.alloc(64 * 1024 * 1024);
  for (let index = 0; index < content.length; index += 4096) content.writeUInt32LE(index, index);
  const file = join(studio.folder, 'long.mov');
  await writeFile(file, content);
  const before = sandbox.requests.length;
  await page.getByTestId('file-input').setInputFiles(file);
  const parts = () =>
    sandbox.requests.slice(before).filter(({ operation, status }) => operation === 'UploadPart' && status === 200);
  await expect.poll(() => parts().length, { timeout: 60 * SECOND }).toBeGreaterThan(1);
  await studio.restart();
  sandbox.clearFaults();
  await studio.card('long.mov').waitFor({ timeout: 60 * SECOND });
  const numbers = parts().map(({ partNumber }) => partNumber);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(numbers).toHaveLength(8);
  const begun = sandbox.requests.slice(before).filter(({ operation }) => operation === 'CreateMultipartUpload');
  expect(begun).toHaveLength(1);
});
