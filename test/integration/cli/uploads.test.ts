import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { link, lstat, mkdir, mkdtemp, open, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../../electron/cli/program.ts';
import type { CliSurroundings } from '../../../electron/cli/surroundings.ts';
import { device, fifo, skipped, socket } from '../../helpers/oddFiles.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { bytesOf, until, uploadsIn } from '../services/transfers/surroundings.ts';

const MIB = 1024 ** 2;
const PROGRAM = fileURLToPath(new URL('../../../electron/cli.ts', import.meta.url));
const large = randomBytes(48 * MIB);
/** In toMatchObject an expression by itself fits everything. */
const matching = (expression: RegExp) => expect.stringMatching(expression) as string;
let sandbox: Sandbox;
let folder: string;

beforeEach(async () => {
  sandbox = await startSandbox({ replicationDelayMs: 0 });
  folder = await mkdtemp(join(tmpdir(), 'nearplay-cli-uploads-'));
  await writeFile(join(folder, 'studio.json'), JSON.stringify(sandbox.preferences({ services: [] })));
  await file('shot.mov', large);
});
afterEach(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, content: Buffer | string): Promise<void> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
  const anHourAgo = Date.now() / 1000 - 3600;
  await utimes(path, anHourAgo, anHourAgo);
}

const env = () => ({
  NEARPLAY_PREFERENCES: 'studio.json',
  NEARPLAY_HOME: join(folder, 'home'),
  AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
});

interface Said {
  code: number;
  lines: Record<string, unknown>[];
  errors: Record<string, unknown>[];
}

async function nearplay(args: string[], surroundings: Partial<CliSurroundings> = {}): Promise<Said> {
  let stdout = '';
  let stderr = '';
  const code = await runCli([...args, '--json'], {
    env: env(),
    cwd: folder,
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text),
    now: () => Date.now(),
    platform: process.platform,
    signal: new AbortController().signal,
    ...surroundings,
  });
  return { code, lines: objects(stdout), errors: objects(stderr) };
}

const objects = (text: string) =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));

/** The command in a process of its own, at work: it has had so many parts confirmed. */
async function atWork(args: string[], parts: number): Promise<{ child: ChildProcess; ended: Promise<unknown[]> }> {
  sandbox.addFault({ operation: 'UploadPart', effect: { kind: 'latency', milliseconds: 150 } });
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: folder, env: env(), stdio: 'ignore' });
  const ended = once(child, 'close');
  await until(() => confirmedParts().length >= parts, `${parts} parts are there`);
  return { child, ended };
}

async function ownProcess(args: string[]): Promise<{ code: unknown; stderr: string }> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    env: env(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  const [code] = (await once(child, 'close')) as unknown[];
  return { code, stderr };
}

const partRequests = () => sandbox.requests.filter(({ operation }) => operation === 'UploadPart');
const confirmedParts = () => partRequests().filter(({ status }) => status === 200);
const runs = async () => (await readdir(join(folder, 'home'))).filter((name) => name.startsWith('session-'));

/** Numbers of parts that were sent although the storage had confirmed them. */
function sentAgain(): number[] {
  const confirmed = new Set<number>();
  return partRequests().flatMap(({ partNumber = 0, status }) => {
    const again = confirmed.has(partNumber) ? [partNumber] : [];
    if (status === 200) confirmed.add(partNumber);
    return again;
  });
}

