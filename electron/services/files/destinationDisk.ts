import { NearplayError } from '../../../shared/errors.ts';
import { MINUTE_MS } from '../../../shared/units.ts';
import { explainFileError } from './fileErrors.ts';
import { NoAnswer, THIS_COMPUTER } from './localDisk.ts';

/** A slow drive that has taken many bytes writes them for as long before it answers. */
const SYNC_TIMEOUT_MS = 10 * MINUTE_MS;

/**
 * Works at a destination in the turn of its drive: one that does not answer takes a limited share of the threads, and the
 * wait for it ends (see LocalDisk). Never within another such work, which may wait for its own turn.
 *
 * @param path the destination; for the drive and for messages.
 * @param late called with a result that came after the end of the wait.
 * @throws NearplayError destination-unwritable, also when the drive does not answer; disk-full …
 */
export function atDestination<Result>(
  path: string,
  work: () => Promise<Result>,
  late?: (result: Result) => void,
): Promise<Result> {
  return explained(path, THIS_COMPUTER.ask(path, work, undefined, late));
}

/** Whether atDestination had no answer. */
export function isDriveSilent(error: unknown): boolean {
  return error instanceof NearplayError && error.cause instanceof NoAnswer;
}

/** As atDestination, for a flush of all that was written. */
export function syncAtDestination(path: string, work: () => Promise<void>): Promise<void> {
  return explained(path, THIS_COMPUTER.ask(path, work, undefined, undefined, SYNC_TIMEOUT_MS));
}

async function explained<Result>(path: string, answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof NoAnswer) {
      throw new NearplayError('destination-unwritable', `The drive of "${path}" does not answer.`, { cause });
    }
    throw explainFileError(cause, { path, doing: 'write' });
  }
}
