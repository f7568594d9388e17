import { PutObjectCommand } from '@aws-sdk/client-s3';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChecksumKind } from '../../../../electron/services/content/checksumKind.ts';
import { CompositeCrc32 } from '../../../../electron/services/content/compositeCrc32.ts';
import { toBase64 } from '../../../../electron/services/content/crc32.ts';
import { UNLIMITED } from '../../../../electron/services/transfers/http/bandwidthLimiter.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { age, bytesOf, count, Desk, makeQueue, MIB, only, until, uploadsIn, within } from './surroundings.ts';

const SIZE = 20 * MIB + 5;
const PART = 8 * MIB;

let sandbox: Sandbox;
let desk: Desk;
let running: ReturnType<typeof makeQueue>;

beforeEach(async () => {
  sandbox = await startSandbox();
  desk = await Desk.open();
});
afterEach(async () => {
  sandbox.clearFaults();
  await running.stop();
  await desk.close();
  await sandbox.close();
});

async function start(kind: ChecksumKind): Promise<void> {
  running = makeQueue(sandbox, desk, { checksumKindFor: () => kind });
  await running.queue.start();
}

const finish = () => within(30_000, 'the upload', running.queue.finished());
const kept = (key: string) => sandbox.bucketOf('main-us').current(`media/${key}`)?.checksum;
const states = () => running.queue.list().map(({ state }) => state);

function compositeOf(bytes: Buffer, partSize = PART): string {
  const composite = new CompositeCrc32(partSize);
  composite.update(bytes);
  return composite.digest();
}

/** Begins an upload and ends its process's part in it while parts are still missing. */
async function stopHalfWay(name: string): Promise<string> {
  running.queue.setBandwidth({ ...UNLIMITED, bytesPerSecond: 10 * MIB });
  const path = await desk.file(name, SIZE);
  await running.queue.add('', [path]);
  await until(() => only(running.queue).confirmed > 0, 'a part is there');
  await running.stop();
  expect(uploadsIn(sandbox)).toHaveLength(1);
  return path;
}

