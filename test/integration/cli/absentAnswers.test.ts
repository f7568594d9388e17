import { randomBytes } from 'node:crypto';
import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import type { FaultRule, RewritableAnswer } from '../../sandbox/faults.ts';
import { KEY, MIB } from '../services/transfers/download/surroundings.ts';
import { withDownloads } from './fixtures.ts';

/** What a storage leaves out of an answer, or something in front of it changes, is not taken for what is so. */

const SIZE = 2 * MIB;
const OLD = 'what was there before';

const it = withDownloads
  .extend('size', SIZE)
  .extend(
    'get',
    ({ nearplay }) =>
      (...more: string[]) =>
        nearplay(['get', KEY, 'plate.mov', ...FROM_MAIN, '--wait', LONG, ...more]),
  )
  .extend(
    'saved',
    ({ desk }) =>
      () =>
        readFile(join(desk.folder, 'plate.mov')),
  )
  .extend(
    'keepsOld',
    ({ desk }) =>
      () =>
        writeFile(join(desk.folder, 'plate.mov'), OLD),
  )
  .extend('ask', ({ nearplay }) => async () => ({
    ls: await nearplay(['ls', 'sq010', '--json', ...FROM_MAIN]),
    verify: await nearplay(['verify', '.', 'sq010', '--json']),
  }))
  .extend('localFile', ({ desk }) => async (name: string, content: Buffer): Promise<void> => {
    const path = join(desk.folder, name);
    await writeFile(path, content);
    const anHourAgo = Date.now() / 1000 - 3600;
    await utimes(path, anHourAgo, anHourAgo);
  });
const FROM_MAIN = ['--ip', '198.51.100.7'];
/** Minutes: of what ends by itself, and of what is waited for in vain. */
const [LONG, SHORT] = ['1', '0.02'];

const rewritten = (operation: string, rewrite: (answer: RewritableAnswer) => Partial<RewritableAnswer>): FaultRule => ({
  operation,
  effect: { kind: 'rewritten', rewrite },
});
/** With headers as a proxy leaves them; `undefined` takes one away. */
const headers = (operation: string, changes: Record<string, string | number | undefined>): FaultRule =>
  rewritten(operation, ({ headers: before }) => ({
    headers: Object.fromEntries(
      Object.entries({ ...before, ...changes }).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value]],
      ),
    ),
  }));
const whole = (answer: RewritableAnswer) => new Response(Readable.from(answer.body) as unknown as BodyInit).bytes();

describe('a length that HEAD does not name', () => {
  const ofHead = { operation: 'HeadObject', effect: { kind: 'no-length' } } as const;

  it('is not 0: the file comes whole', async ({ desk, get, keepsOld, saved }) => {
    desk.sandbox.addFault(ofHead);
    await keepsOld();
    expect(await get()).toMatchObject({ code: 0, stderr: '' });
    expect((await saved()).equals(desk.content)).toBe(true);
  });

  it.for([
    ['where the storage knows no ranges', { operation: 'GetObject', effect: { kind: 'ignore-range' } }],
  ] satisfies [string, FaultRule][])('is found %s, too', async ([_where, rule], { desk, get, saved }) => {
    desk.sandbox.addFault(ofHead);
    desk.sandbox.addFault(rule);
    expect(await get()).toMatchObject({ code: 0 });
    expect((await saved()).equals(desk.content)).toBe(true);
  });

  it('replaces nothing where no answer names one', async ({ desk, get, keepsOld, saved }) => {
    desk.sandbox.addFault({ effect: { kind: 'no-length' } });
    desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'ignore-range' } });
    await keepsOld();
    const said = await get('--wait', SHORT);
    expect(said.code).not.toBe(0);
    expect(said.stderr).toContain('does not say how large the file is');
    expect(await saved()).toEqual(Buffer.from(OLD));
  });

  it('is the real one for status, and for what a HEAD of 0 is about', async ({
    desk,
    get,
    keepsOld,
    nearplay,
    saved,
  }) => {
    for (const rule of [ofHead, headers('HeadObject', { 'content-length': 0 })]) {
      const takeAway = desk.sandbox.addFault(rule);
      expect((await nearplay(['status', KEY])).stdout).toContain(`${SIZE} bytes`);
      await keepsOld();
      expect(await get()).toMatchObject({ code: 0 });
      expect((await saved()).equals(desk.content)).toBe(true);
      takeAway();
    }
  });

  it.for<[string, FaultRule]>([
    ['none', ofHead],
    ['0', headers('HeadObject', { 'content-length': 0 })],
  ])(
    'and is %s makes no other file of an upload, nor of a stream or one in parts',
    async ([_said, rule], { desk, localFile, nearplay }) => {
      desk.sandbox.addFault(rule);
      // Its answer to the write proves nothing: it has to be looked at.
      desk.sandbox.addFault({ operation: 'PutObject', effect: { kind: 'no-proof' } });
      await localFile('small.bin', randomBytes(1000));
      await localFile('large.bin', randomBytes(17 * MIB));
      expect(await nearplay(['upload', 'small.bin', 'large.bin'])).toMatchObject({ code: 0, stderr: '' });
      const stdin = Readable.from([randomBytes(1000)]);
      expect(await nearplay(['upload', '-', '--to', 'stream.bin'], { stdin })).toMatchObject({ code: 0, stderr: '' });
      expect(await nearplay(['upload', 'small.bin', 'large.bin'])).toMatchObject({ code: 0 });
    },
  );

  it('is no difference for verify', async ({ desk, localFile, nearplay }) => {
    await localFile('plate.mov', desk.content);
    desk.sandbox.addFault({ effect: { kind: 'no-length' } });
    const { stdout } = await nearplay(['verify', '.', 'sq010', '--json']);
    expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({ same: 1 });
  });

  it('does not make an empty object other than it is', async ({ desk, get, keepsOld, saved }) => {
    await desk.put(Buffer.alloc(0));
    for (const rules of [[], [ofHead], [{ effect: { kind: 'no-proof' } }]] satisfies FaultRule[][]) {
      for (const rule of rules) desk.sandbox.addFault(rule);
      await keepsOld();
      expect(await get()).toMatchObject({ code: 0 });
      expect(await saved()).toHaveLength(0);
      desk.sandbox.clearFaults();
    }
  });

  it('and of which GET says nothing either, is no empty object', async ({ desk, get, keepsOld, saved }) => {
    await desk.put(Buffer.alloc(0));
    desk.sandbox.addFault({ effect: { kind: 'no-proof' } });
    desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'no-length' } });
    await keepsOld();
    expect((await get('--wait', SHORT)).code).not.toBe(0);
    expect(await saved()).toEqual(Buffer.from(OLD));
  });
});

