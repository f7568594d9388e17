import type { S3Client } from '@aws-sdk/client-s3';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SILENT } from '../../../../electron/services/runtime/log.ts';
import { isIn, type UploadPlace } from '../../../../electron/services/storage/objectPlace.ts';
import { StorageClients } from '../../../../electron/services/storage/storageClients.ts';
import { Journal } from '../../../../electron/services/transfers/journal/journal.ts';
import type { UploadTarget } from '../../../../electron/services/transfers/queue/queue.ts';
import { preferencesSchema } from '../../../../shared/preferences.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { uploadHalf } from './phases.ts';
import { Desk, makeQueue, MIB, only, type RunningQueue, until, within } from './surroundings.ts';

const BUCKET = 'studio-media';
const MAIN = 'main-us';
const OTHER_PREFIX = { prefix: 'media/2027/dailies' };

let sandbox: Sandbox;
/** Has a bucket of the same name. */
let elsewhere: Sandbox;
let desk: Desk;
let running: RunningQueue;
let clients: StorageClients[];
let target: UploadTarget;
let warnings: string[];

beforeEach(async () => {
  sandbox = await startSandbox();
  elsewhere = await startSandbox();
  desk = await Desk.open();
  clients = [];
  warnings = [];
  target = targetOf(sandbox, MAIN);
});
afterEach(async () => {
  await running.stop();
  for (const one of clients) one.destroy();
  await desk.close();
  await sandbox.close();
  await elsewhere.close();
});

function targetOf(of: Sandbox, storage: string, more: { prefix?: string } = {}): UploadTarget {
  const own = new StorageClients(preferencesSchema.parse(of.preferences()), {
    credentials: of.credentials,
    now: () => Date.now(),
  });
  clients.push(own);
  const client: S3Client = own.clientOf(storage);
  return { client, configuration: { ...own.configurationOf(storage), ...more } };
}

async function start(known: UploadTarget[] = []): Promise<void> {
  const log = { ...SILENT, warn: (message: string) => void warnings.push(message) };
  running = makeQueue(sandbox, desk, {
    ...{ log, target: () => target, onConflict: 'ask' },
    targetAt: (place: UploadPlace) => known.find(({ configuration }) => isIn(place, configuration)),
  });
  await running.queue.start();
}

const SIZE = 40 * MIB;
const uploads = (of: Sandbox, storage = MAIN) => of.bucketOf(storage).uploads.size;

async function expectHere(of: Sandbox, storage: string, whole: string, path: string): Promise<void> {
  await within(20_000, 'the upload', running.queue.finished());
  expect(only(running.queue)).toMatchObject({ state: 'done', confirmed: SIZE });
  const { bucket } = target.configuration;
  expect(running.queue.receipts()).toMatchObject([{ bucket, key: whole, size: SIZE, verifiedBy: 'head' }]);
  const version = of.bucketOf(storage).current(whole);
  if (!version) throw new Error('It is not there');
  const chunks: Buffer[] = [];
  for await (const chunk of of.bucketOf(storage).read(version)) chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(await readFile(path))).toBe(true);
  expect(uploads(of, storage)).toBe(0);
}

type Change = [name: string, to: () => { of: Sandbox; storage: string; target: UploadTarget }, whole: string];

const CHANGES: Change[] = [
  [
    'prefix',
    () => ({ of: sandbox, storage: MAIN, target: targetOf(sandbox, MAIN, OTHER_PREFIX) }),
    'media/2027/dailies/big.mov',
  ],
  ['bucket', () => ({ of: sandbox, storage: 'sydney', target: targetOf(sandbox, 'sydney') }), 'media/big.mov'],
  ['endpoint', () => ({ of: elsewhere, storage: MAIN, target: targetOf(elsewhere, MAIN) }), 'media/big.mov'],
];

describe.each(CHANGES)('an unfinished upload, after the main storage has another %s,', (_name, to, whole) => {
  it('begins again there when it goes on, its receipt names that place, and nothing stays behind', async () => {
    const before = target;
    await start();
    const path = await desk.file('big.mov', SIZE);
    await uploadHalf(sandbox, running.queue, path);
    await running.stop();
    const { of, storage, target: other } = to();
    target = other;
    await start([before]);
    running.queue.resume();
    await expectHere(of, storage, whole, path);
    await until(() => uploads(sandbox) === 0, 'the old parts are gone');
    expect(sandbox.bucketOf(MAIN).current('media/big.mov')).toBeUndefined();
    expect(warnings.filter((warning) => warning.includes('remain'))).toEqual([]);
  });

  it('is interrupted and begins again there while it runs', async () => {
    const before = target;
    await start([before]);
    const path = await desk.file('big.mov', SIZE);
    const lift = sandbox.addFault({ operation: 'UploadPart', partNumber: 3, effect: { kind: 'stall' } });
    await running.queue.add('', [path]);
    await until(() => only(running.queue).confirmed >= 16 * MIB, 'two parts are there');
    const { of, storage, target: other } = to();
    target = other;
    lift();
    running.queue.targetChanged();
    await expectHere(of, storage, whole, path);
    await until(() => uploads(sandbox) === 0, 'the old parts are gone');
    expect(sandbox.bucketOf(MAIN).current('media/big.mov')).toBeUndefined();
  });
});

it('names what stays in a storage that the preferences do not have any more, and removes it when they have', async () => {
  const before = target;
  await start();
  const path = await desk.file('big.mov', SIZE);
  await uploadHalf(sandbox, running.queue, path);
  await running.stop();
  target = targetOf(elsewhere, MAIN);
  await start();
  running.queue.resume();
  await expectHere(elsewhere, MAIN, 'media/big.mov', path);
  await until(() => warnings.some((warning) => warning.includes('remain')), 'it is named');
  expect(uploads(sandbox)).toBe(1);
  expect(elsewhere.requests.filter(({ operation }) => operation === 'AbortMultipartUpload')).toEqual([]);
  await running.stop();
  await start([before]);
  await until(() => uploads(sandbox) === 0, 'it is removed');
});

it('goes on with a note of an earlier version, which names no endpoint', async () => {
  await start();
  const path = await desk.file('big.mov', SIZE);
  await uploadHalf(sandbox, running.queue, path);
  await running.stop();
  const journal = new Journal(desk.journalFolder);
  const { records } = await journal.load();
  for (const record of records) {
    const { endpoint: _, ...upload } = record.upload ?? { bucket: BUCKET, wholeKey: '', uploadId: '' };
    await journal.put({ ...record, upload });
  }
  await start();
  running.queue.resume();
  await expectHere(sandbox, MAIN, 'media/big.mov', path);
  expect(sandbox.requests.filter(({ operation }) => operation === 'CreateMultipartUpload')).toHaveLength(1);
});