describe('a run that was ended', () => {
  it('is gone on with by the same command, and no part is sent twice', async () => {
    const { child, ended } = await atWork(['upload', 'shot.mov', '--to', 'sq010'], 2);
    child.kill('SIGKILL');
    await ended;
    // What was on the wire ends at the storage before anything new comes.
    await wait(400);
    const { lines } = await nearplay(['uploads']);
    expect(lines).toMatchObject([{ key: 'sq010/shot.mov', size: large.length }]);
    const again = await nearplay(['upload', 'shot.mov', '--to', 'sq010']);
    expect(again).toMatchObject({ code: 0, lines: [{ key: 'sq010/shot.mov', state: 'done' }] });
    expect(sentAgain()).toEqual([]);
    expect(sandbox.requests.filter(({ operation }) => operation === 'CreateMultipartUpload')).toHaveLength(1);
    expect((await bytesOf(sandbox, 'sq010/shot.mov'))?.equals(large)).toBe(true);
    expect(await runs()).toEqual([]);
  });

  it('is left alone while something else is asked for, and by two commands at once taken over once', async () => {
    const { child, ended } = await atWork(['upload', 'shot.mov', '--to', 'sq010'], 1);
    child.kill('SIGKILL');
    await ended;
    sandbox.clearFaults();
    expect(await nearplay(['upload', 'shot.mov', '--to', 'sq020'])).toMatchObject({ code: 0 });
    expect(uploadsIn(sandbox)).toHaveLength(1);
    const both = await Promise.all([nearplay(['uploads', 'resume']), nearplay(['uploads', 'resume'])]);
    expect(both.flatMap(({ lines }) => lines)).toMatchObject([{ key: 'sq010/shot.mov', state: 'done' }]);
    expect(uploadsIn(sandbox)).toHaveLength(0);
  });

  it('by Ctrl+C keeps what arrived, says so, and goes on when it is told to', async () => {
    const { child, ended } = await atWork(['upload', 'shot.mov', '--to', 'sq010'], 1);
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    sandbox.clearFaults();
    const { code, lines } = await nearplay(['uploads', 'resume']);
    expect({ code, lines }).toMatchObject({ code: 0, lines: [{ key: 'sq010/shot.mov', state: 'done' }] });
    expect(sentAgain()).toEqual([]);
    expect(await nearplay(['uploads'])).toMatchObject({ lines: [] });
    expect(await nearplay(['uploads', 'resume'])).toMatchObject({ code: 0 });
  });

  it('is not gone on with over another file that has its name by now', async () => {
    const { child, ended } = await atWork(['upload', 'shot.mov', '--on-conflict', 'replace'], 1);
    child.kill('SIGKILL');
    await ended;
    sandbox.clearFaults();
    await file('A/shot.mov', 'another film');
    const said = await nearplay(['upload', 'A/shot.mov', 'shot.mov', '--on-conflict', 'replace']);
    expect(said).toMatchObject({ code: 1, lines: [{ state: 'done' }], errors: [{ code: 'same-destination' }] });
    expect((await bytesOf(sandbox, 'shot.mov'))?.toString()).toBe('another film');
  });

  it('of two with one name, one is gone on with and the other one named', async () => {
    await file('A/shot.mov', randomBytes(20 * MIB));
    for (const [index, path] of ['shot.mov', 'A/shot.mov'].entries()) {
      sandbox.addFault({ operation: 'CompleteMultipartUpload', effect: { kind: 'stall' } });
      const { child, ended } = await atWork(['upload', path, '--on-conflict', 'replace'], 0);
      const withParts = () => uploadsIn(sandbox).filter(({ parts }) => parts.size > 0);
      await until(() => withParts().length > index, 'a part of it is there');
      child.kill('SIGKILL');
      await ended;
      sandbox.clearFaults();
    }
    const said = await nearplay(['uploads', 'resume']);
    expect(said).toMatchObject({ code: 1, lines: [{ state: 'done' }], errors: [{ code: 'same-destination' }] });
  });

  it('leaves nothing in the storage when it is given up', async () => {
    const { child, ended } = await atWork(['upload', 'shot.mov', '--to', 'sq010'], 1);
    child.kill('SIGKILL');
    await ended;
    await wait(400);
    sandbox.clearFaults();
    expect(uploadsIn(sandbox)).toHaveLength(1);
    expect(await nearplay(['uploads', 'cancel'])).toMatchObject({ code: 0, lines: [{ cancelled: 1 }] });
    expect(uploadsIn(sandbox)).toHaveLength(0);
    expect(await runs()).toEqual([]);
  });

  it('to another storage than today’s is left as it is, which resume and cancel say', async () => {
    const { child, ended } = await atWork(['upload', 'shot.mov', '--to', 'sq010'], 1);
    child.kill('SIGKILL');
    await ended;
    await wait(400);
    sandbox.clearFaults();
    const studio = join(folder, 'studio.json');
    const preferences = await readFile(studio, 'utf8');
    await writeFile(studio, preferences.replaceAll(`"${sandbox.main.bucket}"`, '"another-bucket"'));
    const left = {
      code: 'not-supported',
      key: 'sq010/shot.mov',
      message: matching(/another storage .* left as it is/),
    };
    expect(await nearplay(['uploads', 'resume'])).toMatchObject({ code: 1, lines: [], errors: [left] });
    expect(await nearplay(['uploads', 'cancel'])).toMatchObject({ code: 1, lines: [{ cancelled: 0 }], errors: [left] });
    expect(uploadsIn(sandbox)).toHaveLength(1);
    await writeFile(studio, preferences);
    expect(await nearplay(['uploads', 'resume'])).toMatchObject({ code: 0, lines: [{ state: 'done' }], errors: [] });
  });

  it('is not called given up while the storage has its parts', async () => {
    const { child, ended } = await atWork(['upload', 'shot.mov'], 1);
    child.kill('SIGKILL');
    await ended;
    sandbox.clearFaults();
    const refused = { kind: 'status', status: 403, code: 'AccessDenied' } as const;
    sandbox.addFault({ operation: 'AbortMultipartUpload', effect: refused });
    // Each in a process of its own: what an ended one left is found by the next.
    for (const _again of [1, 2]) {
      const { code, stderr } = await ownProcess(['uploads', 'cancel']);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: matching(/^nearplay: shot.mov: .*still in the storage.*403/),
      });
    }
    sandbox.clearFaults();
    expect(await ownProcess(['uploads', 'cancel'])).toMatchObject({ code: 0, stderr: '' });
    expect(uploadsIn(sandbox)).toHaveLength(0);
  });

  it('whose records cannot be read is named by all, and a listing changes nothing of anybody', async () => {
    const session = join(folder, 'home', 'session-aaaaaaaaaaaa-4242-bbbbbbbbbbbb-cccccccccccc');
    await mkdir(join(session, 'transfers'), { recursive: true });
    const files = { 'newer.json': '{"version":99,"records":[{"id":"1"}]}', 'cut.json': '{"vers', 'x.json.tmp': 'half' };
    for (const [name, text] of Object.entries(files)) await writeFile(join(session, 'transfers', name), text);
    const longAgo = new Date(Date.now() - 3_600_000);
    for (const path of [join(session, 'transfers'), session]) await utimes(path, longAgo, longAgo);
    const named = ['cut.json', 'newer.json'].map((name) => ({ message: matching(new RegExp(name)) }));
    expect((await nearplay(['uploads'])).errors).toMatchObject(named);
    const stored = Object.keys(files).map((name) => readFileSync(join(session, 'transfers', name), 'utf8'));
    expect(stored).toEqual(Object.values(files));
    expect(await readdir(join(session, 'transfers'))).toHaveLength(3);
    for (const command of ['resume', 'cancel']) {
      const { code, errors } = await nearplay(['uploads', command]);
      expect({ code, errors }).toMatchObject({ code: 1, errors: named });
    }
  });

  it('is not touched while it lives', async () => {
    const { child, ended } = await atWork(['upload', 'shot.mov', '--to', 'sq010'], 1);
    expect((await nearplay(['uploads'])).lines).toMatchObject([{ session: { pid: child.pid } }]);
    expect(await nearplay(['uploads', 'cancel'])).toMatchObject({ lines: [{ cancelled: 0 }] });
    sandbox.clearFaults();
    expect(await ended).toEqual([0, null]);
    child.unref();
  });
});