describe('a date that is not named', () => {
  it('is not that of 1970, nor old enough for a replica', async ({ desk, nearplay }) => {
    desk.sandbox.addFault(headers('HeadObject', { 'last-modified': undefined }));
    const said = await nearplay(['status', KEY, '--json']);
    expect(said.code).not.toBe(0);
    expect(said.stdout + said.stderr).not.toContain('1970');
    expect(said.stderr).toContain('does not say when the file was stored');
  });

  it.for(['yesterday', '', 'Mon, 99 Nov 2026 10:00:00 GMT', '2026-11-30T10:00:00Z'])(
    'is one that cannot be read, %j: it is said to be missing, and the bytes are read without it',
    async (date, { ask, desk, get, nearplay, saved }) => {
      desk.sandbox.addFault(headers('HeadObject', { 'last-modified': date }));
      const status = await nearplay(['status', KEY, '--json']);
      expect(status.code).not.toBe(0);
      expect(status.stderr).toContain('does not say when the file was stored');
      desk.sandbox.clearFaults();
      desk.sandbox.addFault(headers('GetObject', { 'last-modified': date }));
      expect(await get()).toMatchObject({ code: 0, stderr: '' });
      expect((await saved()).equals(desk.content)).toBe(true);
      expect(await ask()).toMatchObject({ ls: { code: 0 }, verify: { code: 0 } });
    },
  );

  it('is none to count from while it is to come', async ({ desk, nearplay }) => {
    const inAYear = new Date(Date.now() + 365 * 86_400_000).toUTCString();
    desk.sandbox.addFault(headers('HeadObject', { 'last-modified': inAYear }));
    expect(JSON.parse((await nearplay(['status', KEY, '--json'])).stdout)).toMatchObject({ ageSeconds: null });
    expect((await nearplay(['status', KEY])).stdout).toContain('age unknown');
  });
});

