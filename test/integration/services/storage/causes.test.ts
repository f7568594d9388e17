import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Objects } from '../../../../electron/services/storage/objects.ts';
import { Reachability } from '../../../../electron/services/storage/reachability.ts';
import { StorageClients } from '../../../../electron/services/storage/storageClients.ts';
import { StorageRequests } from '../../../../electron/services/storage/storageRequests.ts';
import type { AnswerLimits } from '../../../../electron/services/storage/wholeAnswers.ts';
import type { ErrorCode } from '../../../../shared/errors.ts';
import { preferencesSchema } from '../../../../shared/preferences.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { Desk, makeQueue, type RunningQueue } from '../transfers/surroundings.ts';

const MIB = 1024 ** 2;
const SSE_C =
  'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.';
const xml = (code: string, message: string, more = '') =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`;

let sandbox: Sandbox;
let clients: StorageClients;
let requests: StorageRequests;
let objects: Objects;
let reachability: Reachability;
let signIns: number;
/** What a question for credentials waits for. */
let signingIn: Promise<undefined> | undefined;

function connect(answerLimits?: AnswerLimits): void {
  signIns = 0;
  signingIn = undefined;
  clients = new StorageClients(preferencesSchema.parse(sandbox.preferences()), {
    credentials: async () => {
      signIns += 1;
      await signingIn;
      return sandbox.credentials;
    },
    now: () => Date.now(),
    ...(answerLimits && { answerLimits }),
  });
  requests = new StorageRequests(clients, () => reachability);
  reachability = new Reachability({ probe: (storage) => requests.probe(storage), changed: () => undefined });
  objects = new Objects(clients, requests);
}

const put = (key: string, Body: string, more = {}) =>
  clients
    .clientOf('main-us')
    .send(new PutObjectCommand({ Bucket: 'studio-media', Key: `media/${key}`, Body, ...more }));
const list = () =>
  requests.request({ storage: 'main-us', action: 's3:ListBucket' }, (client, options) =>
    client.send(new ListObjectsV2Command({ Bucket: 'studio-media' }), options),
  );
const head = (key = 'shot.mov') => objects.head('main-us', key);
const get = () => objects.readFirstByte('main-us', { key: 'shot.mov', size: 5, etag: '', lastModified: 0 });
const refuse = (operation: string, status: number, body?: string) =>
  sandbox.addFault({
    operation,
    key: /shot|^$/,
    effect: {
      kind: 'answer-instead',
      status,
      ...(body !== undefined && { body, headers: { 'content-type': 'application/xml' } }),
    },
  });

beforeEach(async () => {
  sandbox = await startSandbox();
  connect();
  await put('shot.mov', 'bytes');
  await put('other.mov', 'bytes');
});
afterEach(async () => {
  reachability.stop();
  clients.destroy();
  await sandbox.close();
});

describe('a HEAD that is refused without a word', () => {
  it.each<[number, number, string, ErrorCode]>([
    [400, 400, xml('InvalidRequest', SSE_C), 'encryption-unknown'],
    [400, 400, xml('ExpiredToken', 'The provided token has expired.'), 'credentials-expired'],
    [400, 400, xml('KMS.DisabledException', 'The key is disabled.'), 'encryption-refused'],
    [403, 403, xml('AccessDenied', 'Access Denied'), 'access-denied'],
    [403, 403, xml('InvalidAccessKeyId', 'The key does not exist.'), 'wrong-key'],
    [403, 403, xml('RequestTimeTooSkewed', 'The difference is too large.'), 'clock-skew'],
    [403, 403, xml('AccessDenied', 'not authorized to perform: kms:Decrypt on resource: k'), 'encryption-refused'],
    [400, 404, xml('NoSuchKey', 'It does not exist.'), 'no-such-key'],
    [403, 503, xml('SlowDown', 'Please reduce your request rate.'), 'slow-down'],
  ])('(%d) is explained by the refusal of a read, which has words (%d %s)', async (status, then, body, code) => {
    refuse('HeadObject', status);
    refuse('GetObject', then, body);
    await expect(head()).rejects.toMatchObject({ code });
    await expect(head('other.mov')).resolves.toMatchObject({ size: 5 });
  });

  it('asks for no other credentials for an object of another encryption, however often', async () => {
    refuse('HeadObject', 400);
    refuse('GetObject', 400, xml('InvalidRequest', SSE_C));
    await head('other.mov');
    const before = signIns;
    for (let times = 0; times < 5; times++) await expect(head()).rejects.toMatchObject({ code: 'encryption-unknown' });
    expect(signIns).toBe(before);
  });

  it('asks for other credentials once where many requests learn at the same time that they have ended', async () => {
    refuse('HeadObject', 400);
    refuse('GetObject', 400, xml('ExpiredToken', 'The provided token has expired.'));
    await head('other.mov');
    const before = signIns;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    signingIn = promise;
    const asked = Array.from({ length: 10 }, () => head().catch(() => undefined));
    const refused = () =>
      sandbox.requests.filter(({ operation, status }) => operation === 'GetObject' && status === 400);
    await expect.poll(() => refused().length).toBe(10);
    // The last refusal is on its way to the client: a request of its own, through the same server, arrives after it.
    await head('other.mov');
    resolve(undefined);
    await Promise.all(asked);
    expect(signIns - before).toBeLessThan(10);
    expect(signIns).toBeGreaterThan(before);
  });

  it('although the bytes are given, is what the storage did: refused for 403, a failure that may pass for 400', async () => {
    const again = refuse('HeadObject', 403);
    await expect(head()).rejects.toMatchObject({ code: 'access-denied' });
    again();
    refuse('HeadObject', 400);
    await expect(head()).rejects.toMatchObject({ code: 'storage-failed' });
  });

  it('is no proof that a replica lacks an object, when the sign-in has ended', async () => {
    const version = await head();
    refuse('HeadObject', 400);
    refuse('GetObject', 400, xml('ExpiredToken', 'The provided token has expired.'));
    await expect(objects.holds('sydney', version)).rejects.toMatchObject({ code: 'credentials-expired' });
  });

  it('asks nothing twice where the answer is clear: the bucket has just answered', async () => {
    await list();
    await expect(head('none.mov')).rejects.toMatchObject({
      code: 'no-such-key',
      message: '"none.mov" is not in the bucket "studio-media".',
    });
    expect(sandbox.requests.filter(({ operation }) => operation === 'GetObject')).toHaveLength(0);
  });

  it('asks once where nothing is known of the bucket, however many files are missing', async () => {
    for (const name of ['none.mov', 'nobody.mov', 'nothing.mov']) {
      const message = `"${name}" is not in the bucket "studio-media".`;
      await expect(head(name)).rejects.toMatchObject({ code: 'no-such-key', message });
    }
    expect(sandbox.requests.filter(({ operation }) => operation === 'GetObject')).toHaveLength(1);
  });

  it('is no missing file where the bucket is missing, also one that was there a while ago', async () => {
    const gone = () => {
      refuse('HeadObject', 404);
      refuse('GetObject', 404, xml('NoSuchBucket', 'The specified bucket does not exist'));
    };
    gone();
    await expect(head()).rejects.toMatchObject({
      code: 'no-such-bucket',
      message: expect.stringContaining('There is no bucket "studio-media"') as string,
    });
    sandbox.clearFaults();
    let now = 0;
    requests = new StorageRequests(
      clients,
      () => reachability,
      () => now,
    );
    objects = new Objects(clients, requests);
    await head();
    gone();
    now = 61_000;
    await expect(head()).rejects.toMatchObject({ code: 'no-such-bucket' });
  });

  it('and no word comes to a read either, does not say which of the two is missing', async () => {
    refuse('HeadObject', 404);
    refuse('GetObject', 404);
    await expect(head()).rejects.toMatchObject({
      code: 'no-such-key',
      message: expect.stringContaining('does not say whether the file or the bucket') as string,
    });
  });

  it('with 404, although the bytes are given, is a failure that may pass', async () => {
    refuse('HeadObject', 404);
    await expect(head()).rejects.toMatchObject({ code: 'storage-failed' });
  });
});

describe('an answer that no storage gives', () => {
  const page = '<!doctype html><html><head><title>Sign in to the guest network</title></head><body><br>Hello</html>';
  it.each<[string, number, Record<string, string>, string, ErrorCode]>([
    ['a page', 200, { 'content-type': 'text/html; charset=utf-8' }, page, 'not-a-storage'],
    [
      'a page that is well-formed',
      200,
      { 'content-type': 'text/html' },
      '<html><body>Hi</body></html>',
      'not-a-storage',
    ],
    ['a page that refuses', 403, { 'content-type': 'text/html' }, page, 'not-a-storage'],
    ['a page of a server that knows nothing', 404, { 'content-type': 'text/html' }, page, 'not-a-storage'],
    ['a sign-in page', 511, { 'content-type': 'text/html' }, page, 'not-a-storage'],
    [
      'a redirect',
      302,
      { location: 'https://portal.example/x?token=abc', 'content-type': 'text/html' },
      page,
      'not-a-storage',
    ],
    ['a proxy', 407, { 'content-type': 'text/html' }, page, 'proxy-sign-in'],
    ['a page of a load balancer', 502, { 'content-type': 'text/html' }, page, 'storage-failed'],
  ])('is not taken for one: %s (%d)', async (_what, status, headers, body, code) => {
    sandbox.addFault({ effect: { kind: 'answer-instead', status, headers, body } });
    for (const ask of [list, head, get]) await expect(ask()).rejects.toMatchObject({ code });
  });

  it.each([
    ['JSON', '{"ok":true}', 'application/json'],
    ['nothing', '', 'application/xml'],
    ['another document', '<?xml version="1.0"?><Sign><In/></Sign>', 'application/xml'],
    ['text', 'OK', 'text/plain'],
  ])('is no empty folder: %s', async (_what, body, type) => {
    sandbox.addFault({ effect: { kind: 'answer-instead', status: 200, headers: { 'content-type': type }, body } });
    await expect(list()).rejects.toMatchObject({ code: 'not-a-storage' });
  });

  it('has its own words below the sentence, and its address without what is secret', async () => {
    const headers = { 'content-type': 'text/html', location: 'https://portal.example/x?token=abc' };
    sandbox.addFault({ effect: { kind: 'answer-instead', status: 302, headers, body: page } });
    const error = (await list().catch((thrown: unknown) => thrown)) as Error & { detail: string };
    expect(error.detail).toBe('Sign in to the guest network');
    expect(error.message).toContain('portal.example');
    expect(error.message).not.toContain('abc');
  });

  it.each([
    [200, { 'content-type': 'text/html' }],
    [403, { 'content-type': 'text/html' }],
    [302, { location: 'https://portal.example/' }],
    [407, {}],
  ])('is no sign that the storage is there (%d)', async (status, headers) => {
    sandbox.addFault({ effect: { kind: 'answer-instead', status, headers } });
    await list().catch(() => undefined);
    expect(reachability.isReachable('main-us')).toBe(false);
    await expect(requests.probe('main-us')).rejects.toThrow();
    sandbox.clearFaults();
    refuse('HeadBucket', 403);
    await expect(requests.probe('main-us')).resolves.toBeUndefined();
  });

  it('is not an object that is a page itself', async () => {
    await put('shot.mov', page, { ContentType: 'text/html' });
    await expect(head()).resolves.toMatchObject({ contentType: 'text/html' });
    await expect(get()).resolves.toBeUndefined();
  });
});

describe('an answer without end', () => {
  it('is read up to 16 MiB, and then it is none', async () => {
    sandbox.addFault({ effect: { kind: 'endless-body' } });
    const before = process.memoryUsage().rss;
    await expect(list()).rejects.toMatchObject({ code: 'not-a-storage' });
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MIB);
  });

  it('is not read for ever where it comes slowly', async () => {
    clients.destroy();
    connect({ timeout: 300 });
    sandbox.addFault({ effect: { kind: 'bandwidth', bytesPerSecond: 2000 } });
    sandbox.addFault({ effect: { kind: 'endless-body', chunk: ' ' } });
    await expect(list()).rejects.toMatchObject({ code: 'not-a-storage' });
  });

  it('is no matter how it begins: a refusal of that size is none either', async () => {
    clients.destroy();
    connect({ maxBody: MIB });
    const body = xml('AccessDenied', 'x'.repeat(2 * MIB));
    sandbox.addFault({ effect: { kind: 'answer-instead', status: 403, body } });
    for (const ask of [list, get]) await expect(ask()).rejects.toMatchObject({ code: 'not-a-storage' });
  });
});

describe('an upload', () => {
  let desk: Desk;
  let running: RunningQueue;
  beforeEach(async () => {
    desk = await Desk.open();
    running = makeQueue(sandbox, desk);
    await running.queue.start();
  });
  afterEach(async () => {
    await running.stop();
    await desk.close();
  });

  it('over an object of another encryption fails by itself, and all others go on', async () => {
    refuse('HeadObject', 400);
    refuse('GetObject', 400, xml('InvalidRequest', SSE_C));
    const names = ['a.mov', 'shot.mov', 'z.mov'];
    const paths = await Promise.all(names.map((name) => desk.file(name, 1000)));
    await running.queue.add('', paths, { onConflict: 'keep-both' });
    await running.queue.finished();
    const ended = running.queue.list().map(({ name, state, error }) => [name, state, error?.code]);
    expect(ended).toEqual([
      ['a.mov', 'done', undefined],
      ['shot.mov', 'failed', 'encryption-unknown'],
      ['z.mov', 'done', undefined],
    ]);
  });
});
