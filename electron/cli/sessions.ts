import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NearplayError } from '../../shared/errors.ts';
import { MINUTE_MS, SECOND_MS } from '../../shared/units.ts';
import { replaceFile } from '../services/files/atomicFile.ts';
import { explainFileError } from '../services/files/fileErrors.ts';
import { readRegularFile } from '../services/files/smallFile.ts';
import { utf8Text } from '../services/files/utf8Text.ts';
import type { Machine } from '../services/runtime/machine.ts';
import { Journal } from '../services/transfers/journal/journal.ts';
import type { UploadRecord } from '../services/transfers/journal/uploadRecord.ts';

/** How often a session says that it is alive. */
const HEARTBEAT_INTERVAL_MS = 15 * SECOND_MS;
/** Another machine's session without a heartbeat for so long is abandoned. NFS clients keep attributes for up to a minute. */
const HEARTBEAT_STALE_MS = 4 * MINUTE_MS;
/** `session-MACHINE-PID-BIRTH-RANDOM`. */
const SESSION_FOLDER = /^session-([0-9a-f]+)-(\d+)-([0-9a-f]+)-[0-9a-f]+$/;
/** As the first version named them: without a machine. */
const EARLIER_SESSION_FOLDER = /^run-(\d+)-([0-9a-f]+)-[0-9a-f]+$/;
/** Where the queue keeps its journal, below the folder it is given. */
const JOURNAL_FOLDER = 'transfers';
const HEARTBEAT_FILE = 'alive.json';

const heartbeatSchema = z.object({ host: z.string(), pid: z.number(), startedAt: z.string() });
/** Who has a session, for people to recognise. */
export type SessionOwner = z.infer<typeof heartbeatSchema>;

export interface SessionsOptions {
  /** The folder of all sessions; several machines may share it. */
  home: string;
  machine: Machine;
  /** Default: 4 minutes. */
  staleAfterMs?: number;
  /** Default: 15 seconds. */
  heartbeatMs?: number;
}

/**
 * The sessions of the command line below one home: a folder for each, with its journal and a heartbeat. Two commands at once
 * must not run each other's uploads, on this machine or, where homes are shared, on others. A session of this machine is
 * abandoned when its process is gone; one of another machine when its heartbeat is old by the clock of the file server.
 * Taking an abandoned one over is one renaming, which only one process can do, and nothing has to be unlocked after SIGKILL.
 */
export class Sessions {
  readonly #options: Required<SessionsOptions>;

  constructor(options: SessionsOptions) {
    this.#options = { staleAfterMs: HEARTBEAT_STALE_MS, heartbeatMs: HEARTBEAT_INTERVAL_MS, ...options };
  }

