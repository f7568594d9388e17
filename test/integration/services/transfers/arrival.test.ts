import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KnownConditions } from '../../../../electron/services/storage/writeConditions.ts';
import type { FaultRule } from '../../../sandbox/faults.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { isDoneFalsely, LAST_REQUEST, sendBy, type Way, WAYS } from './lyingStorage.ts';
import { bytesOf, count, Desk, makeQueue, MIB, type RunningQueue, until, uploadsIn, within } from './surroundings.ts';

let sandbox: Sandbox;
let desk: Desk;
let running: RunningQueue;
const timing = { idle: 1500, complete: 1500, settle: 50, hold: 20 };

beforeEach(async () => {
  sandbox = await startSandbox();
  desk = await Desk.open();
  running = makeQueue(sandbox, desk, { timing, random: () => 0, onConflict: 'ask' });
  await running.queue.start();
});
afterEach(async () => {
  sandbox.clearFaults();
  await running.stop();
  await desk.close();
  await sandbox.close();
});

const PAGE = '<html><head><title>Blocked</title></head><body>Sign in to the network</body></html>';
const page = { kind: 'answer-instead', status: 200, body: PAGE } as const;
const textPage = { ...page, headers: { 'content-type': 'text/plain', etag: '"5f3-6a0"' } } as const;

type Lie = [name: string, rules: (way: Way) => FaultRule[], codes: readonly string[]];

/** Of which nothing may be called done, and what each is called instead. */
const LIES: Lie[] = [
  ['a page instead of the last answer', (way) => [{ operation: LAST_REQUEST[way], effect: page }], ['not-a-storage']],
  [
    'something else than a page instead of the last answer',
    (way) => [{ operation: LAST_REQUEST[way], effect: textPage }],
    ['damaged', 'not-a-storage'],
  ],
  ['a page for each part', () => [{ operation: 'UploadPart', effect: page }], ['not-a-storage']],
  ['something else for each part', () => [{ operation: 'UploadPart', effect: textPage }], ['damaged']],
  [
    'another checksum of each part',
    () => [{ operation: 'UploadPart', effect: { kind: 'wrong-checksum' } }],
    ['damaged'],
  ],
  ['another checksum, for any request', () => [{ effect: { kind: 'wrong-checksum' } }], ['damaged']],
  ['no proof, for any request', () => [{ effect: { kind: 'no-proof' } }], ['unproved']],
  ['an empty page', (way) => [{ operation: LAST_REQUEST[way], effect: { ...page, body: '' } }], ['not-a-storage']],
];

const ofParts = (way: Way) => way === 'multipart' || way === 'stream-in-parts';

