import { CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { UNLIMITED } from '../../../../electron/services/transfers/http/bandwidthLimiter.ts';
import type { FaultEffect } from '../../../sandbox/faults.ts';
import { withQueue } from './fixtures.ts';
import { bytesOf, count, MIB, only, until, uploadsIn } from './surroundings.ts';

const it = withQueue
  .extend('client', ({ running }) => running.clients.clientOf('main-us'))
  .extend('bucket', ({ running }) => running.clients.configurationOf('main-us').bucket)
  /** Another client begins an upload of the same key without parts: it looks like one of this client. */
  .extend('anotherClientBegins', ({ bucket, client }) => async (): Promise<string> => {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
    return UploadId ?? '';
  })
  .extend('expectUntouched', ({ bucket, client, sandbox }) => async (id: string): Promise<void> => {
    expect(uploadsIn(sandbox).map(({ uploadId, parts }) => [uploadId, parts.size])).toEqual([[id, 0]]);
    const part = { Bucket: bucket, Key, UploadId: id, PartNumber: 1, Body: 'theirs' };
    await client.send(new UploadPartCommand(part));
  });

const Key = 'media/same.mov';

it.for<[string, FaultEffect]>([
  ['arrives and whose answer is lost', { kind: 'lost-answer' }],
  ['never arrives', { kind: 'status', status: 500, code: 'InternalError' }],
])(
  'leaves the upload of another client alone when it looks for its own, that %s',
  async ([_name, effect], { anotherClientBegins, desk, expectUntouched, finish, running, sandbox }) => {
    const theirs = await anotherClientBegins();
    sandbox.addFault({ operation: 'CreateMultipartUpload', effect, times: 1 });
    const path = await desk.file('same.mov', 20 * MIB);
    await running.queue.add('', [path]);
    await finish();
    expect(only(running.queue).state).toBe('done');
    expect((await bytesOf(sandbox, 'same.mov'))?.equals(await readFile(path))).toBe(true);
    await expectUntouched(theirs);
  },
);

it('finds its own beside it: no second one is begun', async ({
  anotherClientBegins,
  desk,
  finish,
  running,
  sandbox,
}) => {
  await anotherClientBegins();
  sandbox.addFault({ operation: 'CreateMultipartUpload', effect: { kind: 'lost-answer' }, times: 1 });
  await running.queue.add('', [await desk.file('same.mov', 20 * MIB)]);
  await finish();
  // Theirs and ours.
  expect(count(sandbox, 'CreateMultipartUpload')).toBe(2);
  expect(uploadsIn(sandbox)).toHaveLength(1);
});

it('aborts only its own when it is cancelled while it begins', async ({
  anotherClientBegins,
  desk,
  expectUntouched,
  finish,
  running,
  sandbox,
}) => {
  const theirs = await anotherClientBegins();
  sandbox.addFault({ operation: 'CreateMultipartUpload', effect: { kind: 'latency', milliseconds: 50 } });
  running.queue.setBandwidth({ ...UNLIMITED, bytesPerSecond: MIB });
  await running.queue.add('', [await desk.file('same.mov', 20 * MIB)]);
  await until(() => running.queue.totals().files.running === 1, 'it begins');
  await until(() => sandbox.requests.some(({ operation }) => operation === 'HeadObject'), 'it is about to begin');
  running.queue.cancel();
  await finish();
  await until(() => uploadsIn(sandbox).length === 1, 'its own is gone');
  await expectUntouched(theirs);
});

it('adopts nothing where it may not look', async ({ anotherClientBegins, desk, finish, running, sandbox }) => {
  const theirs = await anotherClientBegins();
  const denied: FaultEffect = { kind: 'status', status: 403, code: 'AccessDenied' };
  sandbox.addFault({ operation: 'ListMultipartUploads', effect: denied });
  sandbox.addFault({ operation: 'CreateMultipartUpload', effect: { kind: 'reset', afterBytes: 0 }, times: 1 });
  await running.queue.add('', [await desk.file('same.mov', 20 * MIB)]);
  await finish();
  expect(only(running.queue).state).toBe('done');
  expect(uploadsIn(sandbox).find(({ uploadId }) => uploadId === theirs)?.parts.size).toBe(0);
});
