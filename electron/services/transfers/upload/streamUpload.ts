import { Readable } from 'node:stream';
import { NearplayError } from '../../../../shared/errors.ts';
import { CompositeCrc32 } from '../../content/compositeCrc32.ts';
import type { SentContent } from '../../content/contentVerdict.ts';
import { crc32, toBase64 } from '../../content/crc32.ts';
import { isIgnorant, type WriteConditions } from '../../storage/writeConditions.ts';
import { retrying } from '../http/retry.ts';
import { proveArrival } from './arrival.ts';
import { sendWithLibStorage, STREAM_PART } from './libStorageUpload.ts';
import { describeObject, numberedKey } from './objectMetadata.ts';
import { receiptOf } from './receipt.ts';
import type { UploadContext, UploadOutcome, UploadTask } from './uploadContext.ts';

const NAMES_TRIED = 1000;

/**
 * Sends a stream of unknown length, once: what was read cannot be read again, so nothing of it is resumed and a conflict is
 * settled before the first byte. A multipart upload that it begins is in the journal while it lasts.
 *
 * @throws NearplayError conflict when the name is taken and the policy is `ask`, or was taken meanwhile; damaged or unproved when it
 *   is not proved that the object is what was read; and what repetition did not cure
 */
export async function uploadStream(context: UploadContext, task: UploadTask, source: Readable): Promise<UploadOutcome> {
  const conditions = await context.conditions.known(task.signal);
  if (!(await takeName(context, task))) return { kind: 'skipped', why: 'asked-for' };
  const { progress, signal } = task;
  const { key, path: from } = task.record;
  const wholeKey = context.wholeKey(key);
  const seen: Seen = { size: 0, crc: 0, composite: new CompositeCrc32(STREAM_PART) };
  const { completed: answer, expectedEtag } = await send(context, task, watched(source, seen), conditions);
  const [, parts] = /-(\d+)"?$/.exec(answer.etag) ?? [];
  const crc = toBase64(seen.crc);
  const sent: SentContent = {
    size: seen.size,
    crc32: crc,
    composite: seen.composite.digest(),
    etag: () => expectedEtag,
  };
  const arrived = await proveArrival(context, { key, wholeKey, sent, answer, asksAlways: true, signal });
  // Parts are confirmed one by one.
  if (!task.record.upload) progress.confirmed(seen.size);
  const receipt = receiptOf({
    ...{ bucket: context.api.bucket, key: wholeKey, size: seen.size, crc32: crc, parts: Number(parts ?? 1), from },
    ...{ ...arrived, at: context.now() },
  });
  return { kind: 'done', receipt };
}

async function send(
  context: UploadContext,
  task: UploadTask,
  bytes: AsyncIterable<Buffer>,
  conditions: WriteConditions,
) {
  const { record, progress, signal } = task;
  const wholeKey = context.wholeKey(record.key);
  const mayReplace = record.policy === 'replace';
  const { contentType, metadata } = await describeObject(record.key, { uploader: context.uploader });
  const params = {
    ContentType: contentType,
    Metadata: { ...metadata },
    ChecksumAlgorithm: 'CRC32' as const,
    ChecksumType: context.api.checksumKind,
    ...(!mayReplace && conditions !== 'unsupported' && { IfNoneMatch: '*' }),
  };
  return sendWithLibStorage(context, wholeKey, Readable.from(bytes, { objectMode: false }), params, {
    owner: record.id,
    signal,
    sent: (count) => progress.sent(count),
    takenBack: (count) => progress.takenBack(count),
    confirmed: (count) => progress.confirmed(count),
    begun: (upload) => task.updateDurably({ upload }),
    // The source may have taken hours, and no condition keeps the name.
    ...(!mayReplace && isIgnorant(conditions) && { beforeTheName: () => assertFree(context, task, wholeKey) }),
  });
}

async function assertFree(context: UploadContext, { record, signal }: UploadTask, wholeKey: string): Promise<void> {
  if (await retrying(context, signal, () => context.api.head(wholeKey, signal))) throw taken(record.key);
}

function taken(key: string): NearplayError {
  return new NearplayError('conflict', `"${key}" is there already.`);
}

/** Of what was read so far. */
interface Seen {
  size: number;
  crc: number;
  composite: CompositeCrc32;
}

async function* watched(source: Readable, seen: Seen): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    seen.size += bytes.length;
    seen.crc = crc32(bytes, seen.crc);
    seen.composite.update(bytes);
    yield bytes;
  }
}

/** Whether there is a name to write to. */
async function takeName(context: UploadContext, task: UploadTask): Promise<boolean> {
  const { policy, wanted } = task.record;
  if (policy === 'replace') return true;
  for (let number = 1; number <= NAMES_TRIED; number++) {
    const key = number === 1 ? wanted : numberedKey(wanted, number);
    const present = await retrying(context, task.signal, () => context.api.head(context.wholeKey(key), task.signal));
    if (!present) {
      if (number > 1) await task.updateDurably({ key });
      return true;
    }
    if (policy === 'skip') return false;
    if (policy === 'ask') break;
  }
  throw taken(wanted);
}
