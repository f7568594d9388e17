import { CredentialsProviderError } from '@smithy/core/config';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import type { TransferState } from '../../../../shared/transfers.ts';
import type { FaultEffect } from '../../../sandbox/faults.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import type { SandboxCredentials } from '../../../sandbox/signatures.ts';
import { withQueueOnSharedSandbox } from './fixtures.ts';
import { type Phase, PHASES, ruleOf, uploadHalf } from './phases.ts';
import { bytesOf, count, MIB, only, until, uploadsIn, within } from './surroundings.ts';

const SIZE = 20 * MIB;
const AT_MOST = 25_000;

const it = withQueueOnSharedSandbox
  .extend('queueOptions', { timing: { idle: 700, complete: 1500, settle: 100, hold: 150 }, random: () => 0 })
  /** Uploads one file; for the phase of listing, interrupted and resumed. */
  .extend('upload', ({ desk, running, sandbox }) => async (phase: Phase, arm: () => void): Promise<void> => {
    const path = await desk.file(`${phase}-${Math.random()}.bin`, SIZE);
    if (phase !== 'list') arm();
    else {
      await uploadHalf(sandbox, running.queue, path);
      arm();
      running.queue.resume();
    }
    if (phase !== 'list') await running.queue.add('', [path]);
    await within(AT_MOST, 'the upload', running.queue.finished());
  })
  .extend('expectWhole', ({ desk, running, sandbox }) => async (): Promise<void> => {
    const content = await readFile(join(desk.folder, 'files', only(running.queue).key));
    expect(only(running.queue)).toMatchObject({ state: 'done', sent: SIZE, confirmed: SIZE });
    expect((await bytesOf(sandbox, only(running.queue).key))?.equals(content)).toBe(true);
    expect(sandbox.bucketOf('main-us').versionsOf(`media/${only(running.queue).key}`)).toHaveLength(1);
    expect(uploadsIn(sandbox)).toHaveLength(0);
  });

const status = (code: string, of = 400): FaultEffect => ({ kind: 'status', status: of, code });
/** Faults that end by themselves when they happen twice, in any phase. */
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
const LASTING: [Phase, string, FaultEffect, TransferState][] = [
  ['create', 'AccessDenied', status('AccessDenied', 403), 'failed'],
  ['part', 'AccessDenied', status('AccessDenied', 403), 'failed'],
  ['complete', 'AccessDenied', status('AccessDenied', 403), 'failed'],
  // Who may write but not look still uploads.
  ['look', 'AccessDenied', status('AccessDenied', 403), 'done'],
  ['head', 'AccessDenied', status('AccessDenied', 403), 'done'],
  ['create', 'InvalidAccessKeyId', status('InvalidAccessKeyId', 403), 'failed'],
  ['create', 'NoSuchBucket', status('NoSuchBucket', 404), 'failed'],
];

describe.each(PHASES)('in the phase "%s"', (phase) => {
  it.for(PASSING)(
    '%s, twice, and the upload goes on by itself',
    async ([_name, effect], { expectWhole, sandbox, upload }) => {
      await upload(phase, () => void sandbox.addFault({ ...ruleOf(phase), effect, times: 2 }));
      expect(sandbox.requests.filter(({ faults }) => faults.includes(effect.kind)).length).toBeGreaterThanOrEqual(1);
      await expectWhole();
      expect(count(sandbox, 'CompleteMultipartUpload')).toBeLessThanOrEqual(4);
    },
  );
});

it.for<Phase>(['create', 'part', 'complete'])(
  'names the file as it is listed, without the prefix: %s',
  async (phase, { running, sandbox, upload }) => {
    const effect = status('KMS.NotFoundException');
    await upload(phase, () => void sandbox.addFault({ ...ruleOf(phase), effect }));
    const { error, key } = only(running.queue);
    expect(error?.message).toContain(key);
    expect(error?.message).not.toContain(`media/${key}`);
    sandbox.clearFaults();
    running.queue.clear();
    await until(() => uploadsIn(sandbox).length === 0, 'nothing is left behind');
  },
);

it.for(LASTING)(
  'in the phase "%s", lasting %s',
  async ([phase, _name, effect, state], { running, sandbox, upload }) => {
    await upload(phase, () => void sandbox.addFault({ ...ruleOf(phase), effect }));
    expect(only(running.queue).state).toBe(state);
    if (state === 'done') return;
    expect(only(running.queue).error).toMatchObject({ message: expect.any(String) as string });
    // What is there already is kept for another try, and goes when the transfer goes.
    sandbox.clearFaults();
    running.queue.clear();
    await until(() => uploadsIn(sandbox).length === 0, 'nothing is left behind');
  },
);

