import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NearplayError } from '../../../../shared/errors.ts';
import { typedFolder } from '../../../../shared/keys.ts';
import type { LeftOut } from '../../../../shared/leftOut.ts';
import { isOver } from '../../../../shared/transfers.ts';
import { findFiles, type FoundFile } from '../../files/findFiles.ts';
import { wholeKey } from '../../storage/storageKeys.ts';
import { sameDestination } from '../jobs/destinations.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { JobStates } from '../jobs/jobStates.ts';
import type { UploadJob } from '../jobs/uploadJob.ts';
import type { WaitingQueue } from '../jobs/waitingQueue.ts';
import type { UploadRecord } from '../journal/uploadRecord.ts';
import { groupForSheets, isKeyTooLong, isStream, KEY_TOO_LONG_MESSAGE, recordOf, streamFile } from './newRecords.ts';
import type { AddOptions, FileToUpload, FindAndAddOptions, TransferQueueOptions } from './queueOptions.ts';

/** Records restored from the journal between two turns of the event loop. */
const RESTORE_BATCH_RECORDS = 500;

export interface EnqueuerParts {
  jobs: Jobs;
  states: JobStates;
  waiting: WaitingQueue<UploadJob>;
  /** Called when jobs have joined the waiting queue. */
  queued: () => void;
  /** Called when a search has ended and its files are queued. */
  over: () => void;
}

/** A search of folders whose files join the queue as they are found. */
interface Search {
  /** What is found from now on joins as paused. */
  isPaused: boolean;
  ended: AbortController;
}

/** Adds uploads to the queue: files and folders, streams, and records left in the journal by an earlier process. */
export class Enqueuer {
  readonly #options: TransferQueueOptions;
  readonly #parts: EnqueuerParts;
  readonly #stopping = new AbortController();
  readonly #searches = new Set<Search>();

