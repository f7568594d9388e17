import type { S3Client } from '@aws-sdk/client-s3';
import { _parseRfc7231DateTime } from '@smithy/core/serde';
import { Readable } from 'node:stream';
import { FOREIGN_ANSWER } from '../../../shared/causes/storageCauses.ts';
import { KIB, MIB, MINUTE_MS, SECOND_MS } from '../../../shared/units.ts';

/** A page of 1,000 keys, each of 1,024 bytes and written as entities, is below 8 MiB. */
const MAX_BODY_BYTES = 16 * MIB;
/** The part of a foreign page that is searched for its title. */
const MAX_PAGE_BYTES = 64 * KIB;
/** Total time for a body that is read whole; a page of a listing takes a second on a poor line. */
const BODY_TIMEOUT_MS = MINUTE_MS;
/** S3 sends blanks for minutes while it works; the caller has its own time-out. */
const SLOW_COMMANDS: ReadonlySet<string> = new Set(['CompleteMultipartUploadCommand', 'CopyObjectCommand']);
/** Bodies of any size and form: the content of objects. */
const OBJECT_COMMANDS: ReadonlySet<string> = new Set(['GetObjectCommand', 'HeadObjectCommand']);

/** Root element of S3's answer document per command (S3 API Reference). */
const ROOT_ELEMENTS: ReadonlyMap<string, string> = new Map([
  ['ListObjectsV2Command', 'ListBucketResult'],
  ['ListObjectsCommand', 'ListBucketResult'],
  ['ListObjectVersionsCommand', 'ListVersionsResult'],
  ['ListPartsCommand', 'ListPartsResult'],
  ['ListMultipartUploadsCommand', 'ListMultipartUploadsResult'],
  ['GetBucketVersioningCommand', 'VersioningConfiguration'],
  ['CreateMultipartUploadCommand', 'InitiateMultipartUploadResult'],
  ['CompleteMultipartUploadCommand', 'CompleteMultipartUploadResult'],
]);

/** An answer as the request handler returns it. */
interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body?: unknown;
}

/** An answer that no storage gives: shaped like an SDK error, with status and headers, and the text of the page. */
class StrangeAnswer extends Error {
  readonly $metadata: { httpStatusCode: number };
  readonly $response: Pick<Answer, 'statusCode' | 'headers'>;

  constructor(name: string, { statusCode, headers }: Answer, words = '') {
    super(words);
    this.name = name;
    this.$metadata = { httpStatusCode: statusCode };
    this.$response = { statusCode, headers };
  }
}

export interface AnswerLimits {
  /** Bytes; default 16 MiB. */
  maxBody?: number;
  /** Milliseconds; default 60 s. */
  timeout?: number;
}

/**
 * Limits answers that this client reads whole (all but the content of objects) to 16 MiB and a minute, and rejects
 * answers that are not a storage's: an HTML page, or a document of another kind, which the SDK would read as an empty
 * listing. Such requests fail with an error that `explainS3Error` maps to `not-a-storage`; answers of 5xx keep their
 * meaning.
 */
export function limitAnswers(client: S3Client, limits: AnswerLimits = {}): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      const { response } = result as { response?: unknown };
      if (isAnswer(response)) await look(response, context.commandName ?? '', limits);
      return result;
    },
    // Innermost: runs before the SDK reads anything.
    { step: 'deserialize', name: 'nearplayLimitAnswers', priority: 'low' },
  );
}

async function look(
  answer: Answer,
  command: string,
  { maxBody = MAX_BODY_BYTES, timeout }: AnswerLimits,
): Promise<void> {
  const isSuccess = answer.statusCode >= 200 && answer.statusCode < 300;
  if (isSuccess && OBJECT_COMMANDS.has(command)) {
    if (isObject(answer)) {
      dropUnreadableDate(answer);
      return;
    }
    const { body } = answer;
    const words = await read(answer, MAX_PAGE_BYTES, SECOND_MS).catch(() => Buffer.alloc(0));
    if (body instanceof Readable) body.destroy();
    throw new StrangeAnswer(FOREIGN_ANSWER, answer, textOf(words.toString()));
  }
  const bytes = await read(answer, maxBody, SLOW_COMMANDS.has(command) ? undefined : (timeout ?? BODY_TIMEOUT_MS));
  const root = rootOf(bytes);
  const expected = isSuccess ? ROOT_ELEMENTS.get(command) : 'Error';
  const isStrange = isSuccess
    ? isPage(answer) || (expected !== undefined && root !== expected && root !== 'Error')
    : bytes.length > 0 && root !== expected;
  if (isStrange) throw new StrangeAnswer(FOREIGN_ANSWER, answer, textOf(bytes.subarray(0, MAX_PAGE_BYTES).toString()));
  answer.body = Readable.from(bytes.length > 0 ? [bytes] : [], { objectMode: false });
}

/** @throws StrangeAnswer when the body is larger or takes longer; and what the connection throws. */
async function read(answer: Answer, maxBody: number, timeout: number | undefined): Promise<Buffer> {
  const { body } = answer;
  if (!(body instanceof Readable)) return Buffer.alloc(0);
  const chunks: Buffer[] = [];
  let length = 0;
  const tooLate = timeout === undefined ? undefined : setTimeout(() => body.destroy(new Endless()), timeout);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length;
      // Leaving the loop destroys the body, and with it the connection.
      if (length > maxBody) throw new Endless();
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof Endless ? new StrangeAnswer('AnswerTooLarge', answer) : error;
  } finally {
    clearTimeout(tooLate);
  }
  return Buffer.concat(chunks);
}

class Endless extends Error {}

/**
 * Every object has an ETag and a date (S3 API Reference, GetObject, HeadObject); a server without ETags still sends the
 * date. An object may be an HTML page itself: then it has an ETag.
 */
function isObject(answer: Answer): boolean {
  const { etag, 'last-modified': lastModified } = answer.headers;
  return etag !== undefined || (lastModified !== undefined && !isPage(answer));
}

/**
 * Takes away a date that the SDK cannot read: it would refuse the whole answer for it, with a message about something
 * else. What needs the date names it as missing; the bytes are read without one.
 */
function dropUnreadableDate({ headers }: Answer): void {
  const { 'last-modified': lastModified } = headers;
  if (lastModified === undefined) return;
  try {
    _parseRfc7231DateTime(lastModified);
  } catch {
    delete headers['last-modified'];
  }
}

function isPage({ headers }: Answer): boolean {
  return /^\s*(?:text\/html|application\/xhtml)/i.test(headers['content-type'] ?? '');
}

/** Name of the first element of a document, without its prefix; '' where it has none. */
function rootOf(bytes: Buffer): string {
  const start = bytes
    .subarray(0, 4096)
    .toString()
    .replace(/^\ufeff/, '');
  return /^\s*(?:<\?[^>]*>\s*|<!--[\s\S]*?-->\s*)*<(?:[\w.-]+:)?([\w.-]+)/.exec(start)?.[1] ?? '';
}

/** Text of a page as one line: its title, else its text without elements. */
function textOf(page: string): string {
  const title = /<title[^>]*>([^<]{1,300})/i.exec(page)?.[1]?.trim();
  if (title !== undefined && title !== '') return title;
  return page
    .replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

function isAnswer(response: unknown): response is Answer {
  return typeof response === 'object' && response !== null && 'statusCode' in response && 'headers' in response;
}
