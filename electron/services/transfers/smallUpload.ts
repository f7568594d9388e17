import { NearplayError } from '../../../shared/errors.ts';
import { resolveConflict } from './conflicts.ts';
import { BEGINNING } from './contentType.ts';
import { crc32, toBase64 } from './crc32.ts';
import type { SteadyFile } from './fileIdentity.ts';
import { sendWithLibStorage } from './libStorageUpload.ts';
import { describeObject } from './objectNames.ts';
import type { PresentObject } from './presentObject.ts';
import { receiptOf, type Arrival } from './receipt.ts';
import { retrying } from './retrying.ts';
import type { Completed } from './uploadCalls.ts';
import type { UploadNeeds, UploadOutcome, UploadTask } from './uploadTask.ts';

/** Names that were free and then were not. */
const CONFLICTS = 10;

/**
 * Sends a file in one request. The storage checks its CRC-32 before it keeps anything, so the answer is proof enough. Nothing
 * is noted beforehand: after a crash the same request goes out again, and finds the name taken by an object that says which
 * transfer it came from. After a pause or a lost line the storage is asked first.
 *
 * @throws NearplayError as MultipartUpload.run
 */
export async function uploadSmallFile(needs: UploadNeeds, task: UploadTask, file: SteadyFile): Promise<UploadOutcome> {
  const { signal } = task;
  const { size } = file.identity;
  const buffer = await needs.buffers.take(size, signal);
  let isClean = false;
  try {
    await file.read(buffer, 0);
    await file.assertUnchanged();
    const outcome = await sendUnderFreeName(needs, task, file, buffer);
    isClean = true;
    return outcome;
  } finally {
    needs.buffers.giveBack(buffer, isClean);
  }
}

async function sendUnderFreeName(
  needs: UploadNeeds,
  task: UploadTask,
  file: SteadyFile,
  bytes: Buffer,
): Promise<UploadOutcome> {
  const checksum = toBase64(crc32(bytes));
  let replace = false;
  for (let time = 1; ; time++) {
    const wholeKey = needs.wholeKey(task.record.key);
    const isOurs = ({ transfer, size, crc32 }: PresentObject) =>
      transfer === task.record.id && size === bytes.length && crc32 === checksum;
    const head = () => retrying(needs, task.signal, () => needs.calls.head(wholeKey, task.signal));
    const arrived = (object: PresentObject) =>
      done(needs, file, { key: wholeKey, crc32: checksum, object, verifiedBy: 'head' });
    try {
      const there = task.record.unheard ? await head() : null;
      if (there && isOurs(there)) return arrived(there);
      const completed = await sendOnce(needs, task, file, { bytes, checksum, replace });
      return done(needs, file, { key: wholeKey, crc32: checksum, object: completed, verifiedBy: 'answer' });
    } catch (error) {
      if (!(error instanceof NearplayError) || error.code !== 'conflict' || time >= CONFLICTS) throw error;
      const present = await head();
      // Gone again.
      if (!present) continue;
      // An earlier attempt came through, and only its answer was lost.
      if (isOurs(present)) return arrived(present);
      const resolution = await resolveConflict(needs, task, file, present);
      if (resolution.kind !== 'free') return resolution;
      ({ replace } = resolution);
    }
  }
}

interface Content {
  bytes: Buffer;
  /** CRC-32 when they were read, base64: what changes in memory afterwards, the storage refuses. */
  checksum: string;
  replace: boolean;
}

/** Only where no object has the name, whatever the policy: the same content is not sent over itself. */
async function sendOnce(
  needs: UploadNeeds,
  task: UploadTask,
  file: SteadyFile,
  { bytes, checksum, replace }: Content,
): Promise<Completed> {
  const { record, progress, signal } = task;
  const { mtimeNs } = file;
  const beginning = bytes.subarray(0, BEGINNING);
  const { contentType, metadata } = await describeObject(record.key, {
    ...{ mtimeNs, beginning, uploader: needs.uploader, transfer: record.id },
  });
  const params = {
    ContentType: contentType,
    Metadata: { ...metadata },
    ChecksumCRC32: checksum,
    ...(!replace && { IfNoneMatch: '*' }),
  };
  return sendWithLibStorage(needs, needs.wholeKey(record.key), bytes, params, {
    owner: record.id,
    signal,
    sent: (count) => progress.sent(count),
    takenBack: (count) => progress.takenBack(count),
    confirmed: (count) => progress.confirmed(count),
  });
}

function done(
  { calls, now }: UploadNeeds,
  file: SteadyFile,
  { object, ...proof }: Pick<Arrival, 'key' | 'crc32' | 'verifiedBy'> & { object: Completed },
): UploadOutcome {
  const whole = { ...object, size: file.identity.size };
  const receipt = receiptOf({ ...proof, bucket: calls.bucket, object: whole, parts: 1, from: file.path, at: now() });
  return { kind: 'done', receipt };
}
