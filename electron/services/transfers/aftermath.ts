import { NearplayError } from '../../../shared/errors.ts';
import { Touched } from './fileIdentity.ts';
import { httpStatusOf } from '../errorFacts.ts';
import type { GrowingFiles } from './growingFiles.ts';
import type { Hold } from './hold.ts';
import type { JobStates } from './jobStates.ts';
import { isStream } from './newRecords.ts';
import type { TransferQueueOptions } from './queueOptions.ts';
import type { LonelyWaits } from './lonelyWaits.ts';
import { heldFor, setbackOf, type HeldFor } from './setbacks.ts';
import type { Sweep } from './sweep.ts';
import type { Interruption, UploadJob } from './uploadJob.ts';
import type { UploadOutcome } from './uploadTask.ts';
import type { WaitingLine } from './waitingLine.ts';

/** Each costs reading all that is there already; some program changes the file for ever. */
const MOST_TOUCHES = 20;
const RESTLESS = 'Some program changes this file again and again while it is uploaded. Close it and try again.';

export interface AftermathParts {
  states: JobStates;
  line: WaitingLine<UploadJob>;
  growing: GrowingFiles;
  hold: Hold;
  lonely: LonelyWaits;
  sweep: Sweep;
}

/** What every upload meets at this moment; without an error: the storage answers. */
export interface Cause {
  error: NearplayError | undefined;
}

/** What becomes of a job that has left the wire, and of the queue with it. */
export class Aftermath {
  readonly #options: TransferQueueOptions;
  readonly #parts: AftermathParts;
  #stopped = false;

  constructor(options: TransferQueueOptions, parts: AftermathParts) {
    this.#options = options;
    this.#parts = parts;
  }

  arrived(job: UploadJob, outcome: UploadOutcome): void {
    this.#parts.hold.worked();
    this.#parts.states.arrived(job, outcome);
    if (outcome.kind === 'done') this.#options.completed(job.record.key, outcome.receipt);
  }

  /** @param cause what the storage answered when it was asked again; `undefined` when that was not done. */
  setBack(job: UploadJob, error: unknown, cause?: Cause): void {
    const setback = setbackOf(error, job.interruption, isStream(job.record));
    if (setback.kind === 'interrupted') this.#interrupted(job, setback.by);
    else if (setback.kind === 'wait-for-file') this.#waitForFile(job, setback.hasChanged, error instanceof Touched);
    else if (setback.kind === 'hold') this.#waitForAnswer(job, setback.reason, error, cause);
    else if (setback.kind === 'ask') this.#parts.states.blocked(job, 'conflict', error);
    else this.#parts.states.failed(job, error);
  }

  waitAgain(job: UploadJob): void {
    this.#parts.states.waiting(job);
    this.#parts.line.join(job);
  }

  /** Nothing is begun that would go on by itself. */
  stop(): void {
    this.#stopped = true;
  }

  #interrupted(job: UploadJob, by: Interruption): void {
    const { states, sweep } = this.#parts;
    states.offTheWire(job);
    if (by === 'pause') states.paused(job);
    else if (by === 'wait') this.waitAgain(job);
    else {
      states.cancelled(job);
      sweep.soon();
    }
  }

  #waitForFile(job: UploadJob, hasChanged: boolean, isTouched: boolean): void {
    if (hasChanged) job.changes += 1;
    if (hasChanged) job.touches = isTouched ? job.touches + 1 : 0;
    if (job.touches > MOST_TOUCHES) {
      job.touches = job.changes = 0;
      this.#parts.states.failed(job, new NearplayError('file-changed', RESTLESS));
      return;
    }
    const reason = new NearplayError('file-changed', 'Waits until the file is written.');
    this.#parts.states.blocked(job, 'file-growing', reason);
    if (!this.#stopped) this.#parts.growing.wait(job);
  }

  #waitForAnswer(job: UploadJob, reason: HeldFor, error: unknown, cause: Cause | undefined): void {
    if (!cause) {
      this.#holdFor(job, reason, error);
      return;
    }
    const confirmed = cause.error && heldFor(cause.error.code);
    if (confirmed !== undefined) this.#holdFor(job, confirmed, cause.error);
    else if (!this.#stopped && !isRefusal(error) && this.#parts.lonely.wait(job))
      this.#parts.states.blocked(job, reason, error);
    else this.#parts.states.failed(job, error);
  }

  #holdFor(job: UploadJob, reason: HeldFor, error: unknown): void {
    this.#parts.states.blocked(job, reason, error);
    if (reason === 'sign-in') this.#options.credentialsRefused?.();
    if (!this.#stopped) this.#parts.hold.begin();
  }
}

/** A look that was refused with 400 while the bytes can be read (see `confirmedCause`), many times: another hour changes nothing. */
function isRefusal(error: unknown): boolean {
  return error instanceof NearplayError && error.code === 'storage-failed' && httpStatusOf(error.cause) === 400;
}
