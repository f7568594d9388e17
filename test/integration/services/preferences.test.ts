import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Application } from '../../../electron/services/application.ts';
import type { SettingsBackend } from '../../../electron/services/contract.ts';
import { settingsInMemory } from '../../../electron/services/settingsStore.ts';
import { startTestStudio, type TestStudio } from './studio.ts';

const KEY = 'media/.nearplay/isolation-preferences.json';
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
const statusOf = async (services: Application) => (await services.requests['get-bootstrap'](undefined)).preferences;
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
    await expect.poll(() => inForce(services)).toEqual(['bucket', 7]);
    await put(document(9));
    const next = await artist();
    await expect.poll(() => inForce(next)).toEqual(['bucket', 9]);
  });

  it('is asked for on a condition, and an unchanged one changes nothing', async () => {
    await put(document(7));
    const services = await artist();
    await expect.poll(() => inForce(services)).toEqual(['bucket', 7]);
    const told: unknown[] = [];
    services.on('preferences-changed', (status) => told.push(status));
    const before = readings().length;
    services.networkChanged();
    await expect.poll(() => readings().length).toBe(before + 1);
    expect(readings().at(-1)?.status).toBe(304);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(told).toEqual([]);
    expect(await inForce(services)).toEqual(['bucket', 7]);
  });

  it('that is malformed keeps the last good one, and the findings say so', async () => {
    await put(document(7));
    const services = await artist();
    await expect.poll(() => inForce(services)).toEqual(['bucket', 7]);
    await put('{ "version": 1, oops');
    services.networkChanged();
    await expect
      .poll(async () => (await statusOf(services)).findings.some(({ severity }) => severity === 'error'))
      .toBe(true);
    expect(await inForce(services)).toEqual(['bucket', 7]);
    await put(document(8));
    services.networkChanged();
    await expect.poll(() => inForce(services)).toEqual(['bucket', 8]);
    expect((await statusOf(services)).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('that was removed has no say any more, at the next start neither', async () => {
    await put(document(7));
    const services = await artist();
    await expect.poll(() => inForce(services)).toEqual(['bucket', 7]);
    await remove();
    services.networkChanged();
    await expect.poll(() => inForce(services)).toEqual(['imported', 4]);
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
    await expect.poll(() => inForce(services)).toEqual(['bucket', 7]);
    studio.sandbox.addFault({ region: 'us-east-1', effect });
    const before = studio.sandbox.requests.length;
    services.networkChanged();
    await expect.poll(() => studio.sandbox.requests.length).toBeGreaterThan(before);
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
    await services.requests['list-library']({ folder: '' });
    expect(await inForce(services)).toEqual(['managed', 2]);
    expect(readings()).toHaveLength(before);
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
  await expect(services.requests['list-library']({ folder: '' })).resolves.toBeDefined();
});
