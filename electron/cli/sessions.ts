import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NearplayError } from '../../shared/errors.ts';
import { ONCE } from '../../shared/parseOnce.ts';
import { MINUTE_MS, SECOND_MS } from '../../shared/units.ts';
import { replaceFile } from '../services/files/atomicFile.ts';
import { explainFileError } from '../services/files/fileErrors.ts';
import { readRegularFile } from '../services/files/smallFile.ts';
import { utf8Text } from '../services/files/utf8Text.ts';
import type { Machine } from '../services/runtime/machine.ts';
import { Journal } from '../services/transfers/journal/journal.ts';
import type { UploadRecord } from '../services/transfers/journal/uploadRecord.ts';

/** Interval of heartbeats. */
const HEARTBEAT_INTERVAL_MS = 15 * SECOND_MS;
/**
 * Age of the last heartbeat after which another machine's session is abandoned. NFS clients cache attributes for up to
 * a minute.
 */
const HEARTBEAT_STALE_MS = 4 * MINUTE_MS;
/** `session-MACHINE-PID-BIRTH-RANDOM`. */
const SESSION_FOLDER = /^session-([0-9a-f]+)-(\d+)-([0-9a-f]+)-[0-9a-f]+$/;
/** Name in the first version: without a machine. */
const EARLIER_SESSION_FOLDER = /^run-(\d+)-([0-9a-f]+)-[0-9a-f]+$/;
/** The queue's journal below its folder. */
const JOURNAL_FOLDER = 'transfers';
const HEARTBEAT_FILE = 'alive.json';

const heartbeatSchema = z.object({ host: z.string(), pid: z.number(), startedAt: z.string() });
/** Owner of a session, for people. */
export type SessionOwner = z.infer<typeof heartbeatSchema>;

export interface SessionsOptions {
  /** Folder of all sessions; machines may share it. */
  home: string;
  machine: Machine;
  /** Default: 4 minutes. */
  staleAfterMs?: number;
  /** Default: 15 seconds. */
  heartbeatMs?: number;
}

/**
 * Sessions of the command line below one home: one folder each, with a journal and a heartbeat. Concurrent commands
 * must not run each other's uploads, on this machine or, with a shared home, on others. A session of this machine is
 * abandoned when its process has ended; one of another machine when its heartbeat is old by the file server's clock.
 * Adopting it is a single rename, which only one process can do, and leaves no lock after SIGKILL.
 */
export class Sessions {
  readonly #options: Required<SessionsOptions>;

  constructor(options: SessionsOptions) {
    this.#options = { staleAfterMs: HEARTBEAT_STALE_MS, heartbeatMs: HEARTBEAT_INTERVAL_MS, ...options };
  }

