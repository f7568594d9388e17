import { NearplayError } from '../../../../shared/errors.ts';
import { assertNotOwn } from '../../../../shared/keys.ts';
import type { LocalDisk } from '../../files/localDisk.ts';
import { isSameFile, StableFile } from '../../files/stableFile.ts';
import { sameDestination } from '../jobs/destinations.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { UploadJob } from '../jobs/uploadJob.ts';
import type { Journal } from '../journal/journal.ts';
import { abandoningUpload } from '../upload/abortAbandoned.ts';
import { MultipartUpload } from '../upload/multipartUpload.ts';
import { uploadInOnePut } from '../upload/singlePutUpload.ts';
import type { Progress, UploadContext, UploadOutcome, UploadTask } from '../upload/uploadContext.ts';
import type { SettlingFiles } from './settlingFiles.ts';

export interface UploadRunsOptions {
  jobs: Jobs;
  journal: Journal;
  settling: SettlingFiles;
  /** Default: this computer's. */
  disk?: LocalDisk;
  context: () => UploadContext;
  /** Called when the storage has confirmed a part. */
  succeeded: () => void;
  /** Called when an upload was abandoned. */
  abandoned: () => void;
}

/** The work of one run. */
export type UploadWork = (context: UploadContext, task: UploadTask) => Promise<UploadOutcome>;

/** Runs jobs: checks the file, uploads it in one request or in parts by its size, and keeps account of its bytes. */
export class UploadRuns {
  readonly #options: UploadRunsOptions;

  constructor(options: UploadRunsOptions) {
    this.#options = options;
  }

  /** @throws NearplayError that ends the run; confirmed parts are kept */
  async run(job: UploadJob, signal: AbortSignal, work: UploadWork): Promise<UploadOutcome> {
    const { journal, context } = this.#options;
    if (!journal.has(job.id)) await journal.put(job.record);
    const failed = (error: NearplayError) => {
      if (error.code !== 'cancelled') job.lastError = error;
    };
    try {
      // Here and not when it is queued: retries and records of earlier sessions pass here too.
      assertNotOwn(job.record.key);
      return await work({ ...context(), failed }, this.#taskOf(job, signal));
    } catch (error) {
      if (error instanceof NearplayError) failed(error);
      throw error;
    }
  }

  /** Uploads the file of a job. @throws NearplayError as `run`; file-changed while the file has not settled */
  async uploadFile(job: UploadJob, context: UploadContext, task: UploadTask): Promise<UploadOutcome> {
    const { path, root } = job.record;
    const rival = this.#options.jobs.rivalOf(job.record);
    if (rival) throw sameDestination(path, rival.record.path);
    const file = await StableFile.open(path, { root, signal: task.signal, disk: this.#options.disk });
    try {
      await this.#assertSettled(job, task, file);
      return job.isLarge
        ? await new MultipartUpload(context, task, file).run()
        : await uploadInOnePut(context, task, file);
    } finally {
      await file.close();
    }
  }

  async #assertSettled(job: UploadJob, task: UploadTask, file: StableFile): Promise<void> {
    this.#options.settling.assertSettled(job, file.identity);
    if (isSameFile(file.identity, job.record)) return;
    // The file differs from the queued one: parts of the old one are useless.
    if (job.record.upload ?? job.record.outcomeUnknown) job.hasChangedWhileSent = true;
    task.progress.startedOver();
    const { size, mtimeMs, inode } = file.identity;
    await task.updateDurably({ ...abandoningUpload(job.record), size, mtimeMs, inode });
    this.#options.abandoned();
  }

  #taskOf(job: UploadJob, signal: AbortSignal): UploadTask {
    return {
      get record() {
        return job.record;
      },
      updateDurably: (changes) => this.#options.jobs.updateDurably(job, changes),
      isTaken: (key) => this.#options.jobs.isTaken(key, job.id),
      signal,
      progress: this.#progressOf(job),
    };
  }

  #progressOf(job: UploadJob): Progress {
    const { jobs, journal, succeeded } = this.#options;
    const confirmed = (bytes: number) => {
      job.confirmed += bytes;
      if (bytes > 0) job.singleWaits = 0;
      if (job.confirmed > job.mostConfirmed) job.lastError = undefined;
      job.mostConfirmed = Math.max(job.mostConfirmed, job.confirmed);
      job.record = { ...job.record, confirmed: job.confirmed };
      if (job.isLarge) journal.putSoon(job.record);
    };
    return {
      sent: (bytes) => jobs.addMovedBytes(job, bytes),
      takenBack: (bytes) =>
        jobs.updateLive(job, () => {
          job.sent -= bytes;
          // Written to the journal with the result of the run.
          if (!job.isLarge) job.record = { ...job.record, outcomeUnknown: true };
        }),
      confirmed: (bytes) => {
        confirmed(bytes);
        succeeded();
      },
      resumed: (bytes) => jobs.updateLive(job, () => (job.sent = job.confirmed = bytes)),
      discarded: (bytes) => {
        confirmed(-bytes);
        jobs.updateLive(job, () => (job.sent -= bytes));
      },
      startedOver: () => jobs.updateLive(job, () => (job.sent = job.confirmed = 0)),
    };
  }
}
