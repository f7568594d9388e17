import { explainStorage } from '../../../shared/causes.ts';
import { NearplayError } from '../../../shared/errors.ts';
import type { StorageConfiguration } from '../../../shared/preferences.ts';
import { detailOf, saidBy } from '../runtime/errorFacts.ts';

/** What was being done when it failed, in words that IT can act on. */
export interface FailedAction {
  /** The S3 action, e.g. `s3:GetObject`. */
  action: string;
  storage: Pick<StorageConfiguration, 'bucket' | 'region'>;
  key?: string;
  /** The role that was to be assumed, where signing in is what failed. */
  role?: string;
}

/**
 * Says what an error of the SDK, of the network or of the disk means to a user, as a NearplayError whose message names
 * the bucket and what to do, and whose `detail` is what the other side said. The original stays as `cause`, for the log's
 * eyes. A file that is read is meant where the disk failed; for one that is written: `explainFileError`.
 */
export function explainS3Error(error: unknown, failed: FailedAction): NearplayError {
  if (error instanceof NearplayError) return error;
  const said = saidBy(error);
  if (said.name === 'AbortError') return new NearplayError('cancelled', undefined, { cause: error });
  const { action, storage, key, role } = failed;
  const asked = { action, ...storage, ...(key !== undefined && { key }), ...(role !== undefined && { role }) };
  const { code, message } = explainStorage(said, asked);
  return new NearplayError(code, message, { cause: error, detail: detailOf(said, code) });
}

/** Whether the storage itself is the trouble (no answer, answers of 5xx, something else in its place), rather than this one request. */
export function meansUnreachable({ code }: Pick<NearplayError, 'code'>): boolean {
  return (
    code === 'offline' ||
    code === 'timeout' ||
    code === 'storage-failed' ||
    code === 'not-a-storage' ||
    code === 'proxy-sign-in'
  );
}