  /**
   * Begins this command's session and its heartbeat. Resolves once its folder has a name, so that other work goes on
   * while the folder is made.
   */
  async begin(): Promise<OwnSession> {
    const { home, machine, heartbeatMs } = this.#options;
    const folder = join(home, await this.#ownName());
    const owner = { host: machine.hostName, pid: machine.pid, startedAt: new Date().toISOString() };
    const begun = beat(folder, owner);
    let beating: Promise<void> | undefined;
    const beatAgain = () => {
      beating ??= beat(folder, owner)
        .catch(() => undefined)
        .finally(() => (beating = undefined));
    };
    const timer = setInterval(beatAgain, heartbeatMs).unref();
    begun.catch(() => clearInterval(timer));
    return {
      folder,
      begun,
      end: async () => {
        clearInterval(timer);
        // A heartbeat in progress would create the folder again.
        const [made] = await Promise.allSettled([begun, beating]);
        if (made.status === 'fulfilled' && (await unfinishedIn(folder)).isEmpty)
          await rm(folder, { recursive: true, force: true });
      },
    };
  }

  /** Abandoned sessions that can be resumed or have left parts in the storage. Changes nothing. */
  async abandoned(): Promise<AbandonedSession[]> {
    const found: AbandonedSession[] = [];
    for (const name of (await this.#states()).abandoned) {
      const { records, setAside, isEmpty } = await unfinishedIn(join(this.#options.home, name));
      if (!isEmpty) found.push(new AbandonedSession(name, { records, setAside }, () => this.#take(name)));
    }
    return found;
  }

  /** Active sessions, this one included. Changes nothing. */
  async atWork(): Promise<SessionOwner[]> {
    const { atWork } = await this.#states();
    const owners = await Promise.all(atWork.map((name) => ownerOf(join(this.#options.home, name))));
    return owners.filter((owner) => owner !== undefined);
  }

  /** Removes empty folders of abandoned sessions. For commands that upload, never for a listing. */
  async tidy(): Promise<void> {
    const { home } = this.#options;
    for (const name of (await this.#states()).abandoned) {
      if (!(await unfinishedIn(join(home, name))).isEmpty) continue;
      await rm(join(home, name), { recursive: true, force: true });
    }
  }

  async #states(): Promise<{ atWork: string[]; abandoned: string[] }> {
    const names = (await this.#names()).filter(
      (name) => SESSION_FOLDER.test(name) || EARLIER_SESSION_FOLDER.test(name),
    );
    const serverNow = names.length === 0 ? 0 : await this.#serverNow();
    const states = await Promise.all(
      names.map(async (name) => ({ name, isLeft: await this.#isLeft(name, serverNow) })),
    );
    const those = (isLeft: boolean) => states.filter((state) => state.isLeft === isLeft).map(({ name }) => name);
    return { atWork: those(false), abandoned: those(true) };
  }

  /** @throws NearplayError where it is not known what is there */
  async #names(): Promise<string[]> {
    const { home } = this.#options;
    try {
      return await readdir(home);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      const { code, message } = explainFileError(error, { path: home, doing: 'read' });
      const own = `Nearplay cannot read its own folder "${home}". ${message} NEARPLAY_HOME names another folder.`;
      throw new NearplayError(code, own, { cause: error });
    }
  }

  async #isLeft(name: string, serverNow: number): Promise<boolean> {
    const { home, machine, staleAfterMs } = this.#options;
    const [, machineId, pid, birth] = SESSION_FOLDER.exec(name) ?? [];
    if (machineId === machine.id) return !(await machine.isAlive(Number(pid), birth ?? ''));
    const [, earlierPid, earlierBirth] = EARLIER_SESSION_FOLDER.exec(name) ?? [];
    if (earlierPid !== undefined && (await machine.isAlive(Number(earlierPid), earlierBirth ?? ''))) return false;
    return serverNow - (await lastSign(join(home, name))) > staleAfterMs;
  }

  /** The file server's clock: on a network drive another one than this machine's. */
  async #serverNow(): Promise<number> {
    const file = join(this.#options.home, `.clock-${randomBytes(6).toString('hex')}`);
    try {
      await writeFile(file, '', { flag: 'wx', mode: 0o600 });
      return (await stat(file)).mtimeMs;
    } catch {
      return Date.now();
    } finally {
      await rm(file, { force: true }).catch(() => undefined);
    }
  }

  async #take(name: string): Promise<{ folder: string; journal: Journal } | undefined> {
    const { home, machine } = this.#options;
    // Its owner may have resumed meanwhile, as a computer after sleep.
    if (!(await this.#isLeft(name, await this.#serverNow()))) return undefined;
    const folder = join(home, await this.#ownName());
    const owner = { host: machine.hostName, pid: machine.pid, startedAt: new Date().toISOString() };
    try {
      // Before the rename: a third machine must not find the new name with the old heartbeat.
      await replaceFile(join(home, name, HEARTBEAT_FILE), JSON.stringify(owner));
      await rename(join(home, name), folder);
    } catch {
      return undefined;
    }
    const journal = new Journal(join(folder, JOURNAL_FOLDER));
    await journal.load();
    return { folder, journal };
  }

  async #ownName(): Promise<string> {
    const { machine } = this.#options;
    const { id, pid } = machine;
    return `session-${id}-${pid}-${await machine.birthOf(pid)}-${randomBytes(6).toString('hex')}`;
  }
}

export interface OwnSession {
  folder: string;
  /** The folder is there, and other sessions see its owner. Rejects where the folder cannot be made. */
  begun: Promise<void>;
  /** Ends the heartbeat, and removes the folder unless its uploads can be resumed. */
  end: () => Promise<void>;
}

/** A session that ended before its uploads, and their records. */
export class AbandonedSession {
  readonly name: string;
  /** Records as read; to be used only after `take`. */
  readonly records: readonly UploadRecord[];
  /** Unreadable files of its journal. */
  readonly setAside: readonly string[];
  readonly #take: () => Promise<{ folder: string; journal: Journal } | undefined>;
  #taken: Promise<{ folder: string; journal: Journal } | undefined> | undefined;

  constructor(
    name: string,
    { records, setAside }: { records: readonly UploadRecord[]; setAside: readonly string[] },
    take: () => Promise<{ folder: string; journal: Journal } | undefined>,
  ) {
    this.name = name;
    this.records = records;
    this.setAside = setAside;
    this.#take = take;
  }

  /** Adopts the session for this process; false when another process was faster. */
  async take(): Promise<boolean> {
    this.#taken ??= this.#take();
    return (await this.#taken) !== undefined;
  }

  /** Removes records that are in another journal now, and the folder with the last of them. @throws NearplayError disk-full */
  async removeRecords(ids: readonly string[]): Promise<void> {
    const { folder, journal } = (await this.#taken) ?? {};
    if (folder === undefined || !journal) return;
    await journal.remove(ids);
    const isEmpty = this.setAside.length === 0 && this.records.every(({ id }) => !journal.has(id));
    if (isEmpty) await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Writes the file instead of setting its time: the file server's clock then sets it. Atomic, so that a concurrent
 * reader sees an owner. Creates the folder again if it is missing.
 */
async function beat(folder: string, owner: SessionOwner): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await replaceFile(join(folder, HEARTBEAT_FILE), JSON.stringify(owner));
}

/**
 * Time of the last heartbeat, in milliseconds on the file server's clock; without one, as in sessions of the first
 * version, of the last write.
 */
async function lastSign(folder: string): Promise<number> {
  const places = [join(folder, HEARTBEAT_FILE), folder, join(folder, JOURNAL_FOLDER)];
  const [heartbeat, ...others] = await Promise.all(
    places.map(async (path) => (await stat(path).catch(() => undefined))?.mtimeMs),
  );
  return heartbeat ?? Math.max(0, ...others.map((time) => time ?? 0));
}

async function ownerOf(folder: string): Promise<SessionOwner | undefined> {
  try {
    return heartbeatSchema.parse(JSON.parse(utf8Text(await readRegularFile(join(folder, HEARTBEAT_FILE)))), ONCE);
  } catch {
    return undefined;
  }
}

/** Changes nothing: only who takes a session may write to its journal. */
async function unfinishedIn(folder: string) {
  const { records, setAside } = await new Journal(join(folder, JOURNAL_FOLDER)).look();
  const unfinished = records.filter(isUnfinished);
  return { records: unfinished, setAside, isEmpty: unfinished.length === 0 && setAside.length === 0 };
}

/** It can be resumed, or has left parts in the storage to be removed. */
function isUnfinished({ state, path, upload, unconfirmedStart, abandoned, unconfirmedStarts }: UploadRecord): boolean {
  if (abandoned.length > 0 || unconfirmedStarts.length > 0) return true;
  if (state === 'done' || state === 'skipped' || state === 'cancelled') return false;
  if (state === 'failed' || path === '-') return upload !== undefined || unconfirmedStart !== undefined;
  return true;
}
