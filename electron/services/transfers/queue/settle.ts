import { NearplayError } from '../../../../shared/errors.ts';
import { MetadataChanged } from '../../files/stableFile.ts';
import { httpStatusOf } from '../../runtime/errorFacts.ts';
import type { JobStates } from '../jobs/jobStates.ts';
import type { Interruption, UploadJob } from '../jobs/uploadJob.ts';
import type { WaitingQueue } from '../jobs/waitingQueue.ts';
import type { UploadOutcome } from '../upload/uploadContext.ts';
import type { AbandonedUploads } from './abandonedUploads.ts';
import { classifyFailure, type PauseReason, pauseReasonOf } from './classifyFailure.ts';
import { isStream } from './newRecords.ts';
import type { TransferQueueOptions } from './queueOptions.ts';
import type { QueuePause } from './queuePause.ts';
import type { SettlingFiles } from './settlingFiles.ts';
import type { SingleWaits } from './singleWaits.ts';

/** Each change costs a new reading of the parts already stored; some programs change a file endlessly. */
const MAX_METADATA_CHANGES = 20;
const RESTLESS_MESSAGE = 'Some program changes this file again and again while it is uploaded. Close it and try again.';

export interface SettlementParts {
  states: JobStates;
  waiting: WaitingQueue<UploadJob>;
  settling: SettlingFiles;
  queuePause: QueuePause;
  singleWaits: SingleWaits;
  abandoned: AbandonedUploads;
}

/** Result of the storage check; without an error: the storage answers. */
export interface Cause {
  error: NearplayError | undefined;
}

/** Applies the result of a finished run to the job and to the queue. */
export class Settlement {
  readonly #options: TransferQueueOptions;
  readonly #parts: SettlementParts;
  #stopped = false;

  constructor(options: TransferQueueOptions, parts: SettlementParts) {
    this.#options = options;
    this.#parts = parts;
  }

  succeeded(job: UploadJob, outcome: UploadOutcome): void {
    this.#parts.queuePause.succeeded();
    this.#parts.states.succeeded(job, outcome);
    if (outcome.kind === 'done') this.#options.completed(job.record.key, outcome.receipt);
  }

  /** @param cause result of the storage check; `undefined` when there was none. */
  failed(job: UploadJob, error: unknown, cause?: Cause): void {
    const failure = classifyFailure(error, job.interruption, isStream(job.record));
    if (failure.kind === 'interrupted') this.#interrupted(job, failure.by);
    else if (failure.kind === 'wait-for-file')
      this.#waitForFile(job, failure.hasChanged, error instanceof MetadataChanged);
    else if (failure.kind === 'hold') this.#waitForAnswer(job, failure.reason, error, cause);
    else if (failure.kind === 'ask') this.#parts.states.blocked(job, 'conflict', error);
    else this.#parts.states.failed(job, error);
  }

  requeue(job: UploadJob): void {
    this.#parts.states.waiting(job);
    this.#parts.waiting.add(job);
  }

  /** No wait or pause starts after this. */
  stop(): void {
    this.#stopped = true;
  }

  #interrupted(job: UploadJob, by: Interruption): void {
    const { states, abandoned } = this.#parts;
    states.leftConnection(job);
    if (by === 'pause') states.paused(job);
    else if (by === 'wait') this.requeue(job);
    else {
      states.cancelled(job);
      abandoned.removeSoon();
    }
  }

  #waitForFile(job: UploadJob, hasChanged: boolean, isMetadataOnly: boolean): void {
    if (hasChanged) job.changes += 1;
    if (hasChanged && !isMetadataOnly) job.hasChangedWhileSent = true;
    if (hasChanged) job.metadataChanges = isMetadataOnly ? job.metadataChanges + 1 : 0;
    if (job.metadataChanges > MAX_METADATA_CHANGES) {
      job.metadataChanges = job.changes = 0;
      this.#parts.states.failed(job, new NearplayError('file-changed', RESTLESS_MESSAGE));
      return;
    }
    const reason = new NearplayError('file-changed', 'Waits until the file is written.');
    this.#parts.states.blocked(job, 'file-settling', reason);
    if (!this.#stopped) this.#parts.settling.wait(job);
  }

  #waitForAnswer(job: UploadJob, reason: PauseReason, error: unknown, cause: Cause | undefined): void {
    if (!cause) {
      this.#pauseQueueFor(job, reason, error);
      return;
    }
    const confirmed = cause.error && pauseReasonOf(cause.error.code);
    if (confirmed !== undefined) this.#pauseQueueFor(job, confirmed, cause.error);
    else if (!this.#stopped && !isRefusal(error) && this.#parts.singleWaits.wait(job))
      this.#parts.states.blocked(job, reason, error);
    else this.#parts.states.failed(job, error);
  }

  #pauseQueueFor(job: UploadJob, reason: PauseReason, error: unknown): void {
    this.#parts.states.blocked(job, reason, error);
    if (reason === 'sign-in') this.#options.credentialsRefused?.();
    if (!this.#stopped) this.#parts.queuePause.begin();
  }
}

/** HEAD was refused with 400 although the bytes can be read (see `confirmedCause`): waiting does not help. */
function isRefusal(error: unknown): boolean {
  return error instanceof NearplayError && error.code === 'storage-failed' && httpStatusOf(error.cause) === 400;
}
