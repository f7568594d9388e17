import { randomUUID } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { BandwidthRules } from '../../../../shared/bandwidth.ts';
import { NearplayError, reportOf } from '../../../../shared/errors.ts';
import type { PlaybackNeed } from '../../../../shared/playback.ts';
import { isOver, type Transfer } from '../../../../shared/transfers.ts';
import { DAY_MS } from '../../../../shared/units.ts';
import { removeTemporariesOf, replaceFile } from '../../files/atomicFile.ts';
import { atDestination } from '../../files/destinationDisk.ts';
import { explainFileError } from '../../files/fileErrors.ts';
import { readRegularFile } from '../../files/smallFile.ts';
import { utf8Text } from '../../files/utf8Text.ts';
import type { Studio } from '../../reading/studio.ts';
import { orCancelled } from '../../runtime/async.ts';
import type { Log } from '../../runtime/log.ts';
import { thisMachine } from '../../runtime/machine.ts';
import type { WaitReason } from '../../storage/refusals.ts';
import { ChangeFeed } from '../jobs/changeFeed.ts';
import { ThroughputMeter } from '../jobs/throughputMeter.ts';
import { discardPart } from './destinationClaim.ts';
import { download, type DownloadOptions, STOPPED } from './download.ts';
import { downloadResources } from './downloadResources.ts';
import type { DownloadResources } from './receiveRanges.ts';

/** Age at which an unfinished download is dropped and its part removed. */
const UNFINISHED_MAX_AGE_MS = 30 * DAY_MS;
/** Reasons to wait, in the window; the command line reports a full disk at once. */
const WAITS_FOR: ReadonlySet<WaitReason> = new Set(['offline', 'sign-in', 'disk']);

export interface DownloadsOptions {
  /** @throws NearplayError no-preferences, preferences-invalid */
  studio: () => Studio;
  /** Called with changes at most ten times a second. */
  changed: (delta: DownloadsDelta) => void;
  /** List of unfinished downloads, which survives a restart; absolute path. */
  file: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  log: Log;
  /** For tests. */
  download?: Pick<DownloadOptions, 'idleMs' | 'random'>;
}

export interface DownloadsDelta {
  changed: Transfer[];
  removed: string[];
}

/** Order before all uploads, which count up from 1; the latest download first. */
const FIRST_ORDER = -1e9;

/** Name of the list in earlier versions, beside the present one. */
const FORMER_LIST = 'copies.json';

const unfinishedSchema = z.array(
  z.object({
    id: z.string(),
    key: z.string(),
    file: z.string(),
    startedAt: z.number(),
    token: z.string().optional(),
  }),
);
const listSchema = z.object({ version: z.literal(2), downloads: unfinishedSchema });
/** A list of an earlier version, as a present one. */
const formerListSchema = z
  .object({ version: z.literal(1), copies: unfinishedSchema })
  .transform(({ copies }) => ({ downloads: copies }));
type Unfinished = z.infer<typeof unfinishedSchema>[number];

/** Downloads at work at once; those of large objects share the request slots with the others. */
const MAX_AT_WORK = 16;

interface DownloadJob {
  transfer: Transfer;
  file: string;
  /** The destination as file systems tell it apart. */
  place: string;
  abort: AbortController;
  /** Token of the claim of an earlier process or attempt. */
  token: string | undefined;
  speed: ThroughputMeter;
  tryNow: (() => void) | undefined;
  /** Of an earlier start, and its folder was not seen since: it stays in the list on disk, also where it failed. */
  needsFolder: boolean;
  /** The latest attempt; never rejects. */
  run: Promise<void>;
}

/**
 * Downloads from the nearest storage to this computer, listed among the transfers. Unfinished ones continue at the next
 * start of the app.
 */
