import { explainStorage } from '../../../shared/causes.ts';
import { NearplayError } from '../../../shared/errors.ts';
import type { StorageConfiguration } from '../../../shared/preferences.ts';
import { detailOf, factsOf } from '../runtime/errorFacts.ts';

/** The action that failed, in terms that IT can act on. */
export interface FailedAction {
  /** The S3 action, e.g. `s3:GetObject`. */
  action: string;
  storage: Pick<StorageConfiguration, 'bucket' | 'region'>;
  key?: string;
  /** The role to assume, where signing in failed. */
  role?: string;
}

/**
 * Converts an error of the SDK, the network or the disk into a NearplayError: its message names the bucket and the
 * remedy, its `detail` holds the other side's words. The original stays in `cause`, for the log. Errors of the disk are
 * taken as errors of reading; for writing see `explainFileError`.
 */
export function explainS3Error(error: unknown, failed: FailedAction): NearplayError {
  if (error instanceof NearplayError) return error;
  const facts = factsOf(error);
  if (facts.name === 'AbortError') return new NearplayError('cancelled', undefined, { cause: error });
  const { action, storage, key, role } = failed;
  const asked = { action, ...storage, ...(key !== undefined && { key }), ...(role !== undefined && { role }) };
  const { code, message } = explainStorage(facts, asked);
  return new NearplayError(code, message, { cause: error, detail: detailOf(facts, code) });
}

/** Whether the error concerns the storage as a whole (no answer, 5xx, something else in its place) rather than one request. */
export function meansUnreachable({ code }: Pick<NearplayError, 'code'>): boolean {
  return (
    code === 'offline' ||
    code === 'timeout' ||
    code === 'storage-failed' ||
    code === 'not-a-storage' ||
    code === 'proxy-sign-in'
  );
}