describe('a name that is taken', () => {
  beforeEach(async () => {
    for (const name of ['a.txt', 'b.txt', 'c.txt']) await file(`old/${name}`, `old ${name}`);
    await nearplay(['upload', 'old/a.txt', 'old/b.txt', 'old/c.txt']);
    for (const name of ['a.txt', 'b.txt', 'c.txt']) await file(`new/${name}`, `new ${name}`);
  });
  const upload = ['upload', 'new/a.txt', 'new/b.txt', 'new/c.txt'];

  it('is asked about at a terminal, one by one or for all', async () => {
    const answers = ['what?', 'k', 'R'];
    const asked: string[] = [];
    const ask = (question: string) => {
      asked.push(question);
      return Promise.resolve(answers.shift());
    };
    expect(await nearplay(upload, { ask })).toMatchObject({ code: 0 });
    expect(asked).toHaveLength(3);
    expect((await bytesOf(sandbox, 'a.txt'))?.toString()).toBe('old a.txt');
    expect((await bytesOf(sandbox, 'a (2).txt'))?.toString()).toBe('new a.txt');
    expect((await bytesOf(sandbox, 'b.txt'))?.toString()).toBe('new b.txt');
    expect((await bytesOf(sandbox, 'c.txt'))?.toString()).toBe('new c.txt');
  });

  it('is an error without one, and says what to do', async () => {
    const { code, errors } = await nearplay(upload);
    expect(code).toBe(1);
    expect(errors).toHaveLength(3);
    expect(errors[0]).toMatchObject({ code: 'conflict', message: matching(/--on-conflict/) });
    expect(await runs()).toEqual([]);
  });
});

