import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seed } from '../../../sandbox/seed.ts';
import { startTestStudio, type TestStudio } from '../studio.ts';

let studio: TestStudio;
beforeEach(async () => {
  studio = await startTestStudio();
});
afterEach(() => studio.stop());

const KEY = 'shot.txt';

describe('an object that was overwritten while the replica still holds the old version', () => {
  it('never gives the old bytes in 1,000 link requests, and moves to the replica when it has the new version', async () => {
    const { services, sandbox } = studio;
    await studio.upload(KEY, 'old bytes');
    await sandbox.waitForReplica(`media/${KEY}`, 50_000);
    const before = await services.studio().createLink(KEY, 'play');
    expect(before.route.reason).toBe('replica-by-ip');

    sandbox.setReplication({ mode: 'never' });
    const admin = await studio.join({ onConflict: 'replace' });
    const [upload] = await admin.uploads.add('', [await studio.file(KEY, 'new bytes')]);
    await expect.poll(() => admin.uploads.list().find(({ id }) => id === upload)?.state).toBe('done');

    let old = 0;
    for (let batch = 0; batch < 20; batch++) {
      const links = await Promise.all(Array.from({ length: 50 }, () => services.studio().createLink(KEY, 'play')));
      const texts = await Promise.all(links.map(async ({ url }) => (await fetch(url)).text()));
      old += texts.filter((text) => text !== 'new bytes').length;
      expect(links.every(({ route }) => route.storage === 'main-us')).toBe(true);
      // Listings in between must not talk the services out of it either.
      await services.studio().library.list('');
    }
    expect(old).toBe(0);

    sandbox.setReplication({ mode: 'normal', delayMs: 0 });
    const [again] = await admin.uploads.add('', [await studio.file(KEY, 'newest bytes')]);
    await expect.poll(() => admin.uploads.list().find(({ id }) => id === again)?.state).toBe('done');
    await sandbox.waitForReplica(`media/${KEY}`, 50_000);
    await expect
      .poll(async () => (await services.studio().createLink(KEY, 'play')).route.reason, {
        timeout: 50_000,
      })
      .toBe('replica-by-ip');
    const link = await services.studio().createLink(KEY, 'play');
    expect(await (await fetch(link.url)).text()).toBe('newest bytes');
  });
});

describe('a replica that loses what it was proved to hold', () => {
  it('is asked again when a player failed there, and the link then points to main', async () => {
    const { services, sandbox } = studio;
    await studio.upload(KEY, 'bytes');
    await sandbox.waitForReplica(`media/${KEY}`, 50_000);
    const near = await services.studio().createLink(KEY, 'play');
    expect(near.route.storage).toBe('sydney');
    sandbox.addFault({ region: 'ap-southeast-2', effect: { kind: 'status', status: 404, code: 'NoSuchKey' } });
    expect((await fetch(near.url)).status).toBe(404);
    const next = await services.studio().createLink(KEY, 'play', 'sydney');
    expect(next.route).toMatchObject({ storage: 'main-us', reason: 'replica-not-ready' });
    expect(await (await fetch(next.url)).text()).toBe('bytes');
  });

  it('counts as unreachable when its region is gone, and is used again when it is back', async () => {
    const { services, sandbox } = studio;
    await studio.upload(KEY, 'bytes');
    await sandbox.waitForReplica(`media/${KEY}`, 50_000);
    const gone = sandbox.addFault({ region: 'ap-southeast-2', effect: { kind: 'down' } });
    const link = await services.studio().createLink(KEY, 'play', 'sydney');
    expect(link.route).toMatchObject({ storage: 'main-us', reason: 'replica-unreachable' });
    gone();
    await expect
      .poll(async () => (await services.studio().explainRoute(KEY)).reason, { timeout: 50_000 })
      .toBe('replica-by-ip');
  });
});

describe('links', () => {
  it('are refused after their expiry, and never outlive it', async () => {
    const services = await studio.join({ linkLifetime: 1000 });
    await studio.upload(KEY, 'bytes');
    const link = await services.studio().createLink(KEY, 'play');
    expect(link.expiresAt - Date.now()).toBeLessThanOrEqual(1000);
    expect((await fetch(link.url)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 2100));
    expect((await fetch(link.url)).status).toBe(403);
  });

  it('are the same for the same object, so that caches stay warm, and name the version', async () => {
    await studio.upload(KEY, 'bytes');
    await studio.sandbox.waitForReplica(`media/${KEY}`, 50_000);
    const first = await studio.services.studio().createLink(KEY, 'play');
    const second = await studio.services.studio().createLink(KEY, 'play');
    expect(second.url).toBe(first.url);
    expect(new URL(first.url).searchParams.get('versionId')).toBe(first.versionId);
  });

  it('for download carry the name, whatever letters it has', async () => {
    await studio.upload('Szene „eins“ – früh.mov', 'bytes');
    const link = await studio.services.studio().createLink('Szene „eins“ – früh.mov', 'download');
    const answer = await fetch(link.url);
    expect(answer.headers.get('content-disposition')).toContain("filename*=UTF-8''Szene%20%E2%80%9Eeins%E2%80%9C");
  });
});

describe('the library', () => {
  it('asks one listing of main and one of the replica for a page, and no HEAD', async () => {
    const { services, sandbox } = studio;
    // Not uploaded: what was, is watched for a while, which asks too.
    const folder = join(studio.folder, 'seeded');
    await mkdir(folder);
    for (const name of ['a.txt', 'b.txt', 'c.txt']) await writeFile(join(folder, name), name);
    await seed(sandbox, folder, { prefix: 'media/sq010', ageMs: 24 * 3600_000 });
    const before = sandbox.requests.length;
    const page = await services.studio().library.list('sq010/');
    const asked = sandbox.requests.slice(before).map(({ operation }) => operation);
    expect(asked).toEqual(['ListObjectsV2', 'ListObjectsV2']);
    expect(page.entries.map((entry) => 'route' in entry && entry.route.reason)).toEqual(Array(3).fill('replica-by-ip'));
  });

  it('goes on from the replica while main is away', async () => {
    const { services, sandbox } = studio;
    await studio.upload('a.txt', 'a');
    await sandbox.waitForReplica('media/a.txt', 50_000);
    sandbox.addFault({ region: 'us-east-1', effect: { kind: 'down' } });
    const page = await services.studio().library.list('');
    expect(page.entries).toMatchObject([{ key: 'a.txt', route: { storage: 'sydney', reason: 'main-unreachable' } }]);
  });
});
