import type { TransferTotals, UploadNote } from '../../../shared/ipc.ts';
import type { Log } from '../log.ts';
import { Announcements, type Announced } from './announcements.ts';
import type { Journal } from './journal.ts';
import { Destinations } from './destinations.ts';
import { OrderedJobs } from './orderedJobs.ts';
import { Tallies } from './tallies.ts';
import type { UploadsDelta, UploadsPage } from './transfer.ts';
import type { Receipt, TransferRecord } from './transferRecord.ts';
import { UploadJob } from './uploadJob.ts';

/** Records taken out of the journal in one go. */
const REMOVED_AT_ONCE = 1000;

export interface JobBookOptions {
  journal: Journal;
  changed: (delta: UploadsDelta) => void;
  /** Of the storage that uploads go to at this moment. */
  note?: () => UploadNote | undefined;
  /** Milliseconds, never set back. */
  clock: () => number;
  log: Log;
}

/**
 * All transfers, and everybody who has to know when one changes: the totals, the journal, the window. Whatever is changed in a
 * job is changed here.
 */
export class JobBook {
  readonly #options: JobBookOptions;
  readonly #jobs = new OrderedJobs<UploadJob>();
  readonly #destinations = new Destinations<UploadJob>();
  readonly #tallies = new Tallies();
  readonly #announcements: Announcements;
  /** Not on the list any more, but something of theirs may still be in the storage. */
  readonly #hidden = new Set<UploadJob>();
  #gone: string[] = [];
  #lastOrder = 0;

  constructor(options: JobBookOptions) {
    this.#options = options;
    this.#announcements = new Announcements((news) => this.#announce(news));
  }

  get(id: string): UploadJob | undefined {
    return this.#jobs.get(id);
  }

  /** In the order of the queue, hidden ones too; a list of its own. */
  all(): UploadJob[] {
    return this.#jobs.all();
  }

  /** These, those that are unknown left out; or all. */
  *chosen(ids?: Iterable<string>): Iterable<UploadJob> {
    if (!ids) {
      yield* this.all();
      return;
    }
    for (const id of ids) {
      const job = this.#jobs.get(id);
      if (job) yield job;
    }
  }

  page(after: string | undefined, count: number): UploadsPage {
    const now = this.#options.clock();
    const { members, ...next } = this.#jobs.page(after, count, ({ isHidden }) => !isHidden);
    return { transfers: members.map((job) => job.transfer(now)), ...next };
  }

  totals(): TransferTotals {
    const note = this.#options.note?.();
    return { ...this.#tallies.totals(this.#options.clock()), ...(note && { note }) };
  }

  receipts(): Receipt[] {
    return this.all().flatMap(({ record: { receipt } }) => (receipt ? [receipt] : []));
  }

  /** Another file of this computer that wants the same name in the storage, and is not over. */
  rivalOf(record: Pick<TransferRecord, 'id' | 'path' | 'wanted'>): UploadJob | undefined {
    return this.#destinations.rivalOf(record);
  }

  /** The place behind all others, for one that will be added. */
  nextOrder(): number {
    this.#lastOrder += 1;
    return this.#lastOrder;
  }

  add(record: TransferRecord): UploadJob {
    this.#lastOrder = Math.max(this.#lastOrder, record.order);
    const job = new UploadJob(record);
    this.#jobs.add(job);
    this.#destinations.add(job);
    this.#tallies.add(job.counted());
    this.#announcements.changed(job.id);
    return job;
  }

  /** Changes what is true only while this process lives, or what the journal is told of otherwise. */
  change(job: UploadJob, change: () => void): void {
    if (job.isHidden) {
      change();
      return;
    }
    this.#tallies.remove(job.counted());
    change();
    this.#tallies.add(job.counted());
    this.#announcements.changed(job.id);
  }

  /** Changes a record; on disk when it resolves. @throws NearplayError disk-full */
  save(job: UploadJob, changes: Partial<TransferRecord>): Promise<void> {
    this.change(job, () => {
      job.record = { ...job.record, ...changes };
    });
    return this.#options.journal.put(job.record);
  }

  /** Changes a record; on disk within a second, or with the next writing that has to be. */
  note(job: UploadJob, changes: Partial<TransferRecord>): void {
    this.change(job, () => {
      job.record = { ...job.record, ...changes };
    });
    if (changes.order !== undefined) {
      this.#jobs.moved();
      this.#lastOrder = Math.max(this.#lastOrder, changes.order);
    }
    this.#options.journal.note(job.record);
  }

  /** Of this job, so many bytes went onto the wire. */
  moved(job: UploadJob, bytes: number): void {
    const now = this.#options.clock();
    job.moved(bytes, now);
    this.#tallies.moved(bytes, now);
    this.change(job, () => (job.sent += bytes));
  }

  /** Takes a job off the list. Its record stays until its uploads are proved gone. */
  hide(job: UploadJob): void {
    this.#tallies.remove(job.counted());
    this.#announcements.removed(job.id);
    job.isHidden = true;
    this.#hidden.add(job);
  }

  /** Lets go of hidden jobs that have left nothing behind. */
  forgetHidden(): void {
    const isRunning = this.#gone.length > 0;
    for (const job of this.#hidden) {
      if (job.hasLeftovers) continue;
      this.#hidden.delete(job);
      this.#destinations.remove(job);
      this.#jobs.remove([job.id]);
      this.#gone.push(job.id);
    }
    if (!isRunning && this.#gone.length > 0) void this.#shortenJournal();
  }

  /** Tells what has not been told yet, and nothing afterwards. */
  stop(): Promise<void> {
    return this.#announcements.stop();
  }

  async #shortenJournal(): Promise<void> {
    try {
      while (this.#gone.length > 0) {
        await this.#options.journal.remove(this.#gone.slice(0, REMOVED_AT_ONCE));
        this.#gone = this.#gone.slice(REMOVED_AT_ONCE);
      }
    } catch (error) {
      this.#options.log.warn('The journal could not be shortened', { error });
      this.#gone = [];
    }
  }

  #announce({ changed, removed }: Announced): void {
    const now = this.#options.clock();
    const transfers = changed.flatMap((id) => this.#jobs.get(id)?.transfer(now) ?? []);
    this.#options.changed({ changed: transfers, removed, totals: this.totals() });
  }
}
