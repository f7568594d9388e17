import { type ErrorCode, NearplayError } from '../../../../shared/errors.ts';
import type { BlockedFor } from '../../../../shared/transfers.ts';
import type { Interruption } from '../jobs/uploadJob.ts';
import { NotSettled } from './settlingFiles.ts';

/** What the whole queue waits for when one transfer meets this: nothing else would succeed either. */
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

/** What an error means for the job that met it. */
export type FailureClass =
  /** It was told to leave the wire, and the error is only the end of that. */
  | { kind: 'interrupted'; by: Interruption }
  /** @param hasChanged under way; otherwise it is only too young. */
  | { kind: 'wait-for-file'; hasChanged: boolean }
  | { kind: 'ask' }
  | { kind: 'hold'; reason: PauseReason }
  | { kind: 'fail' };

/** @param isStream what was read of it cannot be read again: every error is its end. */
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

/** Whether only a second question tells that every upload meets this: nothing of it can be known from one request alone. */
export function needsConfirmation(error: unknown): error is NearplayError {
  if (!(error instanceof NearplayError) || error.code === 'credentials-missing') return false;
  const reason = PAUSE_REASONS.get(error.code);
  return reason !== undefined && reason !== 'disk';
}

/** What the queue waits for with this error; `undefined` for one that is of one upload. */
export function pauseReasonOf(code: ErrorCode): PauseReason | undefined {
  return PAUSE_REASONS.get(code);
}

/** Whether what it waits for ends with the hold of the queue. */
export function waitsForQueue(blockedFor: BlockedFor | undefined): boolean {
  return blockedFor !== undefined && blockedFor !== 'conflict' && blockedFor !== 'file-settling';
}
