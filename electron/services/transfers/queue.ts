import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import type { StorageConfiguration } from '../../../shared/preferences.ts';
import { NearplayError, reportOf } from '../../../shared/errors.ts';
import type { Log } from '../contract.ts';
import { wholeKey } from '../keys.ts';
import { Announcements, type Announced } from './announcements.ts';
import { Bandwidth, UNLIMITED, type BandwidthRules } from './bandwidth.ts';
import { BufferPool } from './bufferPool.ts';
import { checksumKindFor, type ChecksumKind } from './checksumKind.ts';
import { ConcurrencyController, type ConcurrencyLimits } from './concurrency.ts';
import { identityOf, isSameFile, SteadyFile, type FileIdentity } from './fileIdentity.ts';
import { findFiles, type FoundFile } from './folderWalk.ts';
import { Hold } from './hold.ts';
import type { Journal } from './journal.ts';
import { Lanes } from './lanes.ts';
import { MultipartUpload } from './multipartUpload.ts';
import { OrderedJobs } from './orderedJobs.ts';
import { cleanUp, leftNow, withoutUpload } from './orphans.ts';
import { sleep } from './sleep.ts';
import { uploadSmallFile } from './smallUpload.ts';
import { uploadStream } from './streamUpload.ts';
import { Tallies } from './tallies.ts';
import type { TransferTotals, TransfersDelta, TransfersPage, UploadTransfer } from './transfer.ts';
import { TransferClients } from './transferClient.ts';
import {
  isFinished,
  type BlockedFor,
  type ConflictPolicy,
  type Receipt,
  type TransferRecord,
} from './transferRecord.ts';
import { UploadCalls } from './uploadCalls.ts';
import { UploadJob, type Interruption } from './uploadJob.ts';
import type { Progress, UploadNeeds, UploadOutcome, UploadTask } from './uploadTask.ts';
import { WaitingLine } from './waitingLine.ts';
import { Wire } from './wire.ts';

const SECOND = 1000;
const MIB = 1024 ** 2;
/** S3 User Guide, "Naming Amazon S3 objects": 1,024 bytes of UTF-8. */
const MAX_KEY = 1024;
/** Leftovers of uploads given up that could not be aborted at once. */
const SWEEP_EVERY = 30 * SECOND;
const SWEEP_AT_STOP = 3 * SECOND;
const MOST_SETTLING = 60 * SECOND;
/** Where a stream's path would be. */
const STREAM = '-';

export interface UploadTarget {
  client: S3Client;
  configuration: StorageConfiguration;
}

export interface QueueLimits {
  /** Files in parts at once; small files go as fast as there are lanes. */
  largeFiles: number;
  partsPerFile: number;
  /** Requests with a body at once, over all files; adapted to what the line gives. */
  parts: ConcurrencyLimits;
  /** Bytes of parts kept in memory. */
  memory: number;
}

const LIMITS: QueueLimits = {
  largeFiles: 3,
  partsPerFile: 12,
  parts: { least: 2, most: 24, first: 6 },
  memory: 112 * MIB,
};

export interface QueueTiming {
  /** A request without a byte, or without an answer, for so long has failed. Milliseconds, as all here. */
  idle: number;
  /** For making an object of its parts, which S3 may take minutes for. */
  complete: number;
  /** How long a file must not have changed. */
  settle: number;
  /** Of the first pause when nothing can succeed; the next ones are longer. */
  hold: number;
}

const TIMING: QueueTiming = { idle: 30 * SECOND, complete: 600 * SECOND, settle: 2 * SECOND, hold: SECOND };

