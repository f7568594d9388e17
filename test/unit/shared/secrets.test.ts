import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wordsOf } from '../../../shared/causes/cause.ts';
import { isSecretName, strikeOutSecrets } from '../../../shared/secrets.ts';

/** Names of secrets, in the spellings of AWS, of OAuth and OpenID, of other storages, of proxies and of people. */
const TOKENS = [
  'X-Amz-Signature',
  'x-amz-credential',
  'X-AMZ-SECURITY-TOKEN',
  'x-amz-server-side-encryption-customer-key',
  'sig',
  'Signature',
  'device_code',
  'deviceCode',
  'code_verifier',
  'access_token',
  'refreshToken',
  'id_token',
  'client_secret',
  'clientAssertion',
  'SAMLResponse',
  'aws_secret_access_key',
  'AWS_SESSION_TOKEN',
  'api_key',
  'X-Api-Key',
  'secret_key',
  'secretKey',
  'privateKey',
  'accountKey',
  'X-Goog-Signature',
  'ssoToken',
  'pass',
  'PWD',
  'token',
  'secret',
];
const PASSWORDS = ['password', 'Passwd', 'passphrase', 'proxyPassword', 'DB_PASSWORD'];

/** How a name and its value stand in a text: in a URL or form (encoded), in JSON, as a header, in a file of settings. */
const FORMS: Readonly<Record<string, (name: string, value: string) => string>> = {
  'in a query': (name, value) => `GET https://h.example/k?a=1&${name}=${encodeURIComponent(value)}&b=2 failed`,
  'in a query in a query': (name, value) =>
    `https://h.example/?u=${encodeURIComponent(`https://i.example/?${name}=${encodeURIComponent(value)}`)}`,
  'in a form': (name, value) => `grant_type=x&${name}=${encodeURIComponent(value)}`,
  'in JSON': (name, value) => JSON.stringify({ before: 1, [name]: value, after: 2 }),
  'in JSON with blanks': (name, value) => JSON.stringify({ [name]: value, after: 2 }, null, 2),
  'in JSON in JSON': (name, value) => JSON.stringify(JSON.stringify({ [name]: value, after: 2 })),
  'as a header': (name, value) => `Host: h.example\r\n${name}: ${value}\r\nAccept: */*`,
  'in a file of settings': (name, value) => `[default]\n${name} = ${value}\nregion = us-east-1`,
  'in quotes': (name, value) => `export ${name}="${value}"`,
};

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'.split('');
const word = fc.string({ unit: fc.constantFrom(...letters), minLength: 12, maxLength: 40 });
const base64 = fc.string({
  unit: fc.constantFrom(...letters, '+', '/', '-', '_', '.', '~'),
  minLength: 12,
  maxLength: 40,
});
/** Several words, as people think of them: none of them may stay. */
const phrase = fc.array(word, { minLength: 2, maxLength: 4 });

describe.each(Object.entries(FORMS))('%s', (_name, form) => {
  it.each([...TOKENS, ...PASSWORDS])('the value of %s is struck out', (name) => {
    fc.assert(
      fc.property(base64, (value) => {
        const text = strikeOutSecrets(form(name, value));
        expect(text).not.toContain(value);
        expect(text).not.toContain(encodeURIComponent(value));
        expect(text).toContain('[struck-out]');
        expect(strikeOutSecrets(text)).toBe(text);
        const shown = wordsOf(form(name, value));
        expect(shown).not.toContain(value);
        expect(shown).not.toContain(encodeURIComponent(value));
      }),
      { numRuns: 20 },
    );
  });

  it.each(PASSWORDS)('all words of %s are struck out', (name) => {
    fc.assert(
      fc.property(phrase, fc.constantFrom(' ', ', ', '; ', ' } ', '. '), (words, between) => {
        const text = strikeOutSecrets(form(name, words.join(between)));
        for (const part of words) expect(text).not.toContain(part);
      }),
      { numRuns: 30 },
    );
  });
});

it.each(['"', '\\', "'", '\\"'])('a password with %s in it is struck out whole from JSON', (sign) => {
  fc.assert(
    fc.property(word, word, (first, second) => {
      const text = strikeOutSecrets(JSON.stringify({ password: `${first}${sign}${second}`, after: 1 }));
      expect(text).not.toContain(first);
      expect(text).not.toContain(second);
    }),
  );
});

it.each([
  (secret: string) => `http://user:${secret}@proxy.example:3128/`,
  (secret: string) => `http://user:${secret}@x/y@proxy.example:3128/`,
  (secret: string) => `http://user:a/${secret}@proxy.example`,
  (secret: string) => `https://${secret}@git.example/repository`,
  (secret: string) => `http://:${secret}@proxy.example`,
  (secret: string) => `HTTPS_PROXY=http://DOMAIN%5Cuser:${secret}@proxy.example:8080`,
  (secret: string) => `Authorization: Basic ${secret}`,
  (secret: string) => `["authorization", "Bearer ${secret}"]`,
  (secret: string) => `Proxy-Authorization: Negotiate ${secret}`,
  (secret: string) => `https://login.example/callback?code=${secret}&state=1`,
  (secret: string) => `https://login.example/callback?state=1&code=${secret}`,
  (secret: string) => `the token was eyJ${secret}.${secret}.${secret}`,
])('a secret goes without its name too: %s', (form) => {
  fc.assert(
    fc.property(word, (secret) => {
      const text = strikeOutSecrets(form(secret));
      expect(text).not.toContain(secret);
      expect(strikeOutSecrets(text)).toBe(text);
    }),
  );
});

