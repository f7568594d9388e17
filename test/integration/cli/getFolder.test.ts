import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { withDownloads } from './fixtures.ts';

const FILES = ['a.exr', 'sub/b.exr', 'sub/c.exr'];
const ON_MAIN = ['--ip', '198.51.100.7'];

interface Studio {
  /** Contents by key below `shots/`. */
  contents: ReadonlyMap<string, Buffer>;
}

const it = withDownloads.extend('size', 1000).extend('studio', async ({ desk }): Promise<Studio> => {
  const contents = new Map<string, Buffer>();
  for (const name of FILES) {
    const content = randomBytes(1000);
    contents.set(name, content);
    await desk.put(content, { ChecksumAlgorithm: 'CRC32' }, `shots/${name}`);
  }
  return { contents };
});

const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

it('brings all below it to the destination, a line for each file and one that counts', async ({
  desk,
  nearplay,
  studio,
}) => {
  const to = join(desk.folder, 'here');
  const { code, stdout, stderr } = await nearplay(['get', 'shots/', to, '--json', ...ON_MAIN]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [summary, ...files] = lines(stdout).reverse();
  expect(summary).toEqual({
    ...{ folder: 'shots/', path: to, files: 3, bytes: 3000 },
    ...{ saved: 3, same: 0, unproved: 0, failed: 0 },
  });
  expect(files.map(({ key, provedBy, storage }) => [key, provedBy, storage]).sort()).toEqual(
    FILES.map((name) => [`shots/${name}`, 'crc32', 'main-us']),
  );
  for (const [name, content] of studio.contents) expect((await readFile(join(to, name))).equals(content)).toBe(true);
});

it('says what was there before, and that nothing proves what nothing proves', async ({ desk, nearplay, studio }) => {
  const to = join(desk.folder, 'here');
  await nearplay(['get', 'shots/sub/', to, ...ON_MAIN]);
  const again = await nearplay(['get', 'shots/sub/', to, ...ON_MAIN]);
  expect(again.code).toBe(0);
  expect(again.stdout).toContain(`${join(to, 'b.exr')} (there before, the same; proved by crc32)`);
  expect(again.stdout).toContain(`2 files: 0 saved, 2 there before and the same (2000 bytes in ${to})`);
  expect(studio.contents.size).toBe(3);
  desk.sandbox.addFault({ effect: { kind: 'no-proof' } });
  const { code, stdout } = await nearplay(['get', 'shots/sub/', join(desk.folder, 'other'), ...ON_MAIN]);
  expect(code).toBe(0);
  expect(stdout).toContain('not proved: the storage keeps no checksum');
  expect(stdout).toContain('2 files: 2 saved, 2 of these not proved (2000 bytes');
});

it('ends with 1 when a file failed, names it, and has the others', async ({ desk, nearplay, studio }) => {
  const to = join(desk.folder, 'here');
  const message = 'words of the storage';
  const effect = { kind: 'status', status: 403, code: 'InvalidObjectState', message } as const;
  desk.sandbox.addFault({ operation: 'GetObject', key: /b\.exr/, effect });
  const { code, stdout, stderr } = await nearplay(['get', 'shots/', to, '--json', ...ON_MAIN]);
  expect(code).toBe(1);
  expect(lines(stderr)).toMatchObject([{ code: 'archived', key: 'shots/sub/b.exr', detail: message }]);
  expect(lines(stdout).at(-1)).toMatchObject({ files: 3, saved: 2, failed: 1, bytes: 2000 });
  expect(await readdir(join(to, 'sub'))).toEqual(['c.exr']);
  expect(studio.contents.size).toBe(3);
});

it('makes a folder of its own name without a destination', async ({ desk, nearplay, studio }) => {
  const { code } = await nearplay(['get', 'shots/sub/', ...ON_MAIN], { cwd: desk.folder });
  expect(code).toBe(0);
  expect((await readdir(join(desk.folder, 'sub'))).sort()).toEqual(['b.exr', 'c.exr']);
  expect(studio.contents.size).toBe(3);
});

it('of a folder that is not there says so, and makes nothing', async ({ desk, nearplay }) => {
  const { code, stdout, stderr } = await nearplay(['get', 'gone/', join(desk.folder, 'here'), '--json', ...ON_MAIN]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(lines(stderr)).toMatchObject([{ code: 'no-such-key', message: 'There is nothing in the folder "gone/".' }]);
  expect(await desk.names()).toEqual([]);
});

it('ends a wait that is too long with 3, and the same command goes on', async ({ desk, nearplay, studio }) => {
  const to = join(desk.folder, 'here');
  const effect = { kind: 'status', status: 503, code: 'SlowDown' } as const;
  const lift = desk.sandbox.addFault({ operation: 'GetObject', key: /b\.exr/, effect });
  const { code, stderr } = await nearplay(['get', 'shots/', to, '--wait', '0.05', '--json', ...ON_MAIN]);
  expect(code).toBe(3);
  expect(lines(stderr).at(-1)).toMatchObject({ code: 'wait-ended' });
  lift();
  const { code: then, stdout } = await nearplay(['get', 'shots/', to, '--json', ...ON_MAIN]);
  expect(then).toBe(0);
  expect(lines(stdout).at(-1)).toMatchObject({ files: 3, saved: 1, same: 2, failed: 0 });
  for (const [name, content] of studio.contents) expect((await readFile(join(to, name))).equals(content)).toBe(true);
});

it('an object whose name ends with a slash is one of the files where it has bytes', async ({
  desk,
  nearplay,
  studio,
}) => {
  const content = randomBytes(100);
  await desk.put(content, { ChecksumAlgorithm: 'CRC32' }, 'shots/sub/');
  await desk.put(Buffer.alloc(0), {}, 'shots/marker/');
  const to = join(desk.folder, 'here');
  const { code, stdout } = await nearplay(['get', 'shots/', to, '--json', ...ON_MAIN]);
  const [summary, ...files] = lines(stdout).reverse();
  expect({ code, summary }).toMatchObject({ code: 0, summary: { files: studio.contents.size + 1, failed: 0 } });
  const path = files.find(({ key }) => key === 'shots/sub/')?.['path'];
  expect((await readFile(String(path))).equals(content)).toBe(true);
});

describe.skipIf(process.platform === 'win32')('a link in the destination', () => {
  it('that leads out of it gets nothing, and the files beside it come', async ({ desk, nearplay, studio }) => {
    const to = join(desk.folder, 'here');
    const elsewhere = join(desk.folder, 'elsewhere');
    await mkdir(elsewhere);
    await mkdir(to);
    await symlink(elsewhere, join(to, 'sub'));
    const { code, stdout, stderr } = await nearplay(['get', 'shots/', to, '--json', ...ON_MAIN]);
    expect({ code, summary: lines(stdout).at(-1) }).toMatchObject({ code: 1, summary: { saved: 1, failed: 2 } });
    for (const said of lines(stderr)) expect(said).toMatchObject({ code: 'destination-unwritable' });
    expect(await readdir(elsewhere)).toEqual([]);
    expect(studio.contents.size).toBe(3);
  });

  it('that stays in it is a folder like others', async ({ desk, nearplay, studio }) => {
    const to = join(desk.folder, 'here');
    await mkdir(join(to, 'real'), { recursive: true });
    await symlink('real', join(to, 'sub'));
    expect(await nearplay(['get', 'shots/', to, ...ON_MAIN])).toMatchObject({ code: 0 });
    expect(await readdir(join(to, 'real'))).toHaveLength(studio.contents.size - 1);
  });
});
