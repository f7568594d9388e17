import { S3ServiceException } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { explainFileError } from '../../../../../electron/services/files/fileErrors.ts';
import { httpStatusOf } from '../../../../../electron/services/runtime/errorFacts.ts';
import { explainS3Error, meansUnreachable } from '../../../../../electron/services/storage/s3Errors.ts';
import { type ErrorCode, NearplayError } from '../../../../../shared/errors.ts';

const FAILED = {
  action: 's3:GetObject',
  storage: { bucket: 'studio-media', region: 'us-east-1' },
  key: 'sq010/shot.mov',
};
const explain = (error: unknown) => explainS3Error(error, FAILED);

/** As the SDK throws it: a class with the name as code, metadata, and the response beneath. */
function answered(name: string, status: number, message = 'what S3 says', headers: Record<string, string> = {}) {
  const error = new S3ServiceException({
    name,
    message,
    $fault: status >= 500 ? 'server' : 'client',
    $metadata: { httpStatusCode: status, requestId: 'R1' },
  });
  Object.defineProperty(error, '$response', { value: { statusCode: status, headers }, enumerable: false });
  return error;
}

describe('an answer of S3', () => {
  it.each<[string, number, ErrorCode, string]>([
    ['AccessDenied', 403, 'access-denied', 's3:GetObject was refused on the bucket "studio-media"'],
    ['NoSuchBucket', 404, 'no-such-bucket', 'studio-media'],
    ['NoSuchKey', 404, 'no-such-key', 'sq010/shot.mov'],
    ['NoSuchVersion', 404, 'no-such-key', 'sq010/shot.mov'],
    ['InvalidAccessKeyId', 403, 'wrong-key', 'does not know this access key'],
    ['SignatureDoesNotMatch', 403, 'wrong-key', 'secret key is wrong'],
    ['ExpiredToken', 400, 'credentials-expired', 'Sign in again'],
    ['InvalidToken', 400, 'credentials-expired', 'Sign in again'],
    ['RequestTimeTooSkewed', 403, 'clock-skew', 'clock'],
    ['SlowDown', 503, 'slow-down', 'slower'],
    ['InternalError', 500, 'storage-failed', 'Another try may help'],
    ['ServiceUnavailable', 503, 'storage-failed', 'Another try may help'],
    ['RequestTimeout', 400, 'timeout', 'did not get the next bytes in time'],
    ['NoSuchUpload', 404, 'no-such-upload', 'from its beginning'],
    ['BadDigest', 400, 'damaged', 'Send it again'],
    ['InvalidPart', 400, 'damaged', 'Send it again'],
    ['PreconditionFailed', 412, 'conflict', 'Nothing was overwritten'],
    ['ConditionalRequestConflict', 409, 'conflict', 'Nothing was overwritten'],
    ['EntityTooLarge', 400, 'not-supported', 'not supported'],
  ])('%s (%d) is %s and says what to do', (name, status, code, words) => {
    const error = answered(name, status);
    const explained = explain(error);
    expect(explained.code).toBe(code);
    expect(explained.message).toContain(words);
    expect(explained.cause).toBe(error);
  });

  it.each([
    ['PermanentRedirect', answered('PermanentRedirect', 301, '', { 'x-amz-bucket-region': 'eu-west-2' })],
    [
      'AuthorizationHeaderMalformed',
      answered(
        'AuthorizationHeaderMalformed',
        400,
        "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-2'",
      ),
    ],
    ['HEAD with 301', answered('Unknown', 301, '', { 'x-amz-bucket-region': 'eu-west-2' })],
    ['HEAD with 400', answered('Unknown', 400, '', { 'x-amz-bucket-region': 'eu-west-2' })],
  ])('%s names the right region and the wrong one', (_name, error) => {
    expect(explain(error)).toMatchObject({ code: 'wrong-region' });
    expect(explain(error).message).toMatch(/in eu-west-2, not in us-east-1/);
  });

  it('names no region where none is told', () => {
    const { code, message } = explain(answered('PermanentRedirect', 301));
    expect(code).toBe('wrong-region');
    expect(message).toContain('is reached at another address, and not at which');
  });

  it.each<[string, number, ErrorCode]>([
    ['NotFound', 404, 'no-such-key'],
    ['Unknown', 404, 'no-such-key'],
    ['Unknown', 401, 'access-denied'],
    ['Unknown', 403, 'access-denied'],
    ['Unknown', 409, 'conflict'],
    ['Unknown', 412, 'conflict'],
    ['Unknown', 429, 'slow-down'],
    ['Unknown', 503, 'slow-down'],
    ['Unknown', 500, 'storage-failed'],
    ['Unknown', 504, 'storage-failed'],
    // Another encryption or an ended token: whoever asks has to ask again in a way that has a body.
    ['Unknown', 400, 'refused'],
    ['Unknown', 418, 'refused'],
  ])('to HEAD, which has no body (%s, %d), is %s', (name, status, code) => {
    expect(explain(answered(name, status)).code).toBe(code);
  });

  it('of no known kind is a refusal that names status and action, with the words of the answer below', () => {
    const { code, message, detail } = explain(answered('TeapotError', 418, 'I am a teapot'));
    expect(code).toBe('refused');
    expect(message).toBe('The storage in us-east-1 refused s3:GetObject (418 TeapotError). Ask IT.');
    expect(detail).toBe('I am a teapot');
  });

  it('named like something every object has is no known kind', () => {
    for (const name of ['constructor', 'toString', '__proto__'])
      expect(explain(answered(name, 418)).code).toBe('refused');
  });
});

