import type { StorageConfiguration } from '../../shared/preferences.ts';
import { NearplayError, type ErrorCode } from '../../shared/errors.ts';

const DEEPEST_CAUSE = 4;

/** What was being done when it failed, in words that IT can act on. */
export interface FailedAction {
  /** The S3 action, e.g. `s3:GetObject`. */
  action: string;
  storage: Pick<StorageConfiguration, 'bucket' | 'region'>;
  key?: string;
}

/** The parts of an SDK error that matter here; it may as well be an error of the network or of anything else. */
interface Failure {
  name: string;
  code: string;
  message: string;
  status: number;
  regionHeader: string | undefined;
}

const BY_NAME: ReadonlyMap<string, ErrorCode> = new Map([
  ['AccessDenied', 'access-denied'],
  ['AllAccessDisabled', 'access-denied'],
  ['NoSuchBucket', 'no-such-bucket'],
  ['NoSuchKey', 'no-such-key'],
  ['NotFound', 'no-such-key'],
  ['NoSuchVersion', 'no-such-key'],
  ['NoSuchUpload', 'no-such-upload'],
  ['PermanentRedirect', 'wrong-region'],
  ['AuthorizationHeaderMalformed', 'wrong-region'],
  ['IllegalLocationConstraintException', 'wrong-region'],
  ['InvalidAccessKeyId', 'wrong-key'],
  ['SignatureDoesNotMatch', 'wrong-key'],
  ['ExpiredToken', 'credentials-expired'],
  ['ExpiredTokenException', 'credentials-expired'],
  ['InvalidToken', 'credentials-expired'],
  ['TokenRefreshRequired', 'credentials-expired'],
  ['RequestTimeTooSkewed', 'clock-skew'],
  ['SlowDown', 'slow-down'],
  ['Throttling', 'slow-down'],
  ['ThrottlingException', 'slow-down'],
  ['TooManyRequestsException', 'slow-down'],
  ['InternalError', 'storage-failed'],
  ['ServiceUnavailable', 'storage-failed'],
  ['RequestTimeout', 'timeout'],
  ['TimeoutError', 'timeout'],
  ['BadDigest', 'damaged'],
  ['InvalidPart', 'damaged'],
  ['XAmzContentSHA256Mismatch', 'damaged'],
  ['InvalidDigest', 'damaged'],
  ['PreconditionFailed', 'conflict'],
  ['ConditionalRequestConflict', 'conflict'],
  ['EntityTooLarge', 'not-supported'],
  ['AbortError', 'cancelled'],
  ['CredentialsProviderError', 'credentials-missing'],
]);

const NETWORK_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  'UND_ERR_SOCKET',
  'EPROTO',
  'ENODATA',
]);

const FILE_CODES: ReadonlySet<string> = new Set(
  'ENOENT EACCES EPERM EIO EBUSY ESTALE EISDIR ENOTDIR ENAMETOOLONG EMFILE EROFS EFBIG ENOSPC EDQUOT'.split(' '),
);

/** Codes of Node's TLS (OpenSSL) for a certificate that this machine does not trust: a proxy that inspects, mostly. */
const CERTIFICATE_CODE = /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA)/;

/**
 * Says what an error of the SDK, of the network or of the disk means to a user, as a NearplayError whose message names
 * the bucket and what to do. The original stays as `cause`, for the log's eyes.
 */
export function explainS3Error(error: unknown, failed: FailedAction): NearplayError {
  if (error instanceof NearplayError) return error;
  const failure = failureOf(error);
  const code = codeOf(failure);
  return new NearplayError(code, messageOf(code, failure, failed), { cause: error });
}

/** Whether the storage itself is the trouble (no answer, or answers of 5xx), rather than this one request. */
export function meansUnreachable(error: NearplayError): boolean {
  return error.code === 'offline' || error.code === 'timeout' || error.code === 'storage-failed';
}

/** The HTTP status of an SDK error, 0 where there was no answer. */
export function httpStatusOf(error: unknown): number {
  return failureOf(error).status;
}

