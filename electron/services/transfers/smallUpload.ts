import { NearplayError } from '../../../shared/errors.ts';
import { resolveConflict } from './conflicts.ts';
import { BEGINNING } from './contentType.ts';
import { crc32, toBase64 } from './crc32.ts';
import type { SteadyFile } from './fileIdentity.ts';
import { sendWithLibStorage } from './libStorageUpload.ts';
import { describeObject } from './objectNames.ts';
import { receiptOf } from './receipt.ts';
import { retrying } from './retrying.ts';
import type { Completed } from './uploadCalls.ts';
import type { UploadNeeds, UploadOutcome, UploadTask } from './uploadTask.ts';

/** Names that were free and then were not. */
const CONFLICTS = 10;

/**
 * Sends a file in one request. The storage checks its CRC-32 before it keeps anything, so the answer is proof enough. Nothing
 * is noted beforehand: after a crash the same request goes out again and finds the name taken by the same content.
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
    const attempts = { failed: 0 };
    try {
      const completed = await sendOnce(needs, task, file, { bytes, checksum, replace, attempts });
      return done(needs, file, wholeKey, checksum, completed);
    } catch (error) {
      if (!(error instanceof NearplayError) || error.code !== 'conflict' || time >= CONFLICTS) throw error;
      const present = await retrying(needs, task.signal, () => needs.calls.head(wholeKey, task.signal));
      // Gone again.
      if (!present) continue;
      const isSame = present.size === bytes.length && present.crc32 === checksum;
      // Not the first attempt: an earlier one came through, and only its answer was lost.
      if (isSame && attempts.failed > 1) return done(needs, file, wholeKey, checksum, present);
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
  attempts: { failed: number };
}

/** Only where no object has the name, whatever the policy: the same content is not sent over itself. */
async function sendOnce(
  needs: UploadNeeds,
  task: UploadTask,
  file: SteadyFile,
  { bytes, checksum, replace, attempts }: Content,
): Promise<Completed> {
  const { record, progress, signal } = task;
  const { mtimeNs } = file;
  const beginning = bytes.subarray(0, BEGINNING);
  const { contentType, metadata } = await describeObject(record.key, { mtimeNs, beginning, uploader: needs.uploader });
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
    takenBack: (count) => {
      attempts.failed += 1;
      progress.takenBack(count);
    },
    confirmed: (count) => progress.confirmed(count),
  });
}

function done(needs: UploadNeeds, file: SteadyFile, key: string, crc32: string, completed: Completed): UploadOutcome {
  const object = { ...completed, size: file.identity.size };
  const { calls, now } = needs;
  const from = file.path;
  return {
    kind: 'done',
    receipt: receiptOf({ bucket: calls.bucket, key, object, crc32, parts: 1, from, verifiedBy: 'answer', at: now() }),
  };
}