  constructor(options: TransferQueueOptions, parts: EnqueuerParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Searches that are still running. */
  get adding(): number {
    return this.#searches.size;
  }

  /** @throws NearplayError as TransferQueue.add */
  async add(folder: string, paths: readonly string[], options: FindAndAddOptions): Promise<string[]> {
    const below = typedFolder(folder, this.#options.target().configuration.prefix);
    const { claims = new Map<string, string>() } = options;
    const leftOut = (one: LeftOut) => {
      this.#options.log.warn('File left out of an upload', { ...one });
      options.leftOut?.(one);
    };
    const search: Search = { isPaused: false, ended: new AbortController() };
    const signal = AbortSignal.any([this.#stopping.signal, search.ended.signal]);
    const { disk } = this.#options;
    const ids: string[] = [];
    this.#searches.add(search);
    try {
      for await (const files of findFiles(paths, { leftOut, signal, disk })) {
        if (signal.aborted) break;
        const state: UploadRecord['state'] = search.isPaused ? 'paused' : 'waiting';
        const records = files.map((file) => ({ ...this.#newRecord(file, `${below}${file.name}`, options), state }));
        await this.#enqueue(records, claims);
        for (const { id } of records) ids.push(id);
        await nextTurn();
      }
    } catch (error) {
      // Files found before the stop stay queued.
      if (!signal.aborted) throw error;
    } finally {
      this.#searches.delete(search);
      this.#parts.over();
    }
    return ids;
  }

  /** @throws NearplayError as TransferQueue.addFiles */
  async addFiles(files: readonly FileToUpload[], claims = new Map<string, string>()): Promise<string[]> {
    this.#options.target();
    const records = files.map(({ file, key, ...options }) => this.#newRecord(file, key, options));
    await this.#enqueue(records, claims);
    return records.map(({ id }) => id);
  }

  /** Adds the job without queueing it: a stream cannot wait. @throws NearplayError disk-full */
  async addStream(key: string, options: AddOptions): Promise<UploadJob> {
    const job = this.#parts.jobs.add(this.#newRecord(streamFile(key), key, options));
    await this.#options.journal.add([job.record]);
    return job;
  }

  /** @throws NearplayError as TransferQueue.adopt */
  async adopt(records: readonly UploadRecord[]): Promise<void> {
    const claims = new Map<string, string>();
    const own = records.map((record) => {
      const ordered = { ...record, order: this.#parts.jobs.nextOrder() };
      if (record.state !== 'waiting') return ordered;
      const rival = claims.get(record.wanted) ?? this.#parts.jobs.holderOf(record)?.record.path;
      if (rival !== undefined && rival !== record.path) return this.#refused(ordered, rival);
      claims.set(record.wanted, record.path);
      return ordered;
    });
    await this.#options.journal.add(own);
    await this.restore(own);
  }

  /** Restores records of the journal; those that were waiting or running are queued again. */
  async restore(records: readonly UploadRecord[]): Promise<void> {
    for (const [index, record] of records.entries()) {
      this.#restoreOne(record);
      if ((index + 1) % RESTORE_BATCH_RECORDS === 0) await nextTurn();
    }
  }

  /** Whether what running searches find from now on waits, or is paused: an action on all uploads is meant for them too. */
  pauseSearches(isPaused: boolean): void {
    for (const search of this.#searches) search.isPaused = isPaused;
  }

  /** Ends running searches; what they have found stays queued. */
  endSearches(): void {
    for (const { ended } of this.#searches) ended.abort();
  }

  /** Stops the searches that are running. */
  stop(): void {
    this.#stopping.abort();
  }

  #restoreOne(record: UploadRecord): void {
    const { jobs, states, waiting } = this.#parts;
    const job = jobs.add(record);
    const { state, blockedFor } = record;
    if (isOver(record)) return;
    if (isStream(record)) states.cancelled(job);
    else if (state !== 'paused' && blockedFor !== 'conflict') {
      // Most are in this state already: no write is needed.
      if (state !== 'waiting') states.waiting(job);
      waiting.add(job);
    }
  }

  #newRecord(file: FoundFile, key: string, options: AddOptions): UploadRecord {
    const policy = options.onConflict ?? this.#options.onConflict ?? 'keep-both';
    const createdAt = this.#options.now();
    return recordOf(file, { id: randomUUID(), order: this.#parts.jobs.nextOrder(), key, policy, createdAt });
  }

  async #enqueue(records: readonly UploadRecord[], claims: Map<string, string>): Promise<void> {
    // One after the other, so that each is compared with those before it.
    const jobs = records.map((record) => this.#parts.jobs.add(this.#admitted(record, claims)));
    for (const sheet of groupForSheets(jobs)) {
      try {
        await this.#options.journal.add(sheet.map(({ record }) => record));
      } catch (error) {
        // Each record is written again before its run starts, which then waits for the disk.
        this.#options.log.warn('Queued uploads not written to the journal', { error });
      }
    }
    const { configuration } = this.#options.target();
    for (const job of jobs) {
      const { key, state } = job.record;
      const tooLong = isKeyTooLong(wholeKey(configuration, key));
      if (tooLong) this.#parts.states.failed(job, new NearplayError('bad-request', KEY_TOO_LONG_MESSAGE));
      // The user may have paused or cancelled it meanwhile.
      else if (state === 'waiting') this.#parts.waiting.add(job);
    }
    this.#parts.queued();
  }

  /** Fails a record whose destination another file has: among files added together, or among all open jobs. */
  #admitted(record: UploadRecord, claims: Map<string, string>): UploadRecord {
    const { wanted, path } = record;
    const claimed = claims.get(wanted);
    const open = this.#parts.jobs.rivalOf(record)?.record.path;
    const rival = claimed !== undefined && claimed !== path ? claimed : open;
    if (rival === undefined) {
      claims.set(wanted, path);
      return record;
    }
    return this.#refused(record, rival);
  }

  #refused(record: UploadRecord, rival: string): UploadRecord {
    const error = sameDestination(record.path, rival);
    this.#options.log.warn('Upload refused', { key: record.key, error });
    return { ...record, state: 'failed', error: error.report(), finishedAt: this.#options.now() };
  }
}
