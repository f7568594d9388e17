import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../electron/cli/program.ts';
import { type Application, createServices } from '../../electron/services/application.ts';
import { PreferencesInBucket } from '../../electron/services/preferences/preferencesInBucket.ts';
import { settingsInMemory } from '../../electron/services/preferences/settingsStore.ts';
import { SILENT } from '../../electron/services/runtime/log.ts';
import { findMinio, type MinioPair, startMinioPair } from './minio.ts';

const MIB = 1024 ** 2;
/** Less than the time-out of a test, so that the failure says what was waited for; more than any machine needs. */
const PATIENT = { timeout: 150_000, interval: 50 };
const UNDER_WAY = ['PENDING', 'FAILED'];
const tools = await findMinio();
process.stdout.write(`interop: ${typeof tools === 'string' ? `${tools}; its tests are skipped` : tools.version}\n`);

let pair: MinioPair;
let folder: string;
let services: Application;
/** What ends with the tests, in the order of beginning. */
const endings: (() => Promise<void>)[] = [];
const small = randomBytes(100_000);
const large = randomBytes(21 * MIB + 17);

describe.skipIf(typeof tools === 'string')('two MinIO servers with bucket replication', () => {
  beforeAll(async () => {
    if (typeof tools === 'string') return;
    folder = await mkdtemp(join(tmpdir(), 'nearplay-minio-files-'));
    endings.push(() => rm(folder, { recursive: true, force: true }));
    pair = await startMinioPair(tools);
    endings.push(() => pair.stop());
    const storage = (region: string, place: { endpoint: string; bucket: string }) => ({
      region,
      ...place,
      prefix: 'media',
      forcePathStyle: true,
    });
    const preferences = {
      version: 1,
      s3Configuration: { 'main-us': storage('us-east-1', pair.main), sydney: storage('us-east-1', pair.replica) },
      mainStorage: 'main-us',
      replication: { delaySeconds: 0, replicas: [{ storage: 'sydney', ipRanges: ['203.0.113.0/24'] }] },
      publicIp: { services: [] },
    };
    await writeFile(join(folder, 'studio.json'), JSON.stringify(preferences));
    services = createServices({
      userDataFolder: folder,
      settings: settingsInMemory(),
      env: { AWS_ACCESS_KEY_ID: pair.accessKeyId, AWS_SECRET_ACCESS_KEY: pair.secretAccessKey },
      commandLinePreferences: join(folder, 'studio.json'),
      givenAddress: '203.0.113.7',
      onConflict: 'replace',
      uploadTiming: { settle: 0 },
      log: SILENT,
      now: () => Date.now(),
      version: '0',
      platform: process.platform,
      runtime: 'interop',
    });
    endings.push(() => services.stop());
    await services.start();
  });
  afterAll(async () => {
    for (const end of endings.reverse()) await end();
  });

  afterEach(({ task }) => {
    if (task.result?.state === 'fail') process.stdout.write(`${pair.lastWords()}\n`);
  });

  const upload = async (name: string, content: Buffer) => {
    await writeFile(join(folder, name), content);
    const before = new Set(services.uploads.list().map(({ id }) => id));
    await services.addUploads('sq010', [join(folder, name)]);
    const news = () => services.uploads.list().filter(({ id }) => !before.has(id));
    await expect.poll(() => news().map(({ state }) => state), PATIENT).toEqual(['done']);
    return news()[0]?.key ?? '';
  };
  const reasonOf = async (key: string) => (await services.studio().explainRoute(key)).reason;
  const bytesOf = async (url: string) => Buffer.from(await (await fetch(url)).arrayBuffer());

  it.each([
    ['a small file', 'small.mov', small],
    ['a file in parts', 'large.mov', large],
  ])('%s is uploaded to one and read from the other', async (_name, name, content) => {
    const key = await upload(name, content);
    const statuses = new Set<string | undefined>();
    await expect
      .poll(async () => {
        const { replicationStatus } = await services.studio().objects.head('main-us', key);
        statuses.add(replicationStatus);
        return replicationStatus;
      }, PATIENT)
      .toMatch(/^COMPLETED?$/);
    // On loopback PENDING may be over before anyone can ask. FAILED is not the end with MinIO: it tries again by itself,
    // and on a slow machine its first try may run into a time-out.
    const known = new Set([...UNDER_WAY, 'COMPLETED']);
    expect([...statuses].filter((status) => status === undefined || !known.has(status))).toEqual([]);
    await expect.poll(() => reasonOf(key), PATIENT).toBe('replica-by-ip');
    const link = await services.studio().createLink(key, 'play');
    expect(new URL(link.url).origin).toBe(pair.replica.endpoint);
    expect((await bytesOf(link.url)).equals(content)).toBe(true);
    // Proved, not assumed: version ids are preserved by replication.
    const [main, replica] = await Promise.all(
      ['main-us', 'sydney'].map((storage) => services.studio().objects.head(storage, key)),
    );
    expect(replica?.versionId).toBe(main?.versionId);
  });

  it('an overwritten file never gives old bytes', async () => {
    const key = await upload('often.bin', Buffer.from('version 0'));
    for (let version = 1; version <= 5; version++) {
      await upload('often.bin', Buffer.from(`version ${version}`));
      for (let request = 0; request < 20; request++) {
        const link = await services.studio().createLink(key, 'play');
        expect((await bytesOf(link.url)).toString()).toBe(`version ${version}`);
      }
    }
  });

  it('a library page takes its routes from two listings', async () => {
    await expect.poll(() => reasonOf('sq010/small.mov'), PATIENT).toBe('replica-by-ip');
    const page = await services.studio().library.list('sq010/');
    const file = page.entries.find(({ key }) => key === 'sq010/small.mov');
    expect(file).toMatchObject({ size: small.length, route: { storage: 'sydney' } });
  });

  it('preferences are saved on a condition', async () => {
    const stored = new PreferencesInBucket(services.studio());
    expect(await stored.refusal()).toBeUndefined();
    const etag = await stored.save('{"first":1}', undefined);
    await expect(stored.save('{"other":1}', undefined)).rejects.toMatchObject({ code: 'conflict' });
    await stored.save('{"second":1}', etag);
    await expect(stored.save('{"late":1}', etag)).rejects.toMatchObject({ code: 'conflict' });
    expect(await stored.history()).toHaveLength(2);
  });

  it('the command line says the same as the app', async () => {
    let stdout = '';
    const env = {
      NEARPLAY_PREFERENCES: join(folder, 'studio.json'),
      NEARPLAY_HOME: join(folder, 'home'),
      AWS_ACCESS_KEY_ID: pair.accessKeyId,
      AWS_SECRET_ACCESS_KEY: pair.secretAccessKey,
    };
    const terminal = {
      env,
      cwd: folder,
      stdout: (text: string) => (stdout += text),
      stderr: (text: string) => (stdout += text),
      now: () => Date.now(),
      platform: process.platform,
      signal: new AbortController().signal,
    };
    expect(await runCli(['status', 'sq010/large.mov', '--json'], terminal)).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      size: large.length,
      replicationStatus: 'COMPLETED',
      replicas: [{ storage: 'sydney', holdsThisVersion: true }],
    });
    expect(await runCli(['get', 'sq010/large.mov', 'copy.mov', '--ip', '203.0.113.7', '--json'], terminal)).toBe(0);
    expect((await readFile(join(folder, 'copy.mov'))).equals(large)).toBe(true);
  });
});
