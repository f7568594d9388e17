import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STOPPED } from '../../../../../electron/services/transfers/download/download.ts';
import {
  downloadFolder,
  type FolderFile,
  type FolderOptions,
} from '../../../../../electron/services/transfers/download/downloadFolder.ts';
import { until } from '../surroundings.ts';
import { DownloadDesk, KEY, MIB, SYDNEY_REGION } from './surroundings.ts';

let desk: DownloadDesk;
const contents = new Map<string, Buffer>();
/** Of the main storage, unless a test wants a replica. */
const open = async (options = { services: { givenAddress: '198.51.100.7' } }) => {
  desk = await DownloadDesk.open(1000, options);
  contents.clear();
};
beforeEach(() => open());
afterEach(() => desk.close());

async function put(key: string, size = 1000, checksum = true): Promise<void> {
  const content = randomBytes(size);
  contents.set(key, content);
  await desk.put(content, checksum ? { ChecksumAlgorithm: 'CRC32' } : {}, `shots/${key}`);
}

async function get(options: Partial<FolderOptions> = {}) {
  const files: FolderFile[] = [];
  const failures: { key: string; code: string }[] = [];
  const report = await downloadFolder(() => desk.services.studio(), 'shots', join(desk.folder, 'shots'), {
    ...{ signal: new AbortController().signal, random: () => 0, idleMs: 2000 },
    done: (file) => void files.push(file),
    failed: (key, { code }) => void failures.push({ key, code }),
    ...options,
  });
  return { report, files, failures };
}

const saved = (path: string) => readFile(join(desk.folder, 'shots', path));
const count = (operation: string) => desk.sandbox.requests.filter((one) => one.operation === operation).length;
const names = async () => (await readdir(join(desk.folder, 'shots'), { recursive: true })).sort();

it('comes with its subfolders, each small file in one request that proves it', async () => {
  for (const key of ['a.exr', 'b/c.exr', 'b/d/e.exr', 'b/d/f.exr']) await put(key);
  desk.sandbox.requests.length = 0;
  const { report, files } = await get();
  expect(report).toEqual({ files: 4, saved: 4, same: 0, unproved: 0, failed: 0, bytes: 4000 });
  expect(files.map(({ provedBy, storage }) => [provedBy, storage])).toEqual(
    Array.from({ length: 4 }, () => ['crc32', 'main-us']),
  );
  for (const [key, content] of contents) expect((await saved(key)).equals(content)).toBe(true);
  expect(await names()).toEqual(['a.exr', 'b', 'b/c.exr', 'b/d', 'b/d/e.exr', 'b/d/f.exr']);
  expect([count('GetObject'), count('HeadObject')]).toEqual([4, 0]);
});

it('has the dates of the objects, and the mode that new files get', async () => {
  await put('a.exr');
  await get();
  await writeFile(join(desk.folder, 'new'), '');
  const [file, fresh] = await Promise.all([stat(join(desk.folder, 'shots/a.exr')), stat(join(desk.folder, 'new'))]);
  expect(file.mode).toBe(fresh.mode);
  const head = await desk.services.studio().identify('shots/a.exr');
  expect(Math.floor(file.mtimeMs / 1000)).toBe(Math.floor(head.lastModified / 1000));
});

it('has large files, empty ones and those without a checksum as well', async () => {
  await put('large.mov', 9 * MIB);
  await put('empty.txt', 0);
  await put('plain.exr', 1000, false);
  const { report, files } = await get();
  expect(report).toMatchObject({ saved: 3, unproved: 0, failed: 0 });
  expect(files.find(({ key }) => key.endsWith('plain.exr'))).toMatchObject({ provedBy: 'md5' });
  for (const [key, content] of contents) expect((await saved(key)).equals(content)).toBe(true);
});

it('says which files nothing proves', async () => {
  await put('a.exr');
  desk.sandbox.addFault({ effect: { kind: 'no-proof' } });
  const { report, files } = await get();
  expect(report).toMatchObject({ saved: 1, unproved: 1 });
  expect(files).toMatchObject([{ provedBy: null, unproved: 'no-checksum' }]);
});

