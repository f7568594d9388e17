import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { StorageClients } from '../../../../electron/services/storage/storageClients.ts';
import { preferencesSchema } from '../../../../shared/preferences.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';

const HOUR = 3600_000;
let sandbox: Sandbox;
let clients: StorageClients;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterEach(() => clients.destroy());
afterAll(() => sandbox.close());

const list = () => clients.clientOf('main-us').send(new ListObjectsV2Command({ Bucket: 'studio-media' }));
const connect = () =>
  new StorageClients(preferencesSchema.parse(sandbox.preferences()), {
    credentials: sandbox.credentials,
    now: () => Date.now(),
  });

it.each([3 * HOUR, -3 * HOUR, 0])('reads the clock of the storage when it is %d ms ahead', async (offset) => {
  sandbox.setClock(offset);
  clients = connect();
  // The first answer is a refusal for the skew; the SDK corrects itself and asks again.
  await list();
  expect(Math.abs(clients.clockOffsetOf('main-us') - offset)).toBeLessThan(2000);
  expect(Math.abs(clients.storageNow('main-us') - (Date.now() + offset))).toBeLessThan(2000);
});

it('has one client a storage', () => {
  clients = connect();
  expect(clients.clientOf('main-us')).toBe(clients.clientOf('main-us'));
  expect(clients.clientOf('main-us')).not.toBe(clients.clientOf('sydney'));
  expect(() => clients.clientOf('perth')).toThrow('perth');
});
