import type { Readable } from 'node:stream';
import { NearplayError } from '../../../shared/errors.ts';
import type { JournalUnread, TransferTotals } from '../../../shared/ipc.ts';
import { Aftermath } from './aftermath.ts';
import type { BandwidthRules } from '../../../shared/bandwidth.ts';
import { GrowingFiles } from './growingFiles.ts';
import { Confirmation } from './confirmation.ts';
import { Hold } from './hold.ts';
import { Intake } from './intake.ts';
import { isStream } from './newRecords.ts';
import { JobBook } from './jobBook.ts';
import { JobStates } from './jobStates.ts';
import { QueueActions } from './queueActions.ts';
import {
  LIMITS,
  TIMING,
  type AddOptions,
  type FileToUpload,
  type FindAndAddOptions,
  type QueueLimits,
  type TransferQueueOptions,
} from './queueOptions.ts';
import { LonelyWaits } from './lonelyWaits.ts';
import { isHeld, needsConfirmation } from './setbacks.ts';
import { Slices } from './slices.ts';
import { uploadStream } from './streamUpload.ts';
import { Sweep } from './sweep.ts';
import type { UploadsPage, UploadTransfer } from './transfer.ts';
import type { ConflictPolicy, Receipt, TransferRecord } from './transferRecord.ts';
import type { UploadJob } from './uploadJob.ts';
import { UploadMeans } from './uploadMeans.ts';
import { UploadRuns, type UploadWork } from './uploadRun.ts';
import { WaitingLine } from './waitingLine.ts';