it.each([
  'Cookie: session=first; b=SECRET-VALUE',
  'Set-Cookie: a=first; Path=/; b=SECRET-VALUE',
  "['host', 'h.example', 'x-amz-security-token', 'SECRET-VALUE', 'accept', '*/*']",
  '"X-Api-Key","SECRET-VALUE"',
  'MINIO_SECRET_KEY=SECRET-VALUE',
  'WEBDAV_PASS=SECRET-VALUE',
  'Digest username="a", realm="b", response="SECRET-VALUE", opaque="c"',
  '-----BEGIN RSA PRIVATE KEY-----\nMIIE\nSECRET-VALUE\n-----END RSA PRIVATE KEY-----',
  'private_key=-----BEGIN PRIVATE KEY-----\nMIIE\nSECRET-VALUE',
  'tool --password SECRET-VALUE --region us-east-1',
  'tool --token=SECRET-VALUE --secret-access-key SECRET-VALUE',
  'tool --session-token SECRET-VALUE --client-secret SECRET-VALUE',
  'aws configure set aws_secret_access_key SECRET-VALUE failed',
  'credential_process failed: AWS_SECRET_ACCESS_KEY=abc/SECRET-VALUE+x= AWS_SESSION_TOKEN=SECRET-VALUE==',
  'https://h.example/?u=https%253A%252F%252Fi.example%252Fk%253FX-Amz-Security-Token%253DSECRET-VALUE%2526b%253D2',
  'https://h.example/?X%2DAmz%2DSecurity%2DToken=SECRET-VALUE',
  String.raw`{"url":"https:\/\/h.example\/k?X-Amz-Signature=a\/SECRET-VALUE"}`,
  String.raw`{"url":"https://h.example/k?X-Amz-Signature\u003da\u002FSECRET-VALUE\u003d\u0026b=1"}`,
  String.raw`{"body":"{\"url\":\"https://h.example/k?X-Amz-Security-Token\\u003da\\u002fSECRET-VALUE\"}"}`,
  String.raw`{"secretKey":"a\/SECRET-VALUE\u003d","after":1}`,
  String.raw`"{\"secretKey\":\"a\\/SECRET-VALUE=\"}"`,
  'https://h.example/k?X-Amz-Signature&#x3D;a&#x2F;SECRET-VALUE&amp;b&#61;2',
  '    at get (https://h.example/k?X-Amz-Credential=A%2FSECRET-VALUE&X-Amz-Signature=SECRET-VALUE:1:2)',
])('all of what is secret goes, in any form: %s', (text) => {
  const struck = strikeOutSecrets(text);
  expect(struck).not.toMatch(/SECRET-VALUE|MIIE/);
  expect(strikeOutSecrets(struck)).toBe(struck);
  expect(wordsOf(text)).not.toMatch(/SECRET-VALUE|MIIE/);
});

it.each([
  'connect ECONNREFUSED 10.0.0.1:443',
  'https://host.example:9000/bucket/a@b.mov?versionId=1',
  '{"code":"ECONNRESET","statusCode":403}',
  'exit code=1, error code: EACCES',
  'x-amz-request-id: 4442587FB7D0A2F9',
  'X-Amz-Date=20260101T000000Z&X-Amz-Expires=60',
  'sq010/token_v001.mov and design=flat',
  'the passwords of the studio',
  'mail to somebody@studio.example',
  'nearplay upload --to sq010 --on-conflict skip',
  'access_key_id is missing in the profile',
])('what is no secret stays: %s', (text) => expect(strikeOutSecrets(text)).toBe(text));

it('what is shown of a long text holds no piece of a secret', () => {
  // Struck out, the text is short, so that what stood far behind is shown.
  const text = `${'token=SECRET-VALUE '.repeat(60)} eyJhbGciOiJIUzI1NiJ9.SECRET-VALUE`;
  expect(wordsOf(text)).not.toMatch(/SECRET|eyJ/);
  expect(wordsOf(`Proxy-Authorization: Basic SECRET-VALUE\r\nThe proxy refused.`)).toContain('The proxy refused.');
});

it('names of fields say it in any spelling, and codes of errors are none', () => {
  for (const name of [...TOKENS, ...PASSWORDS, 'Authorization', 'cookie']) expect(isSecretName(name)).toBe(true);
  for (const name of ['code', 'key', 'tokens', 'signed', 'passed', 'region']) expect(isSecretName(name)).toBe(false);
});

it.each(['password=', 'a:', 'sig', '\\"', '://', 'token ', '://a:', 'Bearer ', 'eyJ', '"password":"'])(
  'a text of nothing but %s takes a time that grows with its length, not with its square',
  (piece) => {
    const strike = (length: number) => {
      const text = `://${piece.repeat(Math.ceil(length / piece.length))}`;
      const before = performance.now();
      strikeOutSecrets(text);
      return performance.now() - before;
    };
    strike(10_000);
    // A square would take 400 times as long; milliseconds are added since short times are measured badly.
    expect(strike(200_000)).toBeLessThan(200 * (strike(10_000) + 5));
  },
);