it.for<[string, string, number]>([
  ['small', 'PutObject', 1000],
  ['large', 'CompleteMultipartUpload', SIZE],
])(
  'a name that is refused as taken and reported free is no other file (%s)',
  async ([name, operation, size], { desk, running, sandbox }) => {
    const file = await desk.file(`free-${name}.bin`, size);
    sandbox.addFault({ operation, key: /free-/, effect: status('PreconditionFailed', 412) });
    await running.queue.add('', [file]);
    await within(AT_MOST, 'the upload', running.queue.finished());
    const { state, error } = only(running.queue);
    expect(state).toBe('failed');
    expect(error).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('says that nothing has it') as string,
    });
    sandbox.clearFaults();
    running.queue.clear();
    await until(() => uploadsIn(sandbox).length === 0, 'nothing is left behind');
  },
);

it('sends a part again that arrived damaged, and none of the others', async ({ expectWhole, sandbox, upload }) => {
  await upload('part', () => {
    sandbox.addFault({ operation: 'UploadPart', partNumber: 2, effect: { kind: 'corrupt', atByte: 5 }, times: 1 });
  });
  await expectWhole();
  expect(count(sandbox, 'UploadPart')).toBe(4);
});

it('cuts in mid part: that part goes again', async ({ expectWhole, sandbox, upload }) => {
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

it('starts again where the multipart upload was aborted by another client', async ({
  expectWhole,
  sandbox,
  upload,
}) => {
  await upload('part', () => {
    sandbox.addFault({ operation: 'UploadPart', partNumber: 3, effect: status('NoSuchUpload', 404), times: 1 });
  });
  await expectWhole();
  expect(count(sandbox, 'CreateMultipartUpload')).toBe(2);
});

describe('a token that ends in mid upload and is renewed five seconds later', () => {
  /** Ends within the time before the end in which the SDK asks for the next ones: it asks the provider each time. */
  const soon = () => new Date(Date.now() + 60_000);
  let isSignedIn = true;

  /** As after `aws sso login` has to be called again. */
  const provider = (credentials: SandboxCredentials) => {
    const ended = 'The SSO session associated with this profile has expired. To refresh it run aws sso login.';
    if (!isSignedIn) return Promise.reject(new CredentialsProviderError(ended, { tryNextLink: false }));
    return Promise.resolve({ ...credentials, expiration: soon() });
  };

  it.for<[string, (sandbox: Sandbox) => () => void]>([
    ['the storage refuses it', (sandbox) => sandbox.addFault({ effect: status('ExpiredToken') })],
    [
      'there are no others',
      () => {
        isSignedIn = false;
        return () => void (isSignedIn = true);
      },
    ],
  ])('costs no part: %s', async ([_name, expire], { desk, running, sandbox }) => {
    sandbox.addFault({ operation: 'UploadPart', effect: { kind: 'latency', milliseconds: 100 } });
    const path = await desk.file('token.bin', 80 * MIB);
    const content = await readFile(path);
    let refusals = 0;
    const callbacks = { credentialsRefused: () => (refusals += 1) };
    const credentials = () => provider(sandbox.credentials);
    await running.restart({ ...callbacks, credentials, timing: { queuePause: 300 } });
    await running.queue.add('', [path]);
    await until(() => only(running.queue).confirmed > 0, 'a part is there');
    const renew = expire(sandbox);
    await until(() => only(running.queue).state === 'blocked', 'blocked');
    expect(only(running.queue)).toMatchObject({ blockedFor: 'sign-in', error: { code: 'credentials-expired' } });
    expect(only(running.queue).confirmed).toBeGreaterThan(0);
    await wait(5000);
    expect(only(running.queue).state).not.toBe('failed');
    renew();
    // What the app does after a sign-in.
    running.queue.tryNow();
    await within(AT_MOST, 'the upload', running.queue.finished());
    expect(only(running.queue).state).toBe('done');
    expect((await bytesOf(sandbox, only(running.queue).key))?.equals(content)).toBe(true);
    const confirmed = sandbox.requests.filter((one) => one.operation === 'UploadPart' && one.status === 200);
    expect(new Set(confirmed.map(({ partNumber }) => partNumber)).size).toBe(confirmed.length);
    expect(confirmed).toHaveLength(10);
    expect(count(sandbox, 'CreateMultipartUpload')).toBe(1);
    expect(uploadsIn(sandbox)).toHaveLength(0);
    expect(refusals).toBeGreaterThan(0);
  });
});
