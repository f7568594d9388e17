import { randomBytes } from 'node:crypto';
import { mkdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { receiptSchema } from '../../electron/services/transfers/journal/uploadRecord.ts';
import { dropFiles } from '../helpers/dropFiles.ts';
import { percentile, watchInput } from '../helpers/inputLatency.ts';
import { openStudioInApp, type StudioInApp } from './studioInApp.ts';

const SECOND = 1000;
const KB = 1000;
const MIB = 1024 ** 2;
const FOLDER = 'sq040 動画';
const FILES = 500;
/** One of them goes in parts. */
const IN_PARTS = 'edit/sq040 cut v007.mov';
const SIZE = 20 * KB;
/** Megabytes a second, as it is typed into the window: slow enough to look at what happens. */
const LIMIT = 1.5;
/** Small ones, for the window's sake. */
const MANY = 5000;
const PER_FOLDER = 500;
/** Comes into a watch folder. */
const RENDER = 'beauty.0001.exr';
/** What lies about in folders and nobody means to send. */
const LITTER = ['.DS_Store', 'Thumbs.db', '.git/config', 'plates/desktop.ini', 'plates/.hidden.exr'];

let studio: StudioInApp;
/** What was dropped: bytes by name in the folder. */
const dropped = new Map<string, Buffer>();

/** The names of a job as it comes: levels, several scripts, spaces. */
function nameOf(index: number): string {
  if (index === 0) return IN_PARTS;
  const frame = String(index).padStart(4, '0');
  return (
    [`plates/sh${index % 7}/plate_${frame}.exr`, `レイアウト/カット ${frame}.exr`, `notes/é + ${frame}.txt`][
      index % 3
    ] ?? frame
  );
}

async function writeOld(path: string, content: Buffer | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  const anHourAgo = Math.floor(Date.now() / SECOND) - 3600;
  await utimes(path, anHourAgo, anHourAgo);
}

async function writeFolder(): Promise<void> {
  for (let index = 0; index < FILES; index++) {
    const name = nameOf(index);
    dropped.set(name, randomBytes(name === IN_PARTS ? 20 * MIB : SIZE));
  }
  const root = join(studio.folder, FOLDER);
  for (const [name, content] of dropped) await writeOld(join(root, name), content);
  for (const name of LITTER) await writeOld(join(root, name), 'litter');
  await symlink(join(root, IN_PARTS), join(root, 'link.mov'));
}

const drop = (...paths: string[]) => dropFiles(studio.page, '[data-testid="drop-zone"]', paths);
const press = (testId: string) => studio.page.getByTestId(testId).click();
const stateOf = (key: string) =>
  studio.page
    .locator(`[data-testid="transfer"][data-key=${JSON.stringify(key)}]`)
    .last()
    .getAttribute('data-state');
const main = () => studio.sandbox.bucketOf('main-us');
/** Requests that carried a body and were answered well: what was paid for. */
const sends = (under = `media/${FOLDER}/`) =>
  studio.sandbox.requests.filter(
    ({ operation, status, key }) =>
      (operation === 'PutObject' || operation === 'UploadPart') && status === 200 && key.startsWith(under),
  );
const received = () => studio.sandbox.requests.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0);

/**
 * Until the storage has read what was sent before: on a busy machine it may lie in its sockets for long. A request of
 * our own is read after all that had come before it, one more after what those connections had at the time.
 */
async function allIsRead(): Promise<void> {
  const seen = () => [received(), writes(), sends().length].join();
  for (let before = ''; before !== seen();) {
    before = seen();
    for (let request = 0; request < 3; request++)
      await fetch(studio.sandbox.main.endpoint).then((answer) => answer.text());
  }
}

/** As somebody does it in the window. */
async function limitTo(rate: number | 'unlimited'): Promise<void> {
  const { page } = studio;
  await press('bandwidth-button');
  const choice = rate === 'unlimited' ? 'As fast as the line' : 'At most';
  await page.getByTestId('bandwidth').getByText(choice, { exact: true }).click();
  if (rate !== 'unlimited') {
    await page.getByTestId('bandwidth-rate').fill(String(rate));
    await page.keyboard.press('Enter');
    await studio.screenshot('uploads-limit');
  }
  await page.keyboard.press('Escape');
  await page.getByTestId('bandwidth').waitFor({ state: 'hidden' });
}

/** Requests that write; whether a replica has them already is asked meanwhile all the same. */
const writes = () => studio.sandbox.requests.filter(({ method }) => method === 'PUT' || method === 'POST').length;

