import { execFile, spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const CLI = join(import.meta.dirname, '../../../electron/cli.ts');
const STUDIO = {
  version: 1,
  s3Configuration: {
    'main-us': { region: 'us-east-1', bucket: 'studio-media' },
    sydney: { region: 'ap-southeast-2', bucket: 'studio-media-syd' },
  },
  mainStorage: 'main-us',
  replication: { delaySeconds: 60, replicas: [{ storage: 'sydney', ipRanges: ['203.0.113.0/24'] }] },
};
let folder: string;
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nearplay-cli-'));
  await writeFile(file('studio.json'), JSON.stringify(STUDIO, undefined, 2));
  const alone = { ...STUDIO, replication: { replicas: [] } };
  await writeFile(file('alone.json'), JSON.stringify(alone));
  await writeFile(file('broken.json'), '{\n  "version": 1,\n  "mainStorage": 7\n}');
  await writeFile(file('bare.json'), JSON.stringify(STUDIO.s3Configuration));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the real command in a process of its own. */
async function nearplay(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, NEARPLAY_PREFERENCES: file('studio.json') };
  try {
    return { code: 0, ...(await run(process.execPath, [CLI, ...args], { env, cwd: folder, timeout: 50_000 })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

const json = (text: string): unknown => JSON.parse(text);

describe('nearplay route: the reasons that need no storage', () => {
  it.each([
    ['no-replica-configured', 'main-us', ['--preferences', 'alone.json', '--ip', '203.0.113.9']],
    ['main-chosen', 'main-us', ['--ip', '203.0.113.9', '--read-from', 'main']],
    ['ip-outside-ranges', 'main-us', ['--ip', '198.51.100.7']],
    ['within-replication-delay', 'main-us', ['--ip', '203.0.113.9', '--age', '10']],
    ['replica-chosen', 'sydney', ['--ip', '198.51.100.7', '--read-from', 'sydney']],
    ['replica-by-ip', 'sydney', ['--ip', '::ffff:203.0.113.9']],
  ])('%s', async (reason, storage, args) => {
    const { code, stdout } = await nearplay('route', '--json', ...args);
    expect(code).toBe(0);
    expect(json(stdout)).toMatchObject({ reason, storage });
  });

  it('says it in words without --json', async () => {
    const { stdout } = await nearplay('route', '--ip', '203.0.113.9', '--age', '10');
    expect(stdout).toBe('main-us (us-east-1): within-replication-delay, range 203.0.113.0/24, 50 s left\n');
  });

  it.each([
    ['an address that is none', ['route', '--json', '--ip', '300.1.1.1'], 2, 'bad-request'],
    ['a replica that is not there', ['route', '--json', '--ip', '::1', '--read-from', 'perth'], 1, 'bad-request'],
    ['a file that is not there', ['route', '--json', '--ip', '::1', '--preferences', 'no.json'], 1, 'file-unreadable'],
    [
      'preferences with a fault',
      ['route', '--json', '--ip', '::1', '--preferences', 'broken.json'],
      1,
      'preferences-invalid',
    ],
  ])('refuses %s, without a stack trace', async (_name, args, exitCode, errorCode) => {
    const { code, stdout, stderr } = await nearplay(...args);
    expect([code, stdout]).toEqual([exitCode, '']);
    expect(json(stderr)).toMatchObject({ code: errorCode });
    expect(stderr).not.toMatch(/\bat .*\.ts:\d+/);
  });
});

describe.skipIf(!existsSync('/dev/full'))('output that cannot be written', () => {
  it.each(['--version', '--help', 'route --ip 203.0.113.7', 'preferences check studio.json'])(
    'is a failure, in one line: %s',
    (words) => {
      const env = { ...process.env, NEARPLAY_PREFERENCES: file('studio.json') };
      const stdio = ['ignore', openSync('/dev/full', 'w'), 'pipe'] as const;
      const { status, stderr } = spawnSync(process.execPath, [CLI, ...words.split(' ')], {
        env,
        cwd: folder,
        stdio: [...stdio],
      });
      expect({ status, stderr: stderr.toString() }).toEqual({
        status: 1,
        stderr: 'nearplay: The output cannot be written (ENOSPC).\n',
      });
    },
  );
});

describe('what is empty, or not meant for media', () => {
  it.each([
    ['upload', ''],
    ['verify', ''],
    ['watch', '', 'sq010'],
    ['get', 'shot.mov', ''],
  ])('nearplay %s refuses an empty path', async (...args) => {
    expect(await nearplay(...args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('A path is empty') as string,
    });
  });

  it.each(['160Mb/s', '20Kib'])('a rate in bits is refused: %s', async (rate) => {
    const { code, stderr } = await nearplay('upload', 'a', '--limit-rate', rate);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('A rate is in bytes') as string });
  });
});

describe('nearplay preferences check', () => {
  it('gives the normalised document of a usable file', async () => {
    const { code, stdout } = await nearplay('preferences', 'check', 'studio.json', '--json');
    expect(code).toBe(0);
    expect(json(stdout)).toMatchObject({ usable: true, findings: [], document: { defaults: { readFrom: 'auto' } } });
  });

  it('names each fault with its line', async () => {
    const { code, stdout } = await nearplay('preferences', 'check', 'broken.json');
    expect(code).toBe(1);
    expect(stdout).toContain('broken.json:3 mainStorage: error:');
  });

  it('finds that a bare S3 Configuration has no main storage yet', async () => {
    const { code, stdout } = await nearplay('preferences', 'check', 'bare.json');
    expect(code).toBe(1);
    expect(stdout).toContain('main storage');
  });
});

it.skipIf(process.platform === 'win32')('runs through a symbolic link too, as an installed command does', async () => {
  const link = file('nearplay');
  await symlink(CLI, link);
  const { stdout } = await run(process.execPath, [link, 'route', '--ip', '203.0.113.9', '--json'], {
    env: { ...process.env, NEARPLAY_PREFERENCES: file('studio.json') },
    timeout: 50_000,
  });
  expect(json(stdout)).toMatchObject({ storage: 'sydney', reason: 'replica-by-ip' });
});
