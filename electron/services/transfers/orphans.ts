import { NearplayError } from '../../../shared/errors.ts';
import { SamePage } from '../listingPages.ts';
import type { Sleep } from './sleep.ts';
import type { Intent, TransferRecord, UploadRef } from './transferRecord.ts';
import type { UploadCalls } from './uploadCalls.ts';
import type { UploadPlace } from './uploadPlace.ts';

const SECOND = 1000;
/** Initiated counts whole seconds, and the estimate of the storage's clock is as good as a second. */
const BEFORE = 2 * SECOND;
/** Longer than any request to begin an upload may take, its time-outs included. */
const AFTER = 90 * SECOND;
/** Parts that were on their way arrive after an abort (S3 User Guide, "Aborting a multipart upload": list to be sure). */
const ABORTS = 5;
/** For an upload that was asked for and given up at once: within three seconds it is there, or was never begun. */
const LOOKS = 4;

/** The uploads of this key that are in progress; `undefined` where looking is not permitted, or does not end. */
export async function uploadsBefore(
  calls: UploadCalls,
  wholeKey: string,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  try {
    return (await calls.listUploads(wholeKey, signal)).map(({ uploadId }) => uploadId);
  } catch (error) {
    const isUnknown = error instanceof SamePage || (error instanceof NearplayError && error.code === 'access-denied');
    if (isUnknown) return undefined;
    throw error;
  }
}

/**
 * The multipart upload that was asked for with this intent and whose answer never came. It has the key, the time and no parts,
 * and it was not there before; where more than one fits, or looking is or was not permitted, none is taken: nothing in a
 * listing tells whose an upload is, and somebody else's is never touched.
 */
export async function findBegun(
  calls: UploadCalls,
  intent: Intent,
  signal: AbortSignal,
): Promise<UploadRef | undefined> {
  const { others } = intent;
  if (!calls.reach(intent) || others === undefined) return undefined;
  try {
    const uploads = await calls.listUploads(intent.wholeKey, signal);
    const fitting = uploads.filter(
      ({ uploadId, initiated }) =>
        !others.includes(uploadId) && initiated >= intent.at - BEFORE && initiated <= intent.at + AFTER,
    );
    const [only] = fitting;
    if (!only || fitting.length > 1) return undefined;
    const { initiated: _, ...upload } = only;
    const parts = await calls.listParts(only, signal);
    return parts.length === 0 ? upload : undefined;
  } catch (error) {
    if (error instanceof NearplayError && (error.code === 'access-denied' || error.code === 'no-such-upload')) {
      return undefined;
    }
    throw error;
  }
}

/** As `findBegun`, for a request that nobody waits for any more: it may still be on its way, so one look is not enough. */
async function findLate(
  calls: UploadCalls,
  intent: Intent,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<UploadRef | undefined> {
  for (let look = 1; ; look++) {
    const found = await findBegun(calls, intent, signal);
    if (found || look === LOOKS) return found;
    await sleep((SECOND / 5) * 2 ** look, signal);
  }
}

/** Aborts until the storage says that there is no such upload. Resolves to whether it said so. */
async function abortUntilGone(
  calls: UploadCalls,
  upload: UploadRef,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<boolean> {
  for (let time = 1; time <= ABORTS; time++) {
    try {
      await calls.abort(upload, signal);
      await calls.listParts(upload, signal);
    } catch (error) {
      if (error instanceof NearplayError && error.code === 'no-such-upload') return true;
      if (!(error instanceof NearplayError) || !error.retryable || error.code === 'cancelled') return false;
    }
    if (time < ABORTS) await sleep((SECOND / 5) * 2 ** time, signal);
  }
  return false;
}

/** Requests to the storage where something was begun; `undefined` where the preferences have none such. */
export type CallsAt = (place: UploadPlace) => UploadCalls | undefined;

export type Leftovers = Pick<TransferRecord, 'toAbort' | 'lost'>;

/** What the record says once its upload is given up: no upload, and the old one on the list of those to be aborted. */
export function withoutUpload({ upload, intent, toAbort, lost }: TransferRecord): Partial<TransferRecord> {
  return {
    upload: undefined,
    partSize: undefined,
    completing: undefined,
    intent: undefined,
    confirmed: 0,
    toAbort: upload ? [...toAbort, upload] : toAbort,
    lost: intent ? [...lost, intent] : lost,
  };
}

/**
 * Aborts what the record has given up, each where it was begun; resolves to what is left of it, to be tried again later: also
 * what is in a storage that is not in the preferences now. Never throws.
 */
export async function cleanUp(
  callsAt: CallsAt,
  { toAbort, lost }: Leftovers,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<Leftovers> {
  const left: Leftovers = { toAbort: [], lost: [] };
  const known = [...toAbort];
  for (const intent of lost) {
    const calls = callsAt(intent);
    if (!calls) {
      left.lost.push(intent);
      continue;
    }
    try {
      const found = await findLate(calls, intent, sleep, signal);
      if (found) known.push(found);
    } catch {
      left.lost.push(intent);
    }
  }
  for (const upload of known) {
    const calls = callsAt(upload);
    const isOver = calls && (await abortQuietly(calls, upload, sleep, signal));
    if (isOver !== true) left.toAbort.push(upload);
  }
  return left;
}

/** What is left now: of those that were cleaned up, the rest, and all that was given up meanwhile. */
export function leftNow(before: Leftovers, rest: Leftovers, now: Leftovers): Leftovers {
  return {
    toAbort: [...rest.toAbort, ...now.toAbort.filter((upload) => !before.toAbort.includes(upload))],
    lost: [...rest.lost, ...now.lost.filter((intent) => !before.lost.includes(intent))],
  };
}

async function abortQuietly(
  calls: UploadCalls,
  upload: UploadRef,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await abortUntilGone(calls, upload, sleep, signal);
  } catch {
    return false;
  }
}
