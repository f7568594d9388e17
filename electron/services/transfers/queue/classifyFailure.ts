import { type ErrorCode, NearplayError } from '../../../../shared/errors.ts';
import type { BlockedFor } from '../../../../shared/transfers.ts';
import type { Interruption } from '../jobs/uploadJob.ts';
import { NotSettled } from './settlingFiles.ts';

/** Errors that no other upload would escape, by what the whole queue waits for. */
const PAUSE_REASONS: ReadonlyMap<ErrorCode, PauseReason> = new Map([
  ['offline', 'offline'],
  ['timeout', 'offline'],
  ['slow-down', 'storage'],
  ['storage-failed', 'storage'],
  ['not-a-storage', 'not-a-storage'],
  ['proxy-sign-in', 'proxy'],
  ['credentials-expired', 'sign-in'],
  ['credentials-missing', 'sign-in'],
  ['disk-full', 'disk'],
]);

export type PauseReason = Exclude<BlockedFor, 'conflict' | 'file-settling'>;

/** What an error means for its job. */
export type FailureClass =
  /** The job was interrupted; the error only ends its run. */
  | { kind: 'interrupted'; by: Interruption }
  /** @param hasChanged the file changed during the run; otherwise it has not settled yet. */
  | { kind: 'wait-for-file'; hasChanged: boolean }
  | { kind: 'ask' }
  | { kind: 'hold'; reason: PauseReason }
  | { kind: 'fail' };

/** @param isStream a stream cannot be read again, so every error ends it. */
export function classifyFailure(
  error: unknown,
  interruption: Interruption | undefined,
  isStream: boolean,
): FailureClass {
  if (interruption) return { kind: 'interrupted', by: interruption };
  if (isStream || !(error instanceof NearplayError)) return { kind: 'fail' };
  if (error.code === 'file-changed') return { kind: 'wait-for-file', hasChanged: !(error instanceof NotSettled) };
  if (error.code === 'conflict') return { kind: 'ask' };
  const reason = PAUSE_REASONS.get(error.code);
  return reason === undefined ? { kind: 'fail' } : { kind: 'hold', reason };
}

/**
 * Whether the storage has to be checked before the queue is paused: one failed request proves nothing about the others.
 */
export function needsConfirmation(error: unknown): error is NearplayError {
  if (!(error instanceof NearplayError) || error.code === 'credentials-missing') return false;
  const reason = PAUSE_REASONS.get(error.code);
  return reason !== undefined && reason !== 'disk';
}

/** What the queue waits for after this error; `undefined` for an error of a single upload. */
export function pauseReasonOf(code: ErrorCode): PauseReason | undefined {
  return PAUSE_REASONS.get(code);
}

/** Whether a job blocked for this reason goes on when the pause of the queue ends. */
export function waitsForQueue(blockedFor: BlockedFor | undefined): boolean {
  return blockedFor !== undefined && blockedFor !== 'conflict' && blockedFor !== 'file-settling';
}
