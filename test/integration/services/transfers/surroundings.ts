import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { SILENT } from '../../../../electron/services/runtime/log.ts';
import { type CredentialProvider, StorageClients } from '../../../../electron/services/storage/storageClients.ts';
import { KnownConditions } from '../../../../electron/services/storage/writeConditions.ts';
import type { UploadsDelta, UploadTransfer } from '../../../../electron/services/transfers/jobs/transfer.ts';
import { Journal } from '../../../../electron/services/transfers/journal/journal.ts';
import { TransferQueue, type TransferQueueOptions } from '../../../../electron/services/transfers/queue/queue.ts';
import { preferencesSchema } from '../../../../shared/preferences.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';

export const MIB = 1024 ** 2;
const MAIN = 'main-us';
const POLL_MS = 10;

/** A folder of this machine with files to upload and a journal, gone at the end. */
export class Desk {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<Desk> {
    return new Desk(await mkdtemp(join(tmpdir(), 'nearplay-desk-')));
  }

  get journalFolder(): string {
    return join(this.folder, 'journal');
  }

  /** A file of random bytes that has long been finished. */
  async file(name: string, size: number): Promise<string> {
    const path = join(this.folder, 'files', name);
    await mkdir(join(path, '..'), { recursive: true });
    const handle = await open(path, 'w');
    try {
      for (let written = 0; written < size; written += MIB) {
        await handle.write(randomBytes(Math.min(MIB, size - written)));
      }
    } finally {
      await handle.close();
    }
    await age(path);
    return path;
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Makes a file look unchanged for an hour. */
export async function age(path: string): Promise<void> {
  const anHourAgo = Math.floor(Date.now() / 1000) - 3600;
  await utimes(path, anHourAgo, anHourAgo);
}

export interface RunningQueue {
  queue: TransferQueue;
  deltas: UploadsDelta[];
  clients: StorageClients;
  stop(): Promise<void>;
}

/** A queue as the app would make it, on the sample storage. */
export function makeQueue(
  sandbox: Sandbox,
  desk: Desk,
  options: Partial<TransferQueueOptions> & { credentials?: CredentialProvider } = {},
): RunningQueue {
  const clients = new StorageClients(preferencesSchema.parse(sandbox.preferences()), {
    credentials: options.credentials ?? sandbox.credentials,
    now: () => Date.now(),
  });
  const deltas: UploadsDelta[] = [];
  const queue = new TransferQueue({
    target: () => ({ client: clients.clientOf(MAIN), configuration: clients.configurationOf(MAIN) }),
    journal: new Journal(desk.journalFolder),
    changed: (delta) => void deltas.push(delta),
    completed: () => undefined,
    storageNow: () => clients.storageNow(MAIN),
    now: () => Date.now(),
    random: Math.random,
    log: SILENT,
    // What users of AWS get, though the sample storage is a custom endpoint; tests of the other kind say so.
    checksumKindFor: () => 'FULL_OBJECT',
    // As of AWS, which is not asked: faults are for the upload alone.
    conditions: honoured(),
    ...options,
    timing: { idle: 3000, settle: 300, queuePause: 200, ...options.timing },
  });
  const stop = async () => {
    await queue.stop();
    clients.destroy();
  };
  return { queue, deltas, clients, stop };
}

/** Of storages that are known to keep conditions on writing. */
function honoured(): KnownConditions {
  const known = new KnownConditions();
  known.of = () => Promise.resolve('honoured');
  return known;
}

/** The one transfer of a queue. */
export function only(queue: TransferQueue): UploadTransfer {
  const [transfer, ...others] = queue.list();
  if (!transfer || others.length > 0) throw new Error(`There are ${queue.list().length} transfers`);
  return transfer;
}

/** @throws Error when it has not become true in time; asks every 10 ms. */
export async function until(isSo: () => boolean, what: string, milliseconds = 20_000): Promise<void> {
  // Counted in polls, not by the clock: on a busy machine each takes longer, as does what is waited for.
  for (let pollsLeft = milliseconds / POLL_MS; !isSo(); pollsLeft -= 1) {
    if (pollsLeft <= 0) throw new Error(`It never came to this: ${what}`);
    await wait(POLL_MS);
  }
}

/**
 * Waits for a condition on a process, however slow the machine is.
 *
 * @throws Error naming `what` when the process has ended before
 */
export async function untilOrEnded(isSo: () => boolean, what: string, ended: Promise<unknown>): Promise<void> {
  const process = { isOver: false };
  void ended.finally(() => (process.isOver = true));
  while (!isSo()) {
    if (process.isOver) throw new Error(`The process ended before it came to this: ${what}`);
    await wait(POLL_MS);
  }
}

/**
 * The result of the work.
 *
 * @param milliseconds counted in polls, as by `until`.
 * @throws Error naming `what` when it takes longer: nothing may hang
 */
export async function within<T>(milliseconds: number, what: string, work: Promise<T>): Promise<T> {
  const state = { isOver: false };
  const over = () => (state.isOver = true);
  work.then(over, over);
  for (let pollsLeft = milliseconds / POLL_MS; !state.isOver; pollsLeft -= 1) {
    if (pollsLeft <= 0) throw new Error(`${what} took longer than ${milliseconds} ms`);
    await wait(POLL_MS);
  }
  return work;
}

/** The bytes of the current object, straight from the storage's disk. */
export async function bytesOf(sandbox: Sandbox, key: string): Promise<Buffer | undefined> {
  const bucket = sandbox.bucketOf(MAIN);
  const version = bucket.current(`media/${key}`);
  if (!version) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of bucket.read(version)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export const uploadsIn = (sandbox: Sandbox) => [...sandbox.bucketOf(MAIN).uploads.values()];
export const count = (sandbox: Sandbox, operation: string) =>
  sandbox.requests.filter((request) => request.operation === operation).length;
