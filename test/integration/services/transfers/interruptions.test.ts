import { appendFile, readFile, rename } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { UNLIMITED } from '../../../../electron/services/transfers/http/bandwidthLimiter.ts';
import type { UploadsDelta } from '../../../../electron/services/transfers/jobs/transfer.ts';
import { Journal } from '../../../../electron/services/transfers/journal/journal.ts';
import type { UploadRecord } from '../../../../electron/services/transfers/journal/uploadRecord.ts';
import { NearplayError } from '../../../../shared/errors.ts';
import { loopTime } from '../../../helpers/turns.ts';
import { withQueue } from './fixtures.ts';
import { age, bytesOf, count, Desk, makeQueue, MIB, only, until, uploadsIn, within } from './surroundings.ts';

const it = withQueue
  .extend(
    'received',
    ({ sandbox }) =>
      () =>
        sandbox.requests.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0),
  )
  /** By the queue's own limit: what the storage received is then what was sent. */
  .extend(
    'slowly',
    ({ running }) =>
      (bytesPerSecond = 10 * MIB) =>
        running.queue.setBandwidth({ ...UNLIMITED, bytesPerSecond }),
  )
  .extend(
    'fast',
    ({ running }) =>
      () =>
        running.queue.setBandwidth(UNLIMITED),
  )
  /** Begins a large upload and waits until it is at work. */
  .extend('begin', ({ desk, received, running, slowly }) => async (name: string, size = 60 * MIB): Promise<string> => {
    slowly();
    const path = await desk.file(name, size);
    await running.queue.add('', [path]);
    await until(() => received() > 2 * MIB, 'bytes arrive');
    return path;
  })
  /** Another computer of the studio. */
  .extend('another', async ({ sandbox }, { onCleanup }) => {
    const desk = await Desk.open();
    const running = makeQueue(sandbox, desk);
    onCleanup(async () => {
      await running.stop();
      await desk.close();
    });
    await running.queue.start();
    return { desk, running };
  })
  .extend('only2', ({ running }) => () => {
    const [first] = running.queue.list();
    if (!first) throw new Error('Nothing is queued');
    return first;
  });

it('ends its requests within 200 ms of a pause, keeps its parts, and sends the rest', async ({
  begin,
  fast,
  finish,
  received,
  running,
  sandbox,
}) => {
  const path = await begin('pause.bin');
  await until(() => only(running.queue).confirmed > 0, 'a part is there');
  const flowing = received();
  await until(() => received() > flowing, 'it flows');
  running.queue.pause();
  await loopTime(200);
  expect(only(running.queue).state).toBe('paused');
  const [before, kept] = [received(), only(running.queue).confirmed];
  await wait(500);
  expect(received()).toBe(before);
  expect(only(running.queue)).toMatchObject({ sent: kept, confirmed: kept });
  expect(kept).toBeGreaterThan(0);
  fast();
  running.queue.resume();
  await finish();
  expect((await bytesOf(sandbox, 'pause.bin'))?.equals(await readFile(path))).toBe(true);
  const confirmed = sandbox.requests.filter(({ operation, status }) => operation === 'UploadPart' && status === 200);
  expect(confirmed).toHaveLength(8);
});

it('ends its requests as fast when several files go as fast as they can', async ({
  desk,
  finish,
  received,
  running,
  sandbox,
}) => {
  const paths = await Promise.all(['a.bin', 'b.bin', 'c.bin'].map((name) => desk.file(name, 100 * MIB)));
  await running.queue.add('', paths);
  await until(() => running.queue.list().some(({ confirmed }) => confirmed > 0), 'a part is there');
  const sent = received();
  running.queue.pause();
  await loopTime(200);
  expect(running.queue.list().map(({ state }) => state)).toEqual(['paused', 'paused', 'paused']);
  const before = received();
  await wait(500);
  expect(received()).toBe(before);
  expect(before).toBeGreaterThanOrEqual(sent);
  expect(before).toBeLessThan(300 * MIB);
  const stored = () => sandbox.requests.filter(({ operation, status }) => operation === 'UploadPart' && status === 200);
  const known = running.queue.list().reduce((sum, { confirmed }) => sum + Math.floor(confirmed / (8 * MIB)), 0);
  const unconfirmed = stored().length - known;
  running.queue.resume();
  await finish();
  const confirmed = stored();
  const parts = confirmed.map(({ key, partNumber }) => `${key} ${partNumber}`);
  expect(new Set(parts).size).toBe(39);
  // What was on its way may be stored without a confirmation; confirmed parts are not sent again.
  expect(parts.length - 39).toBeLessThanOrEqual(unconfirmed);
  for (const path of paths) {
    expect((await bytesOf(sandbox, basename(path)))?.equals(await readFile(path))).toBe(true);
  }
});

it('is resumed before its requests have ended', async ({ begin, fast, finish, running }) => {
  await begin('twice.bin', 20 * MIB);
  running.queue.pause();
  running.queue.resume();
  fast();
  await finish();
  expect(only(running.queue).state).toBe('done');
});

