import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../../electron/cli/program.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { until, uploadsIn } from '../services/transfers/surroundings.ts';

const MIB = 1024 ** 2;
const PROGRAM = fileURLToPath(new URL('../../../electron/cli.ts', import.meta.url));
const NODE = `'${process.execPath}' --disable-warning=ExperimentalWarning`;
/** In toMatchObject an expression by itself fits everything. */
const matching = (expression: RegExp) => expect.stringMatching(expression) as string;
let sandbox: Sandbox;
let folder: string;

beforeEach(async () => {
  sandbox = await startSandbox({ replicationDelayMs: 0 });
  folder = await mkdtemp(join(tmpdir(), 'nearplay-cli-streams-'));
  await writeFile(join(folder, 'studio.json'), JSON.stringify(sandbox.preferences({ services: [] })));
});
afterEach(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

/** A line of a shell with `np`, in a process group of its own, as a terminal gives to a pipe. */
function shell(line: string) {
  const { accessKeyId, secretAccessKey } = sandbox.credentials;
  const words = `np() { ${NODE} '${PROGRAM}' "$@"; }; ${line}; exit "\${PIPESTATUS[-1]}"`;
  const child = spawn('bash', ['-c', words], {
    ...{ cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'] },
    env: {
      ...{ PATH: process.env['PATH'], NEARPLAY_PREFERENCES: 'studio.json', NEARPLAY_HOME: join(folder, 'home') },
      ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    },
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => (said.stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (said.stderr += text.toString()));
  const ended = once(child, 'close').then(([code]: unknown[]) => code);
  const group = child.pid ?? 0;
  return { said, ended, signal: (name: NodeJS.Signals) => process.kill(-group, name) };
}

const isThere = (key: string) => sandbox.bucketOf('main-us').current(`media/${key}`) !== undefined;
const requests = (operation: string) => sandbox.requests.filter((request) => request.operation === operation);
/** Writes so many bytes, says so in a file, and then nothing more until a signal ends it. */
const writes = (bytes: number) =>
  `${NODE} -e 'const fs = require("fs"); const b = Buffer.alloc(${bytes}, 7);
    for (let at = 0; at < b.length;) at += fs.writeSync(1, b, at);
    fs.writeFileSync("written", ""); setInterval(() => {}, 1000)'`;
const isWritten = () => existsSync(join(folder, 'written'));

describe.skipIf(process.platform === 'win32')('a stream that is stopped is never a file', () => {
  it.each([
    ['SIGINT', 130, 1000],
    ['SIGINT', 130, 40 * MIB],
    ['SIGTERM', 143, 1000],
    ['SIGHUP', 129, 40 * MIB],
  ] as const)('%s to the group of processes: exit %i after %i bytes', async (name, code, bytes) => {
    const { said, ended, signal } = shell(`trap : INT TERM HUP; ${writes(bytes)} | np upload - --to cut.mov`);
    await until(isWritten, 'the program has written', 50_000);
    const isUnderWay = () => (bytes > MIB ? requests('UploadPart').length >= 2 : requests('HeadObject').length > 0);
    await until(isUnderWay, 'it is under way', 50_000);
    signal(name);
    expect(await ended).toBe(code);
    expect(said).toMatchObject({
      stdout: '',
      stderr: matching(/^nearplay: Stopped .*Nothing was/m),
    });
    expect(isThere('cut.mov')).toBe(false);
    expect(uploadsIn(sandbox)).toHaveLength(0);
  });
});

interface Said {
  code: number;
  lines: string;
  errors: Record<string, unknown>[];
  milliseconds: number;
}

/** The command in this process, with a stream of the test's own. */
async function upload(stdin: Readable, args: string[] = [], stop = new AbortController()): Promise<Said> {
  const { accessKeyId, secretAccessKey } = sandbox.credentials;
  let lines = '';
  let stderr = '';
  const started = performance.now();
  const code = await runCli(['upload', '-', '--to', 'cut.mov', ...args, '--json'], {
    ...{ cwd: folder, stdin, now: () => Date.now(), platform: process.platform, signal: stop.signal },
    env: {
      ...{ NEARPLAY_PREFERENCES: 'studio.json', NEARPLAY_HOME: join(folder, 'home') },
      ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    },
    stdout: (text) => (lines += text),
    stderr: (text) => (stderr += text),
  });
  const errors = stderr.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Said['errors'][0]]));
  return { code, lines, errors, milliseconds: performance.now() - started };
}

describe('a signal that comes a moment after the end of the stream', () => {
  it.each([
    ['one request', 1000],
    ['parts', 20 * MIB],
  ])('counts for more: %s', async (_name, bytes) => {
    const stop = new AbortController();
    const stdin = Readable.from([Buffer.alloc(bytes, 1)]);
    stdin.once('end', () => setTimeout(() => stop.abort(), 50));
    expect(await upload(stdin, [], stop)).toMatchObject({ code: 130, lines: '', errors: [{ code: 'cancelled' }] });
    expect(isThere('cut.mov')).toBe(false);
    expect(uploadsIn(sandbox)).toHaveLength(0);
  });

  it('while an upload in parts is begun, leaves nothing of it', async () => {
    const stop = new AbortController();
    sandbox.addFault({ operation: 'CreateMultipartUpload', effect: { kind: 'latency', milliseconds: 500 } });
    const running = upload(Readable.from([Buffer.alloc(20 * MIB, 1)]), [], stop);
    await until(() => requests('CreateMultipartUpload').length > 0, 'it is begun', 50_000);
    stop.abort();
    expect(await running).toMatchObject({ code: 130 });
    expect(requests('CreateMultipartUpload')[0]).toMatchObject({ status: 200 });
    expect(uploadsIn(sandbox)).toHaveLength(0);
  });

  it('while the storage gives the name, does not say that nothing is there', async () => {
    const stop = new AbortController();
    sandbox.addFault({ operation: 'PutObject', key: /cut/, effect: { kind: 'stall' } });
    const running = upload(Readable.from([Buffer.alloc(1000, 1)]), [], stop);
    await until(() => requests('PutObject').some(({ key }) => key.includes('cut')), 'the name is asked for', 50_000);
    stop.abort();
    expect(await running).toMatchObject({
      code: 130,
      errors: [{ code: 'cancelled', message: matching(/may be there/) }],
    });
  });
});

describe('a source that fails while it is read', () => {
  it.each([
    ['ECONNRESET', 1000],
    ['EIO', 20 * MIB],
    ['', 1000],
  ])('is named, and not the storage: %s after %i bytes', async (name, bytes) => {
    const failure = Object.assign(new Error('read failed'), name !== '' && { code: name });
    const stdin = Readable.from(
      (function* () {
        yield Buffer.alloc(bytes, 1);
        throw failure;
      })(),
    );
    const { code, lines, errors } = await upload(stdin);
    expect([code, lines]).toEqual([1, '']);
    expect(errors).toEqual([
      {
        code: 'file-unreadable',
        message: matching(/What comes in could not be read to its end/),
        detail: 'read failed',
      },
    ]);
    expect(String(errors[0]?.['message']).includes(`(${name})`)).toBe(name !== '');
    expect(isThere('cut.mov')).toBe(false);
    expect(uploadsIn(sandbox)).toHaveLength(0);
  });
});

describe('waits of a stream', () => {
  it('for the storage end after --wait, with the cause, and do not promise that it goes on', async () => {
    sandbox.addFault({ operation: 'PutObject', key: /cut/, effect: { kind: 'status', status: 503, code: 'SlowDown' } });
    const { code, errors, milliseconds } = await upload(Readable.from([Buffer.alloc(1000, 1)]), ['--wait', '0.05']);
    expect(code).toBe(3);
    expect(errors.at(-1)).toMatchObject({
      code: 'wait-ended',
      message: matching(/slower pace .*What came in is not kept/),
    });
    expect(errors.at(-1)?.['message']).not.toMatch(/Trying again|goes on/);
    expect(milliseconds).toBeLessThan(15_000);
    expect(isThere('cut.mov')).toBe(false);
  });

  it('for the program that writes end nothing', async () => {
    const stdin = Readable.from(
      (async function* () {
        yield Buffer.alloc(1000, 1);
        await wait(3000);
        yield Buffer.alloc(1000, 2);
      })(),
    );
    expect(await upload(stdin, ['--wait', '0.01'])).toMatchObject({ code: 0, errors: [] });
    expect(isThere('cut.mov')).toBe(true);
  });
});

describe.skipIf(process.platform === 'win32')('what is no stream with bytes', () => {
  it('a folder in its place is refused', async () => {
    await mkdir(join(folder, 'plates'));
    const { said, ended } = shell('np upload - --to a.mov < plates');
    expect(await ended).toBe(1);
    expect(said).toMatchObject({ stdout: '', stderr: matching(/a folder and no stream/) });
    expect(isThere('a.mov')).toBe(false);
  });

  it.each([
    ['a closed one', 'np upload - --to a.mov <&-'],
    ['a program that fails at once', 'false | np upload - --to a.mov'],
    ['an empty file', 'np upload - --to a.mov < empty'],
  ])('%s is no file of 0 bytes', async (_name, line) => {
    await writeFile(join(folder, 'empty'), '');
    const { said, ended } = shell(line);
    expect(await ended).toBe(1);
    expect(said).toMatchObject({ stdout: '', stderr: matching(/Nothing came in/) });
    expect(isThere('a.mov')).toBe(false);
    expect(await shell(`true | np upload - --to a.mov --allow-empty`).ended).toBe(0);
    expect(isThere('a.mov')).toBe(true);
  });

  it('a whole one is uploaded, with a file in its place too', async () => {
    await writeFile(join(folder, 'x'), Buffer.alloc(20 * MIB, 3));
    expect(await shell('cat x | np upload - --to one.mov').ended).toBe(0);
    expect(await shell('np upload - --to two.mov < x').ended).toBe(0);
    expect(isThere('one.mov') && isThere('two.mov')).toBe(true);
  });
});