describe.each(WAYS)('sent by %s', (way) => {
  it.each(LIES)('is not done where the storage gives %s', async (name, rules, codes) => {
    const isMet = rules(way).some(({ operation }) => operation !== 'UploadPart' || ofParts(way));
    for (const rule of rules(way)) sandbox.addFault(rule);
    const sent = await sendBy(way, running, desk);
    expect(await isDoneFalsely(sandbox, running, sent)).toBe(false);
    if (!isMet) expect(sent.transfer.state).toBe('done');
    else expect([sent.transfer.state, sent.transfer.error?.code]).toEqual(['failed', expect.toBeOneOf([...codes])]);
    // Nothing is lost: when the storage tells the truth, another try brings it there.
    sandbox.clearFaults();
    if (way.startsWith('stream')) return;
    running.queue.retry();
    await within(20_000, 'another try', running.queue.finished());
    const again = running.queue.find(sent.transfer.id);
    const isThere = (await bytesOf(sandbox, sent.transfer.key))?.equals(sent.content);
    expect([name, again?.state, isThere]).toEqual([name, 'done', true]);
    expect(uploadsIn(sandbox)).toEqual([]);
  });

  it.each([
    ['no proof in the answer', (): FaultRule => ({ operation: LAST_REQUEST[way], effect: { kind: 'no-proof' } })],
    [
      'a wrong one in the answer',
      (): FaultRule => ({ operation: LAST_REQUEST[way], effect: { kind: 'wrong-checksum' } }),
    ],
  ])('is done by asking again after %s', async (_name, rule) => {
    sandbox.addFault(rule());
    const sent = await sendBy(way, running, desk);
    expect(sent.transfer).toMatchObject({ state: 'done', sent: sent.content.length, confirmed: sent.content.length });
    expect(await isDoneFalsely(sandbox, running, sent)).toBe(false);
    expect(running.queue.receipts()).toMatchObject([{ verifiedBy: 'head' }]);
  });

  it('is not done by an <Error> with 200', async () => {
    if (way !== 'multipart') return;
    const body = '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>Again</Message></Error>';
    const effect = {
      kind: 'answer-instead',
      status: 200,
      headers: { 'content-type': 'application/xml' },
      body,
    } as const;
    sandbox.addFault({ operation: LAST_REQUEST[way], effect, times: 2 });
    const sent = await sendBy(way, running, desk);
    expect(sent.transfer.state).toBe('done');
    expect(await isDoneFalsely(sandbox, running, sent)).toBe(false);
    expect(count(sandbox, LAST_REQUEST[way])).toBe(3);
  });

  it('is done where HEAD is not permitted, when the answer proves it, and not when it does not', async () => {
    const refused: FaultRule = {
      operation: 'HeadObject',
      effect: { kind: 'status', status: 403, code: 'AccessDenied' },
    };
    if (way.startsWith('stream')) return;
    sandbox.addFault(refused);
    expect((await sendBy(way, running, desk)).transfer.state).toBe('done');
    expect(running.queue.receipts()).toMatchObject([{ verifiedBy: 'answer' }]);
    sandbox.addFault({ operation: LAST_REQUEST[way], effect: { kind: 'no-proof' } });
    const { transfer } = await sendBy(way, running, desk, { name: 'unproved.bin' });
    expect([transfer.state, transfer.error?.code]).toEqual(['failed', 'unproved']);
  });

  it('is proved by its own version, when another client has written a newer one', async () => {
    if (!ofParts(way)) return;
    const theirs = new PutObjectCommand({ Bucket: 'studio-media', Key: `media/${way}.bin`, Body: 'newer' });
    // Looked at before the first byte, before completing, and afterwards.
    sandbox.addFault({ operation: 'HeadObject', skip: 2, times: 1, effect: { kind: 'latency', milliseconds: 400 } });
    const sending = sendBy(way, running, desk);
    await until(
      () => count(sandbox, 'CompleteMultipartUpload') === 1 && count(sandbox, 'HeadObject') === 3,
      'it is looked at',
    );
    await running.clients.clientOf('main-us').send(theirs);
    const { transfer, content } = await sending;
    expect(transfer).toMatchObject({ state: 'done', size: content.length });
    const [receipt] = running.queue.receipts();
    const versions = sandbox.bucketOf('main-us').versionsOf(`media/${way}.bin`);
    expect(receipt).toMatchObject({ size: content.length, verifiedBy: 'head' });
    expect(versions.find(({ versionId }) => versionId === receipt?.versionId)?.size).toBe(content.length);
  });
});

it('asks nothing more of a storage that proves a small file in its answer', async () => {
  await sendBy('put', running, desk);
  expect(sandbox.requests.map(({ operation }) => operation)).toEqual(['PutObject']);
});

it('is proved by the MD5 where the storage keeps no checksums', async () => {
  sandbox.addFault({ effect: { kind: 'no-checksum' } });
  for (const way of WAYS) {
    const sent = await sendBy(way, running, desk);
    expect([way, sent.transfer.state]).toEqual([way, 'done']);
    expect(await isDoneFalsely(sandbox, running, sent)).toBe(false);
  }
});