it('leaves no parts when it is cancelled at work, when paused, and when cancelled offline', async ({
  begin,
  finish,
  running,
  sandbox,
}) => {
  await begin('cancel.bin');
  running.queue.cancel();
  await finish();
  expect(only(running.queue).state).toBe('cancelled');
  expect(uploadsIn(sandbox)).toHaveLength(0);

  await begin('paused.bin');
  await until(() => uploadsIn(sandbox).length === 1, 'begun');
  running.queue.pause();
  await until(() => running.queue.list()[1]?.state === 'paused', 'paused');
  running.queue.cancel();
  await finish();
  expect(uploadsIn(sandbox)).toHaveLength(0);

  await begin('offline.bin');
  await until(() => uploadsIn(sandbox).length === 1, 'begun');
  const down = sandbox.addFault({ effect: { kind: 'down' } });
  running.queue.cancel();
  await until(() => running.queue.list()[2]?.state === 'cancelled', 'cancelled');
  await running.stop();
  down();
  expect(uploadsIn(sandbox)).toHaveLength(1);
  await running.restart();
  await until(() => uploadsIn(sandbox).length === 0, 'the next start cleans up');
});

it('goes on after a restart where it was, and keeps the order and the states of all others', async ({
  begin,
  desk,
  finish,
  only2,
  running,
  sandbox,
}) => {
  const path = await begin('restart.bin');
  const [paused, waiting] = [await desk.file('b.bin', 10), await desk.file('c.bin', 10)];
  await running.queue.add('', [paused, waiting]);
  await until(() => running.queue.totals().files.done === 2, 'the small ones are done');
  const [, , third] = running.queue.list();
  expect(third?.key).toBe('c.bin');
  await until(() => only2().confirmed > 0, 'a part is there');
  await running.stop();
  expect(uploadsIn(sandbox)).toHaveLength(1);
  await running.restart();
  expect(running.queue.list().map(({ key }) => key)).toEqual(['restart.bin', 'b.bin', 'c.bin']);
  await finish();
  expect(count(sandbox, 'CreateMultipartUpload')).toBe(1);
  expect((await bytesOf(sandbox, 'restart.bin'))?.equals(await readFile(path))).toBe(true);
});

it('starts again with the new content when the file changes under way', async ({
  begin,
  fast,
  finish,
  running,
  sandbox,
}) => {
  const path = await begin('changed.bin');
  await appendFile(path, 'more');
  fast();
  await until(() => only(running.queue).blockedFor === 'file-settling', 'it waits for the file');
  await age(path);
  await finish();
  expect(only(running.queue).state).toBe('done');
  expect((await bytesOf(sandbox, 'changed.bin'))?.equals(await readFile(path))).toBe(true);
  expect(uploadsIn(sandbox)).toHaveLength(0);
});

it('keeps the parts of a file that is gone, for when its drive is back', async ({
  begin,
  fast,
  finish,
  running,
  sandbox,
}) => {
  const path = await begin('gone.bin');
  await until(() => only(running.queue).confirmed > 0, 'a part is there');
  await rename(path, `${path}.away`);
  fast();
  await until(() => only(running.queue).state === 'failed', 'failed');
  expect(only(running.queue).error?.code).toBe('file-unreadable');
  expect(uploadsIn(sandbox)[0]?.parts.size).toBeGreaterThan(0);
  await rename(`${path}.away`, path);
  running.queue.retry();
  await finish();
  expect((await bytesOf(sandbox, 'gone.bin'))?.equals(await readFile(path))).toBe(true);
  expect(count(sandbox, 'CreateMultipartUpload')).toBe(1);
  expect(sandbox.requests.filter((one) => one.operation === 'UploadPart' && one.status === 200)).toHaveLength(8);
});

it('waits while offline, says so, and goes on by itself', async ({ begin, fast, finish, running, sandbox }) => {
  await begin('offline.bin', 40 * MIB);
  fast();
  const back = sandbox.addFault({ effect: { kind: 'down' } });
  await until(() => only(running.queue).blockedFor === 'offline', 'it says that it is offline');
  back();
  await finish();
  expect(only(running.queue).state).toBe('done');
});

it.for([100, 20 * MIB])(
  'never overwrites the other one’s file of the same name (%d bytes)',
  async (size, { another, desk, finish, running, sandbox }) => {
    const { desk: other, running: colleague } = another;
    const [mine, theirs] = [await desk.file('same.bin', size), await other.file('same.bin', size)];
    sandbox.addFault({ operation: 'UploadPart', effect: { kind: 'latency', milliseconds: 100 } });
    const folder = `two-${size}`;
    await Promise.all([running.queue.add(folder, [mine]), colleague.queue.add(folder, [theirs])]);
    await Promise.all([finish(), within(30_000, 'the other upload', colleague.queue.finished())]);
    const [a, b] = [only(running.queue), only(colleague.queue)];
    expect([a.state, b.state]).toEqual(['done', 'done']);
    expect([a.key, b.key].sort()).toEqual([`${folder}/same (2).bin`, `${folder}/same.bin`]);
    expect((await bytesOf(sandbox, a.key))?.equals(await readFile(mine))).toBe(true);
    expect((await bytesOf(sandbox, b.key))?.equals(await readFile(theirs))).toBe(true);
    expect(uploadsIn(sandbox)).toHaveLength(0);
  },
);

