import type { Readable } from 'node:stream';
import type { BandwidthRules } from '../../../../shared/bandwidth.ts';
import { type ErrorReport, NearplayError } from '../../../../shared/errors.ts';
import type { PlaybackNeed } from '../../../../shared/playback.ts';
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

/**
 * Uploads to the main storage. They survive restarts, and can be paused, resumed, cancelled and retried one by one or
 * together.
 */
export class TransferQueue {
  readonly #options: TransferQueueOptions;
  readonly #clock: () => number;
  readonly #limits: QueueLimits;
  readonly #jobs: Jobs;
  readonly #states: JobStates;
  readonly #enqueuer: Enqueuer;
  readonly #waiting = new WaitingQueue<UploadJob>();
  readonly #running = new Map<UploadJob, Promise<void>>();
  /** The destination of each running job. */
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
    this.#storageCheck = new StorageCheck(() => this.#resources.checkStorage());
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
      failed: (error) => log.error('Action on a transfer failed', { error }),
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

  /**
   * Reads the journal and continues what was running or waiting. Never throws.
   *
   * @returns what could not be read of the journal, if anything.
   */
  async start(): Promise<JournalUnread | undefined> {
    const { records, unread } = await this.#options.journal.load();
    await this.#enqueuer.restore(records);
    const isWhole = unread.files.length === 0 && unread.problem === undefined;
    if (!isWhole) this.#options.log.error('Journal of transfers not read completely', { ...unread });
    this.#started = true;
    this.#abandoned.removeSoon();
    this.#pump();
    return isWhole ? undefined : unread;
  }

  /**
   * Begins what every upload waits for: credentials, and what has to be known of the storage. For callers that still
   * look for files. Never throws; an upload asks again for what failed.
   */
  prepare(): void {
    this.#resources.prepare();
  }

  /** Ends running requests, keeps their parts and places, and closes all connections and timers. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#queuePause.cancel();
    this.#settling.stop();
    this.#singleWaits.stop();
    this.#resources.stop();
    this.#enqueuer.stop();
    this.#settlement.stop();
    // A job that is leaving for a pause stays paused at the next start.
    for (const job of this.#running.keys()) if (!job.isLeaving) job.interrupt('wait');
    await this.#slices.idle();
    await Promise.allSettled([...this.#running.values(), this.#abandoned.stop()]);
    await this.#options.journal.flush().catch(() => undefined);
    await this.#jobs.stop();
  }

  /** All uploads in the order of the queue. For a window use `page`: many thousands at once block it. */
  list(): UploadTransfer[] {
    const now = this.#clock();
    return this.#jobs.all().flatMap((job) => (job.isHidden ? [] : job.transfer(now)));
  }

  /**
   * A page of the list in the order of the queue, at the same cost for any length of the list. Changes and moves
   * between two pages are emitted by `changed`.
   *
   * @param after `next` of the previous page; absent: the first page.
   * @throws NearplayError bad-request for a value that was never a `next`
   */
  page(after: string | undefined, count: number): UploadsPage {
    return this.#jobs.page(after, count);
  }

  totals(): TransferTotals {
    return this.#jobs.totals();
  }

  /** Receipts of the finished uploads that are still listed, in their exported form. */
  receipts(): Receipt[] {
    return this.#jobs.receipts();
  }

  /**
   * Queues files, and folders with their structure. Uploads begin while folders are still being read.
   *
   * @param folder in the main storage, relative to its prefix.
   * @returns ids of the queued uploads, once all are queued.
   * @throws NearplayError file-unreadable when one of the paths cannot be read, not-a-file when one is neither a file
   *   nor a folder (in both cases nothing is queued), no-preferences
   */
  add(folder: string, paths: readonly string[], options: FindAndAddOptions = {}): Promise<string[]> {
    return this.#enqueuer.add(folder, paths, options);
  }

  /**
   * Queues files that are already found, each with its own destination.
   *
   * @param claims destinations claimed by files that are added together in several calls.
   * @returns their ids, in the order of the files.
   * @throws NearplayError no-preferences
   */
  addFiles(files: readonly FileToUpload[], claims?: Map<string, string>): Promise<string[]> {
    return this.#enqueuer.addFiles(files, claims);
  }

