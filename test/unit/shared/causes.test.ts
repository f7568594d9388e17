import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainFile, explainStorage } from '../../../shared/causes.ts';
import { type FailureFacts, messageOf, NO_FACTS, wordsOf } from '../../../shared/causes/cause.ts';
import { FILE_CAUSES } from '../../../shared/causes/fileCauses.ts';
import { NETWORK_CAUSES } from '../../../shared/causes/networkCauses.ts';
import { type AskedOfStorage, FOREIGN_ANSWER, STORAGE_CAUSES } from '../../../shared/causes/storageCauses.ts';
import { type ErrorCode, ERRORS } from '../../../shared/errors.ts';

const ASKED: AskedOfStorage = {
  action: 's3:GetObject',
  bucket: 'studio-media',
  region: 'us-east-1',
  key: 'sq010/shot.mov',
};
const said = (part: Partial<FailureFacts>): FailureFacts => ({ ...NO_FACTS, ...part });
const explain = (part: Partial<FailureFacts>, asked: Partial<AskedOfStorage> = {}) =>
  explainStorage(said(part), { ...ASKED, ...asked });

describe('every line of the table', () => {
  it.each(STORAGE_CAUSES.map((cause) => [cause.id, cause] as const))('%s is what its example means', (_id, cause) => {
    const asked = { ...ASKED, ...cause.example.asked } as AskedOfStorage;
    if (asked.key === undefined) delete asked.key;
    const example = said(cause.example.facts);
    const message = messageOf(cause, example, asked);
    expect(explainStorage(example, asked)).toEqual({ code: cause.code, message });
    expect(message).toMatch(/^(?:[A-Z"]|s3:).*\.$/);
    expect(message).not.toMatch(/undefined|\(\)| {2}/);
  });

  it.each(NETWORK_CAUSES.map((cause) => [cause.id, cause] as const))('%s is what its example means', (_id, cause) => {
    const example = said(cause.example.facts);
    const message = messageOf(cause, example, ASKED);
    expect(explainStorage(example, ASKED)).toEqual({ code: cause.code, message });
    expect(message).toMatch(/^[A-Z].*\.$/);
  });

  it.each(FILE_CAUSES.map((cause) => [cause.id, cause] as const))('%s is what its example means', (_id, cause) => {
    const asked = { path: '/plates/a.mov', doing: 'read' as const, ...cause.example.asked };
    const example = said(cause.example.facts);
    const message = messageOf(cause, example, { ...asked, doing: asked.doing ?? 'read', path: asked.path ?? '' });
    expect(explainFile(example, { ...asked, doing: asked.doing ?? 'read', path: asked.path ?? '' })).toEqual({
      code: cause.code,
      message,
    });
    expect(message).toMatch(/^[A-Z"].*\.$/);
  });

  it('has a name of its own, and a code of the closed set', () => {
    const all = [...STORAGE_CAUSES, ...NETWORK_CAUSES, ...FILE_CAUSES];
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    for (const { code } of all) expect(ERRORS[code]).toBeDefined();
  });
});

describe('one status, several causes', () => {
  it.each<[string, Partial<FailureFacts>, ErrorCode]>([
    ['missing permission', { name: 'AccessDenied', message: 'Access Denied' }, 'access-denied'],
    ['archived', { name: 'InvalidObjectState' }, 'archived'],
    [
      'key refused',
      { name: 'AccessDenied', message: 'not authorized to perform: kms:Decrypt on …' },
      'encryption-refused',
    ],
    ['clock', { name: 'RequestTimeTooSkewed' }, 'clock-skew'],
    ['unknown key', { name: 'InvalidAccessKeyId' }, 'wrong-key'],
    ['account', { name: 'AccountProblem' }, 'access-denied'],
    ['link too old', { name: 'AccessDenied', message: 'Request has expired' }, 'link-expired'],
    ['quota of Ceph', { name: 'QuotaExceeded' }, 'storage-full'],
    ['page of a firewall', { name: FOREIGN_ANSWER, headers: { 'content-type': 'text/html' } }, 'not-a-storage'],
  ])('403 is not always a missing permission: %s', (_kind, part, code) => {
    expect(explain({ status: 403, ...part }).code).toBe(code);
  });

  it.each<[string, Partial<FailureFacts>, ErrorCode]>([
    ['ended token', { name: 'ExpiredToken' }, 'credentials-expired'],
    [
      'key of another encryption',
      {
        name: 'InvalidRequest',
        message:
          'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
      },
      'encryption-unknown',
    ],
    ['another request that is not right', { name: 'InvalidRequest', message: 'Missing required header' }, 'refused'],
    ['switched off key', { name: 'KMS.DisabledException' }, 'encryption-refused'],
    ['another region', { name: 'AuthorizationHeaderMalformed', elements: { Region: 'eu-west-2' } }, 'wrong-region'],
    ['version that never was', { name: 'InvalidArgument', message: 'Invalid version id specified' }, 'no-such-key'],
    ['no word at all', {}, 'refused'],
  ])('400 is not always an ended token: %s', (_kind, part, code) => {
    expect(explain({ status: 400, ...part }).code).toBe(code);
  });

  it.each([501, 505, 507, 508, 510])('%d is final, whatever it is called', (status) => {
    for (const name of ['', 'NotImplemented', 'Odd', FOREIGN_ANSWER])
      expect(ERRORS[explain({ status, name }).code].retryable).toBe(false);
  });

  it.each([500, 502, 504, 520, 599])('%d that nobody knows may pass', (status) => {
    for (const name of ['', 'Odd', FOREIGN_ANSWER])
      expect(explain({ status, name, headers: { 'content-type': 'text/html' } }).code).toBe('storage-failed');
  });

  it('a role that may not be assumed is named', () => {
    const role = 'arn:aws:iam::123456789012:role/media';
    const { code, message } = explain({ status: 403, name: 'AccessDenied' }, { action: 'sts:AssumeRole', role });
    expect(code).toBe('access-denied');
    expect(message).toContain(role);
  });

  it('a sentence that names a region, a class or a host takes them only where they look like one', () => {
    expect(
      explain({ name: 'InvalidObjectState', status: 403, elements: { StorageClass: '<b>' } }).message,
    ).not.toContain('<b>');
    expect(
      explain({ name: 'PermanentRedirect', status: 301, headers: { 'x-amz-bucket-region': 'a b' } }).message,
    ).not.toContain('a b');
  });
});

describe('a sentence says no more than the storage did', () => {
  const AKID =
    'The authorization header is malformed; a non-empty Access Key (AKID) must be provided in the credential.';
  const CIPHERTEXT =
    'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.';
  const EITHER_OR = 'Either s3:GetObject is missing there, or the file is';
  const denied = { name: 'AccessDenied', status: 403 };
  const malformed = { name: 'AuthorizationHeaderMalformed', status: 400 };
  const redirect = { 'x-amz-request-id': 'R1', location: 'https://studio-media.s3.eu-west-2.amazonaws.com/a' };
  const write = { action: 's3:PutObject' };

  it.each<[string, Partial<FailureFacts>, Partial<AskedOfStorage>, ErrorCode, string, string]>([
    ['no access key', { ...malformed, message: AKID }, {}, 'wrong-key', 'access key', 'region,'],
    ['another service', { ...malformed, message: "wrong; expecting 's3'" }, {}, 'refused', 'signature', 'is in s3'],
    [
      'its own region',
      { ...malformed, elements: { Region: 'us-east-1' } },
      {},
      'refused',
      'signature',
      'another region',
    ],
    [
      'an elsewhere',
      { name: 'PermanentRedirect', status: 301 },
      {},
      'wrong-region',
      'another address',
      'another region',
    ],
    [
      'a switched off object',
      { name: 'AllAccessDisabled', status: 403, message: 'All access to this object has been disabled' },
      {},
      'access-denied',
      'All access to "sq010/shot.mov", or to the bucket "studio-media" as a whole, is disabled',
      'account',
    ],
    ['an account', { name: 'AccountProblem', status: 403 }, {}, 'access-denied', 'the account', 'neither'],
    ['a key of KMS', { ...denied, message: CIPHERTEXT }, {}, 'encryption-refused', 'KMS key', EITHER_OR],
    [
      'a key of KMS, for an upload',
      { ...denied, message: CIPHERTEXT },
      write,
      'encryption-refused',
      'KMS key',
      'permissions there',
    ],
    [
      'a bucket named like KMS',
      { ...denied, message: 'not authorized to perform: s3:GetObject on resource arn:aws:s3:::KMS-plates/a' },
      {},
      'access-denied',
      's3:GetObject was refused',
      'KMS',
    ],
    [
      'an ARN of KMS',
      { ...denied, message: 'The key arn:aws:kms:us-east-1:1:key/2 was named in a policy' },
      {},
      'access-denied',
      's3:GetObject was refused',
      'kms:us',
    ],
    [
      'a payer',
      { ...denied, message: 'Bucket is a requester pays bucket' },
      {},
      'access-denied',
      'requesters pay',
      EITHER_OR,
    ],
    [
      'words of another kind',
      { ...denied, message: 'There were headers present in the request which were not signed' },
      {},
      'access-denied',
      'own words say why',
      EITHER_OR,
    ],
    ['no words', { ...denied, message: 'Access Denied' }, {}, 'access-denied', EITHER_OR, 'own words'],
    ["S3's redirect", { status: 307, headers: redirect }, {}, 'slow-down', 's3.eu-west-2.amazonaws.com', 'sign-in'],
    [
      'a redirect without the number of a request',
      { status: 307, headers: { location: redirect.location } },
      {},
      'not-a-storage',
      'In place of the storage',
      'new',
    ],
    [
      'a redirect to a host that only looks like it',
      { status: 307, headers: { ...redirect, location: 'https://amazonaws.com.portal.example/' } },
      {},
      'not-a-storage',
      'portal.example',
      'new',
    ],
    ['404 to a write', { status: 404 }, write, 'no-such-key', 'was to be written', 'is not in'],
    [
      'NoSuchKey to a write',
      { status: 404, name: 'NoSuchKey' },
      write,
      'no-such-key',
      'was to be written',
      'is not in',
    ],
    ['404 to a read', { status: 404 }, {}, 'no-such-key', 'does not say whether', 'is not in'],
    ['NoSuchKey to a read', { status: 404, name: 'NoSuchKey' }, {}, 'no-such-key', 'is not in the bucket', 'whether'],
    [
      '404 to a removal',
      { status: 404, name: 'NoSuchKey' },
      { action: 's3:DeleteObject' },
      'no-such-key',
      'what s3:DeleteObject asked for',
      'is not in',
    ],
    ['412 to a write', { status: 412 }, write, 'conflict', 'Nothing was overwritten', 'Another'],
    ['409 to a write', { status: 409 }, write, 'conflict', 'another request', 'Another version'],
  ])('%s', (_what, part, asked, code, words, notWords) => {
    const explained = explain(part, asked);
    expect(explained.code).toBe(code);
    expect(explained.message).toContain(words);
    expect(explained.message).not.toContain(notWords);
  });

  it('in any table and for any code: what goes on by itself is said by what does', () => {
    const asked = { ...ASKED, path: '/plates/a.mov', doing: 'write' as const };
    const remedies = [...STORAGE_CAUSES, ...NETWORK_CAUSES, ...FILE_CAUSES].map(({ remedy, example }) =>
      remedy(said(example.facts), asked),
    );
    const texts = [...remedies, ...Object.values(ERRORS).map(({ message }) => message)];
    for (const text of texts) expect(text).not.toMatch(/by itself|trying again|starts again|^Try again\.$/i);
  });
});

it('whatever is said, there is a code and a sentence', () => {
  const texts = fc.dictionary(fc.constantFrom('content-type', 'location', 'Region', 'StorageClass'), fc.string());
  const anything = fc.record({
    name: fc.oneof(fc.string(), fc.constantFrom('AccessDenied', 'KMS.X', 'NotFound', FOREIGN_ANSWER)),
    code: fc.oneof(fc.constant(''), fc.string()),
    message: fc.string(),
    status: fc.oneof(fc.constant(0), fc.integer({ min: 100, max: 999 })),
    headers: texts,
    elements: texts,
  });
  fc.assert(
    fc.property(anything, (what) => {
      const { code, message } = explainStorage(what, ASKED);
      expect(ERRORS[code]).toBeDefined();
      expect(message.length).toBeGreaterThan(5);
    }),
  );
});

describe("the other side's own words", () => {
  it.each([
    ['a signed address', 'see https://b.example/k?X-Amz-Signature=abcdef&X-Amz-Credential=AKIAABCDEFGHIJKLMNOP now'],
    ['a password in an address', 'proxy http://user:hunter2@proxy.example:3128/ refused'],
    ['a key', 'The key AKIAABCDEFGHIJKLMNOP does not exist'],
    ['a token', `Token IQoJ${'a'.repeat(200)} is bad`],
    ['a header', 'Authorization: AWS4-HMAC-SHA256 Credential=abcdef/2026, Signature=abcdef'],
  ])('never hold %s', (_what, words) => {
    expect(wordsOf(words)).not.toMatch(/abcdef|hunter2|AKIAABC|aaaaaaaa/);
  });

  it('keep what IT looks for', () => {
    const arn = 'arn:aws:kms:us-east-1:123456789012:key/1a2b3c4d-1a2b-1a2b-1a2b-1a2b3c4d5e6f';
    expect(wordsOf(`${arn} is disabled.`)).toBe(`${arn} is disabled.`);
  });

  it('are one line without controls, of 300 characters at most', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (words) => {
        const shown = wordsOf(words);
        if (shown === undefined) return;
        expect(shown.length).toBeLessThanOrEqual(300);
        expect(shown).not.toMatch(/[\p{Cc}\u202e\u2066]/u);
      }),
    );
    expect(wordsOf('a\u001b[31m\r\nb')).toBe('a [31m b');
    expect(wordsOf(' \n ')).toBeUndefined();
  });
});
