import { Upload } from '@aws-sdk/lib-storage';
import type { S3Client } from '@aws-sdk/client-s3';
import mime from 'mime';
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Transfer, TransferState } from '../../shared/ipc.ts';
import type { StorageConfiguration } from '../../shared/preferences.ts';
import { NearplayError, reportOf } from '../../shared/errors.ts';
import { explainS3Error } from './s3Errors.ts';
import { wholeKey } from './keys.ts';
import type { Log } from './contract.ts';

const SECOND = 1000;
const MIB = 1024 * 1024;
const FILES_AT_ONCE = 3;
const PARTS_AT_ONCE = 4;
/** S3 User Guide, "Amazon S3 multipart upload limits": 10,000 parts; 48.8 TiB an object. */
const MAX_PARTS = 10_000;
/** The SDK has tried three times within a second or so before any of these. */
const RETRY_AFTER = [1, 2, 5, 10, 20, 30].map((seconds) => seconds * SECOND);
const SPEED_WINDOW = 5 * SECOND;
const NAMES_TRIED = 100;
/** What operating systems leave in folders; nobody means to upload it. */
const LITTER = /^(\.|Thumbs\.db$|desktop\.ini$|Icon\r$|~\$)/i;

/** What to do when the name is there already: never silently overwrite. */
export type OnConflict = 'ask' | 'skip' | 'replace' | 'keep-both';

export interface UploadTarget {
  client: S3Client;
  configuration: StorageConfiguration;
}

export interface UploadsOptions {
  /** The main storage at this moment. @throws NearplayError no-preferences */
  target: () => UploadTarget;
  changed: (transfers: Transfer[]) => void;
  completed: (key: string) => void;
  now: () => number;
  log: Log;
  onConflict?: OnConflict;
  /** Milliseconds between retries of one file, in order. */
  retryAfter?: readonly number[];
}

interface Job {
  transfer: Transfer;
  path: string;
  abort: AbortController;
  samples: { time: number; sent: number }[];
}

/** Uploads to the main storage: a few files at a time, in parts, with progress, each of them alone retried or cancelled. */
export class Uploads {
  readonly #options: UploadsOptions;
  readonly #jobs = new Map<string, Job>();
  readonly #running = new Set<Promise<void>>();
  #announced = false;
  #stopped = false;

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  list(): Transfer[] {
    return [...this.#jobs.values()].map(({ transfer }) => ({ ...transfer }));
  }

  /**
   * Queues files, and folders with their structure (hidden files, the litter of operating systems and symbolic links are
   * left out).
   *
   * @param folder in the main storage, relative to its prefix.
   * @throws NearplayError file-unreadable when one of the paths cannot be read; then nothing was queued.
   */
  async add(folder: string, paths: readonly string[]): Promise<Transfer[]> {
    this.#options.target();
    const files = (await Promise.all(paths.map((path) => filesUnder(resolve(path))))).flat();
    const below = folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
    const jobs = files.map(({ path, name, size }) => this.#newJob(path, `${below}${name}`, size));
    for (const job of jobs) this.#jobs.set(job.transfer.id, job);
    this.#next();
    this.#announce();
    return jobs.map(({ transfer }) => ({ ...transfer }));
  }

  cancel(id: string): void {
    const job = this.#find(id);
    if (job.transfer.state !== 'waiting' && job.transfer.state !== 'running') return;
    job.abort.abort();
    this.#finish(job, 'cancelled');
  }

  /** Starts a failed or cancelled upload again. */
  async retry(id: string): Promise<Transfer> {
    const job = this.#find(id);
    if (job.transfer.state !== 'failed' && job.transfer.state !== 'cancelled') return { ...job.transfer };
    const { size } = await statOf(job.path);
    job.abort = new AbortController();
    job.samples = [];
    const { error: _error, ...rest } = job.transfer;
    job.transfer = { ...rest, size, sent: 0, state: 'waiting', startedAt: this.#options.now() };
    this.#next();
    this.#announce();
    return { ...job.transfer };
  }

  /** Takes finished transfers off the list; what waits or runs stays. */
  clear(): void {
    for (const [id, { transfer }] of this.#jobs) {
      if (transfer.state !== 'waiting' && transfer.state !== 'running') this.#jobs.delete(id);
    }
    this.#announce();
  }

  /** Cancels what runs and waits until it let go of its connections. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { abort } of this.#jobs.values()) abort.abort();
    await Promise.allSettled(this.#running);
  }

  #newJob(path: string, key: string, size: number): Job {
    const transfer: Transfer = {
      id: randomUUID(),
      direction: 'upload',
      name: basename(key),
      key,
      state: 'waiting',
      size,
      sent: 0,
      bytesPerSecond: 0,
      startedAt: this.#options.now(),
    };
    return { transfer, path, abort: new AbortController(), samples: [] };
  }

  #find(id: string): Job {
    const job = this.#jobs.get(id);
    if (!job) throw new NearplayError('bad-request', 'This transfer is not in the list any more.');
    return job;
  }

  #next(): void {
    if (this.#stopped) return;
    const jobs = [...this.#jobs.values()];
    const running = jobs.filter(({ transfer }) => transfer.state === 'running').length;
    const waiting = jobs.filter(({ transfer }) => transfer.state === 'waiting');
    for (const job of waiting.slice(0, Math.max(0, FILES_AT_ONCE - running))) {
      const run = this.#run(job).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }
  }

  async #run(job: Job): Promise<void> {
    const { abort } = job;
    job.transfer.state = 'running';
    try {
      await this.#sendWithRetries(job);
      if (!abort.signal.aborted) {
        this.#finish(job, 'done');
        this.#options.completed(job.transfer.key);
      }
    } catch (error) {
      if (!abort.signal.aborted) {
        job.transfer.error = reportOf(error);
        this.#options.log.warn('Upload failed', { key: job.transfer.key, error });
        this.#finish(job, 'failed');
      }
    }
    this.#next();
  }

  async #sendWithRetries(job: Job): Promise<void> {
    const delays = this.#options.retryAfter ?? RETRY_AFTER;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#sendUnderFreeName(job);
        return;
      } catch (error) {
        const delay = delays[attempt];
        const worthIt = error instanceof NearplayError && error.retryable && error.code !== 'file-changed';
        if (job.abort.signal.aborted || delay === undefined || !worthIt) throw error;
        await pause(delay, job.abort.signal);
      }
    }
  }

  /** Sends under the wanted name or, with `keep-both`, under the next free one: `name (2).ext`. */
  async #sendUnderFreeName(job: Job): Promise<void> {
    const onConflict = this.#options.onConflict ?? 'keep-both';
    const wanted = job.transfer.key;
    for (let number = 1; ; number++) {
      try {
        if (number > 1) this.#rename(job, numbered(wanted, number));
        await this.#send(job, onConflict === 'replace');
        return;
      } catch (error) {
        const conflict = error instanceof NearplayError && error.code === 'conflict';
        if (conflict && onConflict === 'skip') return;
        if (!conflict || onConflict !== 'keep-both' || number >= NAMES_TRIED) throw error;
      }
    }
  }

  async #send(job: Job, replace: boolean): Promise<void> {
    const { client, configuration } = this.#options.target();
    const { transfer, path, abort } = job;
    const before = await statOf(path);
    transfer.size = before.size;
    transfer.sent = 0;
    const body = createReadStream(path, { highWaterMark: MIB });
    const upload = new Upload({
      client,
      abortController: abort,
      queueSize: PARTS_AT_ONCE,
      partSize: partSizeOf(before.size),
      params: {
        Bucket: configuration.bucket,
        Key: wholeKey(configuration, transfer.key),
        Body: body,
        ContentType: mime.getType(transfer.name) ?? 'application/octet-stream',
        ChecksumAlgorithm: 'CRC32',
        // Two people with the same name at once: the second is told instead of burying the first one's file.
        ...(!replace && { IfNoneMatch: '*' }),
      },
    });
    upload.on('httpUploadProgress', ({ loaded }) => this.#progress(job, loaded ?? 0));
    try {
      await upload.done();
    } catch (cause) {
      throw explainS3Error(cause, { action: 's3:PutObject', storage: configuration, key: transfer.key });
    } finally {
      body.destroy();
    }
    const after = await statOf(path);
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) throw new NearplayError('file-changed');
  }

  #rename(job: Job, key: string): void {
    job.transfer.key = key;
    job.transfer.name = basename(key);
    this.#announce();
  }

