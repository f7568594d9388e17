import type { IncomingMessage } from 'node:http';
import { KIB } from '../../shared/units.ts';
import type { Answer } from './call.ts';
import type { FaultEffect } from './faults.ts';

const CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];
const PROOFS = /^(etag|(x-amz-)?checksum.*)$/i;
const CHECKSUMS = /^(x-amz-)?checksum.*$/i;
/** Well formed, but of no object in the tests: an ETag and a CRC-32. */
const WRONG_ETAG = '"00000000000000000000000000000000"';
const WRONG_CHECKSUM = 'AAAAAA==';

/** Parts of a request that a false answer depends on. */
export interface RequestedOperation {
  operation: string;
  query: URLSearchParams;
}

/** The answer that replaces the operation, where a fault has one. */
export function insteadOf(effects: readonly FaultEffect[]): Answer | undefined {
  const effect = effects.find(({ kind }) => kind === 'answer-instead' || kind === 'endless-body');
  if (effect?.kind === 'answer-instead') {
    return {
      status: effect.status,
      headers: { ...(effect.body !== undefined && { 'content-type': 'text/html' }), ...effect.headers },
      body: effect.body ?? '',
    };
  }
  if (effect?.kind !== 'endless-body') return undefined;
  return {
    status: 200,
    headers: { 'content-type': 'application/xml', ...effect.headers },
    body: endless(effect.chunk ?? ' '.repeat(1024)),
  };
}

async function* endless(chunk: string): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(chunk.repeat(Math.ceil((64 * KIB) / chunk.length)));
  yield Buffer.from('<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult>');
  for (;;) {
    yield bytes;
    // Lets other connections have their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Removes the conditions from a request. */
export function dropConditions(request: IncomingMessage): void {
  for (const name of CONDITIONS) Reflect.deleteProperty(request.headers, name);
}

/** Removes the range from a request. */
export function dropRange(request: IncomingMessage): void {
  Reflect.deleteProperty(request.headers, 'range');
}

/** Whether a request has a condition that a storage may not support. */
export function hasConditions(request: IncomingMessage): boolean {
  return request.method !== 'GET' && request.method !== 'HEAD' && CONDITIONS.some((name) => name in request.headers);
}

/** The false answer of a storage with this fault. */
export function lieOf(effect: FaultEffect, answer: Answer, asked: RequestedOperation): Answer {
  if (effect.kind === 'no-version-ids') return withoutVersionId(answer, effect.say);
  if (effect.kind === 'no-proof') return without(answer, PROOFS);
  if (effect.kind === 'no-checksum') return without(answer, CHECKSUMS);
  if (effect.kind === 'wrong-checksum') return withWrongProof(answer);
  if (effect.kind === 'no-length') return withoutHeader(answer, 'content-length');
  if (effect.kind === 'no-token') return withoutToken(answer);
  if (effect.kind === 'rewritten') {
    return { ...answer, ...effect.rewrite({ headers: {}, body: '', ...answer }) };
  }
  return effect.kind === 'endless-pages' ? truncated(answer, asked) : answer;
}

/** Without the headers and the elements of these names. */
function without(answer: Answer, names: RegExp): Answer {
  const headers = Object.entries(answer.headers ?? {}).filter(([name]) => !names.test(name));
  const body =
    typeof answer.body === 'string'
      ? answer.body.replace(/<([A-Za-z0-9]+)>[^<]*<\/\1>/g, (element, name: string) =>
          names.test(name) ? '' : element,
        )
      : answer.body;
  return { ...answer, headers: Object.fromEntries(headers), ...(body !== undefined && { body }) };
}

function withoutVersionId(answer: Answer, say?: string): Answer {
  const { 'x-amz-version-id': _versionId, ...headers } = answer.headers ?? {};
  return { ...answer, headers: { ...headers, ...(say !== undefined && { 'x-amz-version-id': say }) } };
}

function withoutHeader(answer: Answer, dropped: string): Answer {
  const headers = Object.entries(answer.headers ?? {}).filter(([name]) => name.toLowerCase() !== dropped);
  return { ...answer, headers: Object.fromEntries(headers) };
}

function withWrongProof(answer: Answer): Answer {
  const headers = Object.entries(answer.headers ?? {}).map(
    ([name, value]) => [name, wrongValueOf(name, value)] as const,
  );
  const body =
    typeof answer.body === 'string'
      ? answer.body
          .replace(/<ETag>[^<]*<\/ETag>/g, `<ETag>${WRONG_ETAG}</ETag>`)
          .replace(/<ChecksumCRC32>[^<]*<\/ChecksumCRC32>/g, `<ChecksumCRC32>${WRONG_CHECKSUM}</ChecksumCRC32>`)
      : answer.body;
  return { ...answer, headers: Object.fromEntries(headers), ...(body !== undefined && { body }) };
}

function wrongValueOf(name: string, value: string | number): string | number {
  if (name.toLowerCase() === 'etag') return WRONG_ETAG;
  return name.toLowerCase() === 'x-amz-checksum-crc32' ? WRONG_CHECKSUM : value;
}

/** Every page says that another one follows, from the place where this one began. */
function truncated(answer: Answer, asked: RequestedOperation): Answer {
  if (typeof answer.body !== 'string' || !answer.body.includes('<IsTruncated>')) return answer;
  const body = answer.body
    .replace(/<Next([A-Za-z]+)>[^<]*<\/Next\1>/g, '')
    .replace(/<IsTruncated>[a-z]+<\/IsTruncated>/, `<IsTruncated>true</IsTruncated>${sameMarker(asked)}`);
  return { ...answer, body };
}

function withoutToken(answer: Answer): Answer {
  if (typeof answer.body !== 'string') return answer;
  const body = answer.body
    .replace(/<Next([A-Za-z]+)>[^<]*<\/Next\1>/g, '')
    .replace(/<IsTruncated>[a-z]+<\/IsTruncated>/, '<IsTruncated>true</IsTruncated>');
  return { ...answer, body };
}

function sameMarker({ operation, query }: RequestedOperation): string {
  const asked = (name: string, otherwise = '') => query.get(name) ?? otherwise;
  switch (operation) {
    case 'ListObjectsV2':
      return `<NextContinuationToken>${asked('continuation-token', Buffer.from(asked('start-after')).toString('base64url'))}</NextContinuationToken>`;
    case 'ListObjects':
      return `<NextMarker>${asked('marker')}</NextMarker>`;
    case 'ListParts':
      return `<NextPartNumberMarker>${asked('part-number-marker', '0')}</NextPartNumberMarker>`;
    case 'ListMultipartUploads':
      return `<NextKeyMarker>${asked('key-marker', asked('prefix'))}</NextKeyMarker><NextUploadIdMarker>${asked('upload-id-marker')}</NextUploadIdMarker>`;
    default:
      return `<NextKeyMarker>${asked('key-marker', asked('prefix'))}</NextKeyMarker><NextVersionIdMarker>${asked('version-id-marker', 'null')}</NextVersionIdMarker>`;
  }
}
