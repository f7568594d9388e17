import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Application } from '../../../../electron/services/application.ts';
import { PreferencesInBucket } from '../../../../electron/services/preferences/preferencesInBucket.ts';
import { bucketPlace } from '../../../../electron/services/preferences/preferencesSource.ts';
import { type SettingsBackend, settingsInMemory } from '../../../../electron/services/preferences/settingsStore.ts';
import { type IsolationPreferences, preferencesSchema } from '../../../../shared/preferences.ts';
import type { FaultEffect } from '../../../sandbox/faults.ts';
import { settled, startTestStudio, type TestStudio } from '../studio.ts';

const KEY = 'media/.nearplay/isolation-preferences.json';
/** Only against what hangs: a busy machine takes its time. */
const eventually = <Value>(value: () => Value) => expect.poll(value, { timeout: 50_000 });
let studio: TestStudio;
let admin: S3Client;
let settings: SettingsBackend;
beforeEach(async () => {
  studio = await startTestStudio();
  const { endpoint, region } = studio.sandbox.main;
  admin = new S3Client({ endpoint, region, forcePathStyle: true, credentials: studio.sandbox.credentials });
  settings = settingsInMemory();
});
afterEach(async () => {
  admin.destroy();
  await studio.stop();
});

const document = (delaySeconds: number) => JSON.stringify(studio.sandbox.preferences({ delaySeconds }));
const put = (text: string) => admin.send(new PutObjectCommand({ Bucket: 'studio-media', Key: KEY, Body: text }));
const remove = () => admin.send(new DeleteObjectCommand({ Bucket: 'studio-media', Key: KEY }));
const statusOf = async (services: Application) => (await services.bootstrap()).preferences;
const inForce = async (services: Application) => {
  const { origin, document: found } = await statusOf(services);
  return [origin?.kind, found?.replication.delaySeconds];
};
const readings = () => studio.sandbox.requests.filter(({ key, operation }) => key === KEY && operation === 'GetObject');

/** An artist who imported the studio's file (with a delay of 4 s), once. */
async function artist(): Promise<Application> {
  const services = await studio.join({ commandLinePreferences: undefined, settings });
  if ((await statusOf(services)).document) return services;
  await services.importPreferences(await studio.file('from-it.json', document(4)));
  return services;
}

