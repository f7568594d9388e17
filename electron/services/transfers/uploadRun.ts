import { sameDestination } from './destinations.ts';
import { isSameFile, SteadyFile } from './fileIdentity.ts';
import type { GrowingFiles } from './growingFiles.ts';
import type { JobBook } from './jobBook.ts';
import type { Journal } from './journal.ts';
import type { LocalDisk } from './localDisk.ts';
import { MultipartUpload } from './multipartUpload.ts';
import { withoutUpload } from './orphans.ts';
import { uploadSmallFile } from './smallUpload.ts';
import type { UploadJob } from './uploadJob.ts';
import type { Progress, UploadNeeds, UploadOutcome, UploadTask } from './uploadTask.ts';

export interface UploadRunsOptions {
  book: JobBook;
  journal: Journal;
  growing: GrowingFiles;
  /** Default: this computer's. */
  disk?: LocalDisk;
  needs: () => UploadNeeds;
  /** The storage took a part, so nothing stands in the way. */
  worked: () => void;
  /** An upload was given up. */
  leftBehind: () => void;
}

/** What is done with one job while it runs. */
export type UploadWork = (needs: UploadNeeds, task: UploadTask) => Promise<UploadOutcome>;

/** Runs jobs: looks at the file, sends it the way that its size asks for, and keeps account of it. */
export class UploadRuns {
  readonly #options: UploadRunsOptions;

  constructor(options: UploadRunsOptions) {
    this.#options = options;
  }

  /** @throws NearplayError whatever the upload does not get over; parts that are there are kept */
  async run(job: UploadJob, signal: AbortSignal, work: UploadWork): Promise<UploadOutcome> {
    const { journal, needs } = this.#options;
    if (!journal.has(job.id)) await journal.put(job.record);
    return work(needs(), this.#taskOf(job, signal));
  }

  /** The work of a job that has a file. @throws NearplayError as `run`; file-changed while the file may still be growing */
  async uploadFile(job: UploadJob, needs: UploadNeeds, task: UploadTask): Promise<UploadOutcome> {
    const { path, root } = job.record;
    const rival = this.#options.book.rivalOf(job.record);
    if (rival) throw sameDestination(path, rival.record.path);
    const file = await SteadyFile.open(path, { root, signal: task.signal, disk: this.#options.disk });
    try {
      await this.#meet(job, task, file);
      return job.isLarge
        ? await new MultipartUpload(needs, task, file).run()
        : await uploadSmallFile(needs, task, file);
    } finally {
      await file.close();
    }
  }

  async #meet(job: UploadJob, task: UploadTask, file: SteadyFile): Promise<void> {
    this.#options.growing.assertSettled(job, file.identity);
    if (isSameFile(file.identity, job.record)) return;
    // Another file than the one that was queued, or begun: parts of the old one are worth nothing.
    task.progress.startedOver();
    const { size, mtimeMs, inode } = file.identity;
    await task.save({ ...withoutUpload(job.record), size, mtimeMs, inode });
    this.#options.leftBehind();
  }

  #taskOf(job: UploadJob, signal: AbortSignal): UploadTask {
    return {
      get record() {
        return job.record;
      },
      save: (changes) => this.#options.book.save(job, changes),
      signal,
      progress: this.#progressOf(job),
    };
  }

  #progressOf(job: UploadJob): Progress {
    const { book, journal, worked } = this.#options;
    const confirmed = (bytes: number) => {
      job.confirmed += bytes;
      if (bytes > 0) job.timesAlone = 0;
      job.record = { ...job.record, confirmed: job.confirmed };
      if (job.isLarge) journal.note(job.record);
    };
    return {
      sent: (bytes) => book.moved(job, bytes),
      takenBack: (bytes) =>
        book.change(job, () => {
          job.sent -= bytes;
          // Noted with whatever becomes of it.
          if (!job.isLarge) job.record = { ...job.record, unheard: true };
        }),
      confirmed: (bytes) => {
        confirmed(bytes);
        worked();
      },
      resumed: (bytes) => book.change(job, () => (job.sent = job.confirmed = bytes)),
      lost: (bytes) => {
        confirmed(-bytes);
        book.change(job, () => (job.sent -= bytes));
      },
      startedOver: () => book.change(job, () => (job.sent = job.confirmed = 0)),
    };
  }
}
