import { execFileSync } from 'node:child_process';
import { existsSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DownloadOptions, STOPPED } from '../../../../../electron/services/transfers/download/download.ts';
import { downloadResources } from '../../../../../electron/services/transfers/download/downloadResources.ts';
import { ConcurrencyController } from '../../../../../electron/services/transfers/http/concurrencyController.ts';
import { RequestSlots } from '../../../../../electron/services/transfers/http/requestSlots.ts';
import type { RewritableAnswer } from '../../../../sandbox/faults.ts';
import { until } from '../surroundings.ts';
import { DownloadDesk, KEY, MIB, SYDNEY_REGION, whenReceived } from './surroundings.ts';

const SIZE = 33 * MIB + 12_345;
/** Where requests are counted: a busy machine is not a line on which nothing comes. */
const PATIENT = { idleMs: 60_000 };
/** Of 2 MiB each. */
const RANGES = 17;
let desk: DownloadDesk;
beforeEach(async () => {
  desk = await DownloadDesk.open(SIZE);
  await desk.sandbox.waitForReplica(`media/${KEY}`, 50_000);
});
afterEach(() => desk.close());

const slow = (bytesPerSecond: number, region?: string) =>
  desk.sandbox.addFault({
    ...{ operation: 'GetObject', effect: { kind: 'bandwidth', bytesPerSecond } },
    ...(region !== undefined && { region }),
  });
const bytesSent = (region?: string) => desk.reads(region).reduce((sum, { bytesSent: bytes }) => sum + bytes, 0);

it('of a large object come side by side, and make one file that is proved', async () => {
  slow(MIB);
  const saving = desk.get('plate.mov', PATIENT);
  // A slow storage answers the first only after others have been asked.
  const mostAtOnce = () => desk.reads(SYDNEY_REGION).length;
  expect(await saving).toMatchObject({ size: SIZE, provedBy: 'crc32', route: { storage: 'sydney' } });
  expect(mostAtOnce()).toBe(RANGES);
  expect(await desk.holds()).toBe(true);
  expect(await desk.names()).toEqual(['plate.mov']);
});

it('that break are asked for again from where they ended, while the others go on', async () => {
  desk.sandbox.addFault({
    ...{ operation: 'GetObject', effect: { kind: 'reset', afterBytes: MIB }, times: 5 },
  });
  expect(await desk.get('plate.mov', PATIENT)).toMatchObject({ provedBy: 'crc32', route: { storage: 'sydney' } });
  expect(await desk.holds()).toBe(true);
  expect(desk.reads(SYDNEY_REGION)).toHaveLength(RANGES + 5);
  // Nothing but what a broken connection had in its buffers comes twice.
  expect(bytesSent(SYDNEY_REGION)).toBeLessThan(SIZE + 5 * MIB);
});

it('that a replica fails at twice come from main, and the others from the replica', async () => {
  desk.sandbox.addFault({
    ...{ operation: 'GetObject', region: SYDNEY_REGION, range: /^bytes=0-/ },
    effect: { kind: 'status', status: 500, code: 'InternalError' },
  });
  expect(await desk.get('plate.mov', PATIENT)).toMatchObject({ provedBy: 'crc32', route: { storage: 'sydney' } });
  expect(await desk.holds()).toBe(true);
  expect(desk.reads('us-east-1').map(({ status }) => status)).toEqual([206]);
});

it('are kept when main refuses as well, and the replica is asked on', async () => {
  desk.sandbox.addFault({
    ...{ operation: 'GetObject', region: SYDNEY_REGION, range: /^bytes=0-/, times: 3 },
    effect: { kind: 'status', status: 500, code: 'InternalError' },
  });
  desk.sandbox.addFault({
    ...{ operation: 'GetObject', region: 'us-east-1' },
    effect: { kind: 'status', status: 403, code: 'AccessDenied' },
  });
  expect(await desk.get('plate.mov', PATIENT)).toMatchObject({ provedBy: 'crc32', route: { storage: 'sydney' } });
  expect(await desk.holds()).toBe(true);
});

it.each([1, Infinity])('of a server that ignores them (%d times) are given up for one request', async (times) => {
  desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'ignore-range' }, times });
  expect(await desk.get()).toMatchObject({ provedBy: 'crc32' });
  expect(await desk.holds()).toBe(true);
});