describe('on a storage that does not keep conditions', () => {
  let reported: string[];

  beforeEach(async () => {
    await running.stop();
    reported = [];
    const conditions = new KnownConditions(
      (place, found) => void reported.push(`${place.replace(/:\d+/, '')} ${found}`),
    );
    running = makeQueue(sandbox, desk, { timing, random: () => 0, conditions, onConflict: 'ask' });
    await running.queue.start();
  });

  const put = (Key: string, Body: string) =>
    running.clients
      .clientOf('main-us')
      .send(new PutObjectCommand({ Bucket: 'studio-media', Key: `media/${Key}`, Body }));

  describe.each(['ignore-conditions', 'refuse-conditions'] as const)('(%s)', (kind) => {
    beforeEach(() => void sandbox.addFault({ effect: { kind } }));

    it.each(WAYS)('the other object of a name stays, sent by %s', async (way) => {
      await put(`${way}.bin`, 'my other file');
      for (const onConflict of ['ask', 'skip', 'keep-both'] as const) {
        const { transfer } = await sendBy(way, running, desk, { name: `${way}.bin`, onConflict });
        expect((await bytesOf(sandbox, `${way}.bin`))?.toString()).toBe('my other file');
        const isStream = way.startsWith('stream');
        const expected = { ask: isStream ? 'failed' : 'blocked', skip: 'skipped', 'keep-both': 'done' }[onConflict];
        expect([onConflict, transfer.state]).toEqual([onConflict, expected]);
      }
      const { transfer } = await sendBy(way, running, desk, { name: `${way}.bin`, onConflict: 'replace' });
      expect(transfer.state).toBe('done');
    });

    it.each(['multipart', 'stream-in-parts'] as const)('one that comes while it is sent by %s stays', async (way) => {
      sandbox.addFault({ operation: 'UploadPart', effect: { kind: 'latency', milliseconds: 300 } });
      const sending = sendBy(way, running, desk);
      await until(() => count(sandbox, 'UploadPart') > 0, 'it is on its way');
      await put(`${way}.bin`, 'theirs');
      const { transfer } = await sending;
      expect(transfer.error?.code).toBe('conflict');
      expect((await bytesOf(sandbox, `${way}.bin`))?.toString()).toBe('theirs');
    });

    it('two files of the user stay two: a free name is none that the other one wants', async () => {
      await put('d/x.mov', 'theirs');
      const [x, numbered] = [await desk.file('d/x.mov', 1000), await desk.file('d/x (2).mov', 2000)];
      for (const paths of [
        [x, numbered],
        [numbered, x],
      ]) {
        await running.queue.add('d', paths, { onConflict: 'keep-both' });
        await within(20_000, 'both', running.queue.finished());
      }
      const stored = ['x', 'x (2)', 'x (3)'].map(async (name) => (await bytesOf(sandbox, `d/${name}.mov`))?.length);
      expect(await Promise.all(stored)).toEqual(['theirs'.length, 2000, 1000]);
    });

    it('it is found out once, named, and nothing is left of it', async () => {
      await Promise.all(['a', 'b', 'c'].map((name) => sendBy('put', running, desk, { name })));
      const verdict = kind === 'ignore-conditions' ? 'ignored' : 'unsupported';
      expect(reported).toEqual([`http://127.0.0.1 studio-media ${verdict}`]);
      expect(running.queue.totals().note).toBe('no-conditions');
      await until(() => running.deltas.at(-1)?.totals.note === 'no-conditions', 'the note is emitted');
      const probes = sandbox.requests.filter(
        ({ key, operation }) => key.includes('.nearplay/') && operation === 'PutObject',
      );
      expect(probes).toHaveLength(2);
      const bucket = sandbox.bucketOf('main-us');
      const left = bucket.keys().filter((key) => key.includes('.nearplay') && bucket.versionsOf(key).length > 0);
      expect(left).toEqual([]);
    });
  });

  it.each(['multipart', 'stream-in-parts'] as const)(
    'only when parts are completed: one that comes while it is sent by %s stays',
    async (way) => {
      sandbox.addFault({ operation: 'CompleteMultipartUpload', effect: { kind: 'ignore-conditions' } });
      sandbox.addFault({ operation: 'UploadPart', effect: { kind: 'latency', milliseconds: 300 } });
      const sending = sendBy(way, running, desk);
      await until(() => count(sandbox, 'UploadPart') > 0, 'it is on its way');
      await put(`${way}.bin`, 'theirs');
      const { transfer } = await sending;
      expect(transfer.error?.code).toBe('conflict');
      expect((await bytesOf(sandbox, `${way}.bin`))?.toString()).toBe('theirs');
    },
  );

  it('an answer of success that wrote nothing says nothing about conditions', async () => {
    sandbox.addFault({
      ...{ operation: 'PutObject', key: /\.nearplay/, times: 1 },
      effect: { kind: 'answer-instead', status: 200, headers: { 'content-type': 'text/plain' } },
    });
    const { transfer } = await sendBy('put', running, desk);
    expect(transfer.state).toBe('done');
    expect(reported).toEqual(['http://127.0.0.1 studio-media honoured']);
    expect(running.queue.totals().note).toBeUndefined();
  });

  it('one that keeps them is asked once, and nothing is written by it', async () => {
    for (const name of ['a', 'b']) await sendBy('put', running, desk, { name });
    expect(reported).toEqual(['http://127.0.0.1 studio-media honoured']);
    expect(running.queue.totals().note).toBeUndefined();
    expect(sandbox.requests.map(({ operation, status }) => `${operation} ${status}`)).toEqual([
      ...['PutObject 404', 'PutObject 200', 'PutObject 200'],
    ]);
  });
});

