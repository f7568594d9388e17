import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DISK_OPERATIONS, LocalDisk, NoAnswer } from '../../../../../electron/services/files/localDisk.ts';
import { MountPoints } from '../../../../../electron/services/files/mountPoints.ts';

const WITHIN = 60_000;
const dead = '/Volumes/Dead/a.mov';
const alive = '/Users/me/a.mov';
let stats: BigIntStats;
let clock: number;
let asked: string[];
let answer: (() => void)[];

beforeEach(async () => {
  stats = await lstat('/', { bigint: true });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  clock = 0;
  asked = [];
  answer = [];
});
afterEach(() => vi.useRealTimers());

/** The volume answers on call. */
function disk(threads: number): LocalDisk {
  const look = (path: string) => {
    asked.push(path);
    if (path !== dead) return Promise.resolve(stats);
    return new Promise<BigIntStats>((resolve) => answer.push(() => resolve(stats)));
  };
  return new LocalDisk({
    operations: { ...DISK_OPERATIONS, lstat: look },
    ...{ threads, answerTimeoutMs: WITHIN, clock: () => clock, platform: 'darwin' },
  });
}

async function pass(milliseconds: number): Promise<void> {
  clock += milliseconds;
  await vi.advanceTimersByTimeAsync(milliseconds);
}

describe('a drive that does not answer', () => {
  it.each([4, 16])('leaves threads to others, of %d', async (threads) => {
    const files = disk(threads);
    const lost = Array.from({ length: 100 }, () => files.ask(dead, (on) => on.lstat(dead)).catch((e: unknown) => e));
    expect(asked.length).toBeLessThanOrEqual(threads / 2);
    await expect(files.ask(alive, (on) => on.lstat(alive))).resolves.toBe(stats);
    await pass(WITHIN);
    for (const error of await Promise.all(lost)) expect(error).toBeInstanceOf(NoAnswer);
    expect(asked.filter((path) => path === dead).length).toBeLessThanOrEqual(threads / 2);
    await expect(files.ask(alive, (on) => on.lstat(alive))).resolves.toBe(stats);
  });

  it('is not waited for as long again, and believed when it is back', async () => {
    const files = disk(16);
    const first = files.ask(dead, (on) => on.lstat(dead)).catch((e: unknown) => e);
    await pass(WITHIN);
    expect(await first).toBeInstanceOf(NoAnswer);
    const second = files.ask(dead, (on) => on.lstat(dead)).catch((e: unknown) => e);
    await pass(5000);
    expect(await second).toBeInstanceOf(NoAnswer);
    const third = files.ask(dead, (on) => on.lstat(dead));
    for (const go of answer) go();
    await expect(third).resolves.toBe(stats);
    const patient = files.ask(dead, (on) => on.lstat(dead));
    await pass(WITHIN - 1);
    answer.at(-1)?.();
    await expect(patient).resolves.toBe(stats);
  });

  it('is not asked any more when it holds all that it may have, until it answers', async () => {
    const files = disk(16);
    const asking = Array.from({ length: 8 }, () => files.ask(dead, (on) => on.lstat(dead)).catch(() => undefined));
    await pass(WITHIN);
    await Promise.all(asking);
    await expect(files.ask(dead, (on) => on.lstat(dead))).rejects.toBeInstanceOf(NoAnswer);
    expect(asked).toHaveLength(8);
    for (const go of answer) go();
    await vi.waitFor(() => expect(answer).toHaveLength(8));
    const again = files.ask(dead, (on) => on.lstat(dead));
    answer.at(-1)?.();
    await expect(again).resolves.toBe(stats);
  });

  it('keeps no caller from leaving, and closes what it opens too late', async () => {
    const files = disk(16);
    const stop = new AbortController();
    const late = vi.fn();
    const asking = files.ask(dead, (on) => on.lstat(dead), stop.signal, late);
    stop.abort();
    await expect(asking).rejects.toMatchObject({ code: 'cancelled' });
    answer[0]?.();
    await vi.waitFor(() => expect(late).toHaveBeenCalledWith(stats));
    await expect(files.ask(dead, (on) => on.lstat(dead), AbortSignal.abort())).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});

describe('callers that leave', () => {
  const SHARE = 8;

  /** As many as may be open, of which the callers leave at once. */
  function leaveAll(files: LocalDisk): void {
    const stop = new AbortController();
    for (let i = 0; i < SHARE; i++) files.ask(dead, (on) => on.lstat(dead), stop.signal).catch(() => undefined);
    stop.abort();
  }

  it('say nothing about the drive: who comes after them waits for its turn, and is answered', async () => {
    const files = disk(2 * SHARE);
    leaveAll(files);
    const next = files.ask(dead, (on) => on.lstat(dead));
    expect(asked).toHaveLength(SHARE);
    for (const go of answer.splice(0)) go();
    await vi.waitFor(() => expect(answer).toHaveLength(1));
    answer[0]?.();
    await expect(next).resolves.toBe(stats);
  });

  it('leave their time-outs: a drive that answers none of them is not asked any more', async () => {
    const files = disk(2 * SHARE);
    leaveAll(files);
    await pass(WITHIN / 2);
    const next = files.ask(dead, (on) => on.lstat(dead)).catch((error: unknown) => error);
    await pass(WITHIN / 2);
    expect(await next).toBeInstanceOf(NoAnswer);
    await expect(files.ask(dead, (on) => on.lstat(dead))).rejects.toBeInstanceOf(NoAnswer);
    expect(asked).toHaveLength(SHARE);
  });
});

it('drives are distinguished by the mounts of the system, or by their names', () => {
  const mountinfo = () =>
    [
      '22 1 8:1 / / rw - ext4 /dev/sda1 rw',
      '30 22 0:40 / /mnt rw - tmpfs none rw',
      String.raw`31 30 0:41 / /mnt/show\040one rw - nfs4 server:/show rw`,
    ].join('\n');
  const options = { clock: () => 0, mountinfo };
  const linux = new MountPoints({ platform: 'linux', ...options });
  expect(['/mnt/show one/a.mov', '/mnt/show two/a.mov', '/home/me/a.mov'].map((path) => linux.of(path))).toEqual([
    '/mnt/show one/',
    '/mnt/',
    '/',
  ]);
  const mac = new MountPoints({ platform: 'darwin', ...options });
  expect(['/Volumes/Show/a.mov', '/Users/me/a.mov'].map((path) => mac.of(path))).toEqual(['/Volumes/Show', '/']);
});
