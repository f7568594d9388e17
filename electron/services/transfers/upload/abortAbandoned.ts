import { NearplayError } from '../../../../shared/errors.ts';
import { growingDelay } from '../../../../shared/growingDelay.ts';
import { SECOND_MS } from '../../../../shared/units.ts';
import type { Sleep } from '../../runtime/async.ts';
import { isWithoutEnd } from '../../storage/listingPages.ts';
import type { UploadPlace } from '../../storage/objectPlace.ts';
import type { S3UploadApi } from '../http/s3UploadApi.ts';
import type { UnconfirmedStart, UploadRecord, UploadRef } from '../journal/uploadRecord.ts';

/**
 * Tolerance before the start: `Initiated` has a resolution of one second, and so has the estimate of the storage's
 * clock.
 */
const START_EARLIEST_MS = 2 * SECOND_MS;
/** Tolerance after the start: longer than the request takes, its time-outs included. */
const START_LATEST_MS = 90 * SECOND_MS;
/** Parts in flight can be stored after an abort (S3 User Guide, "Aborting a multipart upload": list to be sure). */
const MAX_ABORTS = 5;
/** Delay between two listings and between two aborts. Milliseconds. */
const LOOK_DELAY_MS = { first: SECOND_MS / 5, most: 60 * SECOND_MS };
/** Listings for a start whose answer was not awaited: the upload appears within three seconds or does not exist. */
const MAX_LOOKS = 4;

/** Multipart uploads of this key in progress; `undefined` when listing is not permitted or does not end. */
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
 * Finds the multipart upload of a start whose answer was lost. It has the key, the time and no parts, and did not exist
 * before. When several match, or listing is or was not permitted, none is returned: a listing does not show whose an
 * upload is, and those of others are never touched.
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

/**
 * As `findUnconfirmedStart`, for a request that was not awaited: it may still be in flight, so one listing is not
 * enough.
 */
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

/**
 * Aborts until the storage confirms that the upload does not exist.
 *
 * @throws NearplayError what the storage said instead
 */
async function abortUntilGone(api: S3UploadApi, upload: UploadRef, sleep: Sleep, signal: AbortSignal): Promise<void> {
  let said: NearplayError | undefined;
  for (let time = 1; time <= MAX_ABORTS; time++) {
    try {
      await api.abort(upload, signal);
      await api.listParts(upload, signal);
    } catch (error) {
      if (error instanceof NearplayError && error.code === 'no-such-upload') return;
      if (!(error instanceof NearplayError) || !error.retryable || error.code === 'cancelled') throw error;
      said = error;
    }
    if (time < MAX_ABORTS) await sleep(growingDelay(LOOK_DELAY_MS, time), signal);
  }
  throw (
    said ?? new NearplayError('storage-failed', 'The storage has the parts still after it was told to remove them.')
  );
}

/** The API of the storage of a place; `undefined` when the preferences have no such storage. */
export type ApiAt = (place: UploadPlace) => S3UploadApi | undefined;

export type Abandoned = Pick<UploadRecord, 'abandoned' | 'unconfirmedStarts'>;

/** Changes of a record whose upload is abandoned: no current upload, and the old one listed as abandoned. */
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
 * Aborts the abandoned uploads of a record, each in its storage. Resolves to the rest, to be tried again later,
 * including uploads in storages that are not in the preferences now. Never throws.
 *
 * @param failed what a storage said that did not remove its upload.
 */
export async function abortAbandoned(
  apiAt: ApiAt,
  { abandoned, unconfirmedStarts }: Abandoned,
  sleep: Sleep,
  signal: AbortSignal,
  failed: (error: unknown) => void = () => undefined,
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
    } catch (error) {
      failed(error);
      left.unconfirmedStarts.push(start);
    }
  }
  for (const upload of known) {
    const api = apiAt(upload);
    try {
      if (api) await abortUntilGone(api, upload, sleep, signal);
      else left.abandoned.push(upload);
    } catch (error) {
      failed(error);
      left.abandoned.push(upload);
    }
  }
  return left;
}

/** The abandoned uploads after a round: those that remain, and those added meanwhile. */
export function abandonedNow(before: Abandoned, rest: Abandoned, now: Abandoned): Abandoned {
  return {
    abandoned: [...rest.abandoned, ...now.abandoned.filter((upload) => !before.abandoned.includes(upload))],
    unconfirmedStarts: [
      ...rest.unconfirmedStarts,
      ...now.unconfirmedStarts.filter((start) => !before.unconfirmedStarts.includes(start)),
    ],
  };
}
