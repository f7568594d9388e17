import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NearplayError } from '../../../shared/errors.ts';
import { isOver } from '../../../shared/ipc.ts';
import { typedFolder } from '../../../shared/keys.ts';
import type { LeftOut } from '../../../shared/leftOut.ts';
import { wholeKey } from '../keys.ts';
import { sameDestination } from './destinations.ts';
import { findFiles, type FoundFile } from './folderWalk.ts';
import type { JobBook } from './jobBook.ts';
import type { JobStates } from './jobStates.ts';
import { isKeyTooLong, isStream, recordOf, sheetsOf, streamFile, TOO_LONG } from './newRecords.ts';
import type { AddOptions, FileToUpload, FindAndAddOptions, TransferQueueOptions } from './queueOptions.ts';
import type { TransferRecord } from './transferRecord.ts';
import type { UploadJob } from './uploadJob.ts';
import type { WaitingLine } from './waitingLine.ts';

/** Records of the journal that are taken up at a stretch. */
const TAKEN_UP_AT_ONCE = 500;

export interface IntakeParts {
  book: JobBook;
  states: JobStates;
  line: WaitingLine<UploadJob>;
  /** Some are in line. */
  queued: () => void;
  /** All that was found is queued. */
  over: () => void;
}

/** What comes into the queue: files and folders, streams, and what an earlier process left. */
export class Intake {
  readonly #options: TransferQueueOptions;
  readonly #parts: IntakeParts;
  readonly #stopping = new AbortController();
  #adding = 0;

  constructor(options: TransferQueueOptions, parts: IntakeParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Searches that are not over yet. */
  get adding(): number {
    return this.#adding;
  }

  /** @throws NearplayError as TransferQueue.add */
  async add(folder: string, paths: readonly string[], options: FindAndAddOptions): Promise<string[]> {
    const below = typedFolder(folder, this.#options.target().configuration.prefix);
    const { claims = new Map<string, string>() } = options;
    const leftOut = (one: LeftOut) => {
      this.#options.log.warn('Left out of an upload', { ...one });
      options.leftOut?.(one);
    };
    const { signal } = this.#stopping;
    const { disk } = this.#options;
    const ids: string[] = [];
    this.#adding += 1;
    try {
      for await (const files of findFiles(paths, { leftOut, signal, disk })) {
        if (signal.aborted) break;
        const records = files.map((file) => this.#newRecord(file, `${below}${file.name}`, options));
        await this.#enqueue(records, claims);
        for (const { id } of records) ids.push(id);
        await nextTurn();
      }
    } catch (error) {
      // What was found until then is queued.
      if (!signal.aborted) throw error;
    } finally {
      this.#adding -= 1;
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

  /** Not in line: a stream cannot wait. @throws NearplayError disk-full */
  async addStream(key: string, options: AddOptions): Promise<UploadJob> {
    const job = this.#parts.book.add(this.#newRecord(streamFile(key), key, options));
    await this.#options.journal.add([job.record]);
    return job;
  }

  /** @throws NearplayError as TransferQueue.takeOver */
  async takeOver(records: readonly TransferRecord[]): Promise<void> {
    const own = records.map((record) => ({ ...record, order: this.#parts.book.nextOrder() }));
    await this.#options.journal.add(own);
    await this.takeUp(own);
  }

  /** What an earlier process left in the journal: what waited or ran is in line again. */
  async takeUp(records: readonly TransferRecord[]): Promise<void> {
    for (const [index, record] of records.entries()) {
      this.#takeUpOne(record);
      if ((index + 1) % TAKEN_UP_AT_ONCE === 0) await nextTurn();
    }
  }

  /** Nothing more of what is still being found. */
  stop(): void {
    this.#stopping.abort();
  }

  #takeUpOne(record: TransferRecord): void {
    const { book, states, line } = this.#parts;
    const job = book.add(record);
    const { state, blockedFor } = record;
    if (isOver(record)) return;
    if (isStream(record)) states.cancelled(job);
    else if (state !== 'paused' && blockedFor !== 'conflict') {
      // Most are in the state that they had.
      if (state !== 'waiting') states.waiting(job);
      line.join(job);
    }
  }

  #newRecord(file: FoundFile, key: string, options: AddOptions): TransferRecord {
    const policy = options.onConflict ?? this.#options.onConflict ?? 'keep-both';
    const createdAt = this.#options.now();
    return recordOf(file, { id: randomUUID(), order: this.#parts.book.nextOrder(), key, policy, createdAt });
  }

  async #enqueue(records: readonly TransferRecord[], claims: Map<string, string>): Promise<void> {
    // One after the other: each sees those before it.
    const jobs = records.map((record) => this.#parts.book.add(this.#admitted(record, claims)));
    for (const sheet of sheetsOf(jobs)) {
      try {
        await this.#options.journal.add(sheet.map(({ record }) => record));
      } catch (error) {
        // Each is put into the journal again before it starts, and waits for the disk then.
        this.#options.log.warn('Queued uploads could not be noted', { error });
      }
    }
    const { configuration } = this.#options.target();
    for (const job of jobs) {
      const { key, state } = job.record;
      const tooLong = isKeyTooLong(wholeKey(configuration, key));
      if (tooLong) this.#parts.states.failed(job, new NearplayError('bad-request', TOO_LONG));
      // It may have been paused or cancelled meanwhile.
      else if (state === 'waiting') this.#parts.line.join(job);
    }
    this.#parts.queued();
  }

  /** Over before it begins, when another file has its name: of those that are added together, or of all that are not over. */
  #admitted(record: TransferRecord, claims: Map<string, string>): TransferRecord {
    const { wanted, path } = record;
    const claimed = claims.get(wanted);
    const open = this.#parts.book.rivalOf(record)?.record.path;
    const rival = claimed !== undefined && claimed !== path ? claimed : open;
    if (rival === undefined) {
      claims.set(wanted, path);
      return record;
    }
    const error = sameDestination(path, rival);
    this.#options.log.warn('Upload refused', { key: record.key, error });
    return { ...record, state: 'failed', error: error.report(), finishedAt: this.#options.now() };
  }
}