  #progress(job: Job, sent: number): void {
    const { transfer, samples } = job;
    const time = this.#options.now();
    transfer.sent = Math.min(sent, transfer.size);
    samples.push({ time, sent });
    while (samples.length > 2 && time - (samples[0]?.time ?? time) > SPEED_WINDOW) samples.shift();
    const first = samples[0] ?? { time, sent };
    const elapsed = Math.max(time - first.time, 1) / SECOND;
    transfer.bytesPerSecond = samples.length > 1 ? Math.round((sent - first.sent) / elapsed) : 0;
    this.#announce();
  }

  #finish(job: Job, state: Extract<TransferState, 'done' | 'failed' | 'cancelled'>): void {
    job.transfer.state = state;
    job.transfer.bytesPerSecond = 0;
    if (state === 'done') job.transfer.sent = job.transfer.size;
    this.#announce();
  }

  /** At most ten announcements a second: progress of many files must not be what keeps the window busy. */
  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    setTimeout(() => {
      this.#announced = false;
      if (!this.#stopped) this.#options.changed(this.list());
    }, SECOND / 10).unref();
  }
}

/** At least 8 MiB, and large enough that 10,000 parts hold the file. Bytes. */
export function partSizeOf(size: number): number {
  return Math.max(8 * MIB, Math.ceil(size / MAX_PARTS / MIB) * MIB);
}

/** `name.ext` as `name (2).ext`; the folder stays. */
export function numbered(key: string, number: number): string {
  const slash = key.lastIndexOf('/') + 1;
  const dot = key.lastIndexOf('.');
  const end = dot > slash ? dot : key.length;
  return `${key.slice(0, end)} (${number})${key.slice(end)}`;
}

interface FoundFile {
  path: string;
  /** Below the chosen path, with forward slashes, beginning with its own name. */
  name: string;
  size: number;
}

async function filesUnder(path: string, name = basename(path)): Promise<FoundFile[]> {
  const found = await statOf(path);
  if (found.isFile()) {
    await (await openToRead(path)).close();
    return [{ path, name: name.normalize('NFC'), size: found.size }];
  }
  if (!found.isDirectory()) throw new NearplayError('file-unreadable', `"${path}" is neither a file nor a folder.`);
  const files: FoundFile[] = [];
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (LITTER.test(entry.name) || entry.isSymbolicLink() || !(entry.isFile() || entry.isDirectory())) continue;
    files.push(...(await filesUnder(join(path, entry.name), `${name}/${entry.name}`)));
  }
  return files;
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    throw new NearplayError('file-unreadable', `"${path}" cannot be read. It may have been moved or locked.`, {
      cause,
    });
  }
}

async function openToRead(path: string) {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw new NearplayError('file-unreadable', `"${path}" cannot be read. Check its permissions.`, { cause });
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new NearplayError('cancelled'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', stop, { once: true });
  });
}
