import { link, mkdir, open, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DISK_OPERATIONS, LocalDisk } from '../../../../electron/services/files/localDisk.ts';
import type { LeftOut } from '../../../../shared/leftOut.ts';
import { fifo, oddThings } from '../../../helpers/oddFiles.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { age, bytesOf, count, Desk, makeQueue, MIB, only, type RunningQueue, until, within } from './surroundings.ts';

const AT_MOST = 20_000;
let sandbox: Sandbox;
let desk: Desk;
let running: RunningQueue;
let folder: string;

beforeEach(async () => {
  sandbox = await startSandbox();
  desk = await Desk.open();
  folder = join(desk.folder, 'renders');
  await mkdir(folder);
  running = makeQueue(sandbox, desk, { timing: { settle: 50 } });
  await running.queue.start();
});
afterEach(async () => {
  await within(AT_MOST, 'stopping', running.stop());
  await sandbox.close();
  await desk.close();
});

async function write(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
  await age(path);
  return path;
}

const finish = () => within(AT_MOST, 'the uploads', running.queue.finished());
const text = async (key: string) => (await bytesOf(sandbox, key))?.toString();
const states = () =>
  Object.fromEntries(running.queue.list().map(({ key, state, error }) => [key, error?.code ?? state]));

it('tells of all that was chosen and is not sent', async () => {
  await oddThings(folder);
  const left: LeftOut[] = [];
  await running.queue.add('', [folder], { leftOut: (one) => void left.push(one) });
  await finish();
  expect(states()).toEqual({ 'renders/good.mov': 'done' });
  expect(left).toHaveLength(5);
});

describe('nothing foreign is uploaded', () => {
  const SECRET = 'aws_secret_access_key = TOPSECRET';
  let secret: string;

  beforeEach(async () => {
    secret = join(desk.folder, 'elsewhere');
    await mkdir(secret);
    await writeFile(join(secret, 'a.mov'), SECRET);
    await age(join(secret, 'a.mov'));
  });

  it.each<[string, (path: string) => Promise<void>]>([
    ['the file', (path) => rm(path).then(() => symlink(join(secret, 'a.mov'), path))],
    [
      'its folder',
      (path) => rename(join(path, '..'), join(desk.folder, 'moved')).then(() => symlink(secret, join(path, '..'))),
    ],
  ])('when %s becomes a link while it is queued', async (_what, swap) => {
    running.queue.pause();
    const path = await write('shots/a.mov', 'mine');
    await running.queue.add('', [folder]);
    running.queue.pause();
    await until(() => only(running.queue).state === 'paused', 'it waits');
    await swap(path);
    running.queue.resume();
    await finish();
    expect(only(running.queue)).toMatchObject({ state: 'failed', error: { code: 'not-a-file' } });
    expect(count(sandbox, 'PutObject')).toBe(0);
  });

  it('when a file that was chosen itself becomes a link while it is queued', async () => {
    running.queue.pause();
    const path = await write('chosen.mov', 'mine');
    await running.queue.add('', [path]);
    running.queue.pause();
    await until(() => only(running.queue).state === 'paused', 'it waits');
    await rm(path);
    await symlink(join(secret, 'a.mov'), path);
    running.queue.resume();
    await finish();
    expect(only(running.queue)).toMatchObject({ state: 'failed', error: { code: 'not-a-file' } });
    expect(count(sandbox, 'PutObject')).toBe(0);
  });

  it('and a link that was chosen itself is followed', async () => {
    const path = await write('mine.mov', 'mine');
    const chosen = join(folder, 'link.mov');
    await symlink(path, chosen);
    await running.queue.add('', [chosen]);
    await finish();
    expect(await text('link.mov')).toBe('mine');
  });

  it('and a folder that was chosen through a link is no stranger', async () => {
    await write('shots/a.mov', 'mine');
    const shows = join(desk.folder, 'shows');
    await symlink(folder, shows);
    await running.queue.add('', [shows]);
    await finish();
    expect(await text('shows/shots/a.mov')).toBe('mine');
  });
});

