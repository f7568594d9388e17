import { answerOf, type Cause, type FailureFacts, named } from './cause.ts';

/** The failed action, in terms that IT can act on. */
export interface AskedOfStorage {
  /** The S3 action, e.g. `s3:GetObject`. */
  action: string;
  bucket: string;
  region: string;
  /** Without the storage's prefix; absent where no object was requested. */
  key?: string;
  /** The role to assume, where signing in was refused. */
  role?: string;
}

type StorageCause = Cause<AskedOfStorage>;

const NOTHING = () => '';
const ASK_IT = () => 'Ask IT.';
const inBucket = ({ bucket }: AskedOfStorage) => `the bucket "${bucket}"`;
const inRegion = ({ region }: AskedOfStorage) => `The storage in ${region}`;
const fileOf = ({ key }: AskedOfStorage) => (key === undefined ? 'The file' : `"${key}"`);

/** `because …` in brackets: status and name, as far as they are known. */
function bracketed(facts: FailureFacts): string {
  const answer = answerOf(facts);
  return answer === '' ? '' : ` (${answer})`;
}

/** KMS action in a refusal's text: `kms:Decrypt`, `kms:GenerateDataKey`; not the `kms:us` of an ARN. */
function kmsActionIn({ message }: FailureFacts): string | undefined {
  return /(?<![\w:])kms:[A-Z*][A-Za-z*]*/.exec(message)?.[0];
}

/** Refusals that blame a KMS key without an action: "The ciphertext refers to a customer master key …". */
function isOfKey(facts: FailureFacts): boolean {
  return refusedAction(facts) === undefined && /\bciphertext\b|\bcustomer master key\b|\bKMS\b/.test(facts.message);
}

/** A refusal without details beyond its name. */
function isWithoutReason({ message }: FailureFacts): boolean {
  return /^(?:access denied\.?|forbidden\.?)?$/i.test(message.trim());
}

/** The action in a refusal's text: "… is not authorized to perform: s3:PutObject on resource …". */
function refusedAction({ message }: FailureFacts): string | undefined {
  return /not authorized to perform:?\s+([a-z0-9-]+:[A-Za-z*]+)/.exec(message)?.[1];
}

/** An HTML page instead of an S3 answer or error; marked by the request handler, see FOREIGN_ANSWER. */
function isForeign(facts: FailureFacts): boolean {
  return facts.name === FOREIGN_ANSWER;
}

/** Error name for an answer that no storage gives: a web page, a redirect to another host, no S3 document. */
export const FOREIGN_ANSWER = 'ForeignAnswer';

/** Whether a HEAD (or anything else without an error document) was refused: only the status is known. */
function isBare({ name, status }: FailureFacts): boolean {
  return status >= 300 && (name === '' || name === 'NotFound');
}

