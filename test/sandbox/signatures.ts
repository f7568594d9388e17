import { SignatureV4 } from '@smithy/signature-v4';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { MINUTE_MS } from '../../shared/units.ts';
import type { ChunkSeed } from './chunkSignatures.ts';
import { S3Error } from './s3Error.ts';

export interface SandboxCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** S3 User Guide, "Authenticating requests": a request's time may differ by 15 minutes. */
const MAX_SKEW_MS = 15 * MINUTE_MS;
const MAX_EXPIRY_SECONDS = 7 * 24 * 3600;

/** The parts of a request that the signature covers, wherever they stood: in the header or in the URL. */
interface Claim {
  accessKeyId: string;
  region: string;
  signedHeaders: string[];
  signature: string;
  /** As it was written; `date` is what it means. */
  timestamp: string;
  date: Date;
  presigned: boolean;
  expiresSeconds: number;
}

/**
 * Checks Signature Version 4 in the Authorization header or in the query, as S3 does. The signature itself is computed
 * by the signer of the AWS SDK, so that this server and its clients cannot share a mistake of ours.
 *
 * Resolves to what the signatures of the body's chunks go on from.
 * @throws S3Error as S3 words it: AccessDenied, InvalidAccessKeyId, RequestTimeTooSkewed, SignatureDoesNotMatch.
 */
export async function verifySignature(
  request: IncomingMessage,
  url: URL,
  region: string,
  credentials: SandboxCredentials,
  now: number,
): Promise<ChunkSeed> {
  const claim = readClaim(request, url);
  if (claim.accessKeyId !== credentials.accessKeyId) {
    throw new S3Error('InvalidAccessKeyId', 403, 'The AWS Access Key Id you provided does not exist in our records.');
  }
  if (claim.region !== region) {
    throw new S3Error(
      'AuthorizationHeaderMalformed',
      400,
      `The authorization header is malformed; the region '${claim.region}' is wrong; expecting '${region}'`,
      { 'x-amz-bucket-region': region },
    );
  }
  checkTime(claim, now);
  checkToken(request, url, claim, credentials);
  const expected = await sign(request, url, region, credentials, claim);
  if (!equal(expected, claim.signature)) {
    throw new S3Error(
      'SignatureDoesNotMatch',
      403,
      'The request signature we calculated does not match the signature you provided.',
    );
  }
  const { secretAccessKey } = credentials;
  return { signature: claim.signature, timestamp: claim.timestamp, region, secretAccessKey };
}

function readClaim(request: IncomingMessage, url: URL): Claim {
  const query = url.searchParams;
  const header = request.headers.authorization ?? '';
  const presigned = query.has('X-Amz-Signature');
  if (!presigned && header === '') throw denied('Access Denied');
  const field = (name: string) => new RegExp(`${name}=([^,\\s]+)`).exec(header)?.[1] ?? '';
  const credential = (presigned ? query.get('X-Amz-Credential') : field('Credential')) ?? '';
  const [accessKeyId = '', , region = ''] = credential.split('/');
  const signedHeaders = (presigned ? query.get('X-Amz-SignedHeaders') : field('SignedHeaders')) ?? '';
  const timestamp = String((presigned ? query.get('X-Amz-Date') : request.headers['x-amz-date']) ?? '');
  return {
    accessKeyId,
    region,
    signedHeaders: signedHeaders.split(';'),
    signature: (presigned ? query.get('X-Amz-Signature') : field('Signature')) ?? '',
    timestamp,
    date: parseTimestamp(timestamp),
    presigned,
    expiresSeconds: Number(query.get('X-Amz-Expires') ?? 0),
  };
}

function parseTimestamp(text: string): Date {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) throw denied('AWS authentication requires a valid Date or x-amz-date header');
  const [, year, month, day, hour, minute, second] = parts;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function checkTime(claim: Claim, now: number): void {
  const age = now - claim.date.getTime();
  if (!claim.presigned) {
    if (Math.abs(age) <= MAX_SKEW_MS) return;
    throw new S3Error(
      'RequestTimeTooSkewed',
      403,
      'The difference between the request time and the current time is too large.',
    );
  }
  if (!(claim.expiresSeconds >= 1 && claim.expiresSeconds <= MAX_EXPIRY_SECONDS)) {
    throw new S3Error('AuthorizationQueryParametersError', 400, 'X-Amz-Expires must be between 1 and 604800 seconds');
  }
  if (age < -MAX_SKEW_MS) throw denied('Request is not yet valid');
  if (age > claim.expiresSeconds * 1000) throw denied('Request has expired');
}

function checkToken(request: IncomingMessage, url: URL, claim: Claim, credentials: SandboxCredentials): void {
  const token = claim.presigned
    ? url.searchParams.get('X-Amz-Security-Token')
    : request.headers['x-amz-security-token'];
  if ((token ?? undefined) !== credentials.sessionToken) {
    throw new S3Error('InvalidToken', 400, 'The provided token is malformed or otherwise invalid.');
  }
}

/** The hash of the platform, in the form in which the signer takes one. */
class NativeSha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(chunk));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    throw new Error('A hash of the sample storage is used once');
  }
}

function bytesOf(source: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof source === 'string') return Buffer.from(source);
  return ArrayBuffer.isView(source)
    ? Buffer.from(source.buffer, source.byteOffset, source.byteLength)
    : Buffer.from(source);
}

async function sign(
  request: IncomingMessage,
  url: URL,
  region: string,
  credentials: SandboxCredentials,
  claim: Claim,
): Promise<string> {
  const signer = new SignatureV4({ service: 's3', region, credentials, sha256: NativeSha256, uriEscapePath: false });
  const headers: Record<string, string> = {};
  for (const name of claim.signedHeaders) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  const query: Record<string, string | string[]> = {};
  for (const name of new Set(url.searchParams.keys())) {
    if (name.startsWith('X-Amz-') && claim.presigned && SIGNER_ADDS.has(name)) continue;
    const values = url.searchParams.getAll(name);
    query[name] = values.length === 1 ? (values[0] ?? '') : values;
  }
  const toSign = {
    method: request.method ?? 'GET',
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    headers,
    query,
  };
  const unsignable = new Set(['authorization']);
  const signableHeaders = new Set(claim.signedHeaders);
  if (claim.presigned) {
    const signed = await signer.presign(
      { ...toSign, headers: { ...headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
      {
        signingDate: claim.date,
        expiresIn: claim.expiresSeconds,
        signableHeaders,
        unsignableHeaders: new Set(['x-amz-content-sha256']),
        // What stood in the query is there already; nothing may move from the headers to it a second time.
        unhoistableHeaders: new Set([...signableHeaders, 'x-amz-content-sha256']),
      },
    );
    return String(signed.query?.['X-Amz-Signature'] ?? '');
  }
  const signed = await signer.sign(toSign, { signingDate: claim.date, signableHeaders, unsignableHeaders: unsignable });
  return /Signature=([0-9a-f]+)/.exec(signed.headers['authorization'] ?? '')?.[1] ?? '';
}

/** What `presign` puts into the query itself. */
const SIGNER_ADDS = new Set([
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
  'X-Amz-Security-Token',
]);

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length > 0 && left.length === right.length && timingSafeEqual(left, right);
}

function denied(message: string): S3Error {
  return new S3Error('AccessDenied', 403, message);
}
