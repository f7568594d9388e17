import type { HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/core/protocols';
import { Readable } from 'node:stream';
import { NearplayError } from '../../../shared/errors.ts';
import { saidBy } from '../runtime/errorFacts.ts';
import { sameEtag } from './objectVersion.ts';

const HEAD = 'HeadObjectCommand';

/** What a middleware finds in the answer to HEAD, or to the GET that is sent in its place. */
type SizedAnswer = Pick<
  HeadObjectCommandOutput,
  '$metadata' | 'ContentEncoding' | 'ContentLength' | 'ContentRange' | 'DeleteMarker' | 'ETag' | 'VersionId'
>;

/**
 * From now on the length that this client's HEAD requests give is known, or undefined: where an answer names none, or says 0, the
 * first byte of the same version is asked for, whose answer names the size of the whole (RFC 9110, 14.4). Proxies leave the length
 * out of HEAD (RFC 9110, 8.6 allows it), or answer 0 for the body that HEAD never has. An undefined length is not 0: nothing may be
 * replaced by it, and nothing called another one.
 *
 * The GET takes the place of the HEAD further down: with the same credentials, time-out and end.
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
      // S3 takes no range of a part (S3 API Reference, HeadObject).
      const isOfPart = 'partNumber' in request.query;
      if (!isOfPart) asGet.headers['range'] = 'bytes=0-0';
      const get = async () => (await next({ ...args, request: asGet })).output as SizedAnswer;
      const found = await sizeBy(head, get, isOfPart);
      // A word that nothing could be compared with stands; none at all stays none.
      const size = found ?? head.ContentLength;
      return { ...result, output: { ...result.output, ContentLength: size } };
    },
    // Before it is signed.
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

/** @throws NearplayError not-a-storage where nobody says how large it is */
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
    const { status, headers, elements } = saidBy(error);
    // No answer, or none of the storage's: that is what happened to the question.
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

/** Bytes of the whole, or of the part, which S3 gives with its place in the whole. */
function sizeIn(
  { $metadata, ContentRange, ContentLength, ContentEncoding }: SizedAnswer,
  isOfPart: boolean,
): number | undefined {
  if ($metadata.httpStatusCode === 206) {
    const [, first, last, whole] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(ContentRange ?? '') ?? [];
    if (whole === undefined) return undefined;
    return isOfPart ? Number(last) - Number(first) + 1 : sizeOf(whole);
  }
  // That of what a proxy compressed is another one.
  return ContentEncoding === undefined ? ContentLength : undefined;
}

function sizeOf(digits: string): number | undefined {
  const size = Number(digits);
  return /^\d+$/.test(digits) && Number.isSafeInteger(size) ? size : undefined;
}

/** HEAD has no body, and nobody looks at that of the GET in its place: where no range was given, it is the whole object. */
function leaveUnread(response: unknown): void {
  if (typeof response !== 'object' || response === null || !('body' in response)) return;
  const { statusCode, headers } = response as { statusCode?: number; headers?: Record<string, string> };
  const isSuccess = statusCode !== undefined && statusCode >= 200 && statusCode < 300;
  if (!isSuccess || !(response.body instanceof Readable)) return;
  const { body } = response;
  // One byte is read, so that the connection can be used again.
  if (Number(headers?.['content-length']) <= 1) return;
  body.on('error', () => undefined);
  body.destroy();
  response.body = Readable.from([]);
}