export interface TransferQueueOptions {
  /** The main storage at this moment; asked for each transfer. @throws NearplayError no-preferences */
  target: () => UploadTarget;
  journal: Journal;
  changed: (delta: TransfersDelta) => void;
  completed: (key: string, receipt: Receipt) => void;
  /** What the storage is asked to keep of an object in parts; default: what it is known to keep well. */
  checksumKindFor?: (storage: StorageConfiguration) => ChecksumKind;
  /** The storage refused the credentials: whoever keeps them should ask for new ones. */
  credentialsRefused?: () => void;
  /** Milliseconds since the epoch on the main storage's clock; default: this machine's. */
  storageNow?: () => number;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** From 0 to 1. */
  random: () => number;
  log: Log;
  /** Goes into the metadata of objects. */
  uploader?: string;
  onConflict?: ConflictPolicy;
  limits?: Partial<QueueLimits>;
  timing?: Partial<QueueTiming>;
  bandwidth?: BandwidthRules;
}

export interface AddOptions {
  onConflict?: ConflictPolicy;
}

/** One file with a destination of its own. */
export interface FileToUpload extends AddOptions {
  file: FoundFile;
  /** Relative to the main storage's prefix. */
  key: string;
}

/** The uploads to the main storage: kept over restarts, each alone or all at once paused, resumed, cancelled or retried. */
export class TransferQueue {
  readonly #options: TransferQueueOptions;
  readonly #limits: QueueLimits;
  readonly #timing: QueueTiming;
  readonly #clients = new TransferClients();
  readonly #bandwidth: Bandwidth;
  readonly #buffers: BufferPool;
  readonly #lanes: Lanes;
  readonly #tallies = new Tallies();
  readonly #announcements: Announcements;
  readonly #hold: Hold;
  readonly #jobs = new OrderedJobs<UploadJob>();
  readonly #line = new WaitingLine<UploadJob>();
  readonly #running = new Map<UploadJob, Promise<void>>();
  readonly #growing = new Map<UploadJob, NodeJS.Timeout>();
  readonly #sweeping = new AbortController();
  readonly #finishers = new Set<() => void>();
  #adding = 0;
  #sweep: Promise<void> | undefined;
  #sweepTimer: NodeJS.Timeout | undefined;
  #isSweepDue = false;
  #lastOrder = 0;
  #started = false;
  #stopped = false;

  constructor(options: TransferQueueOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#timing = { ...TIMING, ...options.timing };
    const { now } = options;
    this.#bandwidth = new Bandwidth({ rules: options.bandwidth ?? UNLIMITED, now, sleep });
    this.#buffers = new BufferPool(this.#limits.memory);
    this.#lanes = new Lanes(new ConcurrencyController(this.#limits.parts, now()), now);
    this.#announcements = new Announcements((news) => this.#announce(news));
    this.#hold = new Hold({ first: this.#timing.hold, over: () => this.#holdIsOver() });
  }

  /** Reads the journal; what was running or waiting goes on. @returns files of the journal that were set aside as damaged */
  async start(): Promise<string[]> {
    const { records, damaged } = await this.#options.journal.load();
    for (const [index, record] of records.entries()) {
      this.#takeUp(record);
      if (index % 1000 === 999) await nextTurn();
    }
    for (const file of damaged) this.#options.log.error('A journal of transfers was damaged and set aside', { file });
    this.#started = true;
    this.#sweepSoon();
    this.#pump();
    return damaged;
  }

  /** Takes what runs off the wire, keeps its parts and its place, and lets go of all connections and timers. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#hold.cancel();
    clearTimeout(this.#sweepTimer);
    for (const timer of this.#growing.values()) clearTimeout(timer);
    for (const job of this.#running.keys()) job.interrupt('wait');
    const inTime = setTimeout(() => this.#sweeping.abort(), SWEEP_AT_STOP);
    await Promise.allSettled([...this.#running.values(), this.#sweep]);
    clearTimeout(inTime);
    this.#sweeping.abort();
    await this.#options.journal.flush().catch(() => undefined);
    this.#announcements.stop();
  }

  /** In the order of the queue. */
  list(): UploadTransfer[] {
    const now = this.#options.now();
    return this.#jobs.all().flatMap((job) => (job.isHidden ? [] : job.transfer(now)));
  }

