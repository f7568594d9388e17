import { Readable } from 'node:stream';
import { NearplayError } from '../../../shared/errors.ts';
import { CompositeCrc32, type Checksums } from './compositeCrc32.ts';
import { crc32, toBase64 } from './crc32.ts';
import { sendWithLibStorage, STREAM_PART } from './libStorageUpload.ts';
import { describeObject, numberedKey } from './objectNames.ts';
import { agrees } from './presentObject.ts';
import { receiptOf } from './receipt.ts';
import { retrying } from './retrying.ts';
import type { UploadNeeds, UploadOutcome, UploadTask } from './uploadTask.ts';

const NAMES_TRIED = 1000;

/**
 * Sends a stream of unknown length, once: what was read cannot be read again, so nothing of it is resumed and a conflict is
 * settled before the first byte. A multipart upload that it begins is in the journal while it lasts.
 *
 * @throws NearplayError conflict when the name is taken and the policy is `ask`, or was taken meanwhile; damaged when the
 *   object is not what was read; and what repetition did not cure
 */
export async function uploadStream(needs: UploadNeeds, task: UploadTask, source: Readable): Promise<UploadOutcome> {
  if (!(await takeName(needs, task))) return { kind: 'skipped', why: 'asked-for' };
  const { record, progress, signal } = task;
  const wholeKey = needs.wholeKey(record.key);
  const { contentType, metadata } = await describeObject(record.key, { uploader: needs.uploader });
  const seen: Seen = { size: 0, crc: 0, composite: new CompositeCrc32(STREAM_PART) };
  const body = Readable.from(watched(source, seen), { objectMode: false });
  const params = {
    ContentType: contentType,
    Metadata: { ...metadata },
    ChecksumAlgorithm: 'CRC32' as const,
    ChecksumType: needs.calls.checksumKind,
    ...(record.policy !== 'replace' && { IfNoneMatch: '*' }),
  };
  const completed = await sendWithLibStorage(needs, wholeKey, body, params, {
    owner: record.id,
    signal,
    sent: (bytes) => progress.sent(bytes),
    takenBack: (bytes) => progress.takenBack(bytes),
    confirmed: (bytes) => progress.confirmed(bytes),
    begun: (upload) => task.save({ upload }),
  });
  const present = await retrying(needs, signal, () => needs.calls.head(wholeKey, signal));
  const sent: Checksums = { crc32: toBase64(seen.crc), composite: seen.composite.digest() };
  const isOurs = present?.versionId === completed.versionId;
  const isWhole = present?.size === seen.size && agrees(present, sent);
  if (isOurs && !isWhole) throw new NearplayError('damaged', `"${record.key}" did not arrive as it was sent.`);
  const [, parts = '1'] = /-(\d+)"?$/.exec(completed.etag) ?? [];
  return {
    kind: 'done',
    receipt: receiptOf({
      bucket: needs.calls.bucket,
      key: wholeKey,
      object: { ...completed, size: seen.size },
      crc32: sent.crc32,
      parts: Number(parts),
      from: record.path,
      verifiedBy: isOurs ? 'head' : 'answer',
      at: needs.now(),
    }),
  };
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
async function takeName(needs: UploadNeeds, task: UploadTask): Promise<boolean> {
  const { policy, wanted } = task.record;
  if (policy === 'replace') return true;
  for (let number = 1; number <= NAMES_TRIED; number++) {
    const key = number === 1 ? wanted : numberedKey(wanted, number);
    const present = await retrying(needs, task.signal, () => needs.calls.head(needs.wholeKey(key), task.signal));
    if (!present) {
      if (number > 1) await task.save({ key });
      return true;
    }
    if (policy === 'skip') return false;
    if (policy === 'ask') break;
  }
  throw new NearplayError('conflict', `"${wanted}" is there already.`);
}