describe('the preferences object in the main storage', () => {
  it('is picked up after the import, and at every start', async () => {
    await put(document(7));
    const services = await artist();
    await eventually(() => inForce(services)).toEqual(['bucket', 7]);
    await put(document(9));
    const next = await artist();
    await eventually(() => inForce(next)).toEqual(['bucket', 9]);
  });

  it('is asked for on a condition, and an unchanged one changes nothing', async () => {
    await put(document(7));
    const services = await artist();
    await eventually(() => inForce(services)).toEqual(['bucket', 7]);
    const told: unknown[] = [];
    services.on('preferencesChanged', (status) => told.push(status));
    const before = readings().length;
    services.networkChanged();
    await eventually(() => readings().length).toBe(before + 1);
    expect(readings().at(-1)?.status).toBe(304);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(told).toEqual([]);
    expect(await inForce(services)).toEqual(['bucket', 7]);
  });

  it('that is malformed keeps the last good one, and the findings say so', async () => {
    await put(document(7));
    const services = await artist();
    await eventually(() => inForce(services)).toEqual(['bucket', 7]);
    await put('{ "version": 1, oops');
    services.networkChanged();
    await eventually(async () => (await statusOf(services)).findings.some(({ severity }) => severity === 'error')).toBe(
      true,
    );
    expect(await inForce(services)).toEqual(['bucket', 7]);
    await put(document(8));
    services.networkChanged();
    await eventually(() => inForce(services)).toEqual(['bucket', 8]);
    expect((await statusOf(services)).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('that was removed has no say any more, at the next start neither', async () => {
    await put(document(7));
    const services = await artist();
    await eventually(() => inForce(services)).toEqual(['bucket', 7]);
    await remove();
    services.networkChanged();
    await eventually(() => inForce(services)).toEqual(['imported', 4]);
    expect(await inForce(await artist())).toEqual(['imported', 4]);
  });

  it.each([
    ['main is away', { kind: 'down' }],
    ['reading is refused', { kind: 'status', status: 403, code: 'AccessDenied' }],
    ['the bucket is gone', { kind: 'status', status: 404, code: 'NoSuchBucket' }],
    ['the storage fails', { kind: 'status', status: 500, code: 'InternalError' }],
  ] as const)('stays in force while %s, at the next start too', async (_name, effect) => {
    await put(document(7));
    const services = await artist();
    await eventually(() => inForce(services)).toEqual(['bucket', 7]);
    studio.sandbox.addFault({ region: 'us-east-1', effect });
    const before = studio.sandbox.requests.length;
    services.networkChanged();
    await eventually(() => studio.sandbox.requests.length).toBeGreaterThan(before);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await inForce(services)).toEqual(['bucket', 7]);
    expect(await inForce(await artist())).toEqual(['bucket', 7]);
  });

  it('is not even asked for where IT manages a file', async () => {
    await put(document(7));
    const managed = join(studio.folder, 'managed.json');
    await writeFile(managed, document(2));
    const before = readings().length;
    const services = await studio.join({
      commandLinePreferences: undefined,
      managedPreferencesFile: managed,
      settings,
    });
    services.networkChanged();
    await services.studio().library.list('');
    expect(await inForce(services)).toEqual(['managed', 2]);
    expect(readings()).toHaveLength(before);
  });
});

type Draft = IsolationPreferences;
/** Where somebody who may write the object would like everybody's media to go. */
const EVIL = 'http://127.0.0.2:9';

describe('an object that would lead people away from what is on their machine', () => {
  const evil = (change: (draft: Draft) => void) => {
    const draft = preferencesSchema.parse(JSON.parse(document(13)));
    change(draft);
    return JSON.stringify(draft);
  };
  const mainOf = ({ s3Configuration }: Draft) => {
    const main = s3Configuration['main-us'];
    if (!main) throw new Error('There is no main storage');
    return main;
  };
  const main = (change: Partial<ReturnType<typeof mainOf>>) => evil((draft) => Object.assign(mainOf(draft), change));
  const refused = (services: Application) =>
    eventually(
      async () => (await statusOf(services)).findings.filter(({ severity }) => severity === 'error').length,
    ).toBeGreaterThan(0);

  it.each<[string, () => string]>([
    ['an endpoint', () => main({ endpoint: EVIL })],
    ['the name of a VPC endpoint', () => main({ s3_interface_vpc_endpoint_dns_name: 'attacker.example' })],
    ['a bucket', () => main({ bucket: 'evil-media' })],
    ['a prefix', () => main({ prefix: 'evil' })],
    ['a region', () => main({ region: 'eu-west-1' })],
    ['a role', () => main({ aws_role_arn: 'arn:aws:iam::999999999999:role/evil' })],
    [
      'another storage as the main one',
      () =>
        evil((draft) => {
          draft.s3Configuration['evil'] = { ...mainOf(draft), endpoint: EVIL };
          draft.mainStorage = 'evil';
        }),
    ],
    [
      'a host of a replica',
      () => evil((draft) => Object.assign(draft.s3Configuration['sydney'] ?? {}, { endpoint: EVIL })),
    ],
    ['an address service', () => evil((draft) => (draft.publicIp.services = [`${EVIL}/`]))],
  ])('has no say, and cannot stay: %s', async (_name, text) => {
    await put(document(7));
    const services = await artist();
    await eventually(() => inForce(services)).toEqual(['bucket', 7]);
    const origins = services.mediaSources();

    await put(text());
    services.networkChanged();
    await refused(services);
    expect(await inForce(services)).toEqual(['bucket', 7]);
    expect(services.mediaSources()).toEqual(origins);
    const [id] = await services.uploads.add('', [await studio.file('secret.mov', 'unreleased film')]);
    expect((await settled(services, id ?? '')).state).toBe('done');
    const sent = studio.sandbox.requests.filter(({ operation }) => operation === 'PutObject').at(-1);
    expect(sent).toMatchObject({ key: 'media/secret.mov', region: 'us-east-1', status: 200 });

    // At the next start too; and a repaired object brings everybody back at the next look.
    const next = await artist();
    await refused(next);
    expect(await inForce(next)).toEqual(['bucket', 7]);
    await put(document(9));
    for (const one of [services, next]) {
      one.networkChanged();
      await eventually(() => inForce(one)).toEqual(['bucket', 9]);
      expect((await statusOf(one)).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    }
  });

  it('was believed by an earlier version: its copy on disk is not', async () => {
    const where = bucketPlace(studio.services.studio().preferences);
    const copy = JSON.stringify({ studio: where, where, text: main({ bucket: 'evil-media' }) });
    await writeFile(join(studio.folder, 'isolation-preferences.bucket.json'), copy);
    expect(await inForce(await artist())).toEqual(['imported', 4]);
  });

  it('was read once, and no file is on the machine any more: nothing is in force', async () => {
    await put(document(7));
    const services = await artist();
    await eventually(() => inForce(services)).toEqual(['bucket', 7]);
    const bare = await studio.join({ commandLinePreferences: undefined, settings: settingsInMemory() });
    expect(await statusOf(bare)).toEqual({ origin: null, document: null, findings: [] });
    expect(() => bare.studio()).toThrow(expect.objectContaining({ code: 'no-preferences' }) as Error);
  });
});

describe('a storage that answers with something else than the object', () => {
  const stored = (body: string, type = 'application/json'): FaultEffect => ({
    ...{ kind: 'answer-instead', status: 200, body },
    headers: { etag: '"lie"', 'content-type': type },
  });
  it.each<[string, FaultEffect, string]>([
    ['a page that is stored', stored('<html>Sign in</html>', 'text/html'), 'web page'],
    [
      'a body without an end',
      { kind: 'endless-body', chunk: ' '.repeat(65_536), headers: { etag: '"e"' } },
      'larger than 1 MB',
    ],
    ['nothing', stored(''), 'empty'],
    ['another encoding', stored('{}\0\0'), 'save it as UTF-8'],
  ])('keeps what was good, and says so: %s', async (_name, effect, words) => {
    await put(document(7));
    const services = await artist();
    await eventually(() => inForce(services)).toEqual(['bucket', 7]);
    studio.sandbox.addFault({ operation: 'GetObject', key: /isolation-preferences/, effect });
    services.networkChanged();
    await eventually(async () => (await statusOf(services)).findings[0]?.message ?? '').toContain(words);
    expect(await inForce(services)).toEqual(['bucket', 7]);
    studio.sandbox.clearFaults();
    await put(document(8));
    services.networkChanged();
    await eventually(() => inForce(services)).toEqual(['bucket', 8]);
  });

  it.each<[string, FaultEffect]>([
    [
      'a page of a firewall',
      { kind: 'answer-instead', status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' },
    ],
    ['a refusal without a body', { kind: 'answer-instead', status: 400 }],
    ['silence', { kind: 'stall', afterBytes: 0 }],
    ['silence after the first bytes', { kind: 'stall', afterBytes: 10 }],
  ])('is no news: %s', async (_name, effect) => {
    await put(document(7));
    const services = await artist();
    await eventually(() => inForce(services)).toEqual(['bucket', 7]);
    studio.sandbox.addFault({ operation: 'GetObject', key: /isolation-preferences/, effect });
    const stored = new PreferencesInBucket(services.studio(), 300);
    await expect(stored.read()).rejects.toMatchObject({ name: 'NearplayError' });
    expect(await inForce(services)).toEqual(['bucket', 7]);
  });

  it('an object of more than 1 MB is not read at all', async () => {
    const services = await artist();
    await put(document(7) + ' '.repeat(2_000_000));
    const before = studio.sandbox.requests.length;
    services.networkChanged();
    await eventually(async () => (await statusOf(services)).findings[0]?.message ?? '').toContain('larger than 1 MB');
    expect(studio.sandbox.requests.slice(before).some(({ key }) => key === KEY)).toBe(true);
    expect(await inForce(services)).toEqual(['imported', 4]);
  });
});

it('an import of an unusable file changes nothing and says why', async () => {
  const services = await artist();
  const status = await services.importPreferences(await studio.file('bad.json', '{ "version": 2 }'));
  expect(status.findings.some(({ severity }) => severity === 'error')).toBe(true);
  expect(await inForce(services)).toEqual(['imported', 4]);
  await expect(services.importPreferences(join(studio.folder, 'none.json'))).rejects.toMatchObject({
    code: 'file-unreadable',
  });
  await expect(services.studio().library.list('')).resolves.toBeDefined();
});
