import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultEffect } from '../../sandbox/faults.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import type { UploadState } from '../../../electron/services/transfers/transferRecord.ts';
import {
  bytesOf,
  count,
  Desk,
  makeQueue,
  MIB,
  only,
  until,
  uploadsIn,
  within,
  type RunningQueue,
} from './surroundings.ts';

const SIZE = 20 * MIB;
const AT_MOST = 25_000;

let sandbox: Sandbox;
let desk: Desk;
let running: RunningQueue;
let path: string;
let content: Buffer;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  desk = await Desk.open();
  sandbox.requests.length = 0;
  const timing = { idle: 700, complete: 1500, settle: 100, hold: 150 };
  running = makeQueue(sandbox, desk, { timing, random: () => 0 });
  await running.queue.start();
});
afterEach(async () => {
  sandbox.clearFaults();
  await running.stop();
  await desk.close();
});

const PHASES = {
  create: 'CreateMultipartUpload',
  part: 'UploadPart',
  list: 'ListParts',
  complete: 'CompleteMultipartUpload',
  head: 'HeadObject',
} as const;
type Phase = keyof typeof PHASES;

const status = (code: string, of = 400): FaultEffect => ({ kind: 'status', status: of, code });
/** What ends by itself when it happens twice, in whatever phase. */
const PASSING: [string, FaultEffect][] = [
  ['latency', { kind: 'latency', milliseconds: 200 }],
  ['a slow line', { kind: 'bandwidth', bytesPerSecond: 30 * MIB }],
  ['InternalError', status('InternalError', 500)],
  ['SlowDown', status('SlowDown', 503)],
  ['RequestTimeout', status('RequestTimeout')],
  ['ExpiredToken', status('ExpiredToken')],
  ['a reset', { kind: 'reset', afterBytes: 100 }],
  ['a stall', { kind: 'stall' }],
  ['a lost answer', { kind: 'lost-answer' }],
  ['a region that is down', { kind: 'down' }],
];
/** What has another end, and which. */
const LASTING: [Phase, string, FaultEffect, UploadState][] = [
  ['create', 'AccessDenied', status('AccessDenied', 403), 'failed'],
  ['part', 'AccessDenied', status('AccessDenied', 403), 'failed'],
  ['complete', 'AccessDenied', status('AccessDenied', 403), 'failed'],
  // Who may write but not look still uploads.
  ['head', 'AccessDenied', status('AccessDenied', 403), 'done'],
  ['create', 'InvalidAccessKeyId', status('InvalidAccessKeyId', 403), 'failed'],
  ['create', 'NoSuchBucket', status('NoSuchBucket', 404), 'failed'],
];

/** Uploads one file; for the phase of listing, interrupted and resumed. */
async function upload(phase: Phase, arm: () => void): Promise<void> {
  path = await desk.file(`${phase}-${Math.random()}.bin`, SIZE);
  content = await readFile(path);
  if (phase !== 'list') arm();
  else await uploadHalf(arm);
  if (phase !== 'list') await running.queue.add('', [path]);
  await within(AT_MOST, 'the upload', running.queue.finished());
}

async function uploadHalf(arm: () => void): Promise<void> {
  const lift = sandbox.addFault({ operation: 'UploadPart', partNumber: 3, effect: { kind: 'stall' } });
  await running.queue.add('', [path]);
  await until(() => only(running.queue).confirmed >= 16 * MIB, 'two parts are there');
  running.queue.pause();
  await until(() => only(running.queue).state === 'paused', 'paused');
  lift();
  arm();
  running.queue.resume();
}

async function expectWhole(): Promise<void> {
  expect(only(running.queue)).toMatchObject({ state: 'done', sent: SIZE, confirmed: SIZE });
  expect((await bytesOf(sandbox, only(running.queue).key))?.equals(content)).toBe(true);
  expect(sandbox.bucketOf('main-us').versionsOf(`media/${only(running.queue).key}`)).toHaveLength(1);
  expect(uploadsIn(sandbox)).toHaveLength(0);
}