function hostIn(location: string | undefined): string | undefined {
  return /^[a-z]+:\/\/(?:[^/@\s]*@)?([^/?#\s]+)/i.exec(location ?? '')?.[1];
}

/** "the region 'us-east-1' is wrong; expecting 'eu-west-2'", "The eu-west-2 location constraint is incompatible for …". */
const REGION_IN_WORDS = /\bregion\b[^;]*; expecting '([a-z0-9-]+)'|\bThe ([a-z]+-[a-z0-9-]+) location constraint\b/;

/** The other region in an answer that names one. */
function otherRegionIn({ headers, elements, message }: FailureFacts, { region }: AskedOfStorage): string | undefined {
  const words = REGION_IN_WORDS.exec(message);
  const told = headers['x-amz-bucket-region'] ?? elements['Region'] ?? words?.[1] ?? words?.[2];
  return told !== undefined && told !== region && /^[a-z0-9-]{1,40}$/.test(told) ? told : undefined;
}

/** S3 User Guide, "Request redirection": to an address of its own, with the number of the request that no page has. */
function isOwnRedirect({ status, headers }: FailureFacts): boolean {
  const host = hostIn(headers['location']) ?? '';
  const isAmazon = /(?:^|\.)amazonaws\.com(?:\.cn)?(?::\d+)?$/i.test(host);
  return status >= 300 && status < 400 && isAmazon && headers['x-amz-request-id'] !== undefined;
}

function storageClassIn({ headers, elements }: FailureFacts): string | undefined {
  const told = elements['StorageClass'] ?? headers['x-amz-storage-class'];
  return told !== undefined && /^[A-Z0-9_]{1,40}$/.test(told) ? told : undefined;
}

function isEmptyObject({ headers, elements }: FailureFacts): boolean {
  return elements['ActualObjectSize'] === '0' || /^bytes \*\/0$/.test(headers['content-range'] ?? '');
}

const READS = /^s3:(?:Get|Head)Object/;
/** Correct both where a command ends and where a retry follows: a retry is reported beside it. */
const ANOTHER_TRY = () => 'Another try may help.';

const READING: readonly StorageCause[] = [
  {
    id: 'archived',
    code: 'archived',
    fits: named('InvalidObjectState'),
    sentence: (facts, asked) => {
      const storageClass = storageClassIn(facts);
      return `${fileOf(asked)} is archived in ${inBucket(asked)}${storageClass === undefined ? '' : ` (${storageClass})`}.`;
    },
    remedy: () => 'It has to be restored there before it can be read: ask IT.',
    example: {
      facts: {
        name: 'InvalidObjectState',
        status: 403,
        message: "The operation is not valid for the object's storage class",
        elements: { StorageClass: 'DEEP_ARCHIVE' },
      },
    },
    before: 's3:GetObject was refused on the bucket "studio-media". Ask IT to check your permissions there.',
  },
  {
    id: 'kms-refused',
    code: 'encryption-refused',
    fits: (facts) =>
      facts.status === 403 && kmsActionIn(facts) !== undefined && !(refusedAction(facts) ?? '').startsWith('s3:'),
    sentence: (facts, asked) =>
      `${fileOf(asked)} in ${inBucket(asked)} is encrypted with a KMS key, and ${kmsActionIn(facts) ?? 'its use'} was refused.`,
    remedy: (facts) => `Ask IT for ${kmsActionIn(facts) ?? 'the permission to use it'} on that key.`,
    example: {
      facts: {
        name: 'AccessDenied',
        status: 403,
        message:
          'User: arn:aws:iam::123456789012:user/artist is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:123456789012:key/1a2b because no identity-based policy allows the kms:Decrypt action',
      },
    },
    before: 's3:GetObject was refused on the bucket "studio-media". Ask IT to check your permissions there.',
  },
  {
    id: 'kms-key-refused',
    code: 'encryption-refused',
    fits: (facts) => facts.status === 403 && isOfKey(facts),
    sentence: (facts, asked) =>
      `The KMS key that ${fileOf(asked)} in ${inBucket(asked)} needs could not be used${bracketed(facts)}.`,
    remedy: () => 'Ask IT whether the key is there, is in this region, and may be used by this user.',
    example: {
      facts: {
        name: 'AccessDenied',
        status: 403,
        message:
          'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
      },
    },
    before:
      's3:GetObject was refused on the bucket "studio-media" (403 AccessDenied). Either s3:GetObject is missing there, or the file is, and s3:ListBucket too: without it a storage does not say so. Ask IT to check both.',
  },
  {
    id: 'kms-disabled',
    code: 'encryption-refused',
    fits: named('KMS.DisabledException', 'KMS.KMSInvalidStateException', 'KMS.InvalidStateException'),
    sentence: (facts, asked) =>
      `The KMS key that ${fileOf(asked)} in ${inBucket(asked)} needs is ${facts.name === 'KMS.DisabledException' ? 'disabled' : 'in a state in which it cannot be used'}.`,
    remedy: () => 'Ask IT to look at the key: it may be switched off or about to be deleted.',
    example: {
      facts: {
        name: 'KMS.DisabledException',
        status: 400,
        message: 'arn:aws:kms:us-east-1:123456789012:key/1a2b is disabled.',
      },
    },
    before: 'The storage answered 400 (KMS.DisabledException) to s3:GetObject.',
  },
  {
    id: 'kms-not-found',
    code: 'encryption-refused',
    fits: named('KMS.NotFoundException'),
    sentence: (_facts, asked) => `The KMS key that ${fileOf(asked)} in ${inBucket(asked)} needs does not exist.`,
    remedy: () => 'Ask IT which key the bucket is to use.',
    example: {
      facts: {
        name: 'KMS.NotFoundException',
        status: 400,
        message: "Key 'arn:aws:kms:us-east-1:123456789012:key/1a2b' does not exist",
      },
    },
    before: 'The storage answered 400 (KMS.NotFoundException) to s3:GetObject.',
  },
  {
    id: 'kms-throttled',
    code: 'slow-down',
    fits: (facts) =>
      /^KMS\..*Throttling|^KMS\.(?:LimitExceeded|RequestLimitExceeded)/.test(facts.name) ||
      facts.name === 'KMS.ThrottlingException',
    sentence: (_facts, asked) => `${inRegion(asked)} waits for the encryption keys (KMS), which ask for a slower pace.`,
    remedy: ANOTHER_TRY,
    example: { facts: { name: 'KMS.ThrottlingException', status: 503, message: 'Rate exceeded' } },
    before: 'The storage failed to answer properly. Try again.',
  },
  {
    id: 'kms-other',
    code: 'encryption-refused',
    fits: ({ name }) => name.startsWith('KMS.'),
    sentence: (facts, asked) =>
      `${inRegion(asked)} could not use the KMS key that ${fileOf(asked)} needs${bracketed(facts)}.`,
    remedy: () => 'Ask IT to look at the key.',
    example: { facts: { name: 'KMS.InvalidKeyUsageException', status: 400, message: 'The key usage is incompatible' } },
    before: 'The storage answered 400 (KMS.InvalidKeyUsageException) to s3:GetObject.',
  },
  {
    id: 'encrypted-by-customer',
    code: 'encryption-unknown',
    fits: ({ name, status, message }) =>
      (status === 400 || status === 403) &&
      /^(?:InvalidRequest|InvalidArgument|AccessDenied)$/.test(name) &&
      /stored using a form of Server Side Encryption|encrypted (?:using|with) (?:SSE-C|a form of Server Side Encryption|customer)|SSE-C|server side encryption customer|customer-provided (?:encryption )?key/i.test(
        message,
      ),
    sentence: (_facts, asked) => `${fileOf(asked)} is encrypted with a key of its own that only its owner has (SSE-C).`,
    remedy: () => 'Nearplay cannot read it: ask its owner for a copy without that encryption.',
    example: {
      facts: {
        name: 'InvalidRequest',
        status: 400,
        message:
          'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
      },
    },
    before: 'Your sign-in has expired. Sign in again; nothing is lost.',
  },
  {
    id: 'empty-object',
    code: 'empty-file',
    fits: (facts) => facts.status === 416 && isEmptyObject(facts),
    sentence: (_facts, asked) => `${fileOf(asked)} is empty (0 bytes).`,
    remedy: NOTHING,
    example: {
      facts: {
        name: 'InvalidRange',
        status: 416,
        message: 'The requested range is not satisfiable',
        headers: { 'content-range': 'bytes */0' },
      },
    },
    before: 'The storage answered 416 (InvalidRange) to s3:GetObject.',
  },
  {
    id: 'range-beyond-end',
    code: 'object-changed',
    fits: ({ name, status }) => name === 'InvalidRange' || status === 416,
    sentence: (facts, asked) => {
      const size = facts.elements['ActualObjectSize'];
      const now = size !== undefined && /^\d{1,15}$/.test(size) ? `: it has ${size} bytes` : '';
      return `${fileOf(asked)} is shorter than what was asked for${now}.`;
    },
    remedy: () => 'It was replaced meanwhile. Start again.',
    example: {
      facts: {
        name: 'InvalidRange',
        status: 416,
        message: 'The requested range is not satisfiable',
        elements: { ActualObjectSize: '1024' },
      },
    },
    before: 'The storage answered 416 (InvalidRange) to s3:GetObject.',
  },
  {
    id: 'no-such-version',
    code: 'no-such-key',
    fits: (facts) =>
      facts.name === 'NoSuchVersion' || (facts.name === 'InvalidArgument' && /version id/i.test(facts.message)),
    sentence: (_facts, asked) => `This version of ${fileOf(asked)} is not in ${inBucket(asked)}.`,
    remedy: NOTHING,
    example: { facts: { name: 'NoSuchVersion', status: 404, message: 'The specified version does not exist.' } },
    before: '"sq010/shot.mov" is not in the bucket "studio-media" any more.',
  },
  {
    id: 'deleted',
    code: 'no-such-key',
    fits: ({ status, headers }) => (status === 405 || status === 404) && headers['x-amz-delete-marker'] === 'true',
    sentence: (_facts, asked) => `${fileOf(asked)} was deleted in ${inBucket(asked)}.`,
    remedy: NOTHING,
    example: {
      facts: {
        name: 'MethodNotAllowed',
        status: 405,
        message: 'The specified method is not allowed against this resource.',
        headers: { 'x-amz-delete-marker': 'true' },
      },
    },
    before: 'The storage answered 405 (MethodNotAllowed) to s3:GetObject.',
  },
];

const FOREIGN: readonly StorageCause[] = [
  {
    id: 'proxy-sign-in',
    code: 'proxy-sign-in',
    fits: ({ status }) => status === 407,
    sentence: (_facts, asked) => `The proxy on the way to the storage in ${asked.region} asks for a sign-in (407).`,
    remedy: () => 'Ask IT how programs of this computer get through the proxy.',
    example: { facts: { status: 407, headers: { 'proxy-authenticate': 'NTLM' } } },
    before: 'The storage answered 407 (Unknown) to s3:GetObject.',
  },
  {
    id: 'captive-portal',
    code: 'not-a-storage',
    fits: ({ status }) => status === 511,
    sentence: (_facts, asked) =>
      `The network asks for a sign-in (511) before the storage in ${asked.region} can be reached.`,
    remedy: () => 'Open a web page in a browser and sign in to the network.',
    example: { facts: { name: FOREIGN_ANSWER, status: 511, headers: { 'content-type': 'text/html' } } },
    before: 'The storage failed to answer properly. Try again.',
  },
  {
    id: 'foreign-redirect',
    code: 'not-a-storage',
    fits: (facts) =>
      facts.status >= 300 &&
      facts.status < 400 &&
      facts.status !== 304 &&
      facts.headers['location'] !== undefined &&
      (isForeign(facts) || isBare(facts)) &&
      !isOwnRedirect(facts) &&
      facts.headers['x-amz-bucket-region'] === undefined,
    sentence: (facts, asked) => {
      const host = hostIn(facts.headers['location']);
      return `In place of the storage in ${asked.region} something answered that sends on to ${host ?? 'another address'} (${facts.status}).`;
    },
    remedy: () =>
      'Networks with a sign-in page and firewalls do so. Open a web page in a browser; if none asks you, ask IT.',
    example: { facts: { status: 302, headers: { location: 'https://portal.example/sign-in?from=s3' } } },
    before: 'The storage answered 302 (Unknown) to s3:GetObject.',
  },
];

const FOREIGN_PAGE: StorageCause = {
  id: 'foreign-page',
  code: 'not-a-storage',
  fits: (facts) =>
    isForeign(facts) ||
    (facts.status >= 400 &&
      facts.status < 500 &&
      isBare(facts) &&
      /\btext\/html\b/.test(facts.headers['content-type'] ?? '')),
  sentence: (facts, asked) => {
    const type = /^[\w.+-]+\/[\w.+-]+/.exec(facts.headers['content-type'] ?? '')?.[0];
    const what = type === 'text/html' ? 'a web page' : type === undefined ? 'something' : `something (${type})`;
    return `In place of the storage in ${asked.region} ${what} came that no storage answers with${facts.status > 0 ? ` (${facts.status})` : ''}.`;
  },
  remedy: () =>
    'Firewalls, proxies and sign-in pages of networks do so. Open a web page in a browser; if none asks you, ask IT.',
  example: {
    facts: {
      name: FOREIGN_ANSWER,
      status: 200,
      message: 'Sign in to the network',
      headers: { 'content-type': 'text/html' },
    },
  },
  before: 'The storage failed to answer properly. Try again.',
};

const PLACE: readonly StorageCause[] = [
  {
    id: 'no-such-bucket',
    code: 'no-such-bucket',
    fits: named('NoSuchBucket'),
    sentence: (_facts, { bucket, region }) => `There is no bucket "${bucket}" in ${region}.`,
    remedy: () => 'Check its name in the Isolation Preferences.',
    example: { facts: { name: 'NoSuchBucket', status: 404, message: 'The specified bucket does not exist' } },
  },
  {
    id: 'invalid-bucket-name',
    code: 'no-such-bucket',
    fits: named('InvalidBucketName'),
    sentence: (_facts, asked) => `${inRegion(asked)} says that "${asked.bucket}" cannot be the name of a bucket.`,
    remedy: () => 'Check its name in the Isolation Preferences.',
    example: { facts: { name: 'InvalidBucketName', status: 400, message: 'The specified bucket is not valid.' } },
    before: 'The storage answered 400 (InvalidBucketName) to s3:GetObject.',
  },
  {
    id: 'wrong-region',
    code: 'wrong-region',
    fits: (facts, asked) =>
      otherRegionIn(facts, asked) !== undefined &&
      (named(
        'PermanentRedirect',
        'AuthorizationHeaderMalformed',
        'AuthorizationQueryParametersError',
        'IllegalLocationConstraintException',
        'InvalidLocationConstraint',
      )(facts) ||
        facts.status === 301 ||
        (facts.status === 400 && facts.name === '')),
    sentence: (facts, asked) =>
      `The bucket "${asked.bucket}" is in ${otherRegionIn(facts, asked) ?? 'another region'}, not in ${asked.region}.`,
    remedy: () => 'Correct the Isolation Preferences.',
    example: { facts: { name: 'PermanentRedirect', status: 301, headers: { 'x-amz-bucket-region': 'eu-west-2' } } },
  },
  {
    id: 'other-address',
    code: 'wrong-region',
    // S3 API Reference, "Error responses": the bucket is reached at another address; which, is not always told.
    fits: ({ name, status }) =>
      named('PermanentRedirect', 'IllegalLocationConstraintException')({ name }) || (status === 301 && name === ''),
    sentence: (facts, asked) =>
      `${inRegion(asked)} says that ${inBucket(asked)} is reached at another address, and not at which${bracketed(facts)}.`,
    remedy: () => 'Ask IT to compare its region and its endpoint with the Isolation Preferences.',
    example: { facts: { name: 'PermanentRedirect', status: 301 } },
    before: 'The bucket "studio-media" is in another region, not in us-east-1. Correct the Isolation Preferences.',
  },
  {
    id: 'no-access-key',
    code: 'wrong-key',
    fits: (facts) => isMalformedSignature(facts) && /access key|\bAKID\b/i.test(facts.message),
    sentence: (facts, asked) => `${inRegion(asked)} was not given an access key that can be one${bracketed(facts)}.`,
    remedy: () => 'Check the AWS profile or sign in again.',
    example: {
      facts: {
        name: 'AuthorizationHeaderMalformed',
        status: 400,
        message:
          'The authorization header is malformed; a non-empty Access Key (AKID) must be provided in the credential.',
      },
    },
    before: 'The bucket "studio-media" is in another region, not in us-east-1. Correct the Isolation Preferences.',
  },
  {
    id: 'signature-malformed',
    code: 'refused',
    fits: isMalformedSignature,
    sentence: (facts, asked) =>
      `${inRegion(asked)} could not read the signature of ${asked.action}${bracketed(facts)}.`,
    remedy: () => "Ask IT: the storage's own words say what it expected.",
    example: {
      facts: {
        name: 'AuthorizationHeaderMalformed',
        status: 400,
        message: 'The authorization header is malformed; the Credential is mal-formed',
      },
    },
    before: 'The bucket "studio-media" is in another region, not in us-east-1. Correct the Isolation Preferences.',
  },
  {
    id: 'temporary-redirect',
    code: 'slow-down',
    fits: (facts) => named('TemporaryRedirect', 'Redirect')(facts) || (isOwnRedirect(facts) && isBare(facts)),
    sentence: (facts, asked) => {
      const host = isOwnRedirect(facts) ? hostIn(facts.headers['location']) : undefined;
      return `${inRegion(asked)} sends on to ${host ?? 'another of its addresses'}${bracketed(facts)}.`;
    },
    remedy: () =>
      'S3 does so for a bucket that is new, for some hours, and for one of another region. If it lasts, ask IT to check the region in the Isolation Preferences.',
    example: {
      facts: {
        name: 'TemporaryRedirect',
        status: 307,
        message: 'Please re-send this request to the specified temporary endpoint.',
      },
    },
    before: 'The storage answered 307 (TemporaryRedirect) to s3:GetObject.',
  },
];

function isMalformedSignature(facts: FailureFacts): boolean {
  return named('AuthorizationHeaderMalformed', 'AuthorizationQueryParametersError')(facts);
}

const WHO: readonly StorageCause[] = [
  {
    id: 'key-unknown',
    code: 'wrong-key',
    fits: named('InvalidAccessKeyId', 'InvalidClientTokenId', 'UnrecognizedClientException'),
    sentence: () => 'The storage does not know this access key.',
    remedy: () => 'Check the AWS profile or sign in again.',
    example: {
      facts: {
        name: 'InvalidAccessKeyId',
        status: 403,
        message: 'The AWS Access Key Id you provided does not exist in our records.',
      },
    },
  },
  {
    id: 'clock-skew',
    code: 'clock-skew',
    fits: (facts) =>
      named('RequestTimeTooSkewed', 'RequestExpired')(facts) ||
      (facts.name.includes('Signature') && /signature (?:expired|not yet current)/i.test(facts.message)),
    sentence: () => "This computer's clock is too far off from the storage's.",
    remedy: () => 'Set it and try again.',
    example: {
      facts: {
        name: 'RequestTimeTooSkewed',
        status: 403,
        message: 'The difference between the request time and the current time is too large.',
      },
    },
    before: "This computer's clock is too far off. Set it and try again.",
  },
  {
    id: 'signature-refused',
    code: 'wrong-key',
    fits: named('SignatureDoesNotMatch'),
    sentence: () => 'The signature was refused: the secret key is wrong, or a proxy changed the request on its way.',
    remedy: () => 'Check the AWS profile or sign in again; if others have it too, ask IT.',
    example: {
      facts: {
        name: 'SignatureDoesNotMatch',
        status: 403,
        message: 'The request signature we calculated does not match the signature you provided.',
      },
    },
    before: "The signature was refused: the secret key is wrong, or this computer's clock is far off.",
  },
  {
    id: 'link-expired',
    code: 'link-expired',
    // Only what is read has a link; an upload is signed anew for each request.
    fits: ({ name, message }, { action }) =>
      (name === 'AccessDenied' && READS.test(action) && /request has expired/i.test(message)) || name === 'ExpiredLink',
    sentence: () => 'The link has expired.',
    remedy: () => 'Open the file again.',
    example: { facts: { name: 'AccessDenied', status: 403, message: 'Request has expired' } },
    before: 's3:GetObject was refused on the bucket "studio-media". Ask IT to check your permissions there.',
  },
  {
    id: 'sign-in-expired',
    code: 'credentials-expired',
    fits: (facts) =>
      named('ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired')(facts) ||
      (isProvider(facts) && /expired|refresh|sso login/i.test(facts.message)),
    sentence: () => 'Your sign-in has expired.',
    remedy: () => 'Sign in again; nothing is lost.',
    example: { facts: { name: 'ExpiredToken', status: 400, message: 'The provided token has expired.' } },
  },
  {
    id: 'token-refused',
    code: 'credentials-expired',
    fits: named('InvalidToken', 'InvalidIdentityToken'),
    sentence: (facts, asked) =>
      `${inRegion(asked)} does not accept the session token of this sign-in${bracketed(facts)}.`,
    remedy: () => 'Sign in again. If that does not help, ask IT whether the token is one for this region.',
    example: {
      facts: { name: 'InvalidToken', status: 400, message: 'The provided token is malformed or otherwise invalid.' },
    },
    before: 'Your sign-in has expired. Sign in again; nothing is lost.',
  },
  {
    id: 'account',
    code: 'access-denied',
    fits: named(
      'AccountProblem',
      'NotSignedUp',
      'OptInRequired',
      'SubscriptionRequiredException',
      'RegionDisabledException',
    ),
    sentence: (facts, asked) => `${inRegion(asked)} does not serve the account of this sign-in${bracketed(facts)}.`,
    remedy: () => 'Ask IT to look at the account.',
    example: {
      facts: {
        name: 'AccountProblem',
        status: 403,
        message: 'There is a problem with your AWS account that prevents the operation from completing successfully.',
      },
    },
    before: 's3:GetObject was refused on the bucket "studio-media". Ask IT to check your permissions there.',
  },
  {
    id: 'all-access-disabled',
    code: 'access-denied',
    // S3 writes "this object" about whole buckets as well.
    fits: named('AllAccessDisabled'),
    sentence: (facts, asked) =>
      asked.key === undefined
        ? `All access to ${inBucket(asked)} is disabled there${bracketed(facts)}.`
        : `All access to ${fileOf(asked)}, or to ${inBucket(asked)} as a whole, is disabled there${bracketed(facts)}.`,
    remedy: () => 'Ask IT who disabled it, and why.',
    example: {
      facts: { name: 'AllAccessDisabled', status: 403, message: 'All access to this object has been disabled' },
    },
    before: 's3:GetObject was refused on the bucket "studio-media". Ask IT to check your permissions there.',
  },
  {
    id: 'no-credentials',
    code: 'credentials-missing',
    fits: (facts) => isProvider(facts) || facts.name === 'CredentialsProviderError',
    sentence: ({ message }) =>
      message.includes('profile')
        ? `No credentials: ${message.replace(/\.*\s*$/, '.')}`
        : 'No AWS credentials were found.',
    remedy: ({ message }) =>
      message.includes('profile') ? '' : 'Set a profile, sign in, or ask IT how this studio signs in.',
    example: { facts: { name: 'CredentialsProviderError', message: 'Could not load credentials from any providers' } },
  },
  {
    id: 'role-refused',
    code: 'access-denied',
    fits: ({ name, status }, { action, role }) =>
      action === 'sts:AssumeRole' &&
      role !== undefined &&
      (status === 403 || status === 401 || name === 'AccessDenied'),
    sentence: (facts, { role }) => `The role ${role ?? ''} may not be assumed with this sign-in${bracketed(facts)}.`,
    remedy: () => 'Ask IT to let you assume it.',
    example: {
      facts: { name: 'AccessDenied', status: 403, message: 'User is not authorized to perform: sts:AssumeRole' },
      asked: { action: 'sts:AssumeRole', role: 'arn:aws:iam::123456789012:role/media' },
    },
    before: 'You may not use the role arn:aws:iam::123456789012:role/media of "main-us". Ask IT to let you assume it.',
  },
];

function isProvider({ name }: FailureFacts): boolean {
  return name === 'CredentialsProviderError' || name === 'TokenProviderError';
}

const REFUSED: readonly StorageCause[] = [
  {
    id: 'action-denied',
    code: 'access-denied',
    fits: (facts) => facts.status === 403 && refusedAction(facts) !== undefined,
    sentence: (facts, asked) =>
      `${refusedAction(facts) ?? asked.action} was refused on ${inBucket(asked)}${bracketed(facts)}.`,
    remedy: (facts) =>
      /explicit deny/i.test(facts.message)
        ? 'A policy denies it: ask IT which, and why.'
        : 'Ask IT for this permission.',
    example: {
      facts: {
        name: 'AccessDenied',
        status: 403,
        message:
          'User: arn:aws:iam::123456789012:user/artist is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::studio-media/sq010/shot.mov" because no identity-based policy allows the s3:PutObject action',
      },
      asked: { action: 's3:PutObject' },
    },
    before: 's3:PutObject was refused on the bucket "studio-media". Ask IT to check your permissions there.',
  },
  {
    id: 'requester-pays',
    code: 'access-denied',
    fits: ({ status, message }) => status === 403 && /requester[ -]pays/i.test(message),
    sentence: (facts, asked) =>
      `${inBucket(asked).replace(/^t/, 'T')} is one whose requesters pay for what they ask${bracketed(facts)}: Nearplay does not offer to.`,
    remedy: () => 'Ask IT for a bucket whose owner pays.',
    example: { facts: { name: 'AccessDenied', status: 403, message: 'Bucket is a requester pays bucket' } },
    before:
      's3:GetObject was refused on the bucket "studio-media" (403 AccessDenied). Either s3:GetObject is missing there, or the file is, and s3:ListBucket too: without it a storage does not say so. Ask IT to check both.',
  },
  {
    id: 'denied-with-words',
    code: 'access-denied',
    fits: (facts) => named('AccessDenied', 'AccessDeniedException')(facts) && !isWithoutReason(facts),
    sentence: (facts, asked) => `${asked.action} was refused on ${inBucket(asked)}${bracketed(facts)}.`,
    remedy: () => "Ask IT: the storage's own words say why.",
    example: {
      facts: {
        name: 'AccessDenied',
        status: 403,
        message: 'There were headers present in the request which were not signed',
      },
    },
    before:
      's3:GetObject was refused on the bucket "studio-media" (403 AccessDenied). Either s3:GetObject is missing there, or the file is, and s3:ListBucket too: without it a storage does not say so. Ask IT to check both.',
  },
  {
    id: 'read-denied',
    code: 'access-denied',
    fits: ({ name, status }, { action, key }) =>
      key !== undefined &&
      READS.test(action) &&
      (name === 'AccessDenied' || ((status === 403 || status === 401) && name === '')),
    sentence: (facts, asked) => `${asked.action} was refused on ${inBucket(asked)}${bracketed(facts)}.`,
    remedy: ({ name }, { action }) =>
      name === ''
        ? `The storage does not say why. Ask IT to check the permissions ${action} and s3:ListBucket there.`
        : `Either ${action} is missing there, or the file is, and s3:ListBucket too: without it a storage does not say so. Ask IT to check both.`,
    example: { facts: { name: 'AccessDenied', status: 403, message: 'Access Denied' } },
    before: 's3:GetObject was refused on the bucket "studio-media". Ask IT to check your permissions there.',
  },
  {
    id: 'denied',
    code: 'access-denied',
    fits: ({ name, status }) =>
      name === 'AccessDenied' ||
      name === 'AccessDeniedException' ||
      ((status === 401 || status === 403) && name === ''),
    sentence: (facts, asked) => `${asked.action} was refused on ${inBucket(asked)}${bracketed(facts)}.`,
    remedy: () => 'Ask IT to check your permissions there.',
    example: {
      facts: { name: 'AccessDenied', status: 403, message: 'Access Denied' },
      asked: { action: 's3:PutObject' },
    },
  },
];

const ABSENT: readonly StorageCause[] = [
  {
    id: 'write-found-no-place',
    code: 'no-such-key',
    fits: ({ name, status }, { action }) =>
      action.startsWith('s3:PutObject') &&
      (named('NoSuchKey', 'NotFound')({ name }) || (status === 404 && name === '')),
    sentence: (facts, asked) =>
      `${inRegion(asked)}, or something before it, did not find where ${fileOf(asked)} was to be written${bracketed(facts)}.`,
    remedy: () => 'Ask IT to check the bucket and the endpoint in the Isolation Preferences.',
    example: { facts: { status: 404 }, asked: { action: 's3:PutObject' } },
    before: '"sq010/shot.mov" is not in the bucket "studio-media".',
  },
  {
    id: 'no-such-key',
    code: 'no-such-key',
    fits: ({ name }, { action, key }) => key !== undefined && READS.test(action) && name === 'NoSuchKey',
    sentence: (_facts, asked) => `${fileOf(asked)} is not in ${inBucket(asked)}.`,
    remedy: NOTHING,
    example: { facts: { name: 'NoSuchKey', status: 404, message: 'The specified key does not exist.' } },
    before: '"sq010/shot.mov" is not in the bucket "studio-media" any more.',
  },
  {
    id: 'read-not-found',
    code: 'no-such-key',
    fits: ({ name, status }, { action, key }) =>
      key !== undefined && READS.test(action) && (name === 'NotFound' || (status === 404 && name === '')),
    sentence: (_facts, asked) =>
      `${inRegion(asked)} did not find ${fileOf(asked)}, and does not say whether the file or ${inBucket(asked)} is missing (404).`,
    remedy: () => 'If other files of the bucket are found, it is the file.',
    example: { facts: { status: 404 } },
    before: '"sq010/shot.mov" is not in the bucket "studio-media".',
  },
  {
    id: 'no-such-upload',
    code: 'no-such-upload',
    fits: named('NoSuchUpload'),
    sentence: () => 'The unfinished upload is gone from the storage.',
    remedy: () => 'The next try sends the file from its beginning.',
    example: {
      facts: { name: 'NoSuchUpload', status: 404, message: 'The specified upload does not exist.' },
      asked: { action: 's3:PutObject' },
    },
  },
  {
    id: 'not-found',
    code: 'no-such-key',
    fits: ({ name, status }) => named('NoSuchKey', 'NotFound')({ name }) || (status === 404 && name === ''),
    sentence: (facts, asked) => `${inRegion(asked)} does not have what ${asked.action} asked for${bracketed(facts)}.`,
    remedy: NOTHING,
    example: { facts: { status: 404 }, asked: { action: 's3:ListBucket', key: undefined } },
    before: 'The file is not in the storage any more.',
  },
];

const PACE: readonly StorageCause[] = [
  {
    id: 'slow-down',
    code: 'slow-down',
    fits: named(
      'SlowDown',
      'SlowDownRead',
      'SlowDownWrite',
      'Throttling',
      'ThrottlingException',
      'ThrottledException',
      'RequestThrottled',
      'RequestThrottledException',
      'TooManyRequests',
      'TooManyRequestsException',
      'RequestLimitExceeded',
      'BandwidthLimitExceeded',
      'Busy',
      'ProvisionedThroughputExceededException',
    ),
    sentence: (facts, asked) => `${inRegion(asked)} asks for a slower pace${bracketed(facts)}.`,
    remedy: ANOTHER_TRY,
    example: { facts: { name: 'SlowDown', status: 503, message: 'Please reduce your request rate.' } },
    before: 'The storage asks for a slower pace. Trying again.',
  },
  {
    id: 'operation-aborted',
    code: 'slow-down',
    fits: named('OperationAborted'),
    sentence: (facts, asked) => `${inRegion(asked)} is busy with another request for the same name${bracketed(facts)}.`,
    remedy: ANOTHER_TRY,
    example: {
      facts: {
        name: 'OperationAborted',
        status: 409,
        message: 'A conflicting conditional operation is currently in progress against this resource. Try again.',
      },
    },
    before: 'Another version is already there. Nothing was overwritten.',
  },
  {
    id: 'request-timeout',
    code: 'timeout',
    fits: ({ name, status }) => name === 'RequestTimeout' || (status === 408 && name === ''),
    sentence: (facts, { region }) => `The storage in ${region} did not get the next bytes in time${bracketed(facts)}.`,
    remedy: ANOTHER_TRY,
    example: {
      facts: {
        name: 'RequestTimeout',
        status: 400,
        message: 'Your socket connection to the server was not read from or written to within the timeout period.',
      },
    },
    before: 'The storage in us-east-1 did not answer in time.',
  },
];

const CONTENT: readonly StorageCause[] = [
  {
    id: 'damaged-on-the-way',
    code: 'damaged',
    fits: named(
      'BadDigest',
      'InvalidPart',
      'InvalidPartOrder',
      'XAmzContentSHA256Mismatch',
      'XAmzContentChecksumMismatch',
      'InvalidDigest',
      'IncompleteBody',
    ),
    sentence: (facts) => `The data arrived damaged and was refused${bracketed(facts)}.`,
    remedy: () => 'Send it again.',
    example: {
      facts: {
        name: 'BadDigest',
        status: 400,
        message: 'The CRC32 you specified did not match the calculated checksum.',
      },
      asked: { action: 's3:PutObject' },
    },
    before: 'The data arrived damaged and was refused. Send it again.',
  },
  {
    id: 'conflict',
    code: 'conflict',
    fits: ({ name, status }) =>
      named('PreconditionFailed', 'ConditionalRequestConflict')({ name }) ||
      ((status === 409 || status === 412) && name === ''),
    sentence: (facts, asked) =>
      facts.status === 409
        ? `${inRegion(asked)} says that another request is in the way of this one${bracketed(facts)}.`
        : `${inRegion(asked)} says that what it has under the name of ${fileOf(asked)} is not what was expected there${bracketed(facts)}.`,
    remedy: () => 'Nothing was overwritten.',
    example: {
      facts: {
        name: 'PreconditionFailed',
        status: 412,
        message: 'At least one of the pre-conditions you specified did not hold',
      },
      asked: { action: 's3:PutObject' },
    },
    before: 'Another version is already there. Nothing was overwritten.',
  },
  {
    id: 'too-large',
    code: 'not-supported',
    fits: ({ name, status }) => named('EntityTooLarge', 'MaxMessageLengthExceeded')({ name }) || status === 413,
    sentence: (facts, asked) =>
      `${fileOf(asked)} is larger than the storage, or something before it, takes at once${bracketed(facts)}.`,
    remedy: () => 'This is not supported here: ask IT which sizes it takes.',
    example: {
      facts: { name: 'EntityTooLarge', status: 400, message: 'Your proposed upload exceeds the maximum allowed size' },
      asked: { action: 's3:PutObject' },
    },
    before: 'This is not supported here.',
  },
  {
    id: 'part-too-small',
    code: 'refused',
    fits: named('EntityTooSmall'),
    sentence: (facts, asked) => `${inRegion(asked)} wants larger parts than it was sent${bracketed(facts)}.`,
    remedy: ASK_IT,
    example: {
      facts: {
        name: 'EntityTooSmall',
        status: 400,
        message: 'Your proposed upload is smaller than the minimum allowed size',
      },
      asked: { action: 's3:PutObject' },
    },
    before: 'The storage answered 400 (EntityTooSmall) to s3:PutObject.',
  },
  {
    id: 'key-too-long',
    code: 'refused',
    fits: named('KeyTooLongError', 'KeyTooLong'),
    sentence: (_facts, asked) =>
      `${fileOf(asked)} is a longer name than the storage takes (1,024 bytes with its folders at Amazon).`,
    remedy: () => 'Give it a shorter one.',
    example: {
      facts: { name: 'KeyTooLongError', status: 400, message: 'Your key is too long' },
      asked: { action: 's3:PutObject' },
    },
    before: 'The storage answered 400 (KeyTooLongError) to s3:PutObject.',
  },
  {
    id: 'name-refused',
    code: 'refused',
    fits: named(
      'XMinioInvalidResourceName',
      'XMinioInvalidObjectName',
      'InvalidURI',
      'InvalidObjectName',
      'XMinioParentIsObject',
      'XMinioObjectExistsAsDirectory',
    ),
    sentence: (facts, asked) => `${inRegion(asked)} does not take the name ${fileOf(asked)}${bracketed(facts)}.`,
    remedy: () => 'Give it another one.',
    example: {
      facts: {
        name: 'XMinioInvalidResourceName',
        status: 400,
        message: 'Resource name contains bad components such as ".." or ".".',
      },
      asked: { action: 's3:PutObject' },
    },
    before: 'The storage answered 400 (XMinioInvalidResourceName) to s3:PutObject.',
  },
  {
    id: 'storage-full',
    code: 'storage-full',
    fits: ({ name, status }) =>
      named(
        'XMinioStorageFull',
        'StorageFull',
        'InsufficientStorage',
        'InsufficientCapacity',
        'QuotaExceeded',
        'XMinioAdminBucketQuotaExceeded',
        'BucketQuotaExceeded',
        'UserQuotaExceeded',
      )({ name }) || status === 507,
    sentence: (facts, asked) =>
      `${inRegion(asked)} has no space left for this${/quota/i.test(facts.name) ? ': a quota is reached' : ''}${bracketed(facts)}.`,
    remedy: ASK_IT,
    example: {
      facts: {
        name: 'XMinioStorageFull',
        status: 507,
        message: 'Storage backend has reached its minimum free drive threshold.',
      },
      asked: { action: 's3:PutObject' },
    },
    before: 'The storage failed to answer properly. Try again.',
  },
];

const FAILED: readonly StorageCause[] = [
  {
    id: 'not-implemented',
    code: 'not-supported',
    fits: ({ name, status }) =>
      named('NotImplemented', 'XNotImplemented')({ name }) || status === 501 || status === 505 || status === 510,
    sentence: (facts, asked) =>
      `${inRegion(asked)} does not support ${asked.action} in the form that Nearplay needs${bracketed(facts)}.`,
    remedy: () => 'Ask IT whether the storage, or a proxy before it, can be made to.',
    example: {
      facts: {
        name: 'NotImplemented',
        status: 501,
        message: 'A header you provided implies functionality that is not implemented',
      },
      asked: { action: 's3:PutObject' },
    },
    before: 'The storage failed to answer properly. Try again.',
  },
  {
    id: 'loop-detected',
    code: 'refused',
    fits: ({ status }) => status === 508,
    sentence: (facts, asked) => `${inRegion(asked)} goes round in circles with this request${bracketed(facts)}.`,
    remedy: ASK_IT,
    example: { facts: { status: 508 } },
    before: 'The storage failed to answer properly. Try again.',
  },
  {
    id: 'unavailable',
    code: 'storage-failed',
    fits: ({ name }) =>
      named('ServiceUnavailable', 'ServiceUnavailableException', 'XMinioServerNotInitialized')({ name }),
    sentence: (facts, asked) => `${inRegion(asked)} cannot serve requests now${bracketed(facts)}.`,
    remedy: ANOTHER_TRY,
    example: { facts: { name: 'ServiceUnavailable', status: 503, message: 'Service is unable to handle request.' } },
    before: 'The storage failed to answer properly. Try again.',
  },
  {
    id: 'unavailable-bare',
    code: 'slow-down',
    fits: ({ name, status }) => (status === 503 || status === 429) && (name === '' || name === FOREIGN_ANSWER),
    sentence: (facts, asked) =>
      `${inRegion(asked)}, or something before it, cannot serve more requests now (${facts.status}).`,
    remedy: ANOTHER_TRY,
    example: { facts: { status: 503 } },
    before: 'The storage asks for a slower pace. Trying again.',
  },
  {
    id: 'failed-inside',
    code: 'storage-failed',
    fits: ({ name, status }) =>
      named('InternalError', 'InternalServerError', 'InternalFailure')({ name }) || status >= 500,
    sentence: (facts, asked) =>
      `${inRegion(asked)}${facts.name === '' || facts.name === FOREIGN_ANSWER ? ', or something before it,' : ''} failed to answer properly${bracketed(facts.name === FOREIGN_ANSWER ? { ...facts, name: '' } : facts)}.`,
    remedy: ANOTHER_TRY,
    example: {
      facts: { name: 'InternalError', status: 500, message: 'We encountered an internal error. Please try again.' },
    },
    before: 'The storage failed to answer properly. Try again.',
  },
];

const WITHOUT_REASON: readonly StorageCause[] = [
  {
    id: 'answer-endless',
    code: 'not-a-storage',
    fits: named('AnswerTooLarge'),
    sentence: (_facts, asked) => `The answer to ${asked.action} did not end: no storage says so much to it.`,
    remedy: () => 'Ask IT what stands between this computer and the storage.',
    example: { facts: { name: 'AnswerTooLarge', status: 200 }, asked: { action: 's3:ListBucket', key: undefined } },
    before: '(none: the answer was read until the memory was full)',
  },
  {
    id: 'bare-400',
    code: 'refused',
    fits: ({ name, status }) => status === 400 && name === '',
    sentence: (_facts, asked) => `${inRegion(asked)} refused ${asked.action} without saying why (400).`,
    remedy: ASK_IT,
    example: { facts: { status: 400 } },
    before: 'Your sign-in has expired. Sign in again; nothing is lost.',
  },
  {
    id: 'refused',
    code: 'refused',
    fits: ({ status }) => status >= 300,
    sentence: (facts, asked) => `${inRegion(asked)} refused ${asked.action}${bracketed(facts)}.`,
    remedy: ASK_IT,
    example: {
      facts: { name: 'InvalidArgument', status: 400, message: 'Invalid Argument' },
      asked: { action: 's3:PutObject' },
    },
    before: 'The storage answered 400 (InvalidArgument) to s3:PutObject.',
  },
];

/** Errors of a storage, or of something that answers in its place. The first line that fits counts. */
export const STORAGE_CAUSES: readonly StorageCause[] = [
  ...FOREIGN,
  ...READING,
  ...PLACE,
  ...WHO,
  ...PACE,
  ...CONTENT,
  ...FAILED,
  FOREIGN_PAGE,
  ...REFUSED,
  ...ABSENT,
  ...WITHOUT_REASON,
];