  /**
   * A piece of the list, in the order of the queue; costs what is on it, however long the list is. What changes or moves
   * between two pages is told to `changed`.
   *
   * @param after `next` of the page before; absent: from the beginning.
   * @throws NearplayError bad-request for what never was a `next`
   */
  page(after: string | undefined, count: number): TransfersPage {
    const now = this.#options.now();
    const { members, ...next } = this.#jobs.page(after, count, ({ isHidden }) => !isHidden);
    return { transfers: members.map((job) => job.transfer(now)), ...next };
  }

  totals(): TransferTotals {
    return this.#tallies.totals(this.#options.now());
  }

  /** Of the uploads that are done and still on the list, made to be exported. */
  receipts(): Receipt[] {
    return this.#jobs.all().flatMap(({ record: { receipt } }) => (receipt ? [receipt] : []));
  }

  /**
   * Queues files, and folders with their structure. They begin to go up while folders are still being read.
   *
   * @param folder in the main storage, relative to its prefix.
   * @returns ids of what was queued, once everything is.
   * @throws NearplayError file-unreadable when one of the paths cannot be read (then nothing was queued), no-preferences
   */
  async add(folder: string, paths: readonly string[], options: AddOptions = {}): Promise<string[]> {
    this.#options.target();
    const below = folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
    const unreadable = (path: string) => this.#options.log.warn('A folder cannot be read and was left out', { path });
    const ids: string[] = [];
    this.#adding += 1;
    try {
      for await (const files of findFiles(paths, unreadable)) {
        if (this.#stopped) break;
        const records = files.map((file) => this.#newRecord(file, `${below}${file.name}`, options));
        await this.#enqueue(records);
        for (const { id } of records) ids.push(id);
        await nextTurn();
      }
    } finally {
      this.#adding -= 1;
      this.#checkFinished();
    }
    return ids;
  }

  /**
   * Queues files that were found already, each with its own destination.
   *
   * @returns their ids, in the order of the files.
   * @throws NearplayError no-preferences
   */
  async addFiles(files: readonly FileToUpload[]): Promise<string[]> {
    this.#options.target();
    const records = files.map(({ file, key, ...options }) => this.#newRecord(file, key, options));
    await this.#enqueue(records);
    return records.map(({ id }) => id);
  }

  /**
   * Goes on with what another process left, at the end of the queue; in this one's journal when it resolves.
   *
   * @throws NearplayError disk-full; then none was taken.
   */
  async takeOver(records: readonly TransferRecord[]): Promise<void> {
    const own = records.map((record) => ({ ...record, order: (this.#lastOrder += 1) }));
    await this.#options.journal.add(own);
    for (const record of own) this.#takeUp(record);
    this.#sweepSoon();
    this.#pump();
  }

  /** `undefined` for one that is not in the queue, or not on its list any more. */
  find(id: string): UploadTransfer | undefined {
    const job = this.#jobs.get(id);
    return job?.isHidden === false ? job.transfer(this.#options.now()) : undefined;
  }

  /**
   * Uploads a stream of unknown length at once; it cannot be paused, resumed or retried.
   *
   * @throws NearplayError as the transfer's own error
   */
  async addStream(key: string, source: Readable, options: AddOptions = {}): Promise<UploadTransfer> {
    const nothing: FoundFile = { path: STREAM, name: key, size: 0, mtimeMs: 0, inode: '0' };
    const job = this.#newJob(this.#newRecord(nothing, key, options));
    await this.#options.journal.add([job.record]);
    const run = this.#run(job, (needs, task) => uploadStream(needs, task, source)).then(() => source.destroy());
    await run;
    if (job.record.error) throw new NearplayError(job.record.error.code, job.record.error.message);
    return job.transfer(this.#options.now());
  }

  /** Takes these (default: all) off the wire within 200 ms; their parts are kept. */
  pause(ids?: readonly string[]): void {
    const waiting = new Set<string>();
    for (const job of this.#chosen(ids)) {
      const { state } = job.record;
      if (job.isRunning) job.interrupt('pause');
      else if (state === 'waiting' || state === 'blocked') {
        this.#noLongerGrowing(job);
        waiting.add(job.id);
        this.#note(job, { state: 'paused', blockedFor: undefined });
      }
    }
    this.#line.remove(waiting);
  }

  /** Paused ones wait for their turn again. Default: all. */
  resume(ids?: readonly string[]): void {
    for (const job of this.#chosen(ids)) {
      if (job.isLeaving) job.interrupt('wait');
      else if (job.record.state === 'paused') this.#wait(job);
    }
    this.#pump();
  }

  /** Ends these (default: all that are not over) and removes their parts from the storage. */
  cancel(ids?: readonly string[]): void {
    const waiting = new Set<string>();
    for (const job of this.#chosen(ids)) {
      if (isFinished(job.record.state)) continue;
      if (job.isRunning) job.interrupt('cancel');
      else {
        waiting.add(job.id);
        this.#noLongerGrowing(job);
        this.#cancelled(job);
      }
    }
    this.#line.remove(waiting);
    this.#sweepSoon();
    this.#checkFinished();
  }

  /** Failed and cancelled ones go again; what the storage still has of them is not sent again. Default: all failed ones. */
  retry(ids?: readonly string[]): void {
    for (const job of this.#chosen(ids)) {
      const { state, path } = job.record;
      const isOver = state === 'failed' || (ids !== undefined && state === 'cancelled');
      if (isOver && !job.isRunning && path !== STREAM) this.#wait(job);
    }
    this.#pump();
  }

  /** Answers what to do with names that are taken; default: for all that wait for this answer. */
  decide(policy: Exclude<ConflictPolicy, 'ask'>, ids?: readonly string[]): void {
    for (const job of this.#chosen(ids)) {
      if (job.record.blockedFor !== 'conflict' || job.isRunning) continue;
      job.record = { ...job.record, policy };
      this.#wait(job);
    }
    this.#pump();
  }

  /** Moves waiting transfers, in their order, before another waiting one; `null`: to the end. */
  move(ids: readonly string[], before: string | null): void {
    const chosen = new Set(ids);
    const moving = this.#line.members().filter(({ id }) => chosen.has(id) && id !== before);
    this.#line.remove(new Set(moving.map(({ id }) => id)));
    const rest = this.#line.members();
    const index = before === null ? -1 : rest.findIndex(({ id }) => id === before);
    const place = index === -1 ? rest.length : index;
    const low = rest[place - 1]?.order ?? (rest[place]?.order ?? this.#lastOrder) - 1;
    const high = rest[place]?.order ?? this.#lastOrder + moving.length + 1;
    moving.forEach((job, position) => {
      this.#note(job, { order: low + ((high - low) * (position + 1)) / (moving.length + 1) });
      this.#line.join(job);
      this.#lastOrder = Math.max(this.#lastOrder, job.order);
    });
    this.#jobs.moved();
  }

  /** Takes transfers that are over off the list; parts of failed ones leave the storage with them. */
  clear(): void {
    for (const job of this.#jobs.all()) {
      if (!isFinished(job.record.state) || job.isRunning || job.isHidden) continue;
      this.#tallies.remove(job.counted());
      this.#announcements.removed(job.id);
      job.isHidden = true;
      if (job.record.upload ?? job.record.intent) this.#note(job, withoutUpload(job.record));
    }
    this.#forgetHidden();
    this.#sweepSoon();
  }

  /** Something says that it may work now: the network came back, the machine woke up, somebody signed in. */
  tryNow(): void {
    this.#hold.worked();
    this.#hold.end();
    this.#sweepSoon();
  }

  /** In force with the next slice on the wire. */
  setBandwidth(rules: BandwidthRules): void {
    this.#bandwidth.setRules(rules);
  }

  /** Resolves when nothing waits, runs or will go on by itself; what waits for the user's word counts as over. */
  finished(): Promise<void> {
    return new Promise((resolve) => {
      this.#finishers.add(resolve);
      this.#checkFinished();
    });
  }

  #newRecord({ path, size, mtimeMs, inode }: FoundFile, key: string, options: AddOptions): TransferRecord {
    this.#lastOrder += 1;
    return {
      ...{ id: randomUUID(), order: this.#lastOrder, path, size, mtimeMs, inode, key, wanted: key },
      policy: options.onConflict ?? this.#options.onConflict ?? 'keep-both',
      ...{ state: 'waiting', createdAt: this.#options.now(), confirmed: 0, toAbort: [], lost: [] },
    };
  }

  /** Large files get a sheet each, since theirs are written often; small ones share one. */
  async #enqueue(records: readonly TransferRecord[]): Promise<void> {
    const jobs = records.map((record) => this.#newJob(record));
    const small = jobs.filter(({ isLarge }) => !isLarge);
    const sheets = [small, ...jobs.filter(({ isLarge }) => isLarge).map((job) => [job])];
    for (const sheet of sheets.filter(({ length }) => length > 0)) {
      try {
        await this.#options.journal.add(sheet.map(({ record }) => record));
      } catch (error) {
        // Each is put into the journal again before it starts, and waits for the disk then.
        this.#options.log.warn('Queued uploads could not be noted', { error });
      }
    }
    for (const job of jobs) {
      if (this.#isNameTooLong(job)) this.#failed(job, new NearplayError('bad-request', TOO_LONG));
      else this.#line.join(job);
    }
    this.#pump();
  }

  #isNameTooLong({ record }: UploadJob): boolean {
    return Buffer.byteLength(wholeKey(this.#options.target().configuration, record.key)) > MAX_KEY;
  }

  #newJob(record: TransferRecord): UploadJob {
    const job = new UploadJob(record);
    this.#jobs.add(job);
    this.#tallies.add(job.counted());
    this.#announcements.changed(job.id);
    return job;
  }

  /** What an earlier process left. */
  #takeUp(record: TransferRecord): void {
    this.#lastOrder = Math.max(this.#lastOrder, record.order);
    const job = this.#newJob(record);
    const { state, blockedFor, path } = record;
    if (isFinished(state)) return;
    if (path === STREAM) this.#cancelled(job);
    else if (state !== 'paused' && blockedFor !== 'conflict') this.#wait(job);
  }

  #chosen(ids?: readonly string[]): Iterable<UploadJob> {
    if (!ids) return this.#jobs.all();
    return ids.flatMap((id) => this.#jobs.get(id) ?? []);
  }

  #pump(): void {
    if (!this.#started || this.#stopped) return;
    for (let job = this.#line.first(); job && this.#hasRoomFor(job); job = this.#line.first()) {
      this.#line.takeFirst();
      void this.#run(job, (needs, task) => this.#upload(needs, task));
    }
    if (this.#running.size === 0) this.#buffers.forget();
    this.#checkFinished();
  }

  #hasRoomFor(job: UploadJob): boolean {
    if (this.#hold.isOn) return false;
    const large = [...this.#running.keys()].filter(({ isLarge }) => isLarge).length;
    return job.isLarge ? large < this.#limits.largeFiles : this.#running.size < large + this.#lanes.limit;
  }

  #run(job: UploadJob, work: (needs: UploadNeeds, task: UploadTask) => Promise<UploadOutcome>): Promise<void> {
    const signal = job.begin();
    this.#mutate(job, () => {
      job.record = { ...job.record, state: 'running', blockedFor: undefined, error: undefined };
    });
    const task = this.#taskOf(job, signal);
    const run = this.#outcomeOf(job, task, work).then((settle) => {
      job.end();
      this.#running.delete(job);
      settle();
      this.#pump();
    });
    this.#running.set(job, run);
    return run;
  }

  /** Resolves to what is to be done with the job once it is off the wire; never rejects. */
  async #outcomeOf(
    job: UploadJob,
    task: UploadTask,
    work: (needs: UploadNeeds, task: UploadTask) => Promise<UploadOutcome>,
  ): Promise<() => void> {
    try {
      if (!this.#options.journal.has(job.id)) await this.#options.journal.put(job.record);
      const outcome = await work(this.#needs(), task);
      return () => this.#arrived(job, outcome);
    } catch (error) {
      return () => this.#setBack(job, error);
    }
  }

  async #upload(needs: UploadNeeds, task: UploadTask): Promise<UploadOutcome> {
    const job = this.#jobs.get(task.record.id);
    if (!job) throw new NearplayError('cancelled');
    await this.#meet(job, task, await identityOf(task.record.path));
    const file = await SteadyFile.open(task.record.path);
    try {
      if (!isSameFile(file.identity, task.record)) throw new NearplayError('file-changed');
      return job.isLarge
        ? await new MultipartUpload(needs, task, file).run()
        : await uploadSmallFile(needs, task, file);
    } finally {
      await file.close();
    }
  }

  /** @throws NearplayError file-changed while the file may still be growing */
  async #meet(job: UploadJob, task: UploadTask, identity: FileIdentity): Promise<void> {
    const now = this.#options.now();
    const settle = this.#settleTime(job);
    const isOld = identity.mtimeMs <= now - settle;
    const isSeen = job.seen !== undefined && isSameFile(job.seen.identity, identity);
    if (!isSeen) job.seen = { identity, at: now };
    if (!isOld && !(isSeen && now - (job.seen?.at ?? now) >= settle)) throw new Growing();
    if (isSameFile(identity, job.record)) return;
    // Another file than the one that was queued, or begun: parts of the old one are worth nothing.
    task.progress.startedOver();
    await task.save({ ...withoutUpload(job.record), ...identity });
    this.#sweepSoon();
  }

  /** A file that changed under way has to be still for longer each time. */
  #settleTime({ changes }: UploadJob): number {
    return Math.min(MOST_SETTLING, this.#timing.settle * 2 ** changes);
  }

  #needs(): UploadNeeds {
    const { log, now, random, uploader } = this.#options;
    const { client, configuration } = this.#options.target();
    const wire = new Wire({ bandwidth: this.#bandwidth, idleTimeout: this.#timing.idle });
    return {
      calls: new UploadCalls({
        client: this.#clients.clientFor(client, configuration),
        configuration,
        checksumKind: (this.#options.checksumKindFor ?? checksumKindFor)(configuration),
        wire,
        completeTimeout: this.#timing.complete,
      }),
      wholeKey: (key) => wholeKey(configuration, key),
      lanes: this.#lanes,
      buffers: this.#buffers,
      partsPerFile: this.#limits.partsPerFile,
      storageNow: this.#options.storageNow ?? now,
      ...{ now, random, sleep, log },
      ...(uploader !== undefined && { uploader }),
    };
  }

  #taskOf(job: UploadJob, signal: AbortSignal): UploadTask {
    return {
      get record() {
        return job.record;
      },
      save: async (changes) => {
        this.#mutate(job, () => {
          job.record = { ...job.record, ...changes };
        });
        await this.#options.journal.put(job.record);
      },
      signal,
      progress: this.#progressOf(job),
    };
  }

  #progressOf(job: UploadJob): Progress {
    const confirmed = (bytes: number) => {
      job.confirmed += bytes;
      job.record = { ...job.record, confirmed: job.confirmed };
      if (job.isLarge) this.#options.journal.note(job.record);
    };
    return {
      sent: (bytes) => {
        const now = this.#options.now();
        job.moved(bytes, now);
        this.#tallies.moved(bytes, now);
        this.#mutate(job, () => (job.sent += bytes));
      },
      takenBack: (bytes) => this.#mutate(job, () => (job.sent -= bytes)),
      confirmed: (bytes) => {
        confirmed(bytes);
        this.#hold.worked();
      },
      resumed: (bytes) => this.#mutate(job, () => (job.sent = job.confirmed = bytes)),
      lost: (bytes) => {
        confirmed(-bytes);
        this.#mutate(job, () => (job.sent -= bytes));
      },
      startedOver: () => this.#mutate(job, () => (job.sent = job.confirmed = 0)),
    };
  }

  #arrived(job: UploadJob, outcome: UploadOutcome): void {
    this.#hold.worked();
    const isDone = outcome.kind === 'done';
    this.#note(job, {
      ...{ state: isDone ? 'done' : 'skipped', finishedAt: this.#options.now() },
      ...{ upload: undefined, partSize: undefined, completing: undefined, intent: undefined },
      ...(isDone && { receipt: outcome.receipt, size: outcome.receipt.size, confirmed: outcome.receipt.size }),
    });
    if (!isDone) return;
    this.#mutate(job, () => (job.sent = job.confirmed = job.record.size));
    this.#options.completed(job.record.key, outcome.receipt);
  }

  #setBack(job: UploadJob, error: unknown): void {
    const { interruption } = job;
    if (interruption) {
      this.#interrupted(job, interruption);
      return;
    }
    const code = error instanceof NearplayError ? error.code : 'internal';
    if (job.record.path === STREAM) this.#failed(job, error);
    else if (error instanceof Growing) this.#waitForFile(job);
    else if (code === 'file-changed') {
      job.changes += 1;
      this.#waitForFile(job);
    } else if (code === 'conflict') this.#blocked(job, 'conflict', error);
    else {
      const reason = WAITS_FOR.get(code);
      if (reason === undefined) this.#failed(job, error);
      else this.#holdFor(job, reason, error);
    }
  }

  #interrupted(job: UploadJob, interruption: Interruption): void {
    this.#mutate(job, () => (job.sent = job.confirmed));
    if (interruption === 'pause') this.#note(job, { state: 'paused' });
    else if (interruption === 'wait') this.#wait(job);
    else {
      this.#cancelled(job);
      this.#sweepSoon();
    }
  }

  #holdFor(job: UploadJob, reason: BlockedFor, error: unknown): void {
    this.#blocked(job, reason, error);
    if (reason === 'sign-in') this.#options.credentialsRefused?.();
    if (!this.#stopped) this.#hold.begin();
  }

  #blocked(job: UploadJob, blockedFor: BlockedFor, error: unknown): void {
    this.#mutate(job, () => (job.sent = job.confirmed));
    this.#note(job, { state: 'blocked', blockedFor, error: reportOf(error) });
  }