describe.each(Object.keys(PHASES) as Phase[])('in the phase "%s"', (phase) => {
  it.each(PASSING)('%s, twice, and the upload goes on by itself', async (_name, effect) => {
    await upload(phase, () => void sandbox.addFault({ operation: PHASES[phase], effect, times: 2 }));
    expect(sandbox.requests.filter(({ faults }) => faults.length > 0).length).toBeGreaterThanOrEqual(1);
    await expectWhole();
    expect(count(sandbox, 'CompleteMultipartUpload')).toBeLessThanOrEqual(4);
  });
});

it.each(LASTING)('in the phase "%s", lasting %s', async (phase, _name, effect, state) => {
  await upload(phase, () => void sandbox.addFault({ operation: PHASES[phase], effect }));
  expect(only(running.queue).state).toBe(state);
  if (state === 'done') return;
  expect(only(running.queue).error).toMatchObject({ message: expect.any(String) as string });
  // What is there already is kept for another try, and goes when the transfer goes.
  sandbox.clearFaults();
  running.queue.clear();
  await until(() => uploadsIn(sandbox).length === 0, 'nothing is left behind');
});

it('sends a part again that arrived damaged, and none of the others', async () => {
  await upload('part', () => {
    sandbox.addFault({ operation: 'UploadPart', partNumber: 2, effect: { kind: 'corrupt', atByte: 5 }, times: 1 });
  });
  await expectWhole();
  expect(count(sandbox, 'UploadPart')).toBe(4);
});

it('cuts in mid part: that part goes again', async () => {
  await upload('part', () => {
    sandbox.addFault({
      operation: 'UploadPart',
      partNumber: 1,
      effect: { kind: 'reset', afterBytes: 3 * MIB },
      times: 2,
    });
    sandbox.addFault({
      operation: 'UploadPart',
      partNumber: 2,
      effect: { kind: 'stall', afterBytes: 3 * MIB },
      times: 1,
    });
  });
  await expectWhole();
});

it('starts again where the multipart upload was aborted by somebody', async () => {
  await upload('part', () => {
    sandbox.addFault({ operation: 'UploadPart', partNumber: 3, effect: status('NoSuchUpload', 404), times: 1 });
  });
  await expectWhole();
  expect(count(sandbox, 'CreateMultipartUpload')).toBe(2);
});

it('loses no part to a token that is renewed five seconds later', async () => {
  sandbox.addFault({ operation: 'UploadPart', effect: { kind: 'latency', milliseconds: 100 } });
  path = await desk.file('token.bin', 80 * MIB);
  content = await readFile(path);
  let refusals = 0;
  await running.stop();
  running = makeQueue(sandbox, desk, { credentialsRefused: () => (refusals += 1), timing: { hold: 300 } });
  await running.queue.start();
  await running.queue.add('', [path]);
  await until(() => only(running.queue).confirmed > 0, 'a part is there');
  const renew = sandbox.addFault({ effect: status('ExpiredToken') });
  await until(() => only(running.queue).state === 'blocked', 'blocked');
  expect(only(running.queue)).toMatchObject({ blockedFor: 'sign-in', error: { code: 'credentials-expired' } });
  expect(only(running.queue).confirmed).toBeGreaterThan(0);
  await wait(5000);
  renew();
  await within(AT_MOST, 'the upload', running.queue.finished());
  expect(only(running.queue).state).toBe('done');
  expect((await bytesOf(sandbox, 'token.bin'))?.equals(content)).toBe(true);
  const confirmed = sandbox.requests.filter((one) => one.operation === 'UploadPart' && one.status === 200);
  expect(new Set(confirmed.map(({ partNumber }) => partNumber)).size).toBe(confirmed.length);
  expect(confirmed).toHaveLength(10);
  expect(refusals).toBeGreaterThan(0);
});
