import { NearplayError } from '../../../../shared/errors.ts';
import { growingDelay } from '../../../../shared/growingDelay.ts';
import { SECOND_MS } from '../../../../shared/units.ts';
import type { Sleep } from '../../runtime/async.ts';
import { isWithoutEnd } from '../../storage/listingPages.ts';
import type { UploadPlace } from '../../storage/objectPlace.ts';
import type { S3UploadApi } from '../http/s3UploadApi.ts';
import type { UnconfirmedStart, UploadRecord, UploadRef } from '../journal/uploadRecord.ts';

/** Initiated counts whole seconds, and the estimate of the storage's clock is as good as a second. */
const START_EARLIEST_MS = 2 * SECOND_MS;
/** Longer than any request to begin an upload may take, its time-outs included. */
const START_LATEST_MS = 90 * SECOND_MS;
/** Parts that were on their way arrive after an abort (S3 User Guide, "Aborting a multipart upload": list to be sure). */
const MAX_ABORTS = 5;
/** Between two looks, and between two aborts. Milliseconds. */
const LOOK_DELAY_MS = { first: SECOND_MS / 5, most: 60 * SECOND_MS };
/** For an upload that was asked for and given up at once: within three seconds it is there, or was never begun. */
const MAX_LOOKS = 4;

/** The uploads of this key that are in progress; `undefined` where looking is not permitted, or does not end. */
export async function uploadsInProgress(
  api: S3UploadApi,
  wholeKey: string,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  try {
    return (await api.listUploads(wholeKey, signal)).map(({ uploadId }) => uploadId);
  } catch (error) {
    const isUnknown = isWithoutEnd(error) || (error instanceof NearplayError && error.code === 'access-denied');
    if (isUnknown) return undefined;
    throw error;
  }
}

/**
 * The multipart upload that was asked for and whose answer never came. It has the key, the time and no parts,
 * and it was not there before; where more than one fits, or looking is or was not permitted, none is taken: nothing in a
 * listing tells whose an upload is, and somebody else's is never touched.
 */
export async function findUnconfirmedStart(
  api: S3UploadApi,
  start: UnconfirmedStart,
  signal: AbortSignal,
): Promise<UploadRef | undefined> {
  const { others } = start;
  if (!api.reach(start) || others === undefined) return undefined;
  try {
    const uploads = await api.listUploads(start.wholeKey, signal);
    const fitting = uploads.filter(
      ({ uploadId, initiated }) =>
        !others.includes(uploadId) &&
        initiated >= start.at - START_EARLIEST_MS &&
        initiated <= start.at + START_LATEST_MS,
    );
    const [only] = fitting;
    if (!only || fitting.length > 1) return undefined;
    const { initiated: _, ...upload } = only;
    const parts = await api.listParts(only, signal);
    return parts.length === 0 ? upload : undefined;
  } catch (error) {
    if (error instanceof NearplayError && (error.code === 'access-denied' || error.code === 'no-such-upload')) {
      return undefined;
    }
    throw error;
  }
}

/** As `findBegun`, for a request that nobody waits for any more: it may still be on its way, so one look is not enough. */
async function findLateStart(
  api: S3UploadApi,
  start: UnconfirmedStart,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<UploadRef | undefined> {
  for (let look = 1; ; look++) {
    const found = await findUnconfirmedStart(api, start, signal);
    if (found || look === MAX_LOOKS) return found;
    await sleep(growingDelay(LOOK_DELAY_MS, look), signal);
  }
}

/** Aborts until the storage says that there is no such upload. Resolves to whether it said so. */
async function abortUntilGone(
  api: S3UploadApi,
  upload: UploadRef,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<boolean> {
  for (let time = 1; time <= MAX_ABORTS; time++) {
    try {
      await api.abort(upload, signal);
      await api.listParts(upload, signal);
    } catch (error) {
      if (error instanceof NearplayError && error.code === 'no-such-upload') return true;
      if (!(error instanceof NearplayError) || !error.retryable || error.code === 'cancelled') return false;
    }
    if (time < MAX_ABORTS) await sleep(growingDelay(LOOK_DELAY_MS, time), signal);
  }
  return false;
}

/** Requests to the storage where something was begun; `undefined` where the preferences have none such. */
export type ApiAt = (place: UploadPlace) => S3UploadApi | undefined;

export type Abandoned = Pick<UploadRecord, 'abandoned' | 'unconfirmedStarts'>;

/** What the record says once its upload is given up: no upload, and the old one on the list of those to be aborted. */
export function abandoningUpload({
  upload,
  unconfirmedStart,
  abandoned,
  unconfirmedStarts,
}: UploadRecord): Partial<UploadRecord> {
  return {
    upload: undefined,
    partSize: undefined,
    completing: undefined,
    unconfirmedStart: undefined,
    confirmed: 0,
    abandoned: upload ? [...abandoned, upload] : abandoned,
    unconfirmedStarts: unconfirmedStart ? [...unconfirmedStarts, unconfirmedStart] : unconfirmedStarts,
  };
}

/**
 * Aborts what the record has given up, each where it was begun; resolves to what is left of it, to be tried again later: also
 * what is in a storage that is not in the preferences now. Never throws.
 */
export async function abortAbandoned(
  apiAt: ApiAt,
  { abandoned, unconfirmedStarts }: Abandoned,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<Abandoned> {
  const left: Abandoned = { abandoned: [], unconfirmedStarts: [] };
  const known = [...abandoned];
  for (const start of unconfirmedStarts) {
    const api = apiAt(start);
    if (!api) {
      left.unconfirmedStarts.push(start);
      continue;
    }
    try {
      const found = await findLateStart(api, start, sleep, signal);
      if (found) known.push(found);
    } catch {
      left.unconfirmedStarts.push(start);
    }
  }
  for (const upload of known) {
    const api = apiAt(upload);
    const isOver = api && (await abortQuietly(api, upload, sleep, signal));
    if (isOver !== true) left.abandoned.push(upload);
  }
  return left;
}

/** What is left now: of those that were cleaned up, the rest, and all that was given up meanwhile. */
export function abandonedNow(before: Abandoned, rest: Abandoned, now: Abandoned): Abandoned {
  return {
    abandoned: [...rest.abandoned, ...now.abandoned.filter((upload) => !before.abandoned.includes(upload))],
    unconfirmedStarts: [
      ...rest.unconfirmedStarts,
      ...now.unconfirmedStarts.filter((start) => !before.unconfirmedStarts.includes(start)),
    ],
  };
}

async function abortQuietly(api: S3UploadApi, upload: UploadRef, sleep: Sleep, signal: AbortSignal): Promise<boolean> {
  try {
    return await abortUntilGone(api, upload, sleep, signal);
  } catch {
    return false;
  }
}
