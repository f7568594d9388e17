import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { untilOrEnded } from '../services/transfers/surroundings.ts';

const MIB = 1024 ** 2;
const PROGRAM = fileURLToPath(new URL('../../../electron/cli.ts', import.meta.url));
/** In toMatchObject an expression by itself fits everything. */
const matching = (expression: RegExp) => expect.stringMatching(expression) as string;
let sandbox: Sandbox;
let folder: string;

beforeEach(async () => {
  sandbox = await startSandbox({ replicationDelayMs: 0 });
  folder = await mkdtemp(join(tmpdir(), 'nearplay-cli-verdicts-'));
  await writeFile(join(folder, 'studio.json'), JSON.stringify(sandbox.preferences({ services: [] })));
});
afterEach(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, content: Buffer | string): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
  const anHourAgo = Date.now() / 1000 - 3600;
  await utimes(path, anHourAgo, anHourAgo);
  return path;
}

/** The command as a process of its own. */
function start(args: string[], home = join(folder, 'home')) {
  const { accessKeyId, secretAccessKey } = sandbox.credentials;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, ...args], {
    cwd: folder,
    env: {
      ...{ PATH: process.env['PATH'], NEARPLAY_PREFERENCES: 'studio.json', NEARPLAY_HOME: home },
      ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    },
  });
  child.stdin.end();
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => (said.stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (said.stderr += text.toString()));
  const ended = once(child, 'close').then(([code]: unknown[]) => code);
  return { child, said, ended };
}

async function run(args: string[], home?: string) {
  const { said, ended } = start(args, home);
  return { code: await ended, ...said };
}

describe('a verdict does not depend on who reads the output', () => {
  it.each([
    ['doctor', ['doctor']],
    ['verify', ['verify', 'plates']],
    ['preferences check', ['preferences', 'check', 'broken.json']],
    ['get', ['get', 'nothing.mov']],
    ['upload', ['upload', 'plates', '--on-conflict', 'ask']],
  ])('of %s', async (_name, args) => {
    await file('plates/a.exr', 'a');
    await file('broken.json', '{"formatVersion": 1}');
    const upload = await run(['upload', 'plates', '--on-conflict', 'replace']);
    expect(upload.code).toBe(0);
    await file('plates/a.exr', 'other');
    if (args[0] === 'doctor') sandbox.addFault({ effect: { kind: 'status', status: 403, code: 'AccessDenied' } });
    const { child, ended } = start([...args, '--json']);
    child.stdout.destroy();
    expect(await ended).toBe(1);
  });
});

