import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seed } from '../../../sandbox/seed.ts';
import { startTestStudio, type TestStudio } from '../studio.ts';

const DAY = 24 * 3600 * 1000;
const MEDIA = join(import.meta.dirname, '../../../fixtures/media/stills');
const PATIENT = { timeout: 50_000 };

let studio: TestStudio;
beforeEach(async () => {
  studio = await startTestStudio();
});
afterEach(() => studio.stop());

describe('the replication report', () => {
  it('tells pending, stuck, failed and never replicated objects apart, with bytes, and skips what is there', async () => {
    const { sandbox, services } = studio;
    await studio.upload('there.txt', 'there');
    await sandbox.waitForReplica('media/there.txt', 50_000);
    await seed(sandbox, MEDIA, { prefix: 'media/old', ageMs: DAY, replicated: false });
    sandbox.setReplication({ mode: 'failed' });
    await studio.upload('failed.txt', 'failed');
    sandbox.setReplication({ mode: 'never' });
    await studio.upload('pending.txt', 'pending');
    const progress: number[] = [];
    services.on('reportProgress', ({ compared }) => progress.push(compared));
    const report = await studio.services.reports.report('');
    expect(report).toMatchObject({
      compared: 6,
      totals: {
        failed: { objects: 1, bytes: 6 },
        pending: { objects: 1, bytes: 7 },
        never: { objects: 3 },
        stuck: { objects: 0 },
      },
      truncated: false,
    });
    expect(report.objects.find(({ key }) => key === 'failed.txt')).toMatchObject({ missingFrom: ['sydney'] });
    expect(report.objects.some(({ key }) => key === 'there.txt')).toBe(false);
    expect(progress.at(-1)).toBe(6);

    const later = await studio.join({ now: () => Date.now() });
    sandbox.setClock(3600 * 1000);
    const stuck = await later.reports.report('');
    expect(stuck.totals).toMatchObject({ stuck: { objects: 1 }, pending: { objects: 0 } });
  });

  it('of files that came to main by replication themselves says that no rule copies them, not that they are under way', async () => {
    const { sandbox } = studio;
    sandbox.setReplication({ mode: 'never' });
    await studio.upload('chained.txt', 'chained');
    const version = sandbox.bucketOf('main-us').current('media/chained.txt');
    if (version) version.replicationStatus = 'REPLICA';
    const report = await studio.services.reports.report('');
    expect(report.objects).toMatchObject([{ key: 'chained.txt', problem: 'never' }]);
  });

  it('becomes a manifest that Batch Operations reads: bucket, encoded key, version id', async () => {
    const { sandbox, services } = studio;
    sandbox.setReplication({ mode: 'failed' });
    await studio.upload('Früh, "eins" 01.txt', 'failed');
    const report = await studio.services.reports.report('');
    const [object] = report.objects;
    const key = 'media/Fr%C3%BCh%2C%20%22eins%22%2001.txt';
    expect(services.reports.manifest(['failed'])).toBe(`studio-media,${key},${object?.versionId}\r\n`);
    expect(() => services.reports.manifest(['stuck'])).toThrow(
      expect.objectContaining({ code: 'bad-request' }) as Error,
    );
  });

  it('costs one listing a storage for 1,000 objects, and can be cancelled', async () => {
    const { sandbox } = studio;
    await seed(sandbox, MEDIA, { prefix: 'media/old', ageMs: DAY, replicated: true });
    const before = sandbox.requests.length;
    await studio.services.reports.report('');
    const operations = sandbox.requests.slice(before).map(({ operation }) => operation);
    expect(operations).toEqual(['ListObjectsV2', 'ListObjectsV2']);
    sandbox.addFault({ effect: { kind: 'latency', milliseconds: 2000 } });
    const running = studio.services.reports.report('');
    setTimeout(() => studio.services.reports.cancel(), 50);
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('why this region', () => {
  it('names addresses, range, proof, health and measurements, and gives IT a text without secrets', async () => {
    const { sandbox } = studio;
    const key = await studio.upload('shot.txt', 'x'.repeat(100_000));
    await sandbox.waitForReplica(`media/${key}`, 50_000);
    // It may have been asked for a moment too early.
    await expect
      .poll(async () => (await studio.services.studio().explainRoute(key)).reason, PATIENT)
      .toBe('replica-by-ip');
    // Far more than a busy machine adds to the answers of the other one.
    sandbox.addFault({ region: 'ap-southeast-2', effect: { kind: 'latency', milliseconds: 2000 } });
    await studio.services.explanations.measure(key);
    const explained = await studio.services.explanations.explain(key);
    expect(explained).toMatchObject({
      reading: { readFrom: 'auto', route: { storage: 'sydney', details: { matchedRange: '203.0.113.0/24' } } },
      object: {
        replicationStatus: 'COMPLETED',
        route: { reason: 'replica-by-ip' },
        proofs: [{ storage: 'sydney', holds: 'yes', by: 'version' }],
      },
      advice: 'main-us',
    });
    const [main, sydney] = explained.measurements;
    expect(main?.latency).toBeLessThan(sydney?.latency ?? 0);
    expect(main?.throughput).toBeGreaterThan(0);
    expect(explained.text).toContain('203.0.113.7');
    expect(explained.text).not.toContain(sandbox.credentials.accessKeyId);
    expect(explained.text).not.toMatch(/https?:\/\/|X-Amz/);
    // Advice never changes the route.
    expect((await studio.services.studio().explainRoute(key)).storage).toBe('sydney');
    sandbox.clearFaults();
    // Measured is what the storage answers; a firewall's page has no round trip to the storage.
    sandbox.addFault({
      region: 'ap-southeast-2',
      effect: { kind: 'answer-instead', status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' },
    });
    await studio.services.explanations.measure(key);
    const [, walled] = (await studio.services.explanations.explain(key)).measurements;
    expect(walled).not.toHaveProperty('latency');
    expect(walled?.error?.code).toBe('not-a-storage');
  });
});

describe('ready in your region', () => {
  it('is told once after an upload, when the replica is proved', async () => {
    const { sandbox, services } = studio;
    sandbox.setReplication({ mode: 'normal', delayMs: 1500 });
    const ready: string[] = [];
    services.on('replicaReady', ({ key, label }) => ready.push(`${key} in ${label}`));
    await studio.upload('shot.txt', 'bytes');
    expect(ready).toEqual([]);
    await expect.poll(() => ready, { timeout: 50_000 }).toEqual(['shot.txt in Sydney']);
  });

  it('is told of what others upload into a folder with a ready alert', async () => {
    const { sandbox, services } = studio;
    sandbox.setReplication({ mode: 'normal', delayMs: 1500 });
    const ready: string[] = [];
    services.on('replicaReady', ({ key }) => ready.push(key));
    const other = await studio.join();
    const [upload] = await other.uploads.add('dailies', [await studio.file('theirs.txt', 'bytes')]);
    await expect.poll(() => other.uploads.list().find(({ id }) => id === upload)?.state).toBe('done');
    studio.services.changeSettings({ readyAlerts: ['dailies/'] });
    await expect.poll(() => ready, { timeout: 50_000 }).toEqual(['dailies/theirs.txt']);
  });
});

describe('a copy on this computer', () => {
  it('comes from the nearest storage, whole, as a transfer', async () => {
    const { sandbox, services } = studio;
    const content = Buffer.alloc(3_000_000, 5);
    const key = await studio.upload('shot.mov', content);
    await sandbox.waitForReplica(`media/${key}`, 50_000);
    const file = join(studio.folder, 'copy.mov');
    const states: string[] = [];
    services.on('transfersChanged', ({ changed }) => {
      const copy = changed.find(({ direction }) => direction === 'download');
      if (copy) states.push(copy.state);
    });
    services.downloads.add(key, file);
    await expect.poll(() => states.at(-1), { timeout: 50_000 }).toBe('done');
    expect((await readFile(file)).equals(content)).toBe(true);
    const read = sandbox.requests.filter(({ operation }) => operation === 'GetObject').at(-1);
    expect(read?.region).toBe('ap-southeast-2');
  });
});