it('keeps to a rate, and writes receipts', async () => {
  await file('small.bin', randomBytes(2 * MIB));
  const started = performance.now();
  const { code } = await nearplay(['upload', 'small.bin', '--limit-rate', '1MiB/s', '--receipts', 'receipts.json']);
  expect(code).toBe(0);
  expect(performance.now() - started).toBeGreaterThan(1500);
  expect(JSON.parse(await readFile(join(folder, 'receipts.json'), 'utf8'))).toMatchObject([
    { key: 'media/small.bin', size: 2 * MIB },
  ]);
  expect((await nearplay(['upload', 'small.bin', '--limit-rate', 'fast'])).code).toBe(2);
  expect((await nearplay(['upload', 'small.bin', '--limit-rate', '1B/s'])).code).toBe(2);
});

describe('receipts never take the place of anything else', () => {
  const isThere = (key: string) => sandbox.bucketOf('main-us').current(`media/${key}`) !== undefined;
  const files = ['victim.mov', 'list.json', 'text.json', 'self.mov', 'plates/receipts.json', 'bin.json'];
  const receipt = {
    bucket: 'b',
    key: 'k',
    size: 1,
    etag: 'e',
    parts: 1,
    completedAt: '',
    from: '/a',
    verifiedBy: 'head',
  };

  beforeEach(async () => {
    await file('victim.mov', randomBytes(1000));
    await file('bin.json', Buffer.from([0x5b, 0xff, 0xfe]));
    await file('list.json', '[{"shot": "sq010"}]');
    await file('text.json', '[ not JSON');
    await file('self.mov', 'self');
    await file('plates/receipts.json', JSON.stringify([receipt]));
    await file('small.bin', 'small');
    await file('notdir', 'a file');
    await link(join(folder, 'self.mov'), join(folder, 'other name.json'));
    await symlink('self.mov', join(folder, 'link.json'));
    await mkdir(join(folder, 'home'));
  });

  it.each([
    ['a file of media', ['small.bin'], 'victim.mov'],
    ['another list', ['small.bin'], 'list.json'],
    ['what is no JSON', ['small.bin'], 'text.json'],
    ['what is no text', ['small.bin'], 'bin.json'],
    ['the source', ['self.mov'], 'self.mov'],
    ['the source by another name', ['self.mov'], 'other name.json'],
    ['the source by a link', ['self.mov'], 'link.json'],
    ['receipts that are a source', ['plates/receipts.json'], 'plates/receipts.json'],
    ['receipts in a folder that is a source', ['plates'], 'plates/receipts.json'],
    ['a folder', ['small.bin'], 'home'],
    ['a file below a file', ['small.bin'], 'notdir/receipts.json'],
    ['a file in a folder that is not there', ['small.bin'], 'nowhere/receipts.json'],
  ])('%s: nothing is uploaded, nothing changes', async (_name, sources, receipts) => {
    const before = await Promise.all(files.map((name) => readFile(join(folder, name))));
    const said = await nearplay(['upload', ...sources, '--receipts', receipts]);
    const errors = [{ code: 'receipts-unwritten', message: matching(/Nothing was uploaded/) }];
    expect(said).toMatchObject({ code: 1, lines: [], errors });
    expect(await Promise.all(files.map((name) => readFile(join(folder, name))))).toEqual(before);
    expect(['small.bin', 'self.mov', 'plates/receipts.json'].filter(isThere)).toEqual([]);
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('what comes in from a file is a source as well', async () => {
    const handle = await open(join(folder, 'plates/receipts.json'));
    const stdin = handle.createReadStream();
    const said = await nearplay(['upload', '-', '--to', 'in.json', '--receipts', 'plates/receipts.json'], {
      stdin: Object.assign(stdin, { fd: handle.fd }),
    });
    expect(said).toMatchObject({
      code: 1,
      lines: [],
      errors: [{ code: 'receipts-unwritten', message: matching(/comes in/) }],
    });
    expect(isThere('in.json')).toBe(false);
    await handle.close();
  });

  it('receipts of before and an empty file are replaced', async () => {
    await file('empty.json', '');
    for (const receipts of ['plates/receipts.json', 'empty.json', 'new.json']) {
      const args = ['upload', 'small.bin', '--on-conflict', 'replace', '--receipts', receipts];
      expect(await nearplay(args)).toMatchObject({ code: 0, errors: [] });
      const written: unknown = JSON.parse(await readFile(join(folder, receipts), 'utf8'));
      expect(Array.isArray(written)).toBe(true);
      expect(JSON.stringify(written)).not.toContain('"bucket":"b"');
    }
  });

  it('a file that came there during the upload stays, and the uploads are not affected', async () => {
    sandbox.addFault({
      operation: 'PutObject',
      key: /small/,
      effect: { kind: 'gate', opened: file('new.json', 'a plan') },
    });
    const said = await nearplay(['upload', 'small.bin', '--receipts', 'new.json']);
    const errors = [{ code: 'receipts-unwritten', message: matching(/not affected/) }];
    expect(said).toMatchObject({ code: 1, lines: [{ key: 'small.bin' }], errors });
    expect(await readFile(join(folder, 'new.json'), 'utf8')).toBe('a plan');
  });
});

describe.skipIf(process.platform === 'win32')('receipts to what is no file of its own', () => {
  const upload = (receipts: string) =>
    nearplay(['upload', 'small.bin', '--on-conflict', 'skip', '--receipts', receipts]);
  const at = (name: string) => join(folder, name);
  beforeEach(() => file('small.bin', 'small'));

  it('go where a link leads, and straight into a pipe and a device; those stay', async () => {
    await mkdir(at('dotfiles'));
    await symlink('dotfiles/receipts.json', at('link'));
    await fifo(at('pipe'));
    const reader = await open(at('pipe'), constants.O_RDWR);
    expect(await upload('link')).toMatchObject({ code: 0, errors: [] });
    expect(await upload('pipe')).toMatchObject({ code: 0, errors: [] });
    const { buffer, bytesRead } = await reader.read(Buffer.alloc(MIB), 0, MIB);
    await reader.close();
    expect(JSON.parse(await readFile(at('dotfiles/receipts.json'), 'utf8'))).toMatchObject([
      { key: 'media/small.bin' },
    ]);
    expect(buffer.toString('utf8', 0, bytesRead)).toMatch(/^\[[^]*\]\n$/);
    expect((await lstat(at('link'))).isSymbolicLink()).toBe(true);
    expect((await lstat(at('pipe'))).isFIFO()).toBe(true);
    const why = await device(at('null'), 'null');
    if (why !== undefined) {
      skipped(why);
      return;
    }
    expect(await upload('null')).toMatchObject({ code: 0, errors: [] });
    expect((await lstat(at('null'))).isCharacterDevice()).toBe(true);
  });

  it('are refused where nothing can take them: before the upload, as far as that is known then', async () => {
    await fifo(at('pipe'));
    await symlink('circle', at('circle'));
    const server = await socket(at('socket'));
    const cases: [string, RegExp][] = [
      ['pipe', /no program reads.*not affected/],
      ['circle', /circle.*Nothing was uploaded/],
      ['socket', /a socket.*Nothing was uploaded/],
    ];
    for (const [receipts, message] of cases) {
      expect(await upload(receipts)).toMatchObject({
        code: 1,
        errors: [{ code: 'receipts-unwritten', message: matching(message) }],
      });
    }
    expect((await lstat(at('pipe'))).isFIFO()).toBe(true);
    expect((await lstat(at('socket'))).isSocket()).toBe(true);
    server.close();
    expect(await bytesOf(sandbox, 'small.bin')).toEqual(Buffer.from('small'));
  });

  it('go to the output of the command itself', async () => {
    const handle = await open(at('output'), 'w');
    const args = ['upload', 'small.bin', '--json', '--receipts', '/dev/stdout'];
    const run = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], ...env() },
      stdio: ['ignore', handle.fd, 'inherit'],
    });
    await once(run, 'exit');
    await handle.close();
    const said = await readFile(at('output'), 'utf8');
    expect(run.exitCode).toBe(0);
    expect(said).toContain('"state":"done"');
    expect(said).toMatch(/\n\[\n[^]*"media\/small\.bin"[^]*\]\n$/);
  });
});