const system = (code: string, message = code) => Object.assign(new Error(message), { code });

describe('the network', () => {
  it.each(
    'ECONNREFUSED ECONNRESET EPIPE ENOTFOUND EAI_AGAIN ENETUNREACH ENETDOWN EHOSTUNREACH EADDRNOTAVAIL EPROTO'.split(
      ' ',
    ),
  )('%s is offline and names the region', (code) => {
    const explained = explain(system(code));
    expect(explained.code).toBe('offline');
    expect(explained.message).toContain('us-east-1');
    expect(explained.retryable && meansUnreachable(explained)).toBe(true);
  });

  it.each(['ETIMEDOUT', 'ESOCKETTIMEDOUT'])('%s is a time-out', (code) => {
    expect(explain(system(code)).code).toBe('timeout');
  });

  it('trying several addresses of one host fails as its attempts did', () => {
    const attempts = [system('ECONNREFUSED', '::1'), system('ECONNREFUSED', '127.0.0.1')];
    expect(explain(new AggregateError(attempts)).code).toBe('offline');
    expect(explain(new AggregateError([system('ETIMEDOUT'), system('ENETUNREACH')])).code).toBe('timeout');
    expect(explain(new Error('fetch failed', { cause: new AggregateError(attempts) })).code).toBe('offline');
    expect(explain(new AggregateError([])).code).toBe('internal');
  });

  it('is found in a cause, and a cause that is its own cause ends', () => {
    expect(explain(new Error('fetch failed', { cause: system('ECONNRESET') })).code).toBe('offline');
    const loop = new Error('loop');
    loop.cause = loop;
    expect(explain(loop).code).toBe('internal');
  });

  it.each(['ECONNRESET', 'EPIPE'])('%s is a connection that was cut, whatever class the SDK gives it', (code) => {
    const explained = explain(Object.assign(new Error('socket hang up'), { code, name: 'TimeoutError' }));
    expect(explained).toMatchObject({ code: 'offline', message: expect.stringMatching(/was cut/) as string });
    const silent = explain(Object.assign(new Error('the request socket timed out'), { name: 'TimeoutError' }));
    expect(silent).toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(/did not answer in time/) as string,
    });
  });

  it('hanging up without a code is offline', () => {
    expect(explain(new Error('socket hang up')).code).toBe('offline');
  });

  it.each([
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ])('whose certificate is not trusted (%s) says so and names the code for IT', (code) => {
    const explained = explain(system(code));
    expect(explained.code).toBe('offline');
    expect(explained.message).toMatch(new RegExp(`certificate.*${code}`));
  });
});

