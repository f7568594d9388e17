import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../../../shared/errors.ts';
import type { FaultEffect } from '../../../../sandbox/faults.ts';
import { DownloadDesk, KEY, MIB, SYDNEY_REGION, whenReceived } from './surroundings.ts';

const SIZE = 2 * MIB;
let desk: DownloadDesk;
beforeEach(async () => {
  desk = await DownloadDesk.open(SIZE);
  await desk.sandbox.waitForReplica(`media/${KEY}`, 50_000);
});
afterEach(() => desk.close());

const refuse = (status: number, code: string) =>
  desk.sandbox.addFault({ operation: 'GetObject', region: SYDNEY_REGION, effect: { kind: 'status', status, code } });
const play = () => desk.services.studio().createLink(KEY, 'play');

it('is read from the nearest replica, and proved by what that keeps', async () => {
  expect(await desk.get()).toMatchObject({ route: { storage: 'sydney', reason: 'replica-by-ip' }, provedBy: 'crc32' });
  expect(desk.reads('us-east-1')).toEqual([]);
});

describe.each<[number, string, ErrorCode | undefined]>([
  [403, 'InvalidObjectState', 'archived'],
  [400, 'KMS.DisabledException', 'encryption-refused'],
  [403, 'AccessDenied', 'access-denied'],
  [404, 'NoSuchVersion', 'no-such-key'],
  [400, 'InvalidRequest', undefined],
])('a replica that holds a version and refuses its bytes (%i %s)', (status, code, refusedFor) => {
  it('is left for main, and for a while by every reader alike', async () => {
    refuse(status, code);
    expect(await desk.get()).toMatchObject({
      route: { storage: 'main-us', reason: 'replica-not-ready', details: { replica: 'sydney' } },
    });
    expect(await desk.holds()).toBe(true);
    const asked = desk.sandbox.requests.length;
    const link = await play();
    expect(link.route).toMatchObject({ storage: 'main-us', reason: 'replica-not-ready' });
    if (refusedFor !== undefined) expect(link.route.details.refusedFor).toBe(refusedFor);
    expect((await desk.services.studio().explainRoute(KEY)).storage).toBe('main-us');
    const page = await desk.services.studio().library.list('sq010/');
    expect(page.entries).toMatchObject([{ key: KEY, route: { storage: 'main-us', reason: 'replica-not-ready' } }]);
    const since = desk.sandbox.requests.slice(asked);
    expect(since.filter(({ region, operation }) => region === SYDNEY_REGION && operation !== 'ListObjectsV2')).toEqual(
      [],
    );
  });

  it('is found out before a link is given that cannot be taken back', async () => {
    refuse(status, code);
    const link = await desk.services.studio().createReadableLink(KEY);
    expect(link.route).toMatchObject({ storage: 'main-us', reason: 'replica-not-ready' });
    expect(Buffer.from(await (await fetch(link.url)).arrayBuffer()).equals(desk.content)).toBe(true);
  });

  it('and that a player found out is no longer read by downloads', async () => {
    refuse(status, code);
    expect((await play()).route.storage).toBe('sydney');
    await desk.services.studio().createLink(KEY, 'play', 'sydney');
    expect(await desk.get()).toMatchObject({ route: { storage: 'main-us' } });
  });
});

it('gets no link where main refuses the bytes as well', async () => {
  const effect: FaultEffect = { kind: 'status', status: 403, code: 'InvalidObjectState' };
  desk.sandbox.addFault({ operation: 'GetObject', effect });
  await expect(desk.services.studio().createReadableLink(KEY)).rejects.toMatchObject({ code: 'archived' });
  await expect(desk.get()).rejects.toMatchObject({ code: 'archived' });
  expect(await desk.names()).toEqual([]);
});

describe('a replica in the middle of a download', () => {
  it('that goes away leaves the rest to main', async () => {
    desk.sandbox.addFault({
      ...{ operation: 'GetObject', region: SYDNEY_REGION, times: 1 },
      effect: { kind: 'reset', afterBytes: MIB },
    });
    const { progress, reached } = whenReceived(MIB / 2);
    const gone = reached.then(() => desk.sandbox.addFault({ region: SYDNEY_REGION, effect: { kind: 'down' } }));
    expect(await desk.get('plate.mov', { progress })).toMatchObject({
      route: { storage: 'main-us' },
      provedBy: 'crc32',
    });
    await gone;
    expect(await desk.holds()).toBe(true);
    expect(desk.reads('us-east-1')).toHaveLength(1);
    expect(desk.reads('us-east-1')[0]?.bytesSent).toBeLessThan(SIZE);
  });

  it('that gives damaged bytes is left for main', async () => {
    desk.sandbox.addFault({
      ...{ operation: 'GetObject', region: SYDNEY_REGION },
      effect: { kind: 'corrupt', atByte: 1000 },
    });
    expect(await desk.get()).toMatchObject({ route: { storage: 'main-us' }, provedBy: 'crc32' });
    expect(await desk.holds()).toBe(true);
  });

  it('that is a page of a firewall is left for main', async () => {
    desk.sandbox.addFault({
      ...{ operation: 'GetObject', region: SYDNEY_REGION },
      effect: { kind: 'answer-instead', status: 200, body: '<html>blocked</html>' },
    });
    expect(await desk.get()).toMatchObject({ route: { storage: 'main-us' } });
    expect(await desk.holds()).toBe(true);
  });
});

it('is read from another holder when what main gives is damaged', async () => {
  const services = await desk.restart({ givenAddress: '198.51.100.7' });
  desk.sandbox.addFault({
    ...{ operation: 'GetObject', region: 'us-east-1' },
    effect: { kind: 'corrupt', atByte: 1000 },
  });
  const { download } = await import('../../../../../electron/services/transfers/download/download.ts');
  const done = await download(() => services.studio(), KEY, `${desk.folder}/plate.mov`, { random: () => 0 });
  expect(done).toMatchObject({ route: { storage: 'sydney' }, provedBy: 'crc32' });
  expect(await desk.holds()).toBe(true);
});

it('is proved by what main keeps, where the replica keeps nothing', async () => {
  desk.sandbox.addFault({ region: SYDNEY_REGION, effect: { kind: 'no-proof' } });
  expect(await desk.get()).toMatchObject({ route: { storage: 'sydney' }, provedBy: 'crc32' });
});

it('of a replica with another encryption is pinned by that one’s own ETag', async () => {
  desk.sandbox.addFault({
    ...{ region: SYDNEY_REGION, effect: { kind: 'reset', afterBytes: MIB }, operation: 'GetObject', times: 1 },
  });
  const replica = desk.sandbox.bucketOf('sydney').current(`media/${KEY}`);
  if (!replica) throw new Error('There is no replica');
  // KMS gives another ETag to the same bytes (S3 User Guide, "What does Amazon S3 replicate?").
  replica.etag = 'f'.repeat(32);
  expect(await desk.get()).toMatchObject({ route: { storage: 'sydney' }, provedBy: 'crc32' });
  expect(await desk.holds()).toBe(true);
});
