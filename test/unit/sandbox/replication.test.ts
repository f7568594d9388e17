import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Replication } from '../../sandbox/replication.ts';
import { Bucket } from '../../sandbox/store.ts';

let folder: string;
let source: Bucket;
let sydney: Bucket;
let london: Bucket;
let replication: Replication;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nearplay-replication-'));
  [source, sydney, london] = [bucket('main'), bucket('syd'), bucket('lon')];
  for (const each of [source, sydney, london]) await each.prepare();
  const destinations = [
    { name: 'sydney', bucket: sydney },
    { name: 'london', bucket: london },
  ];
  replication = new Replication(source, destinations, { delayMs: 0, mode: 'normal' });
});
afterEach(async () => {
  replication.stop();
  await rm(folder, { recursive: true, force: true });
});

const bucket = (name: string) => new Bucket(name, join(folder, name));
const write = (key: string, versionId = 'v1') => {
  const version = source.add({
    ...{ key, versionId, isDeleteMarker: false, pieces: [], size: 0, etag: 'e', lastModified: 0, headers: {} },
  });
  replication.schedule(version);
  return version;
};
const settled = (version: { replicationStatus?: string }) => expect.poll(() => version.replicationStatus);

describe('replication to several destinations', () => {
  it('is COMPLETED only when every one of them has the version', async () => {
    replication.addException({ destination: 'london', delayMs: 150 });
    const version = write('clip');
    await expect.poll(() => sydney.current('clip')?.versionId).toBe('v1');
    expect([version.replicationStatus, london.current('clip')]).toEqual(['PENDING', undefined]);
    await settled(version).toBe('COMPLETED');
    expect(london.current('clip')?.replicationStatus).toBe('REPLICA');
  });

  it('is FAILED when one of them fails, and the others have it all the same', async () => {
    replication.addException({ destination: 'london', mode: 'failed' });
    const version = write('clip');
    await settled(version).toBe('FAILED');
    await expect.poll(() => sydney.current('clip')?.versionId).toBe('v1');
    expect(london.current('clip')).toBeUndefined();
  });

  it('can differ by key, until the exception is taken away', async () => {
    const remove = replication.addException({ key: /\.tmp$/, mode: 'never' });
    const [kept, stuck] = [write('clip'), write('clip.tmp')];
    await settled(kept).toBe('COMPLETED');
    expect([stuck.replicationStatus, stuck.deliveries?.['sydney']]).toEqual(['PENDING', { status: 'PENDING' }]);
    remove();
    await settled(write('other.tmp')).toBe('COMPLETED');
  });

  it('is done again on demand, for what failed, got stuck or was never tried', async () => {
    replication.setRule({ mode: 'failed' });
    const failed = write('failed');
    await settled(failed).toBe('FAILED');
    replication.setRule({ mode: 'never' });
    const stuck = write('stuck');
    const old = source.add({ ...stuck, key: 'old', replicationStatus: 'PENDING', deliveries: {} });
    replication.repeat(/^(failed|old)$/);
    await settled(failed).toBe('COMPLETED');
    await settled(old).toBe('COMPLETED');
    expect([stuck.replicationStatus, london.current('stuck')]).toEqual(['PENDING', undefined]);
  });

  it('keeps the newest version on top, in whichever order versions arrive', async () => {
    const remove = replication.addException({ delayMs: 150 });
    const old = write('clip', 'v1');
    remove();
    await settled(write('clip', 'v2')).toBe('COMPLETED');
    await settled(old).toBe('COMPLETED');
    expect(sydney.versionsOf('clip').map(({ versionId }) => versionId)).toEqual(['v2', 'v1']);
  });
});
