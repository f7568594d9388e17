import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SILENT } from '../../../../electron/services/runtime/log.ts';
import { StorageClients } from '../../../../electron/services/storage/storageClients.ts';
import type { UploadsDelta } from '../../../../electron/services/transfers/jobs/transfer.ts';
import { Journal } from '../../../../electron/services/transfers/journal/journal.ts';
import { TransferQueue } from '../../../../electron/services/transfers/queue/queue.ts';
import { preferencesSchema } from '../../../../shared/preferences.ts';
import { turnsDuring } from '../../../helpers/turns.ts';

const MANY = process.env['NEARPLAY_LONG'] === '1' ? 100_000 : 20_000;
const PER_FOLDER = 500;
/** No server listens there: queued files stay queued. */
const preferences = {
  version: 1,
  s3Configuration: {
    main: { region: 'us-east-1', bucket: 'media', prefix: 'p', endpoint: 'http://127.0.0.1:9', forcePathStyle: true },
  },
  mainStorage: 'main',
};

let folder: string;
let queue: TransferQueue;
let deltas: UploadsDelta[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nearplay-folders-'));
  // A queue that was not started takes in and sends nothing; starting is what makes the folder of its journal.
  await mkdir(join(folder, 'journal'));
  queue = makeQueue();
});
afterEach(async () => {
  await queue.stop();
  await rm(folder, { recursive: true, force: true });
});

function makeQueue(): TransferQueue {
  const credentials = { accessKeyId: 'nobody', secretAccessKey: 'nobody' };
  const clients = new StorageClients(preferencesSchema.parse(preferences), { credentials, now: () => Date.now() });
  deltas = [];
  return new TransferQueue({
    target: () => ({ client: clients.clientOf('main'), configuration: clients.configurationOf('main') }),
    journal: new Journal(join(folder, 'journal')),
    changed: (delta) => void deltas.push(delta),
    completed: () => undefined,
    now: () => Date.now(),
    random: Math.random,
    log: SILENT,
  });
}

async function write(...names: string[]): Promise<void> {
  for (const name of names) {
    const path = join(folder, 'project', name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, 'x');
    await utimes(path, 1e9, 1e9);
  }
}

it('goes through folders in the order of names, for any order of the disk', async () => {
  const frames = Array.from({ length: 150 }, (_, at) => `plate.${String(at + 1001)}.exr`);
  await write(...frames.toReversed(), 'b/2.exr', 'b/1.exr', 'a/1.exr');
  await queue.add('', [join(folder, 'project')]);
  const names = queue.list().map(({ key }) => key.replace('project/', ''));
  expect(names).toEqual([...frames, 'a/1.exr', 'b/1.exr', 'b/2.exr']);
});

it('keeps the structure and leaves out litter', async () => {
  await write('a.mov', 'shots/sh010/b.exr', 'shots/日本語 – ünïcode.mov', 'cafe\u0301.png');
  await write('.DS_Store', 'Thumbs.db', '.git/config', 'shots/~$budget.xlsx', 'desktop.ini');
  await symlink(join(folder, 'project', 'a.mov'), join(folder, 'project', 'link.mov'));
  await symlink(join(folder, 'project'), join(folder, 'project', 'shots', 'round'));
  await queue.add('inbox', [join(folder, 'project')]);
  const keys = queue.list().map(({ key }) => key);
  expect(keys.sort()).toEqual(
    ['project/a.mov', 'project/caf\u00e9.png', 'project/shots/sh010/b.exr', 'project/shots/日本語 – ünïcode.mov']
      .map((key) => `inbox/${key}`)
      .sort(),
  );
});

it('queues nothing when one of the chosen paths is not there', async () => {
  await write('a.mov');
  const paths = [join(folder, 'project'), join(folder, 'nowhere')];
  await expect(queue.add('', paths)).rejects.toMatchObject({ code: 'file-unreadable' });
  expect(queue.list()).toEqual([]);
});