describe('where the storage keeps a checksum of the parts', () => {
  beforeEach(() => start('COMPOSITE'));

  it('compares it at the end, and the receipt has that of the whole too', async () => {
    const path = await desk.file('clip.mov', SIZE);
    await running.queue.add('', [path]);
    await finish();
    const sent = await readFile(path);
    const composite = compositeOf(sent);
    expect((await bytesOf(sandbox, 'clip.mov'))?.equals(sent)).toBe(true);
    expect(kept('clip.mov')).toEqual({ algorithm: 'CRC32', type: 'COMPOSITE', value: composite });
    const crc = { crc32: toBase64(crc32(sent)), checksumKind: 'COMPOSITE', compositeCrc32: composite };
    expect(running.queue.receipts()).toMatchObject([{ ...crc, size: SIZE, parts: 3, verifiedBy: 'head' }]);
  });

  it('does not take an object for its own whose parts have another checksum', async () => {
    const path = await desk.file('damaged.mov', SIZE);
    sandbox.addFault({ operation: 'HeadObject', effect: { kind: 'latency', milliseconds: 300 } });
    await running.queue.add('', [path]);
    const spoil = () => {
      const version = sandbox.bucketOf('main-us').current('media/damaged.mov');
      if (version?.checksum) version.checksum = { ...version.checksum, value: 'AAAAAA==-3' };
      return version !== undefined;
    };
    await until(spoil, 'the object is complete');
    await until(() => count(sandbox, 'CreateMultipartUpload') === 2, 'it goes again');
  });

  it('goes on after a restart, and sends nothing twice', async () => {
    const path = await stopHalfWay('restart.mov');
    await start('COMPOSITE');
    await finish();
    expect(count(sandbox, 'CreateMultipartUpload')).toBe(1);
    const confirmed = sandbox.requests.filter(({ operation, status }) => operation === 'UploadPart' && status === 200);
    expect(confirmed).toHaveLength(3);
    expect(kept('restart.mov')).toMatchObject({ value: compositeOf(await readFile(path)) });
  });

  it('recognises its object when the answer to the last request is lost', async () => {
    sandbox.addFault({ operation: 'CompleteMultipartUpload', effect: { kind: 'lost-answer' }, times: 1 });
    const path = await desk.file('lost.mov', SIZE);
    await running.queue.add('', [path]);
    await finish();
    expect(states()).toEqual(['done']);
    expect(count(sandbox, 'CreateMultipartUpload')).toBe(1);
    expect(running.queue.receipts()).toMatchObject([{ compositeCrc32: compositeOf(await readFile(path)) }]);
  });

  it('skips the same content, however it was cut, and no other', async () => {
    const path = await desk.file('same.mov', SIZE);
    await running.queue.add('', [path]);
    await finish();
    await running.queue.add('', [path]);
    await finish();
    expect(states()).toEqual(['done', 'skipped']);
    // Of the same size and cut, but for one byte.
    const bytes = await readFile(path);
    bytes[SIZE - 1] = (bytes[SIZE - 1] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await age(path);
    await running.queue.add('', [path], { onConflict: 'ask' });
    await finish();
    expect(running.queue.list().at(-1)).toMatchObject({ state: 'blocked', blockedFor: 'conflict' });
    running.queue.decide('keep-both');
    await finish();
    expect(running.queue.list().at(-1)).toMatchObject({ state: 'done', key: 'same (2).mov' });
    expect(kept('same (2).mov')).toMatchObject({ value: compositeOf(bytes) });
  });

  it('skips what another client has sent in parts of another size', async () => {
    const bytes = randomBytes(40 * MIB);
    await running.queue.addStream('cut.mov', Readable.from([bytes]));
    expect(kept('cut.mov')).toMatchObject({ value: compositeOf(bytes, 16 * MIB) });
    const path = await desk.file('cut.mov', 0);
    await writeFile(path, bytes);
    await age(path);
    await running.queue.add('', [path]);
    await finish();
    expect(states()).toEqual(['done', 'skipped']);
    expect(running.queue.receipts()).toMatchObject([
      { crc32: toBase64(crc32(bytes)), checksumKind: 'COMPOSITE', compositeCrc32: compositeOf(bytes, 16 * MIB) },
    ]);
  });

  it('completes what was begun with a checksum of the whole as such', async () => {
    await running.stop();
    await start('FULL_OBJECT');
    const path = await stopHalfWay('before.mov');
    await start('COMPOSITE');
    await finish();
    expect(states()).toEqual(['done']);
    expect(kept('before.mov')).toEqual({
      ...{ algorithm: 'CRC32', type: 'FULL_OBJECT' },
      value: toBase64(crc32(await readFile(path))),
    });
    expect(running.queue.receipts()).toMatchObject([{ checksumKind: 'FULL_OBJECT' }]);
  });
});

it('compares with an ETag that is an MD5 where the storage keeps no checksum', async () => {
  await start('FULL_OBJECT');
  for (const size of [1000, 17 * MIB]) {
    const name = `plain-${size}.mov`;
    const path = await desk.file(name, size);
    const Key = `media/${name}`;
    const { clients } = running;
    const { bucket: Bucket } = clients.configurationOf('main-us');
    await clients.clientOf('main-us').send(new PutObjectCommand({ Bucket, Key, Body: await readFile(path) }));
    expect(kept(name)).toBeUndefined();
    await running.queue.add('', [path], { onConflict: 'ask' });
    await finish();
    expect(running.queue.list().at(-1)?.state).toBe('skipped');
    await running.queue.add('', [await desk.file(name, size)], { onConflict: 'ask' });
    await finish();
    expect(running.queue.list().at(-1)).toMatchObject({ state: 'blocked', blockedFor: 'conflict' });
  }
});