it('of a server that gives others than it is asked for are given up for one request', async () => {
  const rewrite = ({ headers }: RewritableAnswer) => {
    const range = String(headers['content-range'] ?? '').replace(/-\d+\//, '-100/');
    return { headers: { ...headers, ...('content-range' in headers && { 'content-range': range }) } };
  };
  desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'rewritten', rewrite } });
  expect(await desk.get()).toMatchObject({ provedBy: 'crc32' });
  expect(await desk.holds()).toBe(true);
});

it('are not asked for where answers cannot be told to be of one version', async () => {
  desk.sandbox.addFault({ effect: { kind: 'no-version-ids' } });
  desk.sandbox.addFault({ effect: { kind: 'no-proof' } });
  const [before, requests] = [desk.content, desk.sandbox.requests];
  const { progress, reached } = whenReceived(SIZE / 4);
  const replaced = reached.then(() => desk.put(Buffer.alloc(SIZE, 3)));
  desk.sandbox.addFault({ operation: 'GetObject', skip: 1, effect: { kind: 'gate', opened: replaced } });
  expect(await desk.get('plate.mov', { progress, ...PATIENT })).toMatchObject({ provedBy: null });
  await replaced;
  expect((await desk.holds('plate.mov', before)) || (await desk.holds())).toBe(true);
  expect(requests.filter(({ operation }) => operation === 'GetObject')).toHaveLength(1);
});

it('that all stay silent are a wait that is told after some of them, not after all', async () => {
  const back = desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'stall' } });
  const asked: number[] = [];
  const waiting = () => {
    asked.push(desk.sandbox.requests.filter(({ operation }) => operation === 'GetObject').length);
    back();
  };
  // The time of an answer would raise the number of slots: on a busy machine it is no measure of a line.
  const clock = () => performance.now();
  const slots = new RequestSlots(new ConcurrencyController({ least: 2, most: 8, first: 8 }, clock()), clock);
  const resources = { ...downloadResources(), slots };
  await desk.get('plate.mov', { waiting, idleMs: 300, rangeBytes: MIB / 4, resources });
  expect(asked).toHaveLength(1);
  // Three attempts with as many as there are slots, of 133 ranges.
  expect(asked[0]).toBeLessThanOrEqual(24);
  expect(await desk.holds()).toBe(true);
});

it('end when another program removes the note, and leave nothing', async () => {
  slow(MIB / 2);
  const { progress, reached } = whenReceived(MIB);
  const saving = desk.get('plate.mov', { progress });
  saving.catch(() => undefined);
  await reached;
  for (const name of await desk.names()) if (name.endsWith('.json')) await rm(join(desk.folder, name));
  await expect(saving).rejects.toMatchObject({ code: 'same-destination' });
  expect(await desk.names()).toEqual([]);
});

describe('on a disk that is full in the middle', () => {
  const filled = async (options: DownloadOptions, skip: () => never) => {
    const small = join(desk.folder, 'small');
    await mkdir(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      skip();
    }
    const filler = join(small, 'filler');
    const progress = (received: number) => {
      if (received < SIZE / 4 || existsSync(filler)) return;
      // All that is free, but for a last block.
      const { bavail, bsize } = statfsSync(small);
      writeFileSync(filler, Buffer.alloc((bavail - 1) * bsize));
    };
    try {
      const done = await desk.get('small/plate.mov', { progress, ...options }).catch((error: unknown) => error);
      const holds = await desk.holds('small/plate.mov').catch(() => undefined);
      return { done, holds, names: await readdir(small) };
    } finally {
      execFileSync('umount', [small]);
    }
  };

  it('they end, and leave nothing', async ({ skip }) => {
    slow(4 * MIB);
    const { done, names } = await filled({}, skip);
    expect(done).toMatchObject({ code: 'disk-full' });
    expect(names).toEqual(['filler']);
  });

  it('they wait where they may, and go on when there is room', async ({ skip }) => {
    slow(4 * MIB);
    const waits: string[] = [];
    const filler = join(desk.folder, 'small', 'filler');
    const waiting = ({ for: reason }: { for: string }) => {
      waits.push(reason);
      truncateSync(filler);
    };
    const { done, holds } = await filled({ waiting, waitsFor: new Set(['disk']) }, skip);
    expect(done).toMatchObject({ provedBy: 'crc32' });
    expect(waits).toContain('disk');
    expect(holds).toBe(true);
  });
});

