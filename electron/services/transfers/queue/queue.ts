import type { Readable } from 'node:stream';
import type { BandwidthRules } from '../../../../shared/bandwidth.ts';
import { type ErrorReport, NearplayError } from '../../../../shared/errors.ts';
import type { JournalUnread, TransferTotals } from '../../../../shared/transfers.ts';
import { TimeSlicer } from '../../runtime/timeSlices.ts';
import { Jobs } from '../jobs/jobs.ts';
import { JobStates } from '../jobs/jobStates.ts';
import type { UploadsPage, UploadTransfer } from '../jobs/transfer.ts';
import type { UploadJob } from '../jobs/uploadJob.ts';
import { WaitingQueue } from '../jobs/waitingQueue.ts';
import type { ConflictPolicy, Receipt, UploadRecord } from '../journal/uploadRecord.ts';
import { uploadStream } from '../upload/streamUpload.ts';
import { AbandonedUploads } from './abandonedUploads.ts';
import { needsConfirmation, waitsForQueue } from './classifyFailure.ts';
import { Enqueuer } from './enqueue.ts';
import { isStream } from './newRecords.ts';
import { QueueActions } from './queueActions.ts';
import {
  type AddStreamOptions,
  DEFAULT_LIMITS,
  DEFAULT_TIMING,
  type FileToUpload,
  type FindAndAddOptions,
  type QueueLimits,
  type TransferQueueOptions,
} from './queueOptions.ts';
import { QueuePause } from './queuePause.ts';
import { UploadRuns, type UploadWork } from './runUpload.ts';
import { Settlement } from './settle.ts';
import { SettlingFiles } from './settlingFiles.ts';
import { SingleWaits } from './singleWaits.ts';
import { StorageCheck } from './storageCheck.ts';
import { UploadResources } from './uploadResources.ts';

export type {
  AddOptions,
  AddStreamOptions,
  FileToUpload,
  FindAndAddOptions,
  QueueLimits,
  QueueTiming,
  TransferQueueOptions,
  UploadTarget,
} from './queueOptions.ts';

/** The uploads to the main storage: kept over restarts, each alone or all at once paused, resumed, cancelled or retried. */
export class TransferQueue {
  readonly #options: TransferQueueOptions;
  readonly #clock: () => number;
  readonly #limits: QueueLimits;
  readonly #jobs: Jobs;
  readonly #states: JobStates;
  readonly #enqueuer: Enqueuer;
  readonly #waiting = new WaitingQueue<UploadJob>();
  readonly #running = new Map<UploadJob, Promise<void>>();
  /** Where each of them goes. */
  readonly #destinations = new Map<UploadJob, string | undefined>();
  readonly #resources: UploadResources;
  readonly #runs: UploadRuns;
  readonly #settling: SettlingFiles;
  readonly #queuePause: QueuePause;
  readonly #singleWaits: SingleWaits;
  readonly #storageCheck: StorageCheck;
  readonly #abandoned: AbandonedUploads;
  readonly #slices: TimeSlicer;
  readonly #actions: QueueActions;
  readonly #settlement: Settlement;
  readonly #finishWaiters = new Set<() => void>();
  #started = false;
  #stopped = false;

