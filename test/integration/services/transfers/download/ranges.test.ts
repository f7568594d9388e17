import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STOPPED } from '../../../../../electron/services/transfers/download/download.ts';
import { until } from '../surroundings.ts';
import { DownloadDesk, KEY, MIB, SYDNEY_REGION, whenReceived } from './surroundings.ts';

const SIZE = 33 * MIB + 12_345;
/** Of 3 MiB each. */
const RANGES = 12;
let desk: DownloadDesk;
beforeEach(async () => {
  desk = await DownloadDesk.open(SIZE);
  await desk.sandbox.waitForReplica(`media/${KEY}`, 5000);
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
  const saving = desk.get();
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
  expect(await desk.get()).toMatchObject({ provedBy: 'crc32', route: { storage: 'sydney' } });
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
  expect(await desk.get()).toMatchObject({ provedBy: 'crc32', route: { storage: 'sydney' } });
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
  expect(await desk.get()).toMatchObject({ provedBy: 'crc32', route: { storage: 'sydney' } });
  expect(await desk.holds()).toBe(true);
});

it.each([1, Infinity])('of a server that ignores them (%d times) are given up for one request', async (times) => {
  desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'ignore-range' }, times });
  expect(await desk.get()).toMatchObject({ provedBy: 'crc32' });
  expect(await desk.holds()).toBe(true);
});

describe('a stop', () => {
  const half = async () => {
    const lift = slow(MIB);
    const stop = new AbortController();
    const { progress, reached } = whenReceived(SIZE / 3);
    const saving = desk.get('plate.mov', { progress, signal: stop.signal });
    saving.catch(() => undefined);
    await reached;
    stop.abort(STOPPED);
    await expect(saving).rejects.toMatchObject({ code: 'cancelled' });
    lift();
    desk.sandbox.requests.length = 0;
  };

  it('keeps every byte: only what is missing comes afterwards', async () => {
    await half();
    const { resumed, provedBy } = await desk.get();
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