async function openDrawer(): Promise<void> {
  if (!(await studio.page.getByTestId('transfers').isVisible())) await studio.page.keyboard.press('t');
  await studio.page.getByTestId('transfers').waitFor();
}

/** How many uploads are in each state, as main counts them. */
function counts(): Promise<Record<string, number>> {
  return studio.page.evaluate(async () => {
    const { nearplay } = globalThis as unknown as {
      nearplay: { request(name: string): Promise<{ result: { transfers: { files: Record<string, number> } } }> };
    };
    return (await nearplay.request('getBootstrap')).result.transfers.files;
  });
}

async function bytesOf(key: string): Promise<Buffer> {
  const version = main().current(`media/${key}`);
  if (!version) throw new Error(`"${key}" is not in the storage`);
  const chunks: Buffer[] = [];
  for await (const chunk of main().read(version)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const patient = { timeout: 60 * SECOND, interval: 100 };

beforeAll(async () => {
  studio = await openStudioInApp();
  await writeFolder();
  await studio.card('shots/').waitFor({ timeout: 60 * SECOND });
});
afterEach(() => studio.sandbox.clearFaults());
afterAll(() => studio.stop());

describe('a folder of 500 files', () => {
  it('goes up, with its progress on the icon and without the machine falling asleep', async () => {
    await openDrawer();
    await limitTo(LIMIT);
    await drop(join(studio.folder, FOLDER));
    await expect.poll(() => sends().length, patient).toBeGreaterThan(10);
    const [bytes, from] = [received(), performance.now()];
    await wait(2 * SECOND);
    await expect.poll(() => received(), patient).toBeGreaterThan(bytes + (LIMIT / 2) * 1e6);
    const megabytes = (received() - bytes) / 1e6 / ((performance.now() - from) / SECOND);
    expect(megabytes).toBeLessThan(LIMIT * 1.5);
    await studio.screenshot('uploads-running');
    const { powerSaveBlockers, progress } = await studio.app.recorded();
    expect(powerSaveBlockers).toEqual(['prevent-app-suspension']);
    expect(progress.at(-1)).toBeGreaterThan(0);
    expect(progress.at(-1)).toBeLessThan(1);

    // Quitting asks, once however often one tries, and No means that nothing happens.
    await studio.app.askToQuit();
    await studio.app.askToQuit();
    const questions = async () =>
      (await studio.app.recorded()).dialogs.filter(({ title }) => title === 'Quit Nearplay?');
    await expect.poll(questions, patient).toHaveLength(1);
    await studio.app.answerDialog({ response: 1 });
    const before = sends().length;
    await expect.poll(() => sends().length, patient).toBeGreaterThan(before + 5);
    expect(await questions()).toHaveLength(1);

    await press('pause-all');
    await expect.poll(async () => (await counts())['running'], patient).toBe(0);
    // How fast a pause is, is measured without a window. Here a busy storage may still read what was sent before.
    await allIsRead();
    const [written, arrived] = [writes(), received()];
    await wait(700);
    await allIsRead();
    expect(writes()).toBe(written);
    expect(received()).toBe(arrived);
    expect(sends().length).toBeLessThan(FILES);
    const paused = await studio.app.recorded();
    expect(paused.powerSaveBlockers).toEqual([]);
    expect(paused.progress.at(-1)).toBe(-1);
    await studio.screenshot('uploads-paused');
  });

  it('a folder is watched from now on: a new file in it is uploaded', async () => {
    const watched = join(studio.folder, 'renders');
    await mkdir(watched);
    await writeOld(join(watched, 'before.exr'), 'was there before');
    const answered = studio.app.answerDialog({ filePaths: [watched] });
    await press('upload-button');
    await press('watch-local-folder');
    await press('watch-folder-choose');
    await answered;
    await expect.poll(() => studio.page.getByTestId('watch-folders').first().isVisible(), patient).toBe(true);
    // Long finished, so that nobody has to wait until it has settled.
    await writeOld(join(watched, RENDER), randomBytes(SIZE));
    await expect.poll(() => main().current(`media/${RENDER}`)?.size, patient).toBe(SIZE);
    await studio.screenshot('uploads-watched-folder');
  });

  it('is still paused after quitting, which needs no question then, and nothing is sent', async () => {
    await allIsRead();
    const before = sends().length;
    await studio.app.askToQuit();
    expect(await studio.app.exited).toBe(0);
    await studio.restart();
    await openDrawer();
    await expect.poll(async () => (await counts())['paused'], patient).toBeGreaterThan(100);
    await wait(SECOND);
    expect(await counts()).toMatchObject({ running: 0, waiting: 0, failed: 0 });
    expect(sends()).toHaveLength(before);
    await studio.screenshot('uploads-after-restart');
  });

  it('goes on, finishes, and says so; nothing was sent twice', async () => {
    await studio.app.setFocus(false);
    await limitTo('unlimited');
    await press('resume-all');
    const done = async () => (await counts())['done'];
    await expect.poll(done, patient).toBe(FILES + 1);
    await studio.page.locator('[data-testid="transfers-summary"][data-course="over"]').waitFor();
    // The bar moves to its end.
    await wait(SECOND / 2);
    await studio.screenshot('uploads-done');
    const keys = main()
      .keys()
      .filter((key) => key.startsWith(`media/${FOLDER}/`));
    expect([...keys].sort()).toEqual([...dropped.keys()].map((name) => `media/${FOLDER}/${name}`).sort());
    for (const [name, content] of dropped) {
      expect((await bytesOf(`${FOLDER}/${name}`)).equals(content), name).toBe(true);
      expect(main().versionsOf(`media/${FOLDER}/${name}`), name).toHaveLength(1);
    }
    const sent = sends().map(({ key, partNumber = 0 }) => `${key} ${partNumber}`);
    expect(sent.filter((one, index) => sent.indexOf(one) !== index)).toEqual([]);
    expect([...main().uploads.values()]).toEqual([]);

    // Watched again since the start, and neither what was uploaded nor what was there before is sent.
    expect(main().versionsOf(`media/${RENDER}`)).toHaveLength(1);
    expect(main().current('media/before.exr')).toBeUndefined();

    const { notifications, progress, powerSaveBlockers } = await studio.app.recorded();
    expect(notifications.map(({ title }) => title)).toContainEqual(expect.stringMatching(/^\d+ transfers finished$/));
    expect(progress.at(-1)).toBe(-1);
    expect(powerSaveBlockers).toEqual([]);
  });
});

describe('what needs somebody', () => {
  it('a name that is taken: the question is asked, and answered for all', async () => {
    const taken = [...dropped.keys()].filter((name) => name.startsWith('notes/')).slice(0, 3);
    const root = join(studio.folder, 'again', FOLDER);
    for (const name of taken) await writeOld(join(root, name), randomBytes(SIZE));
    await studio.app.setFocus(false);
    await press('clear-finished');
    await expect.poll(() => studio.page.getByTestId('transfer').count(), patient).toBe(0);
    await drop(root);
    await expect.poll(async () => (await counts())['blocked'], patient).toBe(taken.length);
    await studio.page.getByTestId('conflict-answer-all').first().waitFor();
    await studio.screenshot('uploads-name-taken');
    const { notifications } = await studio.app.recorded();
    expect(notifications.at(-1)?.title).toBe('3 uploads need your answer');
    await studio.page.locator('[data-testid="conflict-answer-all"][data-value="keep-both"]').click();
    await expect.poll(async () => (await counts())['done'], patient).toBe(taken.length);
    for (const name of taken) {
      expect((await bytesOf(`${FOLDER}/${name}`)).equals(dropped.get(name) ?? Buffer.alloc(0))).toBe(true);
      const other = `${FOLDER}/${name.replace(/\.txt$/, ' (2).txt')}`;
      expect((await bytesOf(other)).equals(await readFile(join(root, name)))).toBe(true);
    }
  });

  it('a failed one is tried again', async () => {
    const path = join(studio.folder, 'refused.mov');
    await writeOld(path, randomBytes(SIZE));
    studio.sandbox.addFault({
      ...{ operation: 'PutObject', key: /refused/ },
      effect: { kind: 'status', status: 403, code: 'AccessDenied' },
    });
    await drop(path);
    await expect.poll(() => stateOf('refused.mov'), patient).toBe('failed');
    await studio.screenshot('uploads-failed');
    studio.sandbox.clearFaults();
    await press('retry-failed');
    await expect.poll(() => stateOf('refused.mov'), patient).toBe('done');
    expect((await bytesOf('refused.mov')).equals(await readFile(path))).toBe(true);
  });

  it('offline it waits, says so, and goes on by itself', async () => {
    const path = join(studio.folder, 'offline.mov');
    await writeOld(path, randomBytes(SIZE));
    studio.sandbox.addFault({ region: studio.sandbox.main.region, effect: { kind: 'down' } });
    await drop(path);
    await expect.poll(() => stateOf('offline.mov'), patient).toBe('blocked');
    await studio.screenshot('uploads-offline');
    studio.sandbox.clearFaults();
    await expect.poll(() => stateOf('offline.mov'), patient).toBe('done');
  });

  it('receipts are exported, and say what the storage has', async () => {
    const file = join(studio.folder, 'receipts.json');
    const answered = studio.app.answerDialog({ filePath: file });
    await press('export-receipts');
    await answered;
    await expect
      .poll(
        () =>
          stat(file).then(
            ({ size }) => size,
            () => 0,
          ),
        patient,
      )
      .toBeGreaterThan(0);
    const receipts = z.array(receiptSchema).parse(JSON.parse(await readFile(file, 'utf8')));
    expect(receipts).toHaveLength(5);
    for (const { key, size, crc32: told, versionId } of receipts) {
      const bytes = await bytesOf(key.slice('media/'.length));
      const sum = Buffer.alloc(4);
      sum.writeUInt32BE(crc32(bytes));
      expect({ size, told, versionId }).toEqual({
        size: bytes.length,
        told: sum.toString('base64'),
        versionId: main().current(key)?.versionId,
      });
    }
  });

  it('a folder is compared with the storage: one file has changed', async () => {
    const root = join(studio.folder, FOLDER);
    const name = nameOf(3);
    const changed = Buffer.from(dropped.get(name) ?? '');
    changed.writeUInt8(changed.readUInt8(100) ^ 1, 100);
    await writeOld(join(root, name), changed);
    await studio.card(`${FOLDER}/`).dblclick();
    await studio.card(`${FOLDER}/plates/`).waitFor();
    const answered = studio.app.answerDialog({ filePaths: [root] });
    await press('upload-button');
    await press('verify-folder');
    await answered;
    await studio.page.getByTestId('verify-report').waitFor({ timeout: 60 * SECOND });
    expect(await studio.page.getByTestId('verify-report').getAttribute('data-same')).toBe(String(FILES - 1));
    const lines = studio.page.getByTestId('verify-file');
    await studio.page.getByTestId('verify-different').click();
    expect(await lines.count()).toBe(1);
    expect(await lines.first().getAttribute('data-key')).toContain(name);
    await studio.screenshot('uploads-verified');
    await studio.page.keyboard.press('Escape');
  });
});

it('the window answers at once while thousands of files are queued', async () => {
  const { page } = studio;
  const root = join(studio.folder, 'many');
  for (let index = 0; index < MANY; index += PER_FOLDER) {
    const below = join(root, `shot${index / PER_FOLDER}`);
    await mkdir(below, { recursive: true });
    const paths = Array.from({ length: PER_FOLDER }, (_, n) => join(below, `${n}.exr`));
    await Promise.all(paths.map((path) => writeFile(path, 'x')));
  }
  await page.getByTestId('drop-zone').waitFor();
  const work = async (round: number) => {
    await page
      .getByTestId('transfers-filter')
      .nth(round % 2)
      .click();
    for (const key of ['ArrowRight', 'ArrowLeft', 't', 't']) await page.keyboard.press(key);
  };
  // The same with nothing to do, on the machine as it is at this moment: the measure for what follows.
  const endOfQuiet = await watchInput(page);
  for (let round = 0; round < 10; round++) await work(round);
  const { answered: quiet } = await endOfQuiet();
  const end = await watchInput(page);
  await drop(root);
  const queued = async () => {
    // In the stand-in nobody else can cross the bridge while it looks up what was dropped.
    const nothing: Record<string, number> = {};
    const { waiting = 0, running = 0, paused = 0, done = 0 } = await counts().catch(() => nothing);
    return waiting + running + paused + done;
  };
  for (let round = 0; round < 30 && ((await queued()) < MANY || round < 10); round++) {
    await work(round);
    if (round === 5) await press('pause-all');
  }
  // However long that takes on a busy machine: as long as more and more are in.
  for (let before = -1, now = await queued(); now < MANY; now = await queued()) {
    expect(now).toBeGreaterThan(before);
    before = now;
    await expect.poll(queued, patient).toBeGreaterThan(now);
  }
  const { answered } = await end();
  expect(answered.length).toBeGreaterThan(40);
  // A window that holds still while files are queued would answer hundreds of milliseconds later than a quiet one does.
  expect(percentile(answered, 0.5)).toBeLessThan(Math.max(100, 5 * percentile(quiet, 0.5)));
});