it('a queued file that becomes a pipe freezes nothing: neither others nor cancelling nor stopping', async () => {
  const paths = await Promise.all([1, 2, 3, 4, 5, 6].map((number) => write(`${number}.mov`, 'x')));
  const ids = await running.queue.add('', [folder]);
  running.queue.pause();
  await until(() => running.queue.totals().files.paused + running.queue.totals().files.done === 6, 'they wait');
  for (const path of paths) {
    await rm(path);
    await fifo(path);
  }
  running.queue.retry(ids);
  running.queue.resume();
  await write('other/fine.mov', 'fine');
  await running.queue.add('', [join(folder, 'other')]);
  await finish();
  expect(await text('other/fine.mov')).toBe('fine');
  const codes = new Set(running.queue.list().flatMap(({ error }) => error?.code ?? []));
  expect([...codes].every((code) => code === 'not-a-file')).toBe(true);
});

describe('a drive that does not answer', () => {
  type Stuck = 'open' | 'read';

  it.each<Stuck>(['open', 'read'])('to "%s" freezes nothing', async (stuck) => {
    await running.stop();
    const gone = new Promise<never>(() => undefined);
    const openFile = async (path: string, flags: number) => {
      const isDead = path.includes('dead');
      if (isDead && stuck === 'open') return gone;
      const handle = await open(path, flags);
      if (isDead) handle.read = () => gone;
      return handle;
    };
    const disk = new LocalDisk({
      operations: { ...DISK_OPERATIONS, open: openFile },
      answerTimeoutMs: 300,
      threads: 16,
    });
    running = makeQueue(sandbox, desk, { disk, timing: { settle: 0 } });
    await running.queue.start();
    for (const number of [1, 2, 3]) await write(`a/dead-${number}.mov`, 'x');
    for (const number of [1, 2, 3]) await desk.file(`fine-${number}.mov`, 10);
    const [cancelled] = await running.queue.add('', [folder]);
    running.queue.cancel([cancelled ?? '']);
    await until(() => running.queue.list()[0]?.state === 'cancelled', 'it is cancelled');
    await finish();
    await running.queue.add('', [join(desk.folder, 'files')]);
    await finish();
    const [, ...others] = running.queue.list();
    const said = others.map(({ key, state, error }) => [key, state, error?.message.includes('does not answer')]);
    expect(said).toEqual([
      ...[2, 3].map((number) => [`renders/a/dead-${number}.mov`, 'failed', true]),
      ...[1, 2, 3].map((number) => [`files/fine-${number}.mov`, 'done', undefined]),
    ]);
  });

  it('does not keep the queue from stopping', async () => {
    await running.stop();
    const opening = () => new Promise<never>(() => undefined);
    const disk = new LocalDisk({ operations: { ...DISK_OPERATIONS, open: opening } });
    running = makeQueue(sandbox, desk, { disk });
    await running.queue.start();
    await write('a.mov', 'x');
    await running.queue.add('', [folder]);
    await until(() => running.queue.totals().files.running === 1, 'it is being opened');
    await within(2000, 'stopping', running.queue.stop());
  });
});

it('a file that is rewritten in place with its date set back goes up as one of the two, never as a mixture', async () => {
  const path = await desk.file('feature.bin', 40 * MIB);
  const { atime, mtime } = await readFileTimes(path);
  const old = await readFile(path);
  const rewritten = Buffer.alloc(old.length, 'new');
  sandbox.addFault({ operation: 'UploadPart', times: 1, effect: { kind: 'latency', milliseconds: 400 } });
  await running.queue.add('', [path]);
  await until(() => count(sandbox, 'UploadPart') > 0, 'it is on its way');
  const handle = await open(path, 'r+');
  await handle.write(rewritten, 0, rewritten.length, 0);
  await handle.utimes(atime, mtime);
  await handle.close();
  await finish();
  expect(only(running.queue).state).toBe('done');
  expect((await bytesOf(sandbox, 'feature.bin'))?.equals(rewritten)).toBe(true);
});

