import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TransferTotals, UploadNote } from '../../../../shared/transfers.ts';
import type { Log } from '../../runtime/log.ts';
import type { Journal } from '../journal/journal.ts';
import type { Receipt, UploadRecord } from '../journal/uploadRecord.ts';
import { ChangeFeed, type Changes } from './changeFeed.ts';
import { Destinations } from './destinations.ts';
import { SortedJobs } from './sortedJobs.ts';
import { TotalsCounter } from './totals.ts';
import type { UploadsDelta, UploadsPage } from './transfer.ts';
import { UploadJob } from './uploadJob.ts';

/** Records removed from the journal in one write. */
const REMOVAL_BATCH_RECORDS = 1000;

export interface JobsOptions {
  journal: Journal;
  changed: (delta: UploadsDelta) => void;
  /** Note about the current main storage. */
  uploadNote?: () => UploadNote | undefined;
  /** Milliseconds of a monotonic clock. */
  clock: () => number;
  log: Log;
}

/**
 * All upload jobs. Every change of a job goes through this class, which updates the totals, the journal and the change
 * feed.
 */
export class Jobs {
  readonly #options: JobsOptions;
  readonly #jobs = new SortedJobs<UploadJob>();
  readonly #destinations = new Destinations<UploadJob>();
  readonly #totals = new TotalsCounter();
  readonly #changes: ChangeFeed;
  /** Jobs removed from the list that may still have parts in the storage. */
  readonly #hidden = new Set<UploadJob>();
  #droppedIds: string[] = [];
  #lastOrder = 0;

  constructor(options: JobsOptions) {
    this.#options = options;
    this.#changes = new ChangeFeed((changes) => this.#publish(changes));
  }

  get(id: string): UploadJob | undefined {
    return this.#jobs.get(id);
  }

  /** All jobs in the order of the queue, hidden ones included, as a copy. */
  all(): UploadJob[] {
    return this.#jobs.all();
  }

  /** Jobs with these ids, unknown ids skipped; default: all. */
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
    const note = this.#options.uploadNote?.();
    return { ...this.#totals.totals(this.#options.clock()), ...(note && { note }) };
  }

  receipts(): Receipt[] {
    return this.all().flatMap(({ record: { receipt } }) => (receipt ? [receipt] : []));
  }

  /** Another local file with the same destination that is not over. */
  rivalOf(record: Pick<UploadRecord, 'id' | 'path' | 'wanted'>): UploadJob | undefined {
    return this.#destinations.rivalOf(record);
  }

  /** Another local file that has this destination or will have it. */
  holderOf(record: Pick<UploadRecord, 'id' | 'path' | 'wanted'>): UploadJob | undefined {
    return this.#destinations.holderOf(record);
  }

  /** Whether another upload has this name in the storage or will have it. */
  isTaken(name: string, id: string): boolean {
    return this.#destinations.isTaken(name, id);
  }

  /** The order after all others, for a new job. */
  nextOrder(): number {
    this.#lastOrder += 1;
    return this.#lastOrder;
  }

  add(record: UploadRecord): UploadJob {
    this.#lastOrder = Math.max(this.#lastOrder, record.order);
    const job = new UploadJob(record);
    this.#jobs.add(job);
    this.#destinations.add(job);
    this.#totals.add(job.counted());
    this.#changes.changed(job.id);
    return job;
  }

  /** Changes state that is not written to the journal, or that is written by the caller. */
  updateLive(job: UploadJob, change: () => void): void {
    if (job.isHidden) {
      change();
      return;
    }
    this.#totals.remove(job.counted());
    change();
    this.#totals.add(job.counted());
    this.#changes.changed(job.id);
  }

  /** Changes a record; on disk when it resolves. @throws NearplayError disk-full */
  updateDurably(job: UploadJob, changes: Partial<UploadRecord>): Promise<void> {
    this.#change(job, changes);
    return this.#options.journal.put(job.record);
  }

  /** Changes a record; on disk within a second, or with the next write of its sheet. */
  updateSoon(job: UploadJob, changes: Partial<UploadRecord>): void {
    this.#change(job, changes);
    if (changes.order !== undefined) {
      this.#jobs.orderChanged();
      this.#lastOrder = Math.max(this.#lastOrder, changes.order);
    }
    this.#options.journal.putSoon(job.record);
  }

  /** Counts sent bytes of a job. */
  addMovedBytes(job: UploadJob, bytes: number): void {
    const now = this.#options.clock();
    job.addBytes(bytes, now);
    this.#totals.moved(bytes, now);
    this.updateLive(job, () => (job.sent += bytes));
  }

  /** Removes a job from the list. Its record stays until its uploads are proved gone. */
  hide(job: UploadJob): void {
    this.#totals.remove(job.counted());
    this.#changes.removed(job.id);
    job.isHidden = true;
    this.#hidden.add(job);
  }

  /** Removes hidden jobs without abandoned uploads. */
  dropHidden(): void {
    for (const job of this.#hidden) this.dropIfHidden(job);
  }

  /** Removes a job that is hidden and has no abandoned upload. */
  dropIfHidden(job: UploadJob): void {
    if (job.hasAbandoned || !this.#hidden.delete(job)) return;
    this.#destinations.remove(job);
    this.#jobs.remove([job.id]);
    this.#droppedIds.push(job.id);
    if (this.#droppedIds.length === 1) void this.#shortenJournal();
  }

  /** Emits pending changes, and nothing afterwards. */
  stop(): Promise<void> {
    return this.#changes.stop();
  }

  #change(job: UploadJob, changes: Partial<UploadRecord>): void {
    const isMoved = changes.key !== undefined && changes.key !== job.record.key;
    if (isMoved) this.#destinations.remove(job);
    this.updateLive(job, () => {
      job.record = { ...job.record, ...changes };
    });
    if (isMoved) this.#destinations.add(job);
  }

  async #shortenJournal(): Promise<void> {
    try {
      // Ids that are dropped together share the writes of their sheets.
      await nextTurn();
      while (this.#droppedIds.length > 0) {
        await this.#options.journal.remove(this.#droppedIds.slice(0, REMOVAL_BATCH_RECORDS));
        this.#droppedIds = this.#droppedIds.slice(REMOVAL_BATCH_RECORDS);
      }
    } catch (error) {
      this.#options.log.warn('Finished uploads not removed from the journal', { error });
      this.#droppedIds = [];
    }
  }

  #publish({ changed, removed }: Changes): void {
    const now = this.#options.clock();
    const transfers = changed.flatMap((id) => this.#jobs.get(id)?.transfer(now) ?? []);
    this.#options.changed({ changed: transfers, removed, totals: this.totals() });
  }
}
