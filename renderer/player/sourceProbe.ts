import { type Explained, explainMedia, explainStorage } from '../../shared/causes.ts';
import { type FailureFacts, NO_FACTS, wordsOf } from '../../shared/causes/cause.ts';
import { FOREIGN_ANSWER } from '../../shared/causes/storageCauses.ts';
import { type ErrorReport, ERRORS } from '../../shared/errors.ts';
import type { Link } from '../../shared/link.ts';
import { type MediaHead, readMediaHead, trackText } from '../../shared/mediaHead.ts';
import { KIB, SECOND_MS } from '../../shared/units.ts';
import type { MediaFault } from './playerLink.ts';
import { isForeign, rangeInit } from './reader/rangeRequest.ts';

/** Time-out of a probe: long enough for a busy storage, short enough for a viewer who waits. */
const PROBE_TIMEOUT_MS = 5 * SECOND_MS;
/** Read of an error document or a page at most. */
const MAX_DOCUMENT_BYTES = 64 * KIB;
const FIRST_BLOCK_BYTES = 16 * KIB;

/** Why media stopped, once its link was asked. */
export interface Finding {
  fault: MediaFault;
  /** The cause; absent where it is not known. */
  report?: ErrorReport;
}

/** The object that a link is of, for the words. */
export type Linked = Pick<Link, 'url' | 'bucket' | 'region' | 'key'>;

/**
 * Asks a link for its first bytes. Chromium calls a refused or vanished URL a "source not supported", just as it calls
 * an unknown codec: the answer tells them apart, and says why. A source that refuses, fails or does not answer in 5
 * seconds is a fault of the `network`, which another storage may mend; what the bytes of the file say, no other link
 * can.
 *
 * Never rejects. No report holds the URL.
 */
export async function probeSource(
  link: Linked,
  fault: Exclude<MediaFault, 'network'>,
  ask: typeof fetch = fetch,
): Promise<Finding> {
  const range = rangesOf(link, ask);
  try {
    const answer = await range(0, FIRST_BLOCK_BYTES);
    if (!answer.ok) {
      const report = reportOf(await saidBy(answer), link);
      // There is nothing to read in any storage.
      return { fault: report.code === 'empty-file' ? 'unsupported' : 'network', report };
    }
    const first = await firstOf(answer, FIRST_BLOCK_BYTES);
    if (isForeign(answer.headers)) return { fault: 'network', report: reportOf(saidOfPage(answer, first), link) };
    const { head, size } = await headOf(answer, first, range);
    return { fault, report: withRetry(explainMedia({ head, size, fault })) };
  } catch {
    return { fault: 'network' };
  }
}

/**
 * Looks for a picture in a file that plays without one: engines play the sound of a film whose picture they cannot
 * decode, and say nothing. `undefined` where its head names no picture, or does not tell.
 */
export async function probePicture(link: Linked, ask: typeof fetch = fetch): Promise<Finding | undefined> {
  const range = rangesOf(link, ask);
  try {
    const answer = await range(0, FIRST_BLOCK_BYTES);
    if (!answer.ok || isForeign(answer.headers)) return undefined;
    const { head, size } = await headOf(answer, await firstOf(answer, FIRST_BLOCK_BYTES), range);
    if ((head.is !== 'iso' && head.is !== 'matroska') || trackText(head.tracks, 'video') === '') return undefined;
    return { fault: 'unsupported', report: withRetry(explainMedia({ head, size, fault: 'unsupported' })) };
  } catch {
    return undefined;
  }
}

type Ranges = (from: number, length: number) => Promise<Response>;

/** Requests for ranges of a link, all within one limit of time. */
function rangesOf({ url }: Linked, ask: typeof fetch): Ranges {
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  return (from, length) => ask(url, { ...rangeInit(from, from + length), signal });
}

/** Media head of the bytes; undefined where a storage does not give enough of them. */
async function headOf(answer: Response, first: Uint8Array, range: Ranges): Promise<{ head: MediaHead; size: number }> {
  const size = sizeOf(answer) ?? first.length;
  const head = await readMediaHead({
    size,
    read: async (offset, length) => {
      if (offset + length <= first.length) return first.subarray(offset, offset + length);
      const more = await range(offset, length);
      // The whole file again, from a storage that knows no ranges.
      if (more.status !== 206) {
        await more.body?.cancel();
        throw new Error('No ranges');
      }
      return firstOf(more, length);
    },
  }).catch(() => ({ is: 'unknown' }) as const);
  return { head, size };
}

function withRetry({ code, message }: Explained, detail?: string): ErrorReport {
  return { code, message, retryable: ERRORS[code].retryable, ...(detail !== undefined && { detail }) };
}

function reportOf(said: FailureFacts, { bucket, region, key }: Linked): ErrorReport {
  const explained = explainStorage(said, { action: 's3:GetObject', bucket, region, key });
  return withRetry(explained, wordsOf(said.message));
}

/** Content of a refusal: the error document of S3, or of something else. */
async function saidBy(answer: Response): Promise<FailureFacts> {
  const text = new TextDecoder().decode(await firstOf(answer, MAX_DOCUMENT_BYTES));
  const element = (name: string): string => textIn(new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '');
  const isDocument = /^\s*(?:<\?[^>]*>\s*)*<Error[\s>]/.test(text);
  const elements = Object.fromEntries(
    ['StorageClass', 'Region', 'ActualObjectSize'].map((name) => [name, element(name)]).filter(([, value]) => value),
  ) as Record<string, string>;
  const said = { ...NO_FACTS, status: answer.status, headers: headersOf(answer) };
  if (isDocument) return { ...said, name: element('Code'), message: element('Message'), elements };
  return text.trim() === '' ? said : { ...said, name: FOREIGN_ANSWER, message: titleOf(text) };
}

function saidOfPage(answer: Response, first: Uint8Array): FailureFacts {
  const message = titleOf(new TextDecoder().decode(first));
  return { ...NO_FACTS, name: FOREIGN_ANSWER, status: answer.status, headers: headersOf(answer), message };
}

function headersOf({ headers }: Response): Record<string, string> {
  return Object.fromEntries(headers.entries());
}

/** The size of the whole file, where the answer tells it. */
function sizeOf({ headers, status }: Response): number | undefined {
  const range = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
  const length = status === 206 ? range : headers.get('content-length');
  return length === null || length === undefined ? undefined : Number(length);
}

/** Up to so many bytes of a body; the rest is not read. */
async function firstOf(answer: Response, most: number): Promise<Uint8Array> {
  const reader = answer.body?.getReader();
  const bytes = new Uint8Array(most);
  let length = 0;
  while (reader && length < most) {
    const { done, value } = await reader.read();
    if (done) break;
    const part = (value as Uint8Array).subarray(0, most - length);
    bytes.set(part, length);
    length += part.length;
  }
  await reader?.cancel();
  return bytes.subarray(0, length);
}

function titleOf(page: string): string {
  const title = /<title[^>]*>([^<]{1,300})/i.exec(page)?.[1];
  return textIn(title ?? page.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ')).trim();
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function textIn(xml: string): string {
  return xml.replace(/&(lt|gt|quot|apos|amp);/g, (_entity, name: string) => ENTITIES[name] ?? '');
}