  /** This command's own session, with its heartbeat begun. */
  async begin(): Promise<OwnSession> {
    const { home, machine, heartbeatMs } = this.#options;
    const folder = join(home, await this.#ownName());
    const owner = { host: machine.hostName, pid: machine.pid, startedAt: new Date().toISOString() };
    await beat(folder, owner);
    let beating: Promise<void> | undefined;
    const beatAgain = () => {
      beating ??= beat(folder, owner)
        .catch(() => undefined)
        .finally(() => (beating = undefined));
    };
    const timer = setInterval(beatAgain, heartbeatMs).unref();
    return {
      folder,
      end: async () => {
        clearInterval(timer);
        // One that is under way would make the folder again.
        await beating;
        if ((await unfinishedIn(folder)).isEmpty) await rm(folder, { recursive: true, force: true });
      },
    };
  }

  /** Those that can be gone on with, or have left something in the storage. Changes nothing. */
  async abandoned(): Promise<AbandonedSession[]> {
    const found: AbandonedSession[] = [];
    for (const name of (await this.#states()).abandoned) {
      const { records, setAside, isEmpty } = await unfinishedIn(join(this.#options.home, name));
      if (!isEmpty) found.push(new AbandonedSession(name, { records, setAside }, () => this.#take(name)));
    }
    return found;
  }

  /** Sessions at work, this one among them. Changes nothing. */
  async atWork(): Promise<SessionOwner[]> {
    const { atWork } = await this.#states();
    const owners = await Promise.all(atWork.map((name) => ownerOf(join(this.#options.home, name))));
    return owners.filter((owner) => owner !== undefined);
  }

  /** Removes the folders of abandoned sessions with nothing in them. For commands that upload, never for a listing. */
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

  /** The clock that the times of files are told by: another one than this machine's on a network drive. */
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
    // Its owner may have come back since it was looked at, as a computer that slept does.
    if (!(await this.#isLeft(name, await this.#serverNow()))) return undefined;
    const folder = join(home, await this.#ownName());
    const owner = { host: machine.hostName, pid: machine.pid, startedAt: new Date().toISOString() };
    try {
      // Before the renaming: a third machine must not find the new name with the old heartbeat.
      await replaceFile(join(home, name, HEARTBEAT_FILE), JSON.stringify(owner));
      await rename(join(home, name), folder);
    } catch {
      return undefined;
    }
    return { folder, journal: (await unfinishedIn(folder)).journal };
  }

  async #ownName(): Promise<string> {
    const { machine } = this.#options;
    const { id, pid } = machine;
    return `session-${id}-${pid}-${await machine.birthOf(pid)}-${randomBytes(6).toString('hex')}`;
  }
}

export interface OwnSession {
  folder: string;
  /** Ends the heartbeat, and removes the folder unless uploads in it can go on. */
  end: () => Promise<void>;
}

/** A session that ended before its uploads did, and what it had noted of them. */
export class AbandonedSession {
  readonly name: string;
  /** As they were looked at; to be gone on with only after `take`. */
  readonly records: readonly UploadRecord[];
  /** Files of its journal that could not be read. */
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

  /** Makes it this process's until that ends; false when another one was quicker. */
  async take(): Promise<boolean> {
    this.#taken ??= this.#take();
    return (await this.#taken) !== undefined;
  }

  /** The records are in another journal now; the folder goes with the last of them. @throws NearplayError disk-full */
  async handedOver(ids: readonly string[]): Promise<void> {
    const { folder, journal } = (await this.#taken) ?? {};
    if (folder === undefined || !journal) return;
    await journal.remove(ids);
    const isEmpty = this.setAside.length === 0 && this.records.every(({ id }) => !journal.has(id));
    if (isEmpty) await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Writing the content, not setting the time: the file server's clock then says when. As a whole, so that who reads meanwhile sees
 * an owner. Makes the folder again if it is gone.
 */
async function beat(folder: string, owner: SessionOwner): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await replaceFile(join(folder, HEARTBEAT_FILE), JSON.stringify(owner));
}

/** Milliseconds on the file server's clock. Without a heartbeat, as in sessions of the first version: the last writing. */
async function lastSign(folder: string): Promise<number> {
  const places = [join(folder, HEARTBEAT_FILE), folder, join(folder, JOURNAL_FOLDER)];
  const [heartbeat, ...others] = await Promise.all(
    places.map(async (path) => (await stat(path).catch(() => undefined))?.mtimeMs),
  );
  return heartbeat ?? Math.max(0, ...others.map((time) => time ?? 0));
}

async function ownerOf(folder: string): Promise<SessionOwner | undefined> {
  try {
    return heartbeatSchema.parse(JSON.parse(utf8Text(await readRegularFile(join(folder, HEARTBEAT_FILE)))));
  } catch {
    return undefined;
  }
}

async function unfinishedIn(folder: string) {
  const journal = new Journal(join(folder, JOURNAL_FOLDER));
  const { records, setAside } = await journal.load();
  const unfinished = records.filter(isUnfinished);
  return { journal, records: unfinished, setAside, isEmpty: unfinished.length === 0 && setAside.length === 0 };
}

/** It can go on, or has left something in the storage that has to be removed. */
function isUnfinished({ state, path, upload, unconfirmedStart, abandoned, unconfirmedStarts }: UploadRecord): boolean {
  if (abandoned.length > 0 || unconfirmedStarts.length > 0) return true;
  if (state === 'done' || state === 'skipped' || state === 'cancelled') return false;
  if (state === 'failed' || path === '-') return upload !== undefined || unconfirmedStart !== undefined;
  return true;
}