describe('a cause that would stop all uploads', () => {
  const refused = (of: number, code: string, message = code) => ({
    ...({ kind: 'answer-instead', status: of, headers: { 'content-type': 'application/xml' } } as const),
    body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  });
  const STORED = 'The object was stored using a form of Server Side Encryption.';

  it.each([
    ['encrypted by a customer', refused(400, 'InvalidRequest', STORED), 'encryption-unknown'],
    ['without a reason', undefined, 'storage-failed'],
  ])(
    'is confirmed first: a HEAD that answers 400, of an object %s, fails its own file only',
    async (_name, get, code) => {
      const secret = { Bucket: 'studio-media', Key: 'media/secret.exr', Body: 'with a key of its own' };
      await running.clients.clientOf('main-us').send(new PutObjectCommand(secret));
      sandbox.addFault({ operation: 'HeadObject', key: /secret/, effect: { ...refused(400, ''), body: '' } });
      if (get) sandbox.addFault({ operation: 'GetObject', key: /secret/, effect: get });
      const names = Array.from({ length: 119 }, (_, index) => `f.${String(index).padStart(4, '0')}.exr`);
      const paths = await Promise.all(['secret.exr', ...names].map((name) => desk.file(name, 1000)));
      await running.queue.add('', paths, { onConflict: 'keep-both' });
      await within(20_000, 'all others', running.queue.finished());
      const list = running.queue.list();
      expect(list.filter(({ state }) => state === 'done')).toHaveLength(119);
      expect(list.find(({ name }) => name === 'secret.exr')).toMatchObject({ state: 'failed', error: { code } });
    },
  );

  it.each([
    ['what the storage does not know', 501, 'NotImplemented', 'not-supported'],
    ['a full storage', 507, 'XMinioStorageFull', 'storage-full'],
    ['another version of HTTP', 505, 'HTTPVersionNotSupported', 'not-supported'],
  ])('%s is final, and asked for once', async (_name, status, code, expected) => {
    sandbox.addFault({ operation: 'PutObject', effect: { kind: 'status', status, code } });
    const { transfer } = await sendBy('put', running, desk);
    expect([transfer.state, transfer.error?.code]).toEqual(['failed', expected]);
    expect(count(sandbox, 'PutObject')).toBeLessThanOrEqual(2);
  });

  it('what one file alone meets does not hold up the others, and ends', async () => {
    sandbox.addFault({ operation: 'PutObject', key: /bad/, effect: { kind: 'reset', afterBytes: 1000 } });
    const paths = await Promise.all(['bad.exr', 'good.exr'].map((name) => desk.file(name, MIB)));
    await running.queue.add('', paths);
    await within(25_000, 'the end', running.queue.finished());
    const states = running.queue.list().map(({ name, state, error }) => [name, state, error?.code]);
    expect(states).toEqual([
      ['bad.exr', 'failed', expect.toBeOneOf(['offline', 'timeout'])],
      ['good.exr', 'done', undefined],
    ]);
  });

  it('holds all where every answer is a page, says so, and goes on with the first real one', async () => {
    const lift = sandbox.addFault({ effect: page });
    const paths = await Promise.all(['a', 'b', 'c'].map((name) => desk.file(name, MIB)));
    await running.queue.add('', paths);
    await until(() => running.queue.list().some(({ blockedFor }) => blockedFor === 'not-a-storage'), 'held');
    const blocked = running.queue.list().find(({ blockedFor }) => blockedFor === 'not-a-storage');
    expect(blocked).toMatchObject({ blockedFor: 'not-a-storage', error: { code: 'not-a-storage' } });
    lift();
    await within(10_000, 'the uploads', running.queue.finished());
    expect(running.queue.list().map(({ state }) => state)).toEqual(['done', 'done', 'done']);
  });
});

it('goes up where the listing of multipart uploads does not end', async () => {
  sandbox.addFault({ effect: { kind: 'endless-pages' } });
  const sent = await sendBy('multipart', running, desk);
  expect(sent.transfer.state).toBe('done');
  expect(await isDoneFalsely(sandbox, running, sent)).toBe(false);
  expect(count(sandbox, 'ListMultipartUploads')).toBeLessThan(10);
});
