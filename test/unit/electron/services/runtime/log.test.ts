import { GetObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLog, SILENT } from '../../../../../electron/services/runtime/log.ts';
import { strikeOutSecrets } from '../../../../../shared/secrets.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const SIGNATURE = 'fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024';
const TOKEN = `IQoJb3JpZ2luX2VjE${'Ab9+/'.repeat(20)}==`;
const KEY_ID = 'ASIAIOSFODNN7EXAMPLE';

function written(message: string, fields?: Record<string, unknown>): string {
  const lines: string[] = [];
  const log = createLog(
    (line) => lines.push(line),
    () => 0,
  );
  if (fields) log.warn(message, fields);
  else log.warn(message);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^[^\n]*\n$/);
  return lines[0] ?? '';
}

async function signedUrl(): Promise<string> {
  const credentials = { accessKeyId: KEY_ID, secretAccessKey: SECRET, sessionToken: TOKEN };
  const client = new S3Client({ region: 'us-east-1', credentials });
  return getSignedUrl(client, new GetObjectCommand({ Bucket: 'studio-media', Key: 'shot.mov' }));
}

/** What of a signed URL opens the file or tells the key, in the spellings it has in the URL and decoded. */
function secretsOf(url: string): string[] {
  const query = new URL(url).searchParams;
  const values = ['X-Amz-Signature', 'X-Amz-Security-Token'].map((name) => query.get(name) ?? '');
  return [...values, ...values.map(encodeURIComponent), KEY_ID];
}

describe('a signed URL', () => {
  it.each<[string, (url: string) => string]>([
    ['as it is', (url) => url],
    ['in lower case', (url) => url.replace(/X-Amz-/g, 'x-amz-')],
    ['inside another URL', (url) => `https://play.example/?source=${encodeURIComponent(url)}`],
    [
      'inside a URL inside a URL',
      (url) => `https://a.example/?u=${encodeURIComponent(`https://b.example/?u=${encodeURIComponent(url)}`)}`,
    ],
    ['in JSON with escaped ampersands', (url) => JSON.stringify({ url }).replaceAll('&', '\\u0026')],
    ['in XML', (url) => `<Url>${url.replaceAll('&', '&amp;')}</Url>`],
    ['in JSON in JSON', (url) => JSON.stringify(JSON.stringify({ url }))],
    ['in angle brackets', (url) => `could not open <${url}>`],
  ])('%s leaves neither signature nor token nor key id', async (_name, spell) => {
    const url = await signedUrl();
    const text = spell(url);
    for (const line of [written(text), written('failed', { text }), written('failed', { error: new Error(text) })]) {
      for (const secret of secretsOf(url)) expect(line).not.toContain(secret);
      expect(line).toContain('studio-media');
    }
  });

  it('as URL object, as query record or as old style (signature version 2)', async () => {
    const url = new URL(await signedUrl());
    const query = Object.fromEntries(url.searchParams);
    const old = `https://b.s3.amazonaws.com/k?AWSAccessKeyId=${KEY_ID}&Expires=1&Signature=dmp0bW9hc2RmYXNkZg%3D%3D`;
    const line = written('failed', { url, query, old });
    for (const secret of [...secretsOf(url.href), 'dmp0bW9hc2RmYXNkZg']) expect(line).not.toContain(secret);
  });
});

describe('headers and keys', () => {
  const header = `AWS4-HMAC-SHA256 Credential=${KEY_ID}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=${SIGNATURE}`;
  it.each([
    `authorization: ${header}`,
    `Authorization=${header}`,
    JSON.stringify({ authorization: header }),
    JSON.stringify(JSON.stringify({ Authorization: header })),
    `Proxy-Authorization: Basic ${SIGNATURE}`,
    `x-amz-security-token: ${TOKEN}`,
    `aws_secret_access_key = ${SECRET}`,
    `AWS_SECRET_ACCESS_KEY="${SECRET}"`,
    `{"SecretAccessKey":"${SECRET}","SessionToken":"${TOKEN}"}`,
    `{\\"secretAccessKey\\":\\"${SECRET}\\"}`,
    `<SecretAccessKey>${SECRET}</SecretAccessKey>`,
    `{"accessToken":"${TOKEN}","clientSecret":"${SECRET}","refreshToken":"${TOKEN}"}`,
    `token ${TOKEN} was refused`,
    `proxy http://user:${SIGNATURE}@proxy.example:3128 refused`,
  ])('%s', (text) => {
    for (const line of [written(text), written('x', { text }), strikeOutSecrets(text)]) {
      for (const secret of [SECRET, SIGNATURE, TOKEN, KEY_ID]) expect(line).not.toContain(secret);
    }
  });

  it('in fields, however deep', () => {
    const credentials = { accessKeyId: KEY_ID, secretAccessKey: SECRET, sessionToken: TOKEN };
    const line = written('x', { a: [{ headers: { authorization: header } }, { b: { credentials } }] });
    for (const secret of [SECRET, SIGNATURE, TOKEN, KEY_ID]) expect(line).not.toContain(secret);
  });

  it('of an SDK error, whose request hangs below it', () => {
    const error = new S3ServiceException({ name: 'AccessDenied', $fault: 'client', message: 'No', $metadata: {} });
    Object.assign(error, {
      $response: { headers: { authorization: header } },
      StringToSign: header,
      SignatureProvided: SIGNATURE,
    });
    const outer = new Error('outer', { cause: { cause: error, $metadata: { authorization: header } } });
    const line = written('x', { error: outer });
    expect(line).toContain('AccessDenied');
    for (const secret of [SIGNATURE, KEY_ID]) expect(line).not.toContain(secret);
  });

  it('property: a random secret in a URL, a header, a field or an error never appears', () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/='.split('');
    const secretText = fc.string({ unit: fc.constantFrom(...letters), minLength: 20, maxLength: 60 });
    const name = fc.constantFrom('X-Amz-Signature', 'x-amz-credential', 'X-AMZ-SECURITY-TOKEN');
    const field = fc.constantFrom(
      'secretAccessKey',
      'SessionToken',
      'authorization',
      'aws_session_token',
      'x-amz-security-token',
    );
    const wrap = fc.array(
      fc.constantFrom<(text: string) => string>(encodeURIComponent, (text) => JSON.stringify({ text })),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(secretText, name, field, wrap, fc.nat(4), (secret, parameter, key, wraps, depth) => {
        const url = `https://h.example/k?X-Amz-Expires=60&${parameter}=${encodeURIComponent(secret)}&x-id=GetObject`;
        let error: unknown = new Error(wraps.reduce((text, wrapped) => wrapped(text), url));
        for (let level = 0; level < depth; level++) error = new Error('outer', { cause: error });
        const line = written(`${key}: ${secret}`, {
          url,
          error,
          deep: { [key]: secret },
          list: [{ [parameter]: secret }],
        });
        expect(line).not.toContain(secret);
        expect(line).not.toContain(encodeURIComponent(secret));
        expect(line).not.toContain(encodeURIComponent(encodeURIComponent(secret)));
      }),
    );
  });
});