export type {
  AddOptions,
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
  readonly #book: JobBook;
  readonly #states: JobStates;
  readonly #intake: Intake;
  readonly #line = new WaitingLine<UploadJob>();
  readonly #running = new Map<UploadJob, Promise<void>>();
  /** Where each of them goes. */
  readonly #destinations = new Map<UploadJob, string | undefined>();
  readonly #means: UploadMeans;
  readonly #runs: UploadRuns;
  readonly #growing: GrowingFiles;
  readonly #hold: Hold;
  readonly #lonely: LonelyWaits;
  readonly #confirmation: Confirmation;
  readonly #sweep: Sweep;
  readonly #slices: Slices;
  readonly #actions: QueueActions;
  readonly #aftermath: Aftermath;
  readonly #finishers = new Set<() => void>();
  #started = false;
  #stopped = false;

  constructor(options: TransferQueueOptions) {
    const { journal, changed, now, clock = () => performance.now(), log } = options;
    const timing = { ...TIMING, ...options.timing };
    this.#options = options;
    this.#clock = clock;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#means = new UploadMeans(options, this.#limits, timing);
    this.#book = new JobBook({ journal, changed, clock, log, note: () => this.#means.note() });
    this.#states = new JobStates({ book: this.#book, now, log });
    this.#hold = new Hold({ first: timing.hold, over: () => this.#goOn((job) => this.#isHeld(job)) });
    this.#lonely = new LonelyWaits({ first: timing.hold, again: (one) => this.#goOn((job) => job === one) });
    this.#confirmation = new Confirmation(() => this.#means.askStorage());
    this.#growing = new GrowingFiles({
      ...{ settle: timing.settle, now, clock },
      again: (one) => this.#goOn((job) => job === one),
    });
    this.#sweep = new Sweep({
      ...{ book: this.#book, log },
      callsAt: (place) => this.#means.callsAt(place),
      over: () => this.#checkFinished(),
    });
    this.#slices = new Slices({
      now: clock,
      over: () => this.#pump(),
      failed: (error) => log.error('An action on a transfer failed', { error }),
    });
    const parts = { book: this.#book, states: this.#states, line: this.#line };
    const waits = { growing: this.#growing, hold: this.#hold, lonely: this.#lonely, sweep: this.#sweep };
    this.#intake = new Intake(options, { ...parts, queued: () => this.#pump(), over: () => this.#checkFinished() });
    this.#actions = new QueueActions({ ...parts, ...waits, slices: this.#slices, running: () => this.#running.keys() });
    this.#aftermath = new Aftermath(options, { ...parts, ...waits });
    this.#runs = new UploadRuns({
      ...{ book: this.#book, journal, growing: this.#growing, ...(options.disk && { disk: options.disk }) },
      needs: () => this.#means.needs(),
      worked: () => this.#hold.worked(),
      leftBehind: () => this.#sweep.soon(),
    });
  }

  /** Reads the journal; what was running or waiting goes on. Never throws. @returns what of the journal could not be read, if any */
  async start(): Promise<JournalUnread | undefined> {
    const { records, unread } = await this.#options.journal.load();
    await this.#intake.takeUp(records);
    const isWhole = unread.files.length === 0 && unread.problem === undefined;
    if (!isWhole) this.#options.log.error('Not all of the journal of transfers could be read', { ...unread });
    this.#started = true;
    this.#sweep.soon();
    this.#pump();
    return isWhole ? undefined : unread;
  }

  /** Takes what runs off the wire, keeps its parts and its place, and lets go of all connections and timers. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#hold.cancel();
    this.#growing.stop();
    this.#lonely.stop();
    this.#intake.stop();
    this.#aftermath.stop();
    // Who was told to pause a moment ago is still paused at the next start.
    for (const job of this.#running.keys()) if (!job.isLeaving) job.interrupt('wait');
    await this.#slices.idle();
    await Promise.allSettled([...this.#running.values(), this.#sweep.stop()]);
    await this.#options.journal.flush().catch(() => undefined);
    await this.#book.stop();
  }

  /** In the order of the queue. All at once: of many thousands, `page` is what keeps a window answering. */
  list(): UploadTransfer[] {
    const now = this.#clock();
    return this.#book.all().flatMap((job) => (job.isHidden ? [] : job.transfer(now)));
  }

  /**
   * A piece of the list, in the order of the queue; costs what is on it, however long the list is. What changes or moves
   * between two pages is told to `changed`.
   *
   * @param after `next` of the page before; absent: from the beginning.
   * @throws NearplayError bad-request for what never was a `next`
   */
  page(after: string | undefined, count: number): UploadsPage {
    return this.#book.page(after, count);
  }

  totals(): TransferTotals {
    return this.#book.totals();
  }

  /** Of the uploads that are done and still on the list, made to be exported. */
  receipts(): Receipt[] {
    return this.#book.receipts();
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
    return this.#intake.add(folder, paths, options);
  }

  /**
   * Queues files that were found already, each with its own destination.
   *
   * @param claims of the files that are added in one go, by several calls.
   * @returns their ids, in the order of the files.
   * @throws NearplayError no-preferences
   */
  addFiles(files: readonly FileToUpload[], claims?: Map<string, string>): Promise<string[]> {
    return this.#intake.addFiles(files, claims);
  }

  /**
   * Goes on with what another process left, at the end of the queue; in this one's journal when it resolves.
   *
   * @throws NearplayError disk-full; then none was taken.
   */
  async takeOver(records: readonly TransferRecord[]): Promise<void> {
    await this.#intake.takeOver(records);
    this.#sweep.soon();
    this.#pump();
  }

  /** `undefined` for one that is not in the queue, or not on its list any more. */
  find(id: string): UploadTransfer | undefined {
    const job = this.#book.get(id);
    return job?.isHidden === false ? job.transfer(this.#clock()) : undefined;
  }

  /**
   * Uploads a stream of unknown length at once; it cannot be paused, resumed or retried.
   *
   * @throws NearplayError as the transfer's own error
   */
  async addStream(key: string, source: Readable, options: AddOptions = {}): Promise<UploadTransfer> {
    const job = await this.#intake.addStream(key, options);
    await this.#run(job, (needs, task) => uploadStream(needs, task, source)).then(() => source.destroy());
    if (job.record.error) throw new NearplayError(job.record.error.code, job.record.error.message);
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
    this.#hold.worked();
    this.#hold.end();
    this.#lonely.end();
    this.#sweep.soon();
  }

  /**
   * The preferences changed. What runs to another place than the main storage is now leaves the wire, and goes up there; a
   * stream cannot be read again and ends where it began.
   */
  targetChanged(): void {
    for (const [job, destination] of this.#destinations) {
      if (destination !== this.#destination() && !isStream(job.record)) job.interrupt('wait');
    }
    this.#sweep.soon();
  }

  /** `undefined` without preferences. */
  #destination(): string | undefined {
    try {
      return this.#means.destination();
    } catch {
      return undefined;
    }
  }

  /** In force with the next slice on the wire. */
  setBandwidth(rules: BandwidthRules): void {
    this.#means.setBandwidth(rules);
  }

  /** Resolves when nothing waits, runs or will go on by itself; what waits for the user's word counts as over. */
  finished(): Promise<void> {
    return new Promise((resolve) => {
      this.#finishers.add(resolve);
      this.#checkFinished();
    });
  }

  #pump(): void {
    if (!this.#started || this.#stopped || this.#slices.isBusy) return;
    for (let job = this.#line.first(); job && this.#hasRoomFor(job); job = this.#line.first()) {
      const next = job;
      this.#line.takeFirst();
      void this.#run(next, (needs, task) => this.#runs.uploadFile(next, needs, task));
    }
    if (this.#running.size === 0) this.#means.rest();
    this.#checkFinished();
  }

  #hasRoomFor(job: UploadJob): boolean {
    if (this.#hold.isOn) return false;
    const large = [...this.#running.keys()].filter(({ isLarge }) => isLarge).length;
    return job.isLarge ? large < this.#limits.largeFiles : this.#running.size < large + this.#means.lanes;
  }

  #run(job: UploadJob, work: UploadWork): Promise<void> {
    const signal = job.begin();
    this.#destinations.set(job, this.#destination());
    this.#states.running(job);
    const run = this.#runs
      .run(job, signal, work)
      .then(
        (outcome) => () => this.#aftermath.arrived(job, outcome),
        (error: unknown) => this.#setBack(job, error, signal),
      )
      .then((settle) => {
        job.end();
        this.#running.delete(job);
        this.#destinations.delete(job);
        settle();
        if (job.hasLeftovers) this.#sweep.soon();
        this.#pump();
      });
    this.#running.set(job, run);
    return run;
  }

  /** Before all others are held up by what one has met, the storage is asked again. */
  async #setBack(job: UploadJob, error: unknown, signal: AbortSignal): Promise<() => void> {
    const mayHold = !job.interruption && !this.#hold.isOn && !isStream(job.record) && needsConfirmation(error);
    const cause = mayHold
      ? await this.#confirmation.cause(signal).then(
          (found) => ({ error: found }),
          () => undefined,
        )
      : undefined;
    return () => this.#aftermath.setBack(job, error, cause);
  }

  #isHeld(job: UploadJob): boolean {
    return isHeld(job.record.blockedFor) && !this.#lonely.has(job);
  }

  /** Those that wait for something that is over now. */
  #goOn(isMeant: (job: UploadJob) => boolean): void {
    const blocked = ({ record, isRunning }: UploadJob) => record.state === 'blocked' && !isRunning;
    for (const job of this.#book.all()) if (blocked(job) && isMeant(job)) this.#aftermath.waitAgain(job);
    this.#pump();
  }

  #checkFinished(): void {
    if (this.#finishers.size === 0) return;
    const isOpen =
      this.#intake.adding + this.#line.length + this.#running.size + this.#growing.size + this.#lonely.size > 0 ||
      this.#hold.isOn ||
      this.#slices.isBusy ||
      this.#sweep.isOn;
    if (isOpen && !this.#stopped) return;
    for (const resolve of this.#finishers) resolve();
    this.#finishers.clear();
  }
}
