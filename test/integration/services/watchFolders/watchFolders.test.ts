import { appendFile, mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { SILENT } from '../../../../electron/services/runtime/log.ts';
import type { TransferQueue } from '../../../../electron/services/transfers/queue/queue.ts';
import { WatchFolder } from '../../../../electron/services/watchFolders/watchFolder.ts';
import { WatchFolderLog } from '../../../../electron/services/watchFolders/watchFolderLog.ts';
import { WatchFolders, type WatchFoldersOptions } from '../../../../electron/services/watchFolders/watchFolders.ts';
import type { WatchFolderStatus } from '../../../../shared/uploads.ts';
import { turnsDuring } from '../../../helpers/turns.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { bytesOf, Desk, makeQueue, until as untilWithin } from '../transfers/surroundings.ts';

const AN_HOUR = 3600;
let sandbox: Sandbox;
let desk: Desk;
let place: string;
let entries: ReturnType<WatchFoldersOptions['entries']>;
let told: WatchFolderStatus[];
let queue: TransferQueue;
let folders: WatchFolders;
let stop: () => Promise<void>;
let run = 0;
let into: string;

beforeAll(async () => (sandbox = await startSandbox()));
afterAll(() => sandbox.close());
beforeEach(async () => {
  desk = await Desk.open();
  place = join(desk.folder, 'renders');
  await mkdir(place);
  entries = [];
  told = [];
  into = `watched-${run++}/`;
  await launch();
});
afterEach(async () => {
  await stop();
  await desk.close();
});

/** As the app does it: the queue first, and what it tells goes to the folders. */
async function launch(): Promise<void> {
  const running = makeQueue(sandbox, desk, {
    timing: { settle: 100 },
    changed: (delta) => folders.transfersChanged(delta),
  });
  queue = running.queue;
  folders = new WatchFolders({
    entries: () => entries,
    save: (changed) => (entries = changed),
    logFolder: join(desk.folder, 'memory'),
    queue,
    changed: (list) => (told = list),
    log: SILENT,
    timing: { scanIntervalMs: 150, settlingScanIntervalMs: 100, stableForMs: 80 },
  });
  await queue.start();
  await folders.start();
  stop = async () => {
    await folders.stop();
    await running.stop();
  };
}

async function relaunch(): Promise<void> {
  await stop();
  await launch();
}

async function write(name: string, content: string, ageSeconds = AN_HOUR): Promise<string> {
  const path = join(place, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  const then = Date.now() / 1000 - ageSeconds;
  await utimes(path, then, then);
  return path;
}

const puts = () => sandbox.requests.filter(({ operation }) => operation === 'PutObject').length;
const text = async (name: string) => (await bytesOf(sandbox, into + name))?.toString();
const isThere = (name: string) => sandbox.bucketOf('main-us').current(`media/${into}${name}`) !== undefined;
const until = (isSo: () => boolean, what: string) => untilWithin(isSo, what, 50_000);
/** Long enough for several looks. */
const someLooks = () => wait(900);

it('uploads what comes in, with its folders, once and over restarts', async () => {
  await write('old.exr', 'is there already');
  await folders.add(place, into, { existing: false });
  await write('a.exr', 'a');
  await write('deep/er/b.exr', 'b', 0);
  await write('.hidden', 'no');
  await until(() => isThere('a.exr') && isThere('deep/er/b.exr'), 'both are uploaded');
  await until(() => told[0]?.uploaded === 2 && told[0].waiting === 0, 'it says so');
  const before = puts();
  await relaunch();
  await someLooks();
  expect(puts()).toBe(before);
  expect(isThere('old.exr')).toBe(false);
  expect(folders.list()).toMatchObject([{ path: place, folder: into, state: 'watching', uploaded: 2, waiting: 0 }]);
  await write('c.exr', 'c');
  await until(() => isThere('c.exr'), 'what comes after the restart is uploaded');
});

it('uploads what is there already when it is asked to, in the folder without a closing slash', async () => {
  await write('old.exr', 'is there already');
  await folders.add(place, into.slice(0, -1), { existing: true });
  await until(() => isThere('old.exr'), 'it is uploaded');
});

it('replaces what it uploaded itself, and asks about anything else', async () => {
  await folders.add(place, into, { existing: true });
  await write('frame.exr', 'first');
  await until(() => folders.list()[0]?.uploaded === 1, 'the first one is there');
  await relaunch();
  await write('frame.exr', 'second', 1000);
  await until(
    () => sandbox.bucketOf('main-us').current(`media/${into}frame.exr`)?.size === 6,
    'the second replaces it',
  );
  expect(await text('frame.exr')).toBe('second');

  await queue.add(into, [await desk.file('theirs.exr', 10)]);
  await queue.finished();
  await write('theirs.exr', 'mine');
  await until(() => queue.totals().files.blocked === 1, 'it asks');
  expect((await bytesOf(sandbox, `${into}theirs.exr`))?.length).toBe(10);
});

it('waits for names and for sizes', async () => {
  await folders.add(place, into, { existing: true });
  const temporary = await write('shot.mov.part', 'whole');
  const backup = await write('notes.txt~', 'no');
  await someLooks();
  expect(queue.list()).toEqual([]);
  await rename(temporary, join(place, 'shot.mov'));
  await rm(backup);
  await until(() => isThere('shot.mov'), 'it has its name');

  const growing = await write('growing.mov', '0', 0);
  for (let step = 1; step < 10; step++) {
    await wait(60);
    await appendFile(growing, String(step));
  }
  await until(() => isThere('growing.mov'), 'it is whole');
  expect(await text('growing.mov')).toBe('0123456789');
});

it('forgets nothing when the folder goes away, and goes on when it is back', async () => {
  await folders.add(place, into, { existing: true });
  await write('a.exr', 'a');
  await until(() => folders.list()[0]?.uploaded === 1, 'the first is there');
  await rename(place, `${place}-unmounted`);
  await until(() => told[0]?.state === 'unreachable', 'it says that it is gone');
  expect(told[0]?.error?.code).toBe('file-unreadable');
  await relaunch();
  await until(() => folders.list()[0]?.state === 'unreachable', 'it still is');
  const before = puts();
  await rename(`${place}-unmounted`, place);
  await write('b.exr', 'b');
  await until(() => isThere('b.exr'), 'what is new is uploaded');
  expect(folders.list()[0]?.state).toBe('watching');
  expect(puts()).toBe(before + 1);
});

it('sends files again whose drive went away before they were read', async () => {
  queue.pause();
  sandbox.addFault({ operation: 'PutObject', effect: { kind: 'status', status: 503, code: 'SlowDown' }, times: 3 });
  await folders.add(place, into, { existing: true });
  await write('a.exr', 'a');
  await until(() => queue.list().length === 1, 'it is queued');
  queue.pause();
  await until(() => queue.totals().files.paused === 1, 'it is paused');
  await rename(place, `${place}-unmounted`);
  queue.resume();
  await until(() => queue.totals().files.failed === 1, 'it cannot be read');
  await rename(`${place}-unmounted`, place);
  await until(() => isThere('a.exr'), 'it is read again');
});

it('pauses, goes on, and lets go', async () => {
  const { id } = await folders.add(place, into, { existing: true });
  await folders.pause(id, true);
  expect(entries).toMatchObject([{ id, paused: true }]);
  await write('a.exr', 'a');
  await someLooks();
  expect(queue.list()).toEqual([]);
  expect(folders.list()).toMatchObject([{ state: 'paused' }]);
  await folders.pause(id, false);
  await until(() => isThere('a.exr'), 'it goes on');
  await folders.remove(id);
  expect(entries).toEqual([]);
  expect(folders.list()).toEqual([]);
  await write('b.exr', 'b');
  await someLooks();
  expect(isThere('b.exr')).toBe(false);
  await expect(readFile(join(desk.folder, 'memory', `${id}.jsonl`))).rejects.toThrow();
});

it('refuses what is no folder, and the same twice', async () => {
  const file = await write('a', 'a');
  await expect(folders.add(file, into, { existing: true })).rejects.toMatchObject({ code: 'bad-request' });
  await folders.add(place, into, { existing: true });
  await expect(folders.add(place, into, { existing: true })).rejects.toMatchObject({ code: 'bad-request' });
});

it('two watch folders do not send their files over each other', async () => {
  const other = join(desk.folder, 'others');
  await mkdir(other);
  await folders.add(place, into, { existing: true });
  await write('a.exr', 'first');
  await until(() => folders.list()[0]?.uploaded === 1, 'the first is there');
  await folders.add(other, into, { existing: true });
  await writeFile(join(other, 'a.exr'), 'second');
  await until(() => told[1]?.leftOut?.count === 1, 'the second is left out');
  expect(told[1]?.leftOut?.named).toMatchObject([{ path: join(other, 'a.exr'), why: 'same-destination' }]);
  expect(told[0]?.leftOut).toBeUndefined();
  await write('a.exr', 'first again', 100);
  await until(
    () => puts() > 0 && sandbox.bucketOf('main-us').versionsOf(`media/${into}a.exr`).length === 2,
    'it goes on',
  );
  expect(await text('a.exr')).toBe('first again');
});

it('looks through 10,000 files, and others have their turn meanwhile', async () => {
  for (let start = 0; start < 10_000; start += 500) {
    await mkdir(join(place, String(start)));
    await Promise.all(Array.from({ length: 500 }, (_, n) => writeFile(join(place, String(start), `${n}.exr`), '')));
  }
  const folderLog = await WatchFolderLog.open(join(desk.folder, 'many.jsonl'));
  let handedOver = 0;
  const folder = new WatchFolder({
    entry: { id: 'many', path: place, folder: into, paused: false },
    folderLog,
    queue: {
      addFiles: (files) => Promise.resolve(files.map(() => `transfer ${handedOver++}`)),
      find: () => undefined,
      retry: () => undefined,
    },
    changed: () => undefined,
    log: SILENT,
    timing: { scanIntervalMs: 50, settlingScanIntervalMs: 50, stableForMs: 0, answerTimeoutMs: 10_000 },
  });
  const turns = await turnsDuring(async () => {
    folder.start();
    await until(() => handedOver === 10_000, 'all are handed over');
  });
  await folder.stop();
  await folderLog.close();
  expect(handedOver).toBe(10_000);
  expect(turns).toBeGreaterThan(20);
});