it('a file that only gets another name meanwhile is not sent again', async () => {
  const path = await desk.file('feature.bin', 40 * MIB);
  sandbox.addFault({ operation: 'UploadPart', times: 1, effect: { kind: 'latency', milliseconds: 400 } });
  await running.queue.add('', [path]);
  await until(() => count(sandbox, 'UploadPart') > 0, 'it is on its way');
  await link(path, `${path}.backup`);
  await finish();
  expect(only(running.queue).state).toBe('done');
  expect(count(sandbox, 'CreateMultipartUpload')).toBe(1);
  const sent = sandbox.requests.filter(({ operation, status }) => operation === 'UploadPart' && status === 200);
  expect(new Set(sent.map(({ partNumber }) => partNumber)).size).toBe(sent.length);
});

async function readFileTimes(path: string) {
  const handle = await open(path);
  const stats = await handle.stat();
  await handle.close();
  return stats;
}

describe('two files of this computer that want one name', () => {
  it.each(['ask', 'skip', 'replace', 'keep-both'] as const)('are a conflict with the policy %s', async (onConflict) => {
    const one = await write('one/a.mov', 'one');
    const other = await write('two/a.mov', 'two');
    await running.queue.add('', [one, other], { onConflict });
    await finish();
    const [first, second] = running.queue.list();
    expect(first).toMatchObject({ key: 'a.mov', state: 'done' });
    expect(second).toMatchObject({ key: 'a.mov', state: 'failed', error: { code: 'same-destination' } });
    for (const path of [one, other]) expect(second?.error?.message).toContain(path);
    expect(await text('a.mov')).toBe('one');
    expect(sandbox.bucketOf('main-us').versionsOf('media/a.mov')).toHaveLength(1);
  });

  it('in two normal forms of Unicode', async () => {
    await write('café.exr', 'composed');
    await write('cafe\u0301.exr', 'decomposed');
    await running.queue.add('', [folder], { onConflict: 'replace' });
    await finish();
    expect(running.queue.totals().files).toMatchObject({ done: 1, failed: 1 });
    expect(sandbox.bucketOf('main-us').versionsOf('media/renders/café.exr')).toHaveLength(1);
  });

  it('also when the first is still queued; and not when it is over', async () => {
    const one = await write('one/a.mov', 'one');
    const other = await write('two/a.mov', 'two');
    const third = await write('three/a.mov', 'three');
    running.queue.pause();
    const [first = ''] = await running.queue.add('', [one], { onConflict: 'replace' });
    running.queue.pause();
    await until(() => running.queue.find(first)?.state !== 'running', 'it waits');
    if (running.queue.find(first)?.state === 'paused') {
      const [second = ''] = await running.queue.add('', [other], { onConflict: 'replace' });
      expect(running.queue.find(second)).toMatchObject({ error: { code: 'same-destination' } });
      running.queue.retry([second]);
      await until(() => running.queue.find(second)?.state === 'failed', 'it is refused again');
    }
    running.queue.resume();
    await finish();
    await running.queue.add('', [third], { onConflict: 'replace' });
    await finish();
    expect(await text('a.mov')).toBe('three');
  });

  it('the same file twice is none, nor is another case of the letters', async () => {
    const path = await write('a.mov', 'a');
    const upper = await write('A.mov', 'A');
    await running.queue.add('', [path, upper]);
    await running.queue.add('', [path]);
    await finish();
    expect(running.queue.totals().files).toMatchObject({ failed: 0, done: 2, skipped: 1 });
  });
});

it('a file that grows with an old date is never uploaded in half', async () => {
  const path = await write('grows.mov', '');
  const old = Date.now() / 1000 - 7 * 86_400;
  await utimes(path, old, old);
  await running.stop();
  running = makeQueue(sandbox, desk, { timing: { settle: 400 } });
  await running.queue.start();
  const adding = running.queue.add('', [path]);
  for (let step = 0; step < 8; step++) {
    await writeFile(path, 'x'.repeat(1000), { flag: 'a' });
    await utimes(path, old, old);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await adding;
  await finish();
  expect((await bytesOf(sandbox, 'grows.mov'))?.length).toBe(8000);
  expect(sandbox.bucketOf('main-us').versionsOf('media/grows.mov')).toHaveLength(1);
});