describe('ending a question', () => {
  it('by AbortSignal.timeout is a time-out, by its caller a cancellation', async () => {
    const late = AbortSignal.timeout(1);
    await new Promise((resolve) => late.addEventListener('abort', resolve));
    expect(explain(late.reason).code).toBe('timeout');
    expect(explain(AbortSignal.abort().reason).code).toBe('cancelled');
    expect(explain(Object.assign(new Error('Request aborted'), { name: 'AbortError' })).code).toBe('cancelled');
    expect(explain(Object.assign(new Error('slow'), { name: 'TimeoutError' })).code).toBe('timeout');
  });
});

describe('the disk', () => {
  it.each(['ENOENT', 'EACCES', 'EPERM', 'EIO', 'EBUSY', 'ESTALE', 'EMFILE'])('%s is file-unreadable', (code) => {
    const explained = explain(system(code));
    expect(explained.code).toBe('file-unreadable');
    expect(meansUnreachable(explained)).toBe(false);
  });
  it('that is full says so', () => {
    expect(explain(system('ENOSPC'))).toMatchObject({ code: 'disk-full' });
    expect(explain(system('ENOSPC')).message).toContain('no space left');
  });
});

describe('a file of this computer', () => {
  const path = '/plates/a.mov';
  it.each<[string, ErrorCode, ErrorCode]>([
    ['ENOENT', 'file-unreadable', 'destination-unwritable'],
    ['EACCES', 'file-unreadable', 'destination-unwritable'],
    ['EROFS', 'file-unreadable', 'destination-unwritable'],
    ['ENOTDIR', 'file-unreadable', 'not-a-folder'],
    ['EISDIR', 'not-a-file', 'destination-unwritable'],
    ['ENAMETOOLONG', 'name-too-long', 'name-too-long'],
    ['EIO', 'file-unreadable', 'destination-unwritable'],
    ['ENOSPC', 'disk-full', 'disk-full'],
    ['EDQUOT', 'disk-full', 'disk-full'],
    ['EWHATEVER', 'file-unreadable', 'destination-unwritable'],
  ])('%s is another cause for one that is read than for one that is written', (errno, read, write) => {
    const error = system(errno, `${errno}: what Node says`);
    expect(explainFileError(error, { path, doing: 'read' })).toMatchObject({ code: read, cause: error });
    const written = explainFileError(error, { path, doing: 'write' });
    expect(written).toMatchObject({ code: write, detail: `${errno}: what Node says` });
    expect(written.message).toContain(path);
    expect(explainFileError(error, { path, doing: 'receipts' })).toMatchObject({ code: 'receipts-unwritten' });
  });

  it('is not what a fault of this program is about, and what is explained stays', () => {
    expect(explainFileError(new TypeError('x is undefined'), { path, doing: 'write' }).report()).toEqual(
      new NearplayError('internal').report(),
    );
    const error = new NearplayError('cancelled');
    expect(explainFileError(error, { path, doing: 'read' })).toBe(error);
  });
});

describe('credentials', () => {
  const provider = (message: string) => Object.assign(new Error(message), { name: 'CredentialsProviderError' });
  it.each<[string, ErrorCode]>([
    ['The SSO session associated with this profile has expired. Run aws sso login', 'credentials-expired'],
    ['Could not resolve credentials using profile: [x] in configuration/credentials file(s).', 'credentials-missing'],
    ['Could not load credentials from any providers', 'credentials-missing'],
  ])('%s', (message, code) => {
    expect(explain(provider(message)).code).toBe(code);
  });
});

it('an explained error is not explained again', () => {
  const error = new NearplayError('file-changed');
  expect(explain(error)).toBe(error);
});

it.each([undefined, null, 'text', 7, {}, { $metadata: 7, $response: null, name: 3 }])('%j is internal', (thrown) => {
  expect(explain(thrown).code).toBe('internal');
  expect(httpStatusOf(thrown)).toBe(0);
});

it('only silence and 5xx say that a storage is unreachable', () => {
  const unreachable = (code: ErrorCode) => meansUnreachable(new NearplayError(code));
  expect(['offline', 'timeout', 'storage-failed'].every((code) => unreachable(code as ErrorCode))).toBe(true);
  for (const code of [
    'access-denied',
    'slow-down',
    'no-such-key',
    'credentials-expired',
    'cancelled',
    'internal',
  ] as const) {
    expect(unreachable(code)).toBe(false);
  }
});