it('verifies a folder, and only sameness is success', async () => {
  await file('render/a.exr', 'a');
  await file('render/deep/b.exr', 'b');
  await nearplay(['upload', 'render', '--to', 'sq010']);
  const same = await nearplay(['verify', 'render', 'sq010/render']);
  expect(same).toMatchObject({ code: 0, lines: [{ compared: 2, same: 2, files: [] }] });
  await file('render/a.exr', 'A');
  const other = await nearplay(['verify', 'render', 'sq010/render']);
  expect(other).toMatchObject({ code: 1, lines: [{ files: [{ key: 'sq010/render/a.exr', finding: 'different' }] }] });
  expect(await nearplay(['verify', 'render'])).toMatchObject({ code: 1, lines: [{ totals: { missing: 2 } }] });
  expect(await nearplay(['verify', 'nowhere'])).toMatchObject({ code: 1, errors: [{ code: 'file-unreadable' }] });
});

it('watches a folder until it is told to stop, and remembers', async () => {
  await file('renders/old.exr', 'old');
  const watch = async (work: () => Promise<void>) => {
    const stop = new AbortController();
    const watching = nearplay(['watch', 'renders', 'dailies'], { signal: stop.signal });
    await until(() => remembered().includes('old.exr'), 'it knows what was there');
    await work();
    stop.abort();
    return watching;
  };
  const remembered = () => {
    const memory = join(folder, 'home', 'watch');
    return existsSync(memory)
      ? readdirSync(memory)
          .map((name) => readFileSync(join(memory, name), 'utf8'))
          .join('')
      : '';
  };
  const isThere = (name: string) => sandbox.bucketOf('main-us').current(`media/dailies/${name}`) !== undefined;
  const first = await watch(async () => {
    await file('renders/a.exr', 'a');
    await until(() => isThere('a.exr'), 'it is uploaded');
    await wait(300);
  });
  expect(first).toMatchObject({ code: 0, lines: [{ key: 'dailies/a.exr', state: 'done' }] });
  await file('renders/b.exr', 'b');
  const second = await watch(() => until(() => isThere('b.exr'), 'what came meanwhile is uploaded'));
  expect(second.errors).toEqual([]);
  expect(isThere('old.exr')).toBe(false);
  // Besides the question, at each start, whether the storage keeps conditions.
  const puts = sandbox.requests.filter(({ operation, key }) => operation === 'PutObject' && key.endsWith('.exr'));
  expect(puts).toHaveLength(2);
  expect((await nearplay(['watch', 'nowhere', 'x'])).errors).toMatchObject([{ code: 'bad-request' }]);
});