it('is struck out once, and striking out again changes nothing', async () => {
  const once = strikeOutSecrets(await signedUrl());
  expect(once).toContain('X-Amz-Signature=[struck-out]&');
  expect(strikeOutSecrets(once)).toBe(once);
});

describe('a line', () => {
  it('is JSON with time, level, message, fields, and keeps what is no secret', () => {
    const line = written('Storage is back', {
      storage: 'sydney',
      count: 3,
      nothing: null,
      key: 'sq010/token_v001.mov',
    });
    expect(JSON.parse(line)).toEqual({
      time: '1970-01-01T00:00:00.000Z',
      level: 'warn',
      message: 'Storage is back',
      storage: 'sydney',
      count: 3,
      nothing: null,
      key: 'sq010/token_v001.mov',
    });
  });

  it('of an error has name, code, message, its causes and what it gathers', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:443'), { code: 'ECONNREFUSED' });
    const line: unknown = JSON.parse(
      written('x', { error: new Error('outer', { cause: new AggregateError([refused]) }) }),
    );
    expect(line).toMatchObject({
      error: { name: 'Error', message: 'outer', cause: { name: 'AggregateError', errors: [{ code: 'ECONNREFUSED' }] } },
    });
  });

  it('is written for any fields: cycles, big integers, getters that throw, whole clients', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    const cyclic = new Error('cyclic');
    cyclic.cause = cyclic;
    const throwing = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    const client = new S3Client({ region: 'us-east-1' });
    for (const fields of [
      { loop },
      { error: cyclic },
      { big: 10n },
      { throwing },
      { client, bytes: Buffer.alloc(9) },
    ]) {
      const line = written('still there', fields);
      expect(line).toContain('still there');
      expect(line.length).toBeLessThan(2000);
    }
  });

  it('has the level that was asked for, and SILENT has none', () => {
    const lines: string[] = [];
    const log = createLog(
      (line) => lines.push(line),
      () => 0,
    );
    log.info('a');
    log.warn('b');
    log.error('c');
    expect(lines.map((line) => line.includes('"info"') || line.includes('"warn"') || line.includes('"error"'))).toEqual(
      [true, true, true],
    );
    expect(() => SILENT.error('x')).not.toThrow();
  });
});

it('an error is struck out with its causes, its stack and its name', () => {
  const lines: string[] = [];
  const log = createLog(
    (line) => lines.push(line),
    () => 0,
  );
  const raw = { headers: { Authorization: 'AWS4-HMAC-SHA256 Credential=a, Signature=SECRET-VALUE' } };
  const inner = new Error('GET https://h.example/k?X-Amz-Signature=SECRET-VALUE', { cause: raw });
  const outer = new Error('Authorization: Bearer SECRET-VALUE', { cause: new AggregateError([inner], 'all failed') });
  log.error('Request failed', { error: outer, stack: inner.stack, deep: { cause: { error: inner } } });
  log.error('x', { error: Object.assign(new Error('y'), { name: 'token=SECRET-VALUE', code: 'sig=SECRET-VALUE' }) });
  expect(lines).toHaveLength(2);
  expect(lines.join('')).not.toContain('SECRET-VALUE');
});

it('fields are struck out by their names, in any spelling', () => {
  const lines: string[] = [];
  createLog(
    (line) => lines.push(line),
    () => 0,
  ).warn('x', { sig: 'abc', deviceCode: 'def', proxyPassword: 'g h i', nested: { client_secret: { deep: 'jkl' } } });
  expect(lines[0]).not.toMatch(/abc|def|g h i|jkl/);
});
