import type { HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/core/protocols';
import { Readable } from 'node:stream';
import { NearplayError } from '../../../shared/errors.ts';
import { factsOf } from '../runtime/errorFacts.ts';
import { sameEtag } from './objectVersion.ts';

const HEAD = 'HeadObjectCommand';

/** Fields of the answer to HEAD, or to the GET that replaces it. */
type SizedAnswer = Pick<
  HeadObjectCommandOutput,
  '$metadata' | 'ContentEncoding' | 'ContentLength' | 'ContentRange' | 'DeleteMarker' | 'ETag' | 'VersionId'
>;

/**
 * Makes the length of this client's HEAD answers reliable, or undefined: where an answer has none, or 0, the first byte
 * of the same version is requested, whose answer has the total size (RFC 9110, 14.4). Proxies omit the length of HEAD
 * (allowed by RFC 9110, 8.6), or report 0 for the body that HEAD never has. An undefined length is not 0: it justifies
 * no replacement and no difference. The GET replaces the HEAD further down the stack, with the same credentials,
 * time-out and abort signal.
 */
export function confirmSizes(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const { request } = args;
      if (context.commandName !== HEAD || !HttpRequest.isInstance(request)) return next(args);
      const asGet = HttpRequest.clone(request);
      const result = await next(args);
      const head = result.output as Partial<SizedAnswer> & Pick<SizedAnswer, '$metadata'>;
      if (head.DeleteMarker === true || (head.ContentLength ?? 0) > 0) return result;
      asGet.method = 'GET';
      // S3 accepts no range together with a part number (S3 API Reference, HeadObject).
      const isOfPart = 'partNumber' in request.query;
      if (!isOfPart) asGet.headers['range'] = 'bytes=0-0';
      const get = async () => (await next({ ...args, request: asGet })).output as SizedAnswer;
      const found = await sizeBy(head, get, isOfPart);
      // A length without a second source is kept; a missing one stays missing.
      const size = found ?? head.ContentLength;
      return { ...result, output: { ...result.output, ContentLength: size } };
    },
    // Runs before signing.
    { step: 'build', name: 'nearplayConfirmSizes' },
  );
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      const { request } = args;
      if (context.commandName !== HEAD || !HttpRequest.isInstance(request) || request.method !== 'GET') return result;
      leaveUnread(result.response);
      return result;
    },
    { step: 'deserialize', name: 'nearplayLeaveUnread', priority: 'low' },
  );
}

/** @throws NearplayError not-a-storage where no answer has the size */
export function knownSize({ ContentLength: size }: { ContentLength?: number | undefined }): number {
  if (size !== undefined) return size;
  const message = 'The storage, or a proxy in front of it, does not say how large the file is. Ask IT.';
  throw new NearplayError('not-a-storage', message);
}

/** `undefined` where the answer to GET names no size, is of another version, or is a refusal. */
async function sizeBy(
  head: Partial<SizedAnswer>,
  get: () => Promise<SizedAnswer>,
  isOfPart: boolean,
): Promise<number | undefined> {
  let answer: SizedAnswer;
  try {
    answer = await get();
  } catch (error) {
    const { status, headers, elements } = factsOf(error);
    // No answer, or not the storage's: the HEAD failed for the same reason.
    if (status === 0 || status >= 500) throw error;
    const whole = /^bytes \*\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1] ?? elements['ActualObjectSize'];
    return status === 416 && whole !== undefined && !isOfPart ? sizeOf(whole) : undefined;
  }
  return isSame(head, answer) ? sizeIn(answer, isOfPart) : undefined;
}

function isSame(head: Partial<SizedAnswer>, get: SizedAnswer): boolean {
  if (head.VersionId !== undefined && get.VersionId !== undefined) return head.VersionId === get.VersionId;
  return head.ETag === undefined || get.ETag === undefined || sameEtag(head.ETag, get.ETag);
}

/** Size of the object, or of the part, from Content-Range or Content-Length. */
function sizeIn(
  { $metadata, ContentRange, ContentLength, ContentEncoding }: SizedAnswer,
  isOfPart: boolean,
): number | undefined {
  if ($metadata.httpStatusCode === 206) {
    const [, first, last, whole] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(ContentRange ?? '') ?? [];
    if (whole === undefined) return undefined;
    return isOfPart ? Number(last) - Number(first) + 1 : sizeOf(whole);
  }
  // The length of a body that a proxy compressed is not the object's.
  return ContentEncoding === undefined ? ContentLength : undefined;
}

function sizeOf(digits: string): number | undefined {
  const size = Number(digits);
  return /^\d+$/.test(digits) && Number.isSafeInteger(size) ? size : undefined;
}

/** Drops the body of the GET that replaces HEAD: without range support it is the whole object. */
function leaveUnread(response: unknown): void {
  if (typeof response !== 'object' || response === null || !('body' in response)) return;
  const { statusCode, headers } = response as { statusCode?: number; headers?: Record<string, string> };
  const isSuccess = statusCode !== undefined && statusCode >= 200 && statusCode < 300;
  if (!isSuccess || !(response.body instanceof Readable)) return;
  const { body } = response;
  // A body of one byte is read, so that the connection can be reused.
  if (Number(headers?.['content-length']) <= 1) return;
  body.on('error', () => undefined);
  body.destroy();
  response.body = Readable.from([]);
}