  #waitForFile(job: UploadJob): void {
    this.#blocked(job, 'file-growing', new NearplayError('file-changed', 'Waits until the file is written.'));
    if (this.#stopped) return;
    const again = () => {
      this.#growing.delete(job);
      this.#wait(job);
      this.#pump();
    };
    this.#growing.set(job, setTimeout(again, this.#settleTime(job)));
  }

  #noLongerGrowing(job: UploadJob): void {
    clearTimeout(this.#growing.get(job));
    this.#growing.delete(job);
  }

  #failed(job: UploadJob, error: unknown): void {
    this.#options.log.warn('Upload failed', { key: job.record.key, error });
    this.#mutate(job, () => (job.sent = job.confirmed));
    this.#note(job, { state: 'failed', error: reportOf(error), finishedAt: this.#options.now() });
    this.#checkFinished();
  }

  #cancelled(job: UploadJob): void {
    this.#mutate(job, () => (job.sent = job.confirmed = 0));
    this.#note(job, { ...withoutUpload(job.record), state: 'cancelled', finishedAt: this.#options.now() });
  }

  #wait(job: UploadJob): void {
    this.#note(job, { state: 'waiting', blockedFor: undefined, error: undefined, finishedAt: undefined });
    this.#line.join(job);
  }

  #holdIsOver(): void {
    for (const job of this.#jobs.all()) {
      const { state, blockedFor } = job.record;
      const isHeld = state === 'blocked' && blockedFor !== 'conflict' && blockedFor !== 'file-growing';
      if (isHeld && !job.isRunning) this.#wait(job);
    }
    this.#pump();
  }

  /** Aborts, one after the other, multipart uploads that were given up. */
  #sweepSoon(): void {
    this.#isSweepDue = true;
    if (this.#sweep || this.#stopped) return;
    this.#isSweepDue = false;
    clearTimeout(this.#sweepTimer);
    const sweep = async () => {
      for (const job of this.#jobs.all()) {
        if (!job.hasLeftovers || job.isRunning) continue;
        const before = job.record;
        const rest = await cleanUp(this.#needs().calls, before, sleep, this.#sweeping.signal);
        this.#note(job, leftNow(before, rest, job.record));
      }
    };
    this.#sweep = sweep()
      .catch((error: unknown) => this.#options.log.warn('Parts could not be removed', { error }))
      .finally(() => {
        this.#sweep = undefined;
        this.#forgetHidden();
        if (this.#isSweepDue) this.#sweepSoon();
        const isLeft = this.#jobs.all().some((job) => job.hasLeftovers);
        if (isLeft && !this.#stopped) this.#sweepTimer = setTimeout(() => this.#sweepSoon(), SWEEP_EVERY).unref();
        this.#checkFinished();
      });
  }

  #forgetHidden(): void {
    const gone = this.#jobs
      .all()
      .filter((job) => job.isHidden && !job.hasLeftovers)
      .map(({ id }) => id);
    this.#jobs.remove(gone);
    void this.#options.journal.remove(gone).catch((error: unknown) => {
      this.#options.log.warn('The journal could not be shortened', { error });
    });
  }

  /** Changes a record; on disk within a second, or with the next writing that has to be. */
  #note(job: UploadJob, changes: Partial<TransferRecord>): void {
    this.#mutate(job, () => {
      job.record = { ...job.record, ...changes };
    });
    this.#options.journal.note(job.record);
  }

  #mutate(job: UploadJob, change: () => void): void {
    if (job.isHidden) {
      change();
      return;
    }
    this.#tallies.remove(job.counted());
    change();
    this.#tallies.add(job.counted());
    this.#announcements.changed(job.id);
  }

  #announce({ changed, removed }: Announced): void {
    const now = this.#options.now();
    const transfers = changed.flatMap((id) => this.#jobs.get(id)?.transfer(now) ?? []);
    this.#options.changed({ changed: transfers, removed, totals: this.totals() });
  }

  #checkFinished(): void {
    if (this.#finishers.size === 0) return;
    const isOpen =
      this.#adding > 0 || this.#line.length > 0 || this.#running.size > 0 || this.#growing.size > 0 || this.#hold.isOn;
    if ((isOpen || this.#sweep) && !this.#stopped) return;
    for (const resolve of this.#finishers) resolve();
    this.#finishers.clear();
  }
}

const TOO_LONG = 'The name with its folders is longer than S3 keeps (1,024 bytes). Shorten it and upload again.';

const WAITS_FOR: ReadonlyMap<string, BlockedFor> = new Map([
  ['offline', 'offline'],
  ['timeout', 'offline'],
  ['slow-down', 'offline'],
  ['storage-failed', 'offline'],
  ['credentials-expired', 'sign-in'],
  ['credentials-missing', 'sign-in'],
  ['disk-full', 'disk'],
]);

/** The file was not left alone for long enough yet. */
class Growing extends NearplayError {
  constructor() {
    super('file-changed');
  }
}