describe('what is there already', () => {
  it('is compared and not downloaded again, when it is the same', async () => {
    await put('a.exr');
    await put('large.mov', 9 * MIB);
    await get();
    desk.sandbox.requests.length = 0;
    const { report, files } = await get();
    expect(report).toMatchObject({ files: 2, saved: 0, same: 2 });
    expect(files.every(({ wasThere }) => wasThere)).toBe(true);
    expect(count('GetObject')).toBe(0);
  });

  it('is replaced when only its size and date are the same', async () => {
    await put('a.exr');
    await get();
    const path = join(desk.folder, 'shots/a.exr');
    const { atime, mtime } = await stat(path);
    await writeFile(path, randomBytes(1000));
    await utimes(path, atime, mtime);
    expect((await get()).report).toMatchObject({ saved: 1, same: 0 });
    expect((await saved('a.exr')).equals(contents.get('a.exr') ?? Buffer.of())).toBe(true);
  });

  it('under another name of the folder stays', async () => {
    await put('a.exr');
    await mkdir(join(desk.folder, 'shots'), { recursive: true });
    await writeFile(join(desk.folder, 'shots/mine.txt'), 'mine');
    await get();
    expect((await saved('mine.txt')).toString()).toBe('mine');
  });
});

it('gives every object a name of its own inside the folder, whatever its key', async () => {
  const keys = ['A.exr', 'a.exr', 'con.exr', 'x\\..\\y.exr', 'B/c', 'b/c', 'n/a?.exr', 'n/a_.exr', 'd', 'd/e.exr'];
  for (const key of keys) await put(key);
  const { report, files } = await get();
  expect(report).toMatchObject({ files: keys.length, saved: keys.length, failed: 0 });
  expect(new Set(files.map(({ path }) => path.toLowerCase())).size).toBe(keys.length);
  for (const { key, path, isRenamed } of files) {
    expect(path.startsWith(join(desk.folder, 'shots', '/'))).toBe(true);
    const content = contents.get(key.slice('shots/'.length));
    expect((await readFile(path)).equals(content ?? Buffer.of())).toBe(true);
    if (path === join(desk.folder, key)) expect(isRenamed).toBeUndefined();
    else expect(isRenamed).toBe(true);
  }
});

it('goes on after one that fails, and names it', async () => {
  for (const key of ['a.exr', 'b.exr', 'c.exr']) await put(key);
  const effect = { kind: 'status', status: 403, code: 'InvalidObjectState' } as const;
  desk.sandbox.addFault({ operation: 'GetObject', key: /b\.exr/, effect });
  const { report, failures } = await get();
  expect(report).toMatchObject({ files: 3, saved: 2, failed: 1 });
  expect(failures).toEqual([{ key: 'shots/b.exr', code: 'archived' }]);
  expect(await names()).toEqual(['a.exr', 'c.exr']);
});

it.each<[string, Parameters<typeof desk.sandbox.addFault>[0]['effect']]>([
  ['damaged bytes', { kind: 'corrupt', atByte: 10 }],
  ['a cut connection', { kind: 'reset', afterBytes: 500 }],
  ['a page of a firewall', { kind: 'answer-instead', status: 200, body: '<html>Please sign in</html>' }],
  ['a plea for patience', { kind: 'status', status: 503, code: 'SlowDown' }],
])('gets over %s', async (_what, effect) => {
  for (const key of ['a.exr', 'b.exr', 'c.exr']) await put(key);
  desk.sandbox.addFault({ operation: 'GetObject', effect, times: 2 });
  const { report } = await get();
  expect(report).toMatchObject({ saved: 3, unproved: 0, failed: 0 });
  for (const [key, content] of contents) expect((await saved(key)).equals(content)).toBe(true);
  expect(await names()).toEqual(['a.exr', 'b.exr', 'c.exr']);
});