it('says of a name that S3 cannot keep what to do', async () => {
  const deep = Array.from({ length: 5 }, (_, level) => `${level}`.repeat(230)).join('/');
  await write(`${deep}/end.mov`);
  await queue.add('', [join(folder, 'project')]);
  expect(queue.list()).toMatchObject([
    { state: 'failed', error: { message: expect.stringMatching(/1,024 bytes/) as string } },
  ]);
});

it('moves, pauses and cancels what waits, and remembers it', async () => {
  await write('1', '2', '3', '4', '5');
  for (const name of ['1', '2', '3', '4', '5']) await queue.add('', [join(folder, 'project', name)]);
  const ids = Object.fromEntries(queue.list().map(({ key, id }) => [key, id]));
  const idOf = (key: string) => ids[key] ?? '';
  queue.move([idOf('4'), idOf('5')], idOf('2'));
  queue.move([idOf('1')], null);
  queue.pause([idOf('3')]);
  queue.cancel([idOf('2')]);
  const shown = () => queue.list().map(({ key, state }) => `${key} ${state}`);
  const expected = ['4 waiting', '5 waiting', '2 cancelled', '3 paused', '1 waiting'];
  expect(shown()).toEqual(expected);
  expect(queue.totals().files).toMatchObject({ waiting: 3, paused: 1, cancelled: 1 });
  await queue.stop();
  queue = makeQueue();
  await queue.start();
  queue.pause();
  expect(queue.list().map(({ key }) => key)).toEqual(['4', '5', '2', '3', '1']);
  const first = queue.page(undefined, 3);
  const second = queue.page(first.next, 3);
  expect([first, second].map(({ transfers }) => transfers.map(({ key }) => key))).toEqual([
    ['4', '5', '2'],
    ['3', '1'],
  ]);
  expect(second.next).toBeUndefined();
  const orders = [first, second].flatMap(({ transfers }) => transfers.map(({ order }) => order));
  expect(orders).toEqual([...orders].sort((a, b) => a - b));
});

it(`takes ${MANY} files, and others have their turn meanwhile`, async () => {
  for (let index = 0; index < MANY; index += PER_FOLDER) {
    const below = join(folder, 'project', String(index));
    await mkdir(below, { recursive: true });
    await Promise.all(Array.from({ length: PER_FOLDER }, (_, n) => writeFile(join(below, `${n}.exr`), '')));
  }
  const turns = await turnsDuring(() => queue.add('', [join(folder, 'project')]));
  expect(queue.totals().files.waiting).toBe(MANY);
  expect(turns).toBeGreaterThan(MANY / 1000);
  for (const { changed } of deltas) expect(changed.length).toBeLessThanOrEqual(1000);

  await queue.stop();
  queue = makeQueue();
  expect(await turnsDuring(() => queue.start())).toBeGreaterThan(MANY / 1000);
  expect(queue.totals().files).toMatchObject({ done: 0 });
  expect(queue.list()).toHaveLength(MANY);
}, 300_000);

describe('an action on all uploads while a folder is still being read', () => {
  const FILES = 600;
  beforeEach(async () => {
    await write(...Array.from({ length: FILES }, (_, at) => `${at % 3}/${at}.exr`));
  });

  it('pauses what is found afterwards as well, until all are resumed', async () => {
    const adding = queue.add('', [join(folder, 'project')]);
    await expect.poll(() => queue.totals().files.waiting, { interval: 1, timeout: 50_000 }).toBeGreaterThan(0);
    queue.pause();
    expect(await adding).toHaveLength(FILES);
    await expect.poll(() => queue.totals().files, { timeout: 50_000 }).toMatchObject({ paused: FILES, waiting: 0 });
    queue.resume();
    await expect.poll(() => queue.totals().files, { timeout: 50_000 }).toMatchObject({ paused: 0, waiting: FILES });
  });

  it('cancels: the rest is not even looked for', async () => {
    const adding = queue.add('', [join(folder, 'project')]);
    await expect.poll(() => queue.totals().files.waiting, { interval: 1, timeout: 50_000 }).toBeGreaterThan(0);
    queue.cancel();
    const found = (await adding).length;
    expect(found).toBeLessThan(FILES);
    await expect.poll(() => queue.totals().files, { timeout: 50_000 }).toMatchObject({ cancelled: found, waiting: 0 });
  });
});