  /**
   * Adopts records of another process at the end of the queue; they are in this journal when it resolves.
   *
   * @throws NearplayError disk-full; then none is adopted.
   */
  async adopt(records: readonly UploadRecord[]): Promise<void> {
    await this.#enqueuer.adopt(records);
    this.#abandoned.removeSoon();
    this.#pump();
  }

  /** `undefined` for an id that is not in the queue or no longer listed. */
  find(id: string): UploadTransfer | undefined {
    const job = this.#jobs.get(id);
    return job?.isHidden === false ? job.transfer(this.#clock()) : undefined;
  }

  /** The last error of an upload since its last progress, retried or not; `undefined` if there was none. */
  lastErrorOf(id: string): ErrorReport | undefined {
    return (this.#jobs.get(id)?.lastError ?? this.#resources.lastError)?.report();
  }

  /**
   * Uploads a stream of unknown length at once; it cannot be paused, resumed or retried. An aborted signal takes
   * precedence over the end of the stream.
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

  /** Uploads that were given up and have parts in a storage still, and what the storage said when it was to remove them. */
  leftBehind(): { id: string; key: string; error?: ErrorReport }[] {
    return this.#jobs.all().flatMap(({ id, record: { key }, hasAbandoned }) => {
      const error = this.#abandoned.reasonOf(id);
      return hasAbandoned ? [{ id, key, ...(error && { error: error.report() }) }] : [];
    });
  }

  /** Pauses these (default: all, those that are still being found included) within 200 ms; their parts are kept. */
  pause(ids?: readonly string[]): void {
    if (!ids) this.#enqueuer.pauseSearches(true);
    this.#actions.pause(ids);
  }

  /** Queues paused uploads again. Default: all. */
  resume(ids?: readonly string[]): void {
    if (!ids) this.#enqueuer.pauseSearches(false);
    this.#actions.resume(ids);
  }

  /**
   * Cancels these (default: all that are not over; searches for more files end) and removes their parts from the
   * storage.
   */
  cancel(ids?: readonly string[]): void {
    if (!ids) this.#enqueuer.endSearches();
    this.#actions.cancel(ids);
  }

  /**
   * Queues failed and cancelled uploads again; parts that the storage still has are not sent again. Default: all failed
   * ones.
   */
  retry(ids?: readonly string[]): void {
    this.#actions.retry(ids);
  }

  /** Applies an answer to conflicts; default: to all uploads that are blocked by one. */
  decide(policy: Exclude<ConflictPolicy, 'ask'>, ids?: readonly string[]): void {
    this.#actions.decide(policy, ids);
  }

  /** Moves waiting transfers, in their order, before another waiting one; `null`: to the end. */
  move(ids: readonly string[], before: string | null): void {
    this.#actions.move(ids, before);
  }

  /** Removes finished transfers from the list; parts of failed ones are removed from the storage. */
  clear(): void {
    this.#actions.clear();
  }

  /** Ends all waits: the network is back, the machine woke up, or the user signed in. */
  tryNow(): void {
    this.#queuePause.succeeded();
    this.#queuePause.end();
    this.#singleWaits.end();
    this.#abandoned.removeSoon();
  }

  /**
   * Applies changed preferences. Uploads that run to another place than the current main storage are interrupted and
   * sent there; a stream cannot be read again and ends where it began.
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

  /** Applies to the next slice of a body. */
  setBandwidth(rules: BandwidthRules): void {
    this.#resources.setBandwidth(rules);
  }

  /** Holds uploads back while a player runs short of bytes. */
  playbackNeeds(need: PlaybackNeed): void {
    this.#resources.playbackNeeds(need);
  }

  /**
   * Resolves when nothing waits, runs or will go on by itself; uploads that need an answer of the user count as
   * finished.
   */
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

  /** Checks the storage before one failure pauses the whole queue. */
  async #settleFailure(job: UploadJob, error: unknown, signal: AbortSignal): Promise<() => void> {
    const mayPauseQueue =
      !job.interruption && !this.#queuePause.isOn && !isStream(job.record) && needsConfirmation(error);
    const cause = mayPauseQueue
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

  /** Queues blocked jobs whose wait is over. */
  #requeueBlocked(isChosen: (job: UploadJob) => boolean): void {
    const blocked = ({ record, isRunning }: UploadJob) => record.state === 'blocked' && !isRunning;
    for (const job of this.#jobs.all()) if (blocked(job) && isChosen(job)) this.#settlement.requeue(job);
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