it('never takes the old bytes of an object that was replaced since the listing', async () => {
  await put('a.exr');
  desk.sandbox.requests.length = 0;
  const replaced = until(() => count('GetObject') > 0, 'it is asked for').then(() => put('a.exr', 2000));
  desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'gate', opened: replaced } });
  const { report } = await get();
  expect(report).toMatchObject({ saved: 1, failed: 0 });
  expect((await saved('a.exr')).equals(contents.get('a.exr') ?? Buffer.of())).toBe(true);
});

describe('from a replica', () => {
  beforeEach(async () => {
    await desk.close();
    await open({ services: { givenAddress: '203.0.113.7' } });
  });

  it('comes in one request a file where its listing has them', async () => {
    for (const key of ['a.exr', 'b/c.exr']) {
      await put(key);
      await desk.sandbox.waitForReplica(`media/shots/${key}`, 20_000);
    }
    await desk.sandbox.waitForReplica(`media/${KEY}`, 20_000);
    desk.sandbox.requests.length = 0;
    const { files } = await get();
    expect(files.map(({ storage, provedBy }) => [storage, provedBy])).toEqual([
      // The ETag of main's listing.
      ['sydney', 'md5'],
      ['sydney', 'md5'],
    ]);
    expect(desk.reads(SYDNEY_REGION)).toHaveLength(2);
    expect([desk.reads().length, count('HeadObject')]).toEqual([0, 0]);
  });

  it('comes from main what the replica refuses or lacks', async () => {
    await put('a.exr');
    await desk.sandbox.waitForReplica('media/shots/a.exr', 20_000);
    desk.sandbox.setReplication({ mode: 'never' });
    await put('b.exr');
    const effect = { kind: 'status', status: 403, code: 'InvalidObjectState' } as const;
    desk.sandbox.addFault({ operation: 'GetObject', region: SYDNEY_REGION, effect });
    const { report, files } = await get();
    expect(report).toMatchObject({ saved: 2, failed: 0 });
    expect(files.map(({ storage }) => storage)).toEqual(['main-us', 'main-us']);
  });
});

it('leaves whole files only when it is cancelled, and the same again goes on', async () => {
  for (let index = 0; index < 20; index++) await put(`f.${index}.exr`, 100_000);
  await put('large.mov', 9 * MIB);
  const lift = desk.sandbox.addFault({
    operation: 'GetObject',
    effect: { kind: 'bandwidth', bytesPerSecond: 100_000 },
  });
  const stop = new AbortController();
  let done = 0;
  const getting = get({
    signal: stop.signal,
    done: () => {
      done += 1;
      if (done === 5) stop.abort(STOPPED);
    },
  });
  await expect(getting).rejects.toMatchObject({ code: 'cancelled' });
  lift();
  const left = await names();
  for (const name of left.filter((one) => !one.startsWith('.'))) {
    expect((await saved(name)).equals(contents.get(name) ?? Buffer.of())).toBe(true);
  }
  const { report } = await get();
  expect(report).toMatchObject({ files: 21, failed: 0 });
  expect(report.same).toBeGreaterThanOrEqual(5);
  for (const [key, content] of contents) expect((await saved(key)).equals(content)).toBe(true);
  expect(await names()).toHaveLength(21);
});

it('clears what a killed one left long ago, and nothing else', async () => {
  await put('a.exr');
  const folder = join(desk.folder, 'shots');
  await mkdir(folder);
  const [old, fresh, claimed] = ['0', '1', '2'].map((mark) => `.b.exr.${mark.repeat(12)}`);
  const random = 'f'.repeat(16);
  const left = [
    ...[old, fresh, claimed].map((name) => `${name}.${random}.nearplay-part`),
    ...[`${claimed}.nearplay-part.json`, '.b.exr.part', `b.${random}.nearplay-part`],
  ];
  for (const name of left) {
    await writeFile(join(folder, name), 'x');
    if (!name.startsWith(fresh ?? '')) await utimes(join(folder, name), 1e9, 1e9);
  }
  await get();
  expect(await names()).toEqual([...left.slice(1), 'a.exr'].sort());
});

it('of a folder without objects says so, and makes nothing', async () => {
  await expect(get()).rejects.toMatchObject({ code: 'no-such-key' });
  expect(await desk.names()).toEqual([]);
});