it('a clock that the storage refuses is told in the same words by every command', async ({
  desk,
  localFile,
  nearplay,
}) => {
  await localFile('own.mov', Buffer.alloc(1000, 1));
  const message = 'The difference between the request time and the current time is too large.';
  desk.sandbox.addFault({ effect: { kind: 'status', status: 403, code: 'RequestTimeTooSkewed', message } });
  const commands = [
    ['get', KEY, 'plate.mov', '--wait', LONG],
    ['get', 'sq010/', 'copies', '--wait', LONG],
    ['upload', 'own.mov', '--wait', LONG],
    ['upload', '-', '--to', 'streamed.mov', '--wait', LONG],
    ['ls', 'sq010'],
    ['link', KEY],
    ['status', KEY],
    ['verify', '.', 'sq010'],
  ];
  for (const [name = '', ...args] of commands) {
    const said = await nearplay([name, ...args, '--json'], { stdin: Readable.from([Buffer.alloc(1000, 1)]) });
    expect([name, said.code]).toEqual([name, 1]);
    for (const line of said.stderr.trim().split('\n')) {
      const told = "This computer's clock is too far off from the storage's. Set it and try again.";
      expect([name, JSON.parse(line)]).toMatchObject([name, { code: 'clock-skew', message: told }]);
    }
  }
});

describe('an answer to GET that is not what HEAD described', () => {
  it.for<[string, FaultRule[], string]>([
    ['a proxy compresses it', [rewritten('GetObject', compressed)], 'compresses the file on its way'],
    [
      'a proxy compresses it and names no length',
      [rewritten('GetObject', compressed), { operation: 'GetObject', effect: { kind: 'no-length' } }],
      'compresses the file on its way',
    ],
    ['the length is lowered', [rewritten('GetObject', shortened)], 'contradicts itself'],
    ['another ETag', [headers('GetObject', { etag: '"other"' })], 'contradicts itself'],
    ['another version', [headers('GetObject', { 'x-amz-version-id': 'other' })], 'contradicts itself'],
    ['HEAD says too much', [headers('HeadObject', { 'content-length': SIZE + 10 })], 'contradicts itself'],
    [
      '412 to its own ETag',
      [{ operation: 'GetObject', effect: { kind: 'status', status: 412, code: 'PreconditionFailed' } }],
      'contradicts itself',
    ],
    [
      '416 of what HEAD says is there',
      [{ operation: 'GetObject', effect: { kind: 'status', status: 416, code: 'InvalidRange' } }],
      'contradicts itself',
    ],
  ])('is not called replaced: %s', async ([_how, rules, words], { desk, get, keepsOld, saved }) => {
    for (const rule of rules) desk.sandbox.addFault(rule);
    await keepsOld();
    const said = await get();
    expect(said.code).not.toBe(0);
    expect(said.stderr).toContain(words);
    expect(said.stderr).not.toContain('replaced');
    expect(await saved()).toEqual(Buffer.from(OLD));
  });

  it('is replaced where another look says so', async ({ desk, get }) => {
    desk.sandbox.addFault({ effect: { kind: 'no-version-ids' } });
    let times = 0;
    desk.sandbox.addFault(
      rewritten('HeadObject', ({ headers: before }) => ({ headers: { ...before, etag: `"${String(times++)}"` } })),
    );
    const said = await get();
    expect(said.code).toBe(1);
    expect(said.stderr).toContain('The file was replaced in the storage meanwhile');
  });

  function compressed(answer: RewritableAnswer): Partial<RewritableAnswer> {
    if (answer.status !== 200) return {};
    const body = (async function* () {
      yield gzipSync(await whole(answer));
    })();
    const { 'content-length': _length, ...rest } = answer.headers;
    return { body, headers: { ...rest, 'content-encoding': 'gzip' } };
  }

  function shortened(answer: RewritableAnswer): Partial<RewritableAnswer> {
    const body = (async function* () {
      yield Buffer.from(await whole(answer)).subarray(0, SIZE - 10);
    })();
    return { body, headers: { ...answer.headers, 'content-length': SIZE - 10 } };
  }
});

