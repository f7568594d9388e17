import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { device, fifo, skipped, socket } from '../../helpers/oddFiles.ts';
import { KEY, MIB, SYDNEY_REGION } from '../services/transfers/download/surroundings.ts';
import { withDownloads } from './fixtures.ts';

const IN_SYDNEY = '203.0.113.7';

const it = withDownloads
  .extend('size', 2 * MIB)
  .extend(
    'at',
    ({ desk }) =>
      (name: string) =>
        join(desk.folder, name),
  )
  .extend(
    'get',
    ({ nearplay }) =>
      (destination: string) =>
        nearplay(['get', KEY, destination, '--json', '--ip', '198.51.100.7']),
  )
  .extend('isRefused', ({ desk, get }) => async (destination: string, as: string) => {
    const before = await lstat(destination);
    const { code, stderr } = await get(destination);
    expect({ code, said: json(stderr) }).toMatchObject({ code: 1, said: { code: 'destination-unwritable' } });
    expect(stderr).toContain(`is ${as}.`);
    expect(await lstat(destination)).toMatchObject({ ino: before.ino, mode: before.mode });
    expect(desk.reads()).toEqual([]);
  });
const json = (text: string): unknown => JSON.parse(text);

describe.skipIf(process.platform === 'win32')('nearplay get to what is no file', () => {
  it('is refused before anything is read, and that stays as it is; a link to it too', async ({ at, isRefused }) => {
    await fifo(at('pipe'));
    const server = await socket(at('socket'));
    await symlink('pipe', at('to-pipe'));
    await symlink('to-pipe', at('further'));
    for (const name of ['pipe', 'to-pipe', 'further']) await isRefused(at(name), 'a pipe');
    await isRefused(at('socket'), 'a socket');
    server.close();
    const why = (await device(at('null'), 'null')) ?? (await device(at('disk'), 'disk'));
    if (why !== undefined) {
      skipped(why);
      return;
    }
    await symlink('null', at('to-null'));
    for (const name of ['null', 'to-null']) await isRefused(at(name), 'a device');
    await isRefused(at('disk'), 'a disk device');
  });

  it('is refused for an output that is a file: what writes to it would lose it', async ({ at, isRefused }) => {
    const handle = await open(at('output'), 'w');
    await symlink(`/dev/fd/${handle.fd}`, at('stdout'));
    await isRefused(at('stdout'), 'an open stream');
    await handle.close();
  });

  it('takes the place of a link, whatever that leads to, and leaves that alone', async ({ at, desk, get }) => {
    await writeFile(at('v012.mov'), 'another take');
    for (const target of ['v012.mov', 'nothing', 'link']) {
      await rm(at('link'), { force: true });
      await symlink(target, at('link'));
      expect(await get('link')).toMatchObject({ code: 0, stderr: '' });
      expect((await lstat(at('link'))).isFile()).toBe(true);
    }
    expect(await readFile(at('v012.mov'), 'utf8')).toBe('another take');
    expect(await desk.names()).toEqual(['link', 'v012.mov']);
  });

  it('keeps the permissions of a file that it replaces', async ({ at, get }) => {
    for (const mode of [0o600, 0o664, 0o750]) {
      await writeFile(at('plate.mov'), 'old');
      await chmod(at('plate.mov'), mode);
      expect((await get('plate.mov')).code).toBe(0);
      expect((await lstat(at('plate.mov'))).mode & 0o777).toBe(mode);
    }
  });
});

describe('nearplay get', () => {
  it('says by what the file is proved', async ({ desk, nearplay }) => {
    const said = await nearplay(['get', KEY, '--ip', '198.51.100.7']);
    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(said.stdout).toContain('2097152 bytes from main-us: ip-outside-ranges; proved by crc32');
    const again = await nearplay(['get', KEY, '--json', '--ip', '198.51.100.7']);
    expect(json(again.stdout)).toMatchObject({ key: KEY, size: 2 * MIB, provedBy: 'crc32', resumed: 0 });
    expect(await desk.names()).toEqual(['plate.mov']);
  });

  it('says that nothing proves it where the storage keeps no checksum', async ({ desk, nearplay }) => {
    desk.sandbox.addFault({ effect: { kind: 'no-proof' } });
    const said = await nearplay(['get', KEY, '--ip', '198.51.100.7']);
    expect(said.stdout).toContain('not proved: the storage keeps no checksum');
    expect(json((await nearplay(['get', KEY, '--json', '--ip', '198.51.100.7'])).stdout)).toMatchObject({
      provedBy: null,
    });
  });

  it('tells when it begins again', async ({ desk, nearplay }) => {
    desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'corrupt', atByte: 5 }, times: 1 });
    const said = await nearplay(['get', KEY, '--ip', '198.51.100.7']);
    expect(said.code).toBe(0);
    expect(said.stderr).toBe(`nearplay: ${KEY}: What arrived was damaged; the download begins again.\n`);
    expect(await desk.holds()).toBe(true);
  });

  it('tells what it waits for, ends when it takes too long, and goes on the next time', async ({
    desk,
    folder: home,
    nearplay,
  }) => {
    const broken = desk.sandbox.addFault({
      operation: 'GetObject',
      effect: { kind: 'reset', afterBytes: MIB },
      times: 1,
    });
    const gone = desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'down' }, skip: 1 });
    const said = await nearplay(['get', KEY, '--wait', '0.05', '--ip', '198.51.100.7']);
    expect(said.code).toBe(3);
    expect(said.stdout).toBe('');
    expect(said.stderr).toContain(`waiting for the storage (${KEY})`);
    expect(said.stderr).toContain('the time to wait is over');
    expect((await desk.names()).every((name) => name.startsWith('.'))).toBe(true);
    gone();
    broken();
    const next = json((await nearplay(['get', KEY, '--json', '--ip', '198.51.100.7'])).stdout);
    expect(next).toMatchObject({ provedBy: 'crc32' });
    // A reset takes back what was sent and not read yet.
    const { resumed } = z.object({ resumed: z.number() }).parse(next);
    expect(resumed).toBeGreaterThan(0);
    expect(resumed).toBeLessThanOrEqual(MIB);
    expect(await desk.holds()).toBe(true);
    expect(await desk.names()).toEqual(['plate.mov']);
    expect(await readdir(join(home, 'home', 'downloads'))).toEqual([]);
  });

  it.for<[string, string]>([
    ['notdir/below/a.mov', 'not-a-folder'],
    ['/proc/a.mov', 'destination-unwritable'],
    ['n'.repeat(300), 'name-too-long'],
    ['taken', 'destination-unwritable'],
  ])('to %s says at once what is wrong there', async ([destination, code], { desk, nearplay }) => {
    await writeFile(join(desk.folder, 'notdir'), '');
    await mkdir(join(desk.folder, 'taken/plate.mov'), { recursive: true });
    const said = await nearplay(['get', KEY, destination, '--json', '--ip', '198.51.100.7']);
    expect(said.code).toBe(1);
    expect(json(said.stderr)).toMatchObject({ code });
    expect(desk.reads()).toEqual([]);
  });

  it('to a disk without room says so before the first byte, and leaves nothing', async ({
    desk,
    folder: home,
    nearplay,
    skip,
  }) => {
    const small = join(home, 'small');
    await mkdir(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      skip();
    }
    try {
      const said = await nearplay(['get', KEY, `${small}/`, '--json', '--ip', '198.51.100.7']);
      expect(said.code).toBe(1);
      expect(json(said.stderr)).toMatchObject({ code: 'disk-full' });
      expect(desk.reads()).toEqual([]);
      expect(await readdir(small)).toEqual([]);
    } finally {
      execFileSync('umount', [small]);
    }
  });
});