describe('a folder of its own that cannot be used', () => {
  it('is named, with the way out, by what has to keep something', async () => {
    await file('a.mov', 'a');
    const home = await file('home is a file', 'x');
    for (const args of [
      ['upload', 'a.mov'],
      ['watch', folder, 'x'],
      ['uploads', 'resume'],
    ]) {
      const { code, stderr } = await run([...args, '--json'], home);
      expect({ code, said: JSON.parse(stderr) as object }).toMatchObject({
        code: 1,
        said: { code: 'not-a-folder', message: matching(/own folder "[^"]*home is a file".*NEARPLAY_HOME/) },
      });
    }
  });

  it('is not taken for one in which nothing is unfinished', async () => {
    const home = await file('home is a file', 'x');
    const { code, stderr } = await run(['uploads'], home);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: matching(/own folder/) });
    expect(await run(['uploads'], join(folder, 'not there yet'))).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  it('does not keep anybody from reading', async () => {
    const content = randomBytes(MIB);
    await file('a.mov', content);
    expect((await run(['upload', 'a.mov'])).code).toBe(0);
    const home = await file('home is a file', 'x');
    expect(await run(['get', 'a.mov', 'here.mov'], home)).toMatchObject({ code: 0, stderr: '' });
    expect((await readFile(join(folder, 'here.mov'))).equals(content)).toBe(true);
    expect(await run(['verify', 'a.mov'], home)).toMatchObject({ code: 0 });
    expect(await run(['ls'], home)).toMatchObject({ code: 0 });
  });
});

describe('a wait that ended names what was met', () => {
  it.each([
    ['PutObject', 1000, 409, 'ConditionalRequestConflict', /409/],
    ['CompleteMultipartUpload', 20 * MIB, 409, 'ConditionalRequestConflict', /409/],
    ['CompleteMultipartUpload', 20 * MIB, 400, 'InvalidPart', /InvalidPart|part/],
    ['UploadPart', 20 * MIB, 500, 'InternalError', /InternalError|500/],
    ['PutObject', 1000, 503, 'SlowDown', /slower pace/],
  ] as const)('%s of %i bytes answered %i %s', async (operation, bytes, status, code, words) => {
    await file('a.mov', randomBytes(bytes));
    const message = 'words of the storage';
    sandbox.addFault({ operation, key: /a\.mov/, effect: { kind: 'status', status, code, message } });
    const ended = await run(['upload', 'a.mov', '--wait', '0.05', '--json']);
    expect(ended.code).toBe(3);
    const last = JSON.parse(ended.stderr.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(last).toMatchObject({ code: 'wait-ended', message: matching(/The last cause: /), detail: message });
    expect(last['message']).toMatch(words);
  });

  it('an answer of 200 that holds an error is named, and no upload', async () => {
    await file('a.mov', 'a');
    const body =
      '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>words of the storage</Message></Error>';
    sandbox.addFault({ operation: 'PutObject', key: /a\.mov/, effect: { kind: 'answer-instead', status: 200, body } });
    const { code, stdout, stderr } = await run(['upload', 'a.mov', '--wait', '0.05', '--json']);
    expect({ stdout, isDone: code === 0 }).toEqual({ stdout: '', isDone: false });
    const last = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(last['message']).toMatch(code === 3 ? /The last cause: / : /./);
    expect(sandbox.bucketOf('main-us').current('media/a.mov')).toBeUndefined();
  });

  it('and the process ends with it, whatever is under way', async () => {
    await file('a.mov', 'a');
    sandbox.addFault({ effect: { kind: 'stall' } });
    const { ended } = start(['upload', 'a.mov', '--wait', '0.05']);
    await untilOrEnded(() => sandbox.requests.length > 0, 'a request is under way', ended);
    const asked = performance.now();
    expect(await ended).toBe(3);
    // A request without an answer is given up after 30 s: the process did not wait for that.
    expect(performance.now() - asked).toBeLessThan(29_000);
  });
});

describe('what is compared, and what was sent', () => {
  it('one file is looked for by its own name, at the top or in a folder', async () => {
    await file('s.txt', 'one');
    await file('s.txt.bak', 'two');
    await run(['upload', 's.txt', 's.txt.bak']);
    await run(['upload', 's.txt', '--to', 'sq010']);
    for (const args of [
      ['verify', 's.txt'],
      ['verify', 's.txt', 'sq010'],
    ]) {
      const { code, stdout } = await run([...args, '--json']);
      expect({ code, report: JSON.parse(stdout) as object }).toMatchObject({
        code: 0,
        report: { compared: 1, same: 1, files: [] },
      });
    }
    await file('s.txt', 'two');
    expect((await run(['verify', 's.txt'])).stdout).toMatch(/^different +s\.txt: /);
    await file('other.txt', 'two');
    expect((await run(['verify', 'other.txt'])).stdout).toMatch(/^missing +other\.txt: /);
  });

  it('a doctor says nothing on stderr', async () => {
    expect((await run(['doctor'])).stderr).toBe('');
  });

  it('a file that is cut while it is sent is told to have changed', async () => {
    const path = await file('a.mov', randomBytes(40 * MIB));
    sandbox.addFault({ operation: 'UploadPart', effect: { kind: 'latency', milliseconds: 300 } });
    const { said, ended } = start(['upload', 'a.mov', '--json']);
    const parts = () => sandbox.requests.filter(({ operation }) => operation === 'UploadPart');
    await untilOrEnded(() => parts().length > 0, 'it is under way', ended);
    await truncate(path, 20 * MIB);
    expect(await ended).toBe(0);
    const done = { key: 'a.mov', size: 20 * MIB, state: 'done', changedWhileSent: true };
    expect(JSON.parse(said.stdout)).toMatchObject(done);
  });
});