it('tells of changes at most ten times a second', async ({ begin, running }) => {
  const emitted: { at: number; delta: UploadsDelta }[] = [];
  await running.restart({ changed: (delta) => void emitted.push({ at: performance.now(), delta }) });
  await begin('deltas.bin');
  const before = emitted.length;
  await until(() => emitted.length > before + 5, 'some are emitted');
  const passed = (emitted.at(-1)?.at ?? 0) - (emitted[0]?.at ?? 0);
  // Each is emitted 100 ms after the one before or later; timers of Node may fire a millisecond early.
  expect(emitted.length - 1).toBeLessThanOrEqual(passed / 99 + 1);
  expect(emitted.at(-1)?.delta).toMatchObject({ changed: [{ name: 'deltas.bin' }], removed: [] });
  expect(emitted.some(({ delta }) => delta.totals.bytesPerSecond > 0)).toBe(true);
});

it('touches no multipart upload of other clients', async ({ another, desk, finish, running, sandbox, slowly }) => {
  const { desk: other, running: colleague } = another;
  slowly();
  colleague.queue.setBandwidth({ ...UNLIMITED, bytesPerSecond: MIB });
  await colleague.queue.add('', [await other.file('mine.bin', 20 * MIB)]);
  await until(() => uploadsIn(sandbox).length === 1, 'begun');
  await running.queue.add('', [await desk.file('mine.bin', 20 * MIB)]);
  await until(() => uploadsIn(sandbox).length === 2, 'both begun');
  running.queue.cancel();
  await finish();
  expect(uploadsIn(sandbox)).toHaveLength(1);
  colleague.queue.cancel();
  await within(10_000, 'cleaning up', colleague.queue.finished());
});

/** A journal on a disk that is full until room is made. */
class FullJournal extends Journal {
  isFull = true;

  override put(record: UploadRecord): Promise<void> {
    return this.isFull ? Promise.reject(new NearplayError('disk-full')) : super.put(record);
  }
}

it('waits for room on a full disk, says so, and sends nothing that it could not find again', async ({
  desk,
  finish,
  running,
  sandbox,
}) => {
  const journal = new FullJournal(desk.journalFolder);
  await running.restart({ journal });
  const path = await desk.file('full.bin', 20 * MIB);
  await running.queue.add('', [path]);
  await until(() => only(running.queue).blockedFor === 'disk', 'it waits for the disk');
  expect(only(running.queue).error?.code).toBe('disk-full');
  expect(count(sandbox, 'CreateMultipartUpload')).toBe(0);
  journal.isFull = false;
  await finish();
  expect(only(running.queue).state).toBe('done');
  expect((await bytesOf(sandbox, 'full.bin'))?.equals(await readFile(path))).toBe(true);
});

it('begins one multipart upload although the answer to the first request is lost', async ({
  desk,
  finish,
  running,
  sandbox,
}) => {
  sandbox.addFault({ operation: 'CreateMultipartUpload', effect: { kind: 'lost-answer' }, times: 1 });
  await running.queue.add('', [await desk.file('lost.bin', 20 * MIB)]);
  await finish();
  expect(only(running.queue).state).toBe('done');
  expect(count(sandbox, 'CreateMultipartUpload')).toBe(1);
  expect(uploadsIn(sandbox)).toHaveLength(0);
});

it.for(['paused', 'ended'])(
  'knows a small file as its own that arrived while the queue was %s',
  async (how, { desk, finish, running, sandbox }) => {
    // The confirmation is lost, and another request takes longer than there is time.
    sandbox.addFault({ operation: 'PutObject', effect: { kind: 'lost-answer' }, times: 1 });
    sandbox.addFault({ operation: 'PutObject', effect: { kind: 'stall' }, skip: 1 });
    await running.queue.add('', [await desk.file('small.bin', MIB)]);
    await until(() => sandbox.bucketOf('main-us').current('media/small.bin') !== undefined, 'it has arrived');
    running.queue.pause();
    if (how === 'ended') {
      await running.restart();
    }
    await until(() => only(running.queue).state === 'paused', 'it is paused');
    sandbox.clearFaults();
    running.queue.resume();
    await finish();
    expect(only(running.queue)).toMatchObject({ state: 'done', sent: MIB });
    expect(running.queue.receipts()).toMatchObject([{ key: 'media/small.bin', size: MIB, verifiedBy: 'head' }]);
    expect(sandbox.bucketOf('main-us').versionsOf('media/small.bin')).toHaveLength(1);
    // It was asked for, and nothing was sent to be refused.
    expect(sandbox.requests.filter(({ operation, status }) => operation === 'PutObject' && status === 412)).toEqual([]);
  },
);