export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #jobs = new Map<string, DownloadJob>();
  readonly #changes: ChangeFeed;
  readonly #formerFile: string;
  #lastOrder = FIRST_ORDER;
  readonly #resources: DownloadResources = downloadResources();
  /** Jobs whose turn has not come, in the order of their adding. */
  #waiting: DownloadJob[] = [];
  #atWork = 0;
  #saving: Promise<void> = Promise.resolve();
  #isSaveDue = false;
  /** The list of an earlier version exists and is not replaced yet. */
  #hasFormerList = false;
  #stopped = false;

  constructor(options: DownloadsOptions) {
    this.#options = options;
    this.#formerFile = join(dirname(options.file), FORMER_LIST);
    this.#changes = new ChangeFeed(({ changed, removed }) =>
      options.changed({ changed: changed.flatMap((id) => this.#transferOf(id)), removed }),
    );
  }

  /** Continues unfinished downloads. Never rejects: an unreadable list is set aside. */
  async start(): Promise<void> {
    const { file } = this.#options;
    await Promise.all([file, this.#formerFile].map((list) => removeTemporariesOf(list)));
    const former = await this.#read(this.#formerFile, formerListSchema);
    const unfinished = [...(former ?? []), ...((await this.#read(file, listSchema)) ?? [])];
    // The former list is read again when the app stopped before its removal.
    for (const one of new Map(unfinished.map((entry) => [entry.id, entry])).values()) {
      this.#restore(one);
    }
    this.#hasFormerList = former !== undefined;
    if (this.#hasFormerList || this.#jobs.size > 0) this.#persist();
  }

  list(): Transfer[] {
    return [...this.#jobs.values()].map(({ transfer }) => ({ ...transfer }));
  }

  has(id: string): boolean {
    return this.#jobs.has(id);
  }

  /**
   * Begins a download, or joins one of the same object to the same file.
   *
   * @param file destination; an existing file is replaced once all bytes are stored and proved.
   * @throws NearplayError same-destination when another object is being downloaded there
   */
  add(key: string, file: string): Transfer {
    this.#options.studio();
    const place = placeOf(file);
    const running = [...this.#jobs.values()].find((job) => !isOver(job.transfer) && job.place === place);
    if (running?.transfer.key === key) return { ...running.transfer };
    if (running) {
      const message = `"${running.transfer.key}" is being saved there already. Wait for it, or choose another name.`;
      throw new NearplayError('same-destination', message);
    }
    const job = this.#put({ id: randomUUID(), key, file, startedAt: this.#options.now() });
    this.#start(job);
    this.#persist();
    return { ...job.transfer };
  }

  cancel(id: string): void {
    const job = this.#find(id);
    if (isOver(job.transfer)) return;
    job.abort.abort();
    this.#waiting = this.#waiting.filter((other) => other !== job);
    this.#over(job, { state: 'cancelled' });
  }

  retry(id: string): Transfer {
    const job = this.#find(id);
    const { state } = job.transfer;
    if (state !== 'failed' && state !== 'cancelled') return { ...job.transfer };
    const { error: _error, finishedAt: _finishedAt, ...rest } = job.transfer;
    job.transfer = { ...rest, state: 'waiting', sent: 0, confirmed: 0, startedAt: this.#options.now() };
    job.abort = new AbortController();
    this.#start(job);
    this.#persist();
    return { ...job.transfer };
  }

  clear(): void {
    for (const [id, { transfer }] of this.#jobs) {
      if (!isOver(transfer)) continue;
      this.#jobs.delete(id);
      this.#changes.removed(id);
    }
  }

  /** Where a finished one lies. @throws NearplayError bad-request for one that is not done, file-unreadable when it is gone */
  async savedFile(id: string): Promise<string> {
    const { file, transfer } = this.#find(id);
    if (transfer.state !== 'done') throw new NearplayError('bad-request', 'This file is not saved yet.');
    const found = await stat(file)
      .catch(undefinedWhereGone)
      .catch((error: unknown) => {
        throw explainFileError(error, { path: file, doing: 'read' });
      });
    if (!found) throw new NearplayError('file-unreadable', `"${transfer.name}" is not where it was saved any more.`);
    return file;
  }

  /** Limits all downloads together, from the next bytes on. */
  setBandwidth(rules: BandwidthRules): void {
    this.#resources.bandwidth.setRules(rules);
  }

  /** Holds downloads back while a player runs short of bytes. */
  playbackNeeds(need: PlaybackNeed): void {
    this.#resources.playback.report(need);
  }

  /** Ends all waits at once. */
  tryNow(): void {
    for (const { tryNow } of this.#jobs.values()) tryNow?.();
  }

  /** Interrupts running downloads, keeps their parts for the next start, and waits until their files are closed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting = [];
    for (const { abort } of this.#jobs.values()) abort.abort(STOPPED);
    await Promise.all([...this.#jobs.values()].map(({ run }) => run));
    await this.#saving;
    await this.#changes.stop();
  }

  #put({ id, key, file, startedAt, token }: Unfinished): DownloadJob {
    const transfer: Transfer = {
      ...{ id, direction: 'download', name: basename(file), key, order: (this.#lastOrder -= 1), state: 'waiting' },
      ...{ size: 0, sent: 0, confirmed: 0, bytesPerSecond: 0, startedAt },
    };
    const job: DownloadJob = {
      ...{ transfer, file, place: placeOf(file), abort: new AbortController(), token },
      ...{ speed: new ThroughputMeter(), tryNow: undefined, needsFolder: false, run: Promise.resolve() },
    };
    this.#jobs.set(id, job);
    return job;
  }

  #start(job: DownloadJob, { isRestored = false } = {}): void {
    job.needsFolder = isRestored;
    this.#waiting.push(job);
    this.#emit(job);
    this.#startNext();
  }

  #startNext(): void {
    while (this.#atWork < MAX_AT_WORK) {
      const job = this.#waiting.shift();
      if (!job) return;
      if (isOver(job.transfer)) continue;
      this.#atWork += 1;
      // A download that was just cancelled may still hold the destination.
      const before = [...this.#jobs.values()].filter(({ place }) => place === job.place).map(({ run }) => run);
      job.transfer = { ...job.transfer, state: 'running' };
      this.#emit(job);
      job.run = Promise.all(before)
        .then(() => this.#run(job))
        .finally(() => {
          this.#atWork -= 1;
          if (!this.#stopped) this.#startNext();
        });
    }
  }

  async #run(job: DownloadJob): Promise<void> {
    const { file, abort } = job;
    const { studio, log } = this.#options;
    const { key } = job.transfer;
    const isEnded = () => abort.signal.aborted || this.#stopped;
    if (isEnded()) return;
    try {
      // A folder that is gone is not made again: its drive may only be away.
      if (job.needsFolder) await orCancelled(assertFolderOf(file), abort.signal);
      job.needsFolder = false;
      const { size, provedBy } = await download(studio, key, file, {
        ...{ ...this.#options.download, resources: this.#resources },
        ...{ signal: abort.signal, waitsFor: WAITS_FOR, formerToken: job.token },
        claimed: (_path, token) => {
          job.token = token;
          this.#persist();
        },
        progress: (received, whole) => this.#progress(job, received, whole),
        waiting: ({ for: blockedFor, error, tryNow }) => {
          job.tryNow = tryNow;
          Object.assign(job.transfer, { state: 'blocked', blockedFor, error: error.report(), bytesPerSecond: 0 });
          this.#emit(job);
        },
        beginsAgain: (why) => log.warn('Download begins again', { key, why }),
      });
      if (job.abort !== abort || isOver(job.transfer)) return;
      const unproved = provedBy === null ? { unproved: true as const } : {};
      this.#over(job, { ...{ state: 'done', size, sent: size, confirmed: size }, ...unproved });
    } catch (error) {
      if (isEnded()) return;
      log.warn('Download failed', { key, error });
      this.#over(job, { state: 'failed', error: reportOf(error) });
    }
  }

  #progress(job: DownloadJob, received: number, size: number): void {
    const { error: _error, blockedFor: _blockedFor, ...transfer } = job.transfer;
    if (isOver(transfer)) return;
    const moved = Math.max(0, received - transfer.sent);
    job.tryNow = undefined;
    job.speed.addBytes(moved, performance.now());
    const bytesPerSecond = job.speed.bytesPerSecond(performance.now());
    job.transfer = { ...transfer, state: 'running', sent: received, confirmed: received, size, bytesPerSecond };
    this.#emit(job);
  }

  #over(job: DownloadJob, change: Partial<Transfer>): void {
    const { error: _error, blockedFor: _blockedFor, ...transfer } = job.transfer;
    job.transfer = { ...transfer, ...change, bytesPerSecond: 0, finishedAt: this.#options.now() };
    job.tryNow = undefined;
    this.#emit(job);
    this.#persist();
  }

  #find(id: string): DownloadJob {
    const job = this.#jobs.get(id);
    if (!job) throw new NearplayError('bad-request', 'This transfer is not in the list any more.');
    return job;
  }

  /** `undefined` when there is no list that can be read. */
  async #read(file: string, schema: z.ZodType<{ downloads: Unfinished[] }>): Promise<Unfinished[] | undefined> {
    const { log } = this.#options;
    let bytes: Buffer;
    try {
      bytes = await readRegularFile(file);
    } catch {
      return undefined;
    }
    try {
      return schema.parse(JSON.parse(utf8Text(bytes))).downloads;
    } catch (error) {
      const aside = `${file}.damaged-${this.#options.now()}`;
      log.warn('List of unfinished downloads set aside', { file, aside, error });
      await rename(file, aside).catch(() => undefined);
      return undefined;
    }
  }

  /** Continues a download of an earlier start, without waiting: the drive of its folder may not answer. */
  #restore(unfinished: Unfinished): void {
    const { file, startedAt } = unfinished;
    if (this.#options.now() - startedAt < UNFINISHED_MAX_AGE_MS) {
      this.#start(this.#put(unfinished), { isRestored: true });
      return;
    }
    const { log } = this.#options;
    log.warn('Unfinished download dropped', { file, startedAt });
    assertFolderOf(file)
      .then(async () => discardPart(file, { machine: await thisMachine() }))
      .catch((error: unknown) => log.warn('Part of a download not removed', { file, error }));
  }

  /** Writes the list of unfinished downloads, one write at a time. A failed write only prevents their continuation. */
  #persist(): void {
    // The write that is due has this change as well.
    if (this.#isSaveDue) return;
    this.#isSaveDue = true;
    this.#saving = this.#saving
      .then(() => {
        this.#isSaveDue = false;
        return this.#writeList();
      })
      .catch((error: unknown) => {
        this.#options.log.warn('List of unfinished downloads not written', { error });
      });
  }

  async #writeList(): Promise<void> {
    const open = [...this.#jobs.values()].filter(({ transfer, needsFolder }) => !isOver(transfer) || needsFolder);
    const downloads = open.map(({ transfer: { id, key, startedAt }, file, token }) => ({
      ...{ id, key, file, startedAt },
      ...(token !== undefined && { token }),
    }));
    if (downloads.length === 0) await rm(this.#options.file, { force: true });
    else await replaceFile(this.#options.file, JSON.stringify({ version: 2, downloads }));
    if (this.#hasFormerList) await rm(this.#formerFile, { force: true });
    this.#hasFormerList = false;
  }

  #emit({ transfer }: DownloadJob): void {
    this.#changes.changed(transfer.id);
  }

  #transferOf(id: string): Transfer[] {
    const job = this.#jobs.get(id);
    return job ? [{ ...job.transfer }] : [];
  }
}

/** @throws NearplayError destination-unwritable where the folder of a file is gone, or its drive does not answer … */
async function assertFolderOf(file: string): Promise<void> {
  const folder = dirname(file);
  const found = await atDestination(file, () => stat(folder).catch(undefinedWhereGone));
  if (found?.isDirectory() === true) return;
  const message = `The folder "${folder}" is not there. Connect its drive and try again.`;
  throw new NearplayError('destination-unwritable', message);
}

function undefinedWhereGone(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
}

/** A path as file systems tell it apart: Windows and macOS ignore case. */
function placeOf(path: string): string {
  const whole = resolve(path).normalize('NFC');
  return process.platform === 'linux' ? whole : whole.toLowerCase();
}