describe('a stop', () => {
  const half = async () => {
    const lift = slow(MIB);
    const stop = new AbortController();
    const { progress, reached } = whenReceived(SIZE / 3);
    const saving = desk.get('plate.mov', { progress, signal: stop.signal, ...PATIENT });
    saving.catch(() => undefined);
    await reached;
    stop.abort(STOPPED);
    await expect(saving).rejects.toMatchObject({ code: 'cancelled' });
    lift();
    desk.sandbox.requests.length = 0;
  };

  it('keeps every byte: only what is missing comes afterwards', async () => {
    await half();
    const { resumed, provedBy } = await desk.get('plate.mov', PATIENT);
    expect(resumed).toBeGreaterThanOrEqual(Math.floor(SIZE / 3));
    expect(provedBy).toBe('crc32');
    // With the headers of each answer.
    expect(bytesSent(SYDNEY_REGION)).toBeLessThan(SIZE - resumed + RANGES * 2000);
    expect(await desk.holds()).toBe(true);
    expect(await desk.names()).toEqual(['plate.mov']);
  });

  it('keeps every byte through another stop, before the object was identified', async () => {
    await half();
    const stop = new AbortController();
    const opened = desk.sandbox.addFault({ operation: 'HeadObject', effect: { kind: 'stall' } });
    const saving = desk.get('plate.mov', { signal: stop.signal });
    saving.catch(() => undefined);
    await until(() => desk.sandbox.requests.length > 0, 'the storage is asked');
    stop.abort(STOPPED);
    await expect(saving).rejects.toMatchObject({ code: 'cancelled' });
    opened();
    expect((await desk.get()).resumed).toBeGreaterThanOrEqual(Math.floor(SIZE / 3));
    expect(await desk.holds()).toBe(true);
  });

  it('leaves nothing where the next download is refused before its first byte', async () => {
    await half();
    const effect = { kind: 'status', status: 403, code: 'AccessDenied' } as const;
    desk.sandbox.addFault({ effect });
    await expect(desk.get()).rejects.toMatchObject({ code: 'access-denied' });
    expect(await desk.names()).toEqual([]);
  });

  it('keeps nothing of an object that was replaced since', async () => {
    await half();
    const replaced = Buffer.from(desk.content).fill(7, 0, 100);
    await desk.put(replaced, { ChecksumAlgorithm: 'CRC32' });
    expect(await desk.get()).toMatchObject({ resumed: 0, provedBy: 'crc32' });
    expect(await desk.holds()).toBe(true);
  });
});

it('end together when the download is cancelled: nothing is asked for or written afterwards', async () => {
  slow(MIB);
  const cancel = new AbortController();
  const { progress, reached } = whenReceived(SIZE / 4);
  const saving = desk.get('plate.mov', { progress, signal: cancel.signal });
  saving.catch(() => undefined);
  await reached;
  cancel.abort();
  await expect(saving).rejects.toMatchObject({ code: 'cancelled' });
  const asked = desk.sandbox.requests.length;
  expect(await desk.names()).toEqual([]);
  await wait(200);
  expect(desk.sandbox.requests.length).toBe(asked);
  expect(await desk.names()).toEqual([]);
});

it('of an object that is replaced under way never make a mixture', async () => {
  desk.sandbox.addFault({ effect: { kind: 'no-version-ids' } });
  const before = desk.content;
  const { progress, reached } = whenReceived(SIZE / 4);
  const replaced = reached.then(() => desk.put(Buffer.alloc(SIZE, 3), { ChecksumAlgorithm: 'CRC32' }));
  // The last range is answered by the new object.
  const last = { operation: 'GetObject', range: /-$/, times: 1 };
  desk.sandbox.addFault({ ...last, effect: { kind: 'gate', opened: replaced } });
  await desk.get('plate.mov', { progress });
  await replaced;
  // The replica may hold the former one still.
  const isOneOfBoth = (await desk.holds('plate.mov', before)) || (await desk.holds());
  expect(isOneOfBoth).toBe(true);
});