describe('a replica that is known to hold a version, and refuses its bytes', () => {
  it.beforeEach(async ({ desk }) => {
    await desk.sandbox.waitForReplica(`media/${KEY}`, 50_000);
    const effect = { kind: 'status', status: 403, code: 'InvalidObjectState' } as const;
    desk.sandbox.addFault({ operation: 'GetObject', region: SYDNEY_REGION, effect });
  });

  it('gives way to main for get and link, with the reason', async ({ desk, nearplay }) => {
    const why = { storage: 'main-us', reason: 'replica-not-ready', details: { refusedFor: 'archived' } };
    const got = await nearplay(['get', KEY, '--json', '--ip', IN_SYDNEY]);
    expect({ code: got.code, said: json(got.stdout) }).toMatchObject({ code: 0, said: why });
    expect(await desk.holds()).toBe(true);
    const linked = await nearplay(['link', KEY, '--json', '--ip', IN_SYDNEY]);
    const link = json(linked.stdout) as { url: string };
    expect({ code: linked.code, link }).toMatchObject({ code: 0, link: why });
    expect((await fetch(link.url)).status).toBe(200);
  });

  it('is named by status', async ({ nearplay }) => {
    const { stdout } = await nearplay(['status', KEY, '--json']);
    expect(json(stdout)).toMatchObject({
      replicas: [{ storage: 'sydney', holdsThisVersion: true, readable: false, error: { code: 'archived' } }],
    });
    expect((await nearplay(['status', KEY])).stdout).toContain('holds this version and does not give it');
  });
});

describe('an archived object on main', () => {
  it('gets neither a file nor a link', async ({ desk, nearplay }) => {
    const effect = { kind: 'status', status: 403, code: 'InvalidObjectState' } as const;
    desk.sandbox.addFault({ operation: 'GetObject', effect });
    for (const command of ['get', 'link']) {
      const said = await nearplay([command, KEY, '--json', '--ip', IN_SYDNEY]);
      expect({ code: said.code, error: json(said.stderr) }).toMatchObject({ code: 1, error: { code: 'archived' } });
    }
    expect(await desk.names()).toEqual([]);
  });
});

it('a replica that refuses to say whether it has a version is not said to lack it', async ({ desk, nearplay }) => {
  const effect = { kind: 'status', status: 403, code: 'AccessDenied' } as const;
  desk.sandbox.addFault({ region: SYDNEY_REGION, effect });
  const { stdout } = await nearplay(['status', KEY, '--json']);
  expect(json(stdout)).toMatchObject({
    replicas: [{ storage: 'sydney', holdsThisVersion: null, error: { code: 'access-denied' } }],
  });
});

it('an object of parts is proved by the checksum of its parts', async ({ desk, folder: home, nearplay }) => {
  const content = randomBytes(20 * MIB);
  await writeFile(join(home, 'big.mov'), content);
  const uploaded = await nearplay(['upload', join(home, 'big.mov'), '--to', 'parts']);
  expect(uploaded.code).toBe(0);
  const got = await nearplay(['get', 'parts/big.mov', '--json', '--ip', '198.51.100.7']);
  expect(json(got.stdout)).toMatchObject({ provedBy: 'crc32', size: content.length });
  expect((await readFile(join(desk.folder, 'big.mov'))).equals(content)).toBe(true);
  desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'corrupt', atByte: MIB } });
  const damaged = await nearplay(['get', 'parts/big.mov', 'x.mov', '--json', '--ip', '198.51.100.7']);
  expect(json(damaged.stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({ code: 'damaged' });
  expect(await desk.names()).toEqual(['big.mov']);
});