describe('a checksum that the storage keeps', () => {
  it('is not none because it cannot be compared', async ({ desk, get }) => {
    const composite = { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-type': 'COMPOSITE' };
    desk.sandbox.addFault(headers('HeadObject', composite));
    const said = await get();
    expect(said.stdout).toContain('not proved: the storage keeps a checksum of parts');
    expect(JSON.parse((await get('--json')).stdout)).toMatchObject({ provedBy: null, unproved: 'incomparable' });
  });

  it.for(['', 'AAAA', 'AAAAAA', '!!!!!!=='])(
    'and that is no checksum ("%s") is no damage',
    async (value, { desk, get, saved }) => {
      desk.sandbox.addFault(headers('HeadObject', { 'x-amz-checksum-crc32': value }));
      const said = await get();
      expect(said).toMatchObject({ code: 0, stderr: '' });
      // The ETag of what went in one request is its MD5.
      expect(said.stdout).toContain('proved by md5');
      expect((await saved()).equals(desk.content)).toBe(true);
    },
  );

  it.for(['', 'AAAA', 'AAAAAA'])(
    'and that is none in answers to a write ("%s") is no damage either',
    async (value, { desk, localFile, nearplay }) => {
      for (const operation of ['PutObject', 'UploadPart', 'CompleteMultipartUpload', 'HeadObject'])
        desk.sandbox.addFault(headers(operation, { 'x-amz-checksum-crc32': value }));
      await localFile('small.bin', randomBytes(1000));
      await localFile('large.bin', randomBytes(17 * MIB));
      expect(await nearplay(['upload', 'small.bin', 'large.bin'])).toMatchObject({ code: 0, stderr: '' });
    },
  );
});

describe('a listing', () => {
  const listing = (change: (body: string) => string, operation = 'ListObjectsV2'): FaultRule =>
    rewritten(operation, ({ body }) => ({ body: typeof body === 'string' ? change(body) : body }));
  const ENTRY = /<Contents>.*?<\/Contents>/s;

  it.beforeEach(({ desk, localFile }) => localFile('plate.mov', desk.content));

  it.for<[string, FaultRule, string]>([
    ['another page, and not where it is', { effect: { kind: 'no-token' } }, 'storage-failed'],
    [
      'another page, with an empty token',
      listing((body) =>
        body.replace('<IsTruncated>false', '<NextContinuationToken></NextContinuationToken><IsTruncated>true'),
      ),
      'storage-failed',
    ],
    ['a key that was not asked for', listing((body) => body.replace('<Key>media/sq010', '<Key>x')), 'not-a-storage'],
    ['an entry without a key', listing((body) => body.replace(/<Key>.*?<\/Key>/, '')), 'not-a-storage'],
    ['a file without a size', listing((body) => body.replace(/<Size>.*?<\/Size>/, '')), 'not-a-storage'],
    [
      'a file without a date',
      listing((body) => body.replace(/<LastModified>.*?<\/LastModified>/, '')),
      'not-a-storage',
    ],
    [
      'an encoding that nobody knows',
      listing((body) => body.replace('<MaxKeys>', '<EncodingType>base64</EncodingType><MaxKeys>')),
      'not-a-storage',
    ],
  ])('that names %s is no listing', async ([_what, rule, code], { ask, desk }) => {
    desk.sandbox.addFault(rule);
    for (const said of Object.values(await ask())) {
      expect(said.code).not.toBe(0);
      expect(JSON.parse(said.stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({ code });
      expect(said.stdout).not.toContain('missing');
    }
  });

  it('that names an entry twice has it once', async ({ ask, desk }) => {
    desk.sandbox.addFault(listing((body) => body.replace(ENTRY, '$&$&')));
    const { ls, verify } = await ask();
    expect(ls.stdout.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(ls.stdout)).toMatchObject({ type: 'file', key: KEY });
    expect(JSON.parse(verify.stdout)).toMatchObject({ same: 1 });
  });

  it('that writes keys as in an address, unasked, is read so', async ({ desk, nearplay }) => {
    await desk.put(desk.content, {}, 'sq010/ä +b.mov');
    const encoded = (name: string) => encodeURIComponent(name).replaceAll('%20', '+').replaceAll('%2F', '/');
    desk.sandbox.addFault(
      listing((body) =>
        body
          .replaceAll(
            /<(Key|Prefix)>(.*?)<\/\1>/g,
            (_, tag: string, name: string) => `<${tag}>${encoded(name)}</${tag}>`,
          )
          .replace('<MaxKeys>', '<EncodingType>url</EncodingType><MaxKeys>'),
      ),
    );
    const { stdout } = await nearplay(['ls', 'sq010', '--json', ...FROM_MAIN]);
    const keys = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { key: string }).key);
    expect(keys).toEqual([KEY, 'sq010/ä +b.mov']);
  });

  it('that ignores the delimiter shows no file in a folder that it is not in', async ({ desk, nearplay }) => {
    await desk.put(desk.content, {}, 'sq010/deep/x.mov');
    desk.sandbox.addFault(listing((body) => body.replace(/<Key>media\/sq010\/plate/, '<Key>media/sq010/deep/plate')));
    const said = await nearplay(['ls', 'sq010', '--json', ...FROM_MAIN]);
    expect(said).toMatchObject({ code: 1, stdout: '' });
    expect(said.stderr).toContain('not-a-storage');
  });

  it('of parts or of uploads that is not whole loses none of an upload', async ({ desk, localFile, nearplay }) => {
    await localFile('large.bin', randomBytes(17 * MIB));
    desk.sandbox.addFault({ effect: { kind: 'no-token' } });
    expect(await nearplay(['upload', 'large.bin'])).toMatchObject({ code: 0, stderr: '' });
  });
});