  constructor(options: TransferQueueOptions) {
    const { journal, changed, now, clock = () => performance.now(), log } = options;
    const timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#options = options;
    this.#clock = clock;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#resources = new UploadResources(options, this.#limits, timing);
    this.#jobs = new Jobs({ journal, changed, clock, log, uploadNote: () => this.#resources.uploadNote() });
    this.#states = new JobStates({ jobs: this.#jobs, now, log });
    this.#queuePause = new QueuePause({
      first: timing.queuePause,
      ended: () => this.#requeueBlocked((job) => this.#waitsForQueue(job)),
    });
    this.#singleWaits = new SingleWaits({
      first: timing.queuePause,
      again: (one) => this.#requeueBlocked((job) => job === one),
    });
    this.#storageCheck = new StorageCheck(() => this.#resources.askStorage());
    this.#settling = new SettlingFiles({
      ...{ settle: timing.settle, now, clock },
      again: (one) => this.#requeueBlocked((job) => job === one),
    });
    this.#abandoned = new AbandonedUploads({
      ...{ jobs: this.#jobs, log },
      apiAt: (place) => this.#resources.apiAt(place),
      ended: () => this.#checkFinished(),
    });
    this.#slices = new TimeSlicer({
      now: clock,
      over: () => this.#pump(),
      failed: (error) => log.error('An action on a transfer failed', { error }),
    });
    const parts = { jobs: this.#jobs, states: this.#states, waiting: this.#waiting };
    const waits = {
      settling: this.#settling,
      queuePause: this.#queuePause,
      singleWaits: this.#singleWaits,
      abandoned: this.#abandoned,
    };
    this.#enqueuer = new Enqueuer(options, { ...parts, queued: () => this.#pump(), over: () => this.#checkFinished() });
    this.#actions = new QueueActions({ ...parts, ...waits, slices: this.#slices, running: () => this.#running.keys() });
    this.#settlement = new Settlement(options, { ...parts, ...waits });
    this.#runs = new UploadRuns({
      ...{ jobs: this.#jobs, journal, settling: this.#settling, ...(options.disk && { disk: options.disk }) },
      context: () => this.#resources.context(),
      succeeded: () => this.#queuePause.succeeded(),
      abandoned: () => this.#abandoned.removeSoon(),
    });
  }

  /** Reads the journal; what was running or waiting goes on. Never throws. @returns what of the journal could not be read, if any */
  async start(): Promise<JournalUnread | undefined> {
    const { records, unread } = await this.#options.journal.load();
    await this.#enqueuer.restore(records);
    const isWhole = unread.files.length === 0 && unread.problem === undefined;
    if (!isWhole) this.#options.log.error('Not all of the journal of transfers could be read', { ...unread });
    this.#started = true;
    this.#abandoned.removeSoon();
    this.#pump();
    return isWhole ? undefined : unread;
  }

  /** Takes what runs off the wire, keeps its parts and its place, and lets go of all connections and timers. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#queuePause.cancel();
    this.#settling.stop();
    this.#singleWaits.stop();
    this.#resources.stop();
    this.#enqueuer.stop();
    this.#settlement.stop();
    // Who was told to pause a moment ago is still paused at the next start.
    for (const job of this.#running.keys()) if (!job.isLeaving) job.interrupt('wait');
    await this.#slices.idle();
    await Promise.allSettled([...this.#running.values(), this.#abandoned.stop()]);
    await this.#options.journal.flush().catch(() => undefined);
    await this.#jobs.stop();
  }

  /** In the order of the queue. All at once: of many thousands, `page` is what keeps a window answering. */
  list(): UploadTransfer[] {
    const now = this.#clock();
    return this.#jobs.all().flatMap((job) => (job.isHidden ? [] : job.transfer(now)));
  }

  /**
   * A piece of the list, in the order of the queue; costs what is on it, however long the list is. What changes or moves
   * between two pages is told to `changed`.
   *
   * @param after `next` of the page before; absent: from the beginning.
   * @throws NearplayError bad-request for what never was a `next`
   */
  page(after: string | undefined, count: number): UploadsPage {
    return this.#jobs.page(after, count);
  }

  totals(): TransferTotals {
    return this.#jobs.totals();
  }

  /** Of the uploads that are done and still on the list, made to be exported. */
  receipts(): Receipt[] {
    return this.#jobs.receipts();
  }

  /**
   * Queues files, and folders with their structure. They begin to go up while folders are still being read.
   *
   * @param folder in the main storage, relative to its prefix.
   * @returns ids of what was queued, once everything is.
   * @throws NearplayError file-unreadable when one of the paths cannot be read, not-a-file for one that is neither a file nor a
   *   folder (then nothing was queued), no-preferences
   */
  add(folder: string, paths: readonly string[], options: FindAndAddOptions = {}): Promise<string[]> {
    return this.#enqueuer.add(folder, paths, options);
  }

  /**
   * Queues files that were found already, each with its own destination.
   *
   * @param claims of the files that are added in one go, by several calls.
   * @returns their ids, in the order of the files.
   * @throws NearplayError no-preferences
   */
  addFiles(files: readonly FileToUpload[], claims?: Map<string, string>): Promise<string[]> {
    return this.#enqueuer.addFiles(files, claims);
  }

  /**
   * Goes on with what another process left, at the end of the queue; in this one's journal when it resolves.
   *
   * @throws NearplayError disk-full; then none was taken.
   */
  async adopt(records: readonly UploadRecord[]): Promise<void> {
    await this.#enqueuer.adopt(records);
    this.#abandoned.removeSoon();
    this.#pump();
  }

  /** `undefined` for one that is not in the queue, or not on its list any more. */
  find(id: string): UploadTransfer | undefined {
    const job = this.#jobs.get(id);
    return job?.isHidden === false ? job.transfer(this.#clock()) : undefined;
  }

  /** The last error that an upload met since its last progress, repeated or not; `undefined` where it met none. */
  lastErrorOf(id: string): ErrorReport | undefined {
    return (this.#jobs.get(id)?.lastError ?? this.#resources.lastError)?.report();
  }

  /**
   * Uploads a stream of unknown length at once; it cannot be paused, resumed or retried. A signal that is given up counts for more
   * than the end of the stream.
   *
   * @throws NearplayError as the transfer's own error; empty-file for a stream without a byte; cancelled
   */
  async addStream(key: string, source: Readable, options: AddStreamOptions = {}): Promise<UploadTransfer> {
    const { signal, allowsEmpty = false, asks, ...adding } = options;
    const job = await this.#enqueuer.addStream(key, adding);
    let failure: unknown;
    const run = this.#run(job, (context, task) =>
      uploadStream(context, task, source, { allowsEmpty, asks }).catch((error: unknown) => {
        failure = error;
        throw error;
      }),
    );
    const giveUp = () => job.interrupt('cancel');
    if (signal?.aborted === true) giveUp();
    signal?.addEventListener('abort', giveUp, { once: true });
    await run.finally(() => signal?.removeEventListener('abort', giveUp));
    source.destroy();
    const { state, error } = job.record;
    if (state === 'cancelled') throw isCancelled(failure) ? failure : new NearplayError('cancelled');
    if (error) throw new NearplayError(error.code, error.message, { detail: error.detail });
    return job.transfer(this.#clock());
  }

  /** Takes these (default: all) off the wire within 200 ms; their parts are kept. */
  pause(ids?: readonly string[]): void {
    this.#actions.pause(ids);
  }

  /** Paused ones wait for their turn again. Default: all. */
  resume(ids?: readonly string[]): void {
    this.#actions.resume(ids);
  }

  /** Ends these (default: all that are not over) and removes their parts from the storage. */
  cancel(ids?: readonly string[]): void {
    this.#actions.cancel(ids);
  }

  /** Failed and cancelled ones go again; what the storage still has of them is not sent again. Default: all failed ones. */
  retry(ids?: readonly string[]): void {
    this.#actions.retry(ids);
  }

  /** Answers what to do with names that are taken; default: for all that wait for this answer. */
  decide(policy: Exclude<ConflictPolicy, 'ask'>, ids?: readonly string[]): void {
    this.#actions.decide(policy, ids);
  }

  /** Moves waiting transfers, in their order, before another waiting one; `null`: to the end. */
  move(ids: readonly string[], before: string | null): void {
    this.#actions.move(ids, before);
  }

  /** Takes transfers that are over off the list; parts of failed ones leave the storage with them. */
  clear(): void {
    this.#actions.clear();
  }

  /** Something says that it may work now: the network came back, the machine woke up, somebody signed in. */
  tryNow(): void {
    this.#queuePause.succeeded();
    this.#queuePause.end();
    this.#singleWaits.end();
    this.#abandoned.removeSoon();
  }

  /**
   * The preferences changed. What runs to another place than the main storage is now leaves the wire, and goes up there; a
   * stream cannot be read again and ends where it began.
   */
  targetChanged(): void {
    for (const [job, destination] of this.#destinations) {
      if (destination !== this.#destination() && !isStream(job.record)) job.interrupt('wait');
    }
    this.#abandoned.removeSoon();
  }

  /** `undefined` without preferences. */
  #destination(): string | undefined {
    try {
      return this.#resources.destination();
    } catch {
      return undefined;
    }
  }

  /** In force with the next slice on the wire. */
  setBandwidth(rules: BandwidthRules): void {
    this.#resources.setBandwidth(rules);
  }

  /** Resolves when nothing waits, runs or will go on by itself; what waits for the user's word counts as over. */
  finished(): Promise<void> {
    return new Promise((resolve) => {
      this.#finishWaiters.add(resolve);
      this.#checkFinished();
    });
  }

  #pump(): void {
    if (!this.#started || this.#stopped || this.#slices.isBusy) return;
    for (let job = this.#waiting.first(); job && this.#hasRoomFor(job); job = this.#waiting.first()) {
      const next = job;
      this.#waiting.takeFirst();
      void this.#run(next, (context, task) => this.#runs.uploadFile(next, context, task));
    }
    if (this.#running.size === 0) this.#resources.releaseBuffers();
    this.#checkFinished();
  }

  #hasRoomFor(job: UploadJob): boolean {
    if (this.#queuePause.isOn) return false;
    const large = [...this.#running.keys()].filter(({ isLarge }) => isLarge).length;
    return job.isLarge ? large < this.#limits.largeFiles : this.#running.size < large + this.#resources.requestSlots;
  }

  #run(job: UploadJob, work: UploadWork): Promise<void> {
    const signal = job.begin();
    this.#destinations.set(job, this.#destination());
    this.#states.running(job);
    const run = this.#runs
      .run(job, signal, work)
      .then(
        (outcome) => () => this.#settlement.succeeded(job, outcome),
        (error: unknown) => this.#settleFailure(job, error, signal),
      )
      .then((settle) => {
        job.end();
        this.#running.delete(job);
        this.#destinations.delete(job);
        settle();
        if (job.hasAbandoned) this.#abandoned.removeSoon();
        this.#pump();
      });
    this.#running.set(job, run);
    return run;
  }

  /** Before all others are held up by what one has met, the storage is asked again. */
  async #settleFailure(job: UploadJob, error: unknown, signal: AbortSignal): Promise<() => void> {
    const mayHold = !job.interruption && !this.#queuePause.isOn && !isStream(job.record) && needsConfirmation(error);
    const cause = mayHold
      ? await this.#storageCheck.cause(signal).then(
          (found) => ({ error: found }),
          () => undefined,
        )
      : undefined;
    return () => this.#settlement.failed(job, error, cause);
  }

  #waitsForQueue(job: UploadJob): boolean {
    return waitsForQueue(job.record.blockedFor) && !this.#singleWaits.has(job);
  }

  /** Those that wait for something that is over now. */
  #requeueBlocked(isMeant: (job: UploadJob) => boolean): void {
    const blocked = ({ record, isRunning }: UploadJob) => record.state === 'blocked' && !isRunning;
    for (const job of this.#jobs.all()) if (blocked(job) && isMeant(job)) this.#settlement.requeue(job);
    this.#pump();
  }

  #checkFinished(): void {
    if (this.#finishWaiters.size === 0) return;
    const isOpen =
      this.#enqueuer.adding + this.#waiting.length + this.#running.size + this.#settling.size + this.#singleWaits.size >
        0 ||
      this.#queuePause.isOn ||
      this.#slices.isBusy ||
      this.#abandoned.isRemoving;
    if (isOpen && !this.#stopped) return;
    for (const resolve of this.#finishWaiters) resolve();
    this.#finishWaiters.clear();
  }
}

function isCancelled(error: unknown): error is NearplayError {
  return error instanceof NearplayError && error.code === 'cancelled';
}