function failureOf(error: unknown): Failure {
  const record = isRecord(error) ? error : {};
  const metadata = isRecord(record['$metadata']) ? record['$metadata'] : {};
  const response = isRecord(record['$response']) ? record['$response'] : {};
  const headers = isRecord(response['headers']) ? response['headers'] : {};
  return {
    name: text(record['name']),
    code: text(record['code']) || text(record['Code']) || codeWithin(record, 0),
    message: text(record['message']),
    status: typeof metadata['httpStatusCode'] === 'number' ? metadata['httpStatusCode'] : 0,
    regionHeader: text(headers['x-amz-bucket-region']) || undefined,
  };
}

/**
 * The code of what lies beneath: a cause, or the first of the attempts at several addresses of one host, which Node
 * gathers in an AggregateError.
 */
function codeWithin({ cause, errors }: Record<string, unknown>, depth: number): string {
  const attempts: readonly unknown[] = Array.isArray(errors) ? errors : [];
  const beneath = [cause, ...attempts];
  for (const one of beneath) {
    if (!isRecord(one) || depth > DEEPEST_CAUSE) continue;
    const code = text(one['code']) || codeWithin(one, depth + 1);
    if (code !== '') return code;
  }
  return '';
}

function codeOf({ name, code, message, status, regionHeader }: Failure): ErrorCode {
  if (NETWORK_CODES.has(code) || CERTIFICATE_CODE.test(code)) return 'offline';
  if (code === 'ETIMEDOUT' || code === 'ESOCKETTIMEDOUT') return 'timeout';
  if (FILE_CODES.has(code)) return 'file-unreadable';
  if (name === 'CredentialsProviderError' && /expired|refresh|sso login/i.test(message)) return 'credentials-expired';
  const known = BY_NAME.get(name) ?? BY_NAME.get(code);
  if (known !== undefined) return known;
  if (/socket hang up|aborted/i.test(message) && status === 0) return 'offline';
  // The answer to HEAD has no body, so no code either: only the status and a header are left (S3 User Guide, HeadObject).
  if (status === 301 || (status === 400 && regionHeader !== undefined)) return 'wrong-region';
  // Of the refusals that S3 answers with 400, an ended token is the one that a well-formed HEAD can meet.
  if (status === 400 && name === 'Unknown') return 'credentials-expired';
  if (status === 401 || status === 403) return 'access-denied';
  if (status === 404) return 'no-such-key';
  if (status === 409 || status === 412) return 'conflict';
  if (status === 429 || status === 503) return 'slow-down';
  if (status >= 500) return 'storage-failed';
  return 'internal';
}

function messageOf(code: ErrorCode, failure: Failure, { action, storage, key }: FailedAction): string | undefined {
  const bucket = `the bucket "${storage.bucket}"`;
  switch (code) {
    case 'access-denied':
      return `${action} was refused on ${bucket}. Ask IT to check your permissions there.`;
    case 'no-such-bucket':
      return `There is no bucket "${storage.bucket}" in ${storage.region}. Check its name in the Isolation Preferences.`;
    case 'no-such-key':
      return key === undefined ? undefined : `"${key}" is not in ${bucket} any more.`;
    case 'wrong-region': {
      const right = failure.regionHeader ?? /expecting '([a-z0-9-]+)'/.exec(failure.message)?.[1];
      const where = right === undefined ? 'in another region' : `in ${right}`;
      return `The bucket "${storage.bucket}" is ${where}, not in ${storage.region}. Correct the Isolation Preferences.`;
    }
    case 'wrong-key':
      return failure.name === 'InvalidAccessKeyId'
        ? 'The storage does not know this access key. Check the AWS profile or sign in again.'
        : "The signature was refused: the secret key is wrong, or this computer's clock is far off.";
    case 'credentials-missing':
      return failure.name === 'CredentialsProviderError' && failure.message.includes('profile')
        ? `No credentials: ${failure.message}`
        : undefined;
    case 'file-unreadable':
      return failure.code === 'ENOSPC' || failure.code === 'EDQUOT' ? 'There is no space left on the disk.' : undefined;
    case 'offline':
      if (CERTIFICATE_CODE.test(failure.code)) {
        return `The certificate that the storage in ${storage.region} shows is not trusted here (${failure.code}). Ask IT.`;
      }
      return `The storage in ${storage.region} cannot be reached. Check the network; it goes on by itself.`;
    case 'timeout':
      return `The storage in ${storage.region} did not answer in time.`;
    case 'internal':
      return failure.status > 0
        ? `The storage answered ${failure.status}${failure.name ? ` (${failure.name})` : ''} to ${action}.`
        : undefined;
    default:
      return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
