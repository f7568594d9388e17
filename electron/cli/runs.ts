import { createHash, randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pid as ownPid } from 'node:process';
import { promisify } from 'node:util';
import { Journal } from '../services/transfers/journal.ts';
import type { TransferRecord } from '../services/transfers/transferRecord.ts';

const SECOND = 1000;
const RUN = /^run-(\d+)-([0-9a-f]+)-[0-9a-f]+$/;
/** Where the queue keeps its journal, below the folder it is given. */
const JOURNAL = 'transfers';

/**
 * A run of the command line that ended before its uploads did, and whatever it had noted of them. A run is a folder whose name
 * says which process has it: taking it over is one renaming, which only one process can do, and nothing has to be unlocked
 * after a SIGKILL.
 */
export class LeftRun {
  /** As they were looked at; to be gone on with only after `take`. */
  readonly records: readonly TransferRecord[];
  readonly #home: string;
  readonly #name: string;
  #taken: Promise<{ folder: string; journal: Journal } | undefined> | undefined;

  constructor(home: string, name: string, records: readonly TransferRecord[]) {
    this.#home = home;
    this.#name = name;
    this.records = records;
  }

  /** Makes it this process's until that ends; false when another one was quicker. */
  async take(): Promise<boolean> {
    this.#taken ??= this.#takeNow();
    return (await this.#taken) !== undefined;
  }

  /** Somebody else goes on with these; the folder goes with the last of them. @throws NearplayError disk-full */
  async handedOver(ids: readonly string[]): Promise<void> {
    const { folder, journal } = (await this.#taken) ?? {};
    if (folder === undefined || !journal) return;
    await journal.remove(ids);
    if (this.records.every(({ id }) => !journal.has(id))) await rm(folder, { recursive: true, force: true });
  }

  async #takeNow(): Promise<{ folder: string; journal: Journal } | undefined> {
    const folder = join(this.#home, await ownName());
    try {
      await rename(join(this.#home, this.#name), folder);
    } catch {
      return undefined;
    }
    return { folder, journal: (await unfinishedIn(folder)).journal };
  }
}

/** This run's own folder, made; two commands at once must not run each other's uploads. */
export async function beginRun(home: string): Promise<string> {
  const folder = join(home, await ownName());
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Removes the folder of a run, unless uploads in it can go on. */
export async function endRun(folder: string): Promise<void> {
  if ((await unfinishedIn(folder)).records.length === 0) await rm(folder, { recursive: true, force: true });
}

/** What runs have left whose processes are gone. Folders with nothing in them are removed. */
export async function leftRuns(home: string): Promise<LeftRun[]> {
  const left: LeftRun[] = [];
  for (const name of await abandoned(home)) {
    const { records } = await unfinishedIn(join(home, name));
    if (records.length > 0) left.push(new LeftRun(home, name, records));
    else await rm(join(home, name), { recursive: true, force: true });
  }
  return left;
}

async function unfinishedIn(folder: string): Promise<{ journal: Journal; records: TransferRecord[] }> {
  const journal = new Journal(join(folder, JOURNAL));
  const { records } = await journal.load();
  return { journal, records: records.filter(isUnfinished) };
}

/** It can go on, or has left something in the storage that has to be removed. */
function isUnfinished({ state, path, upload, intent, toAbort, lost }: TransferRecord): boolean {
  if (toAbort.length > 0 || lost.length > 0) return true;
  if (state === 'done' || state === 'skipped' || state === 'cancelled') return false;
  if (state === 'failed' || path === '-') return upload !== undefined || intent !== undefined;
  return true;
}

async function abandoned(home: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of await readdir(home).catch(() => [])) {
    const [, pid, birth] = RUN.exec(name) ?? [];
    if (pid !== undefined && !(await isAlive(Number(pid), birth ?? ''))) names.push(name);
  }
  return names;
}

async function ownName(): Promise<string> {
  return `run-${ownPid}-${await birthOf(ownPid)}-${randomBytes(6).toString('hex')}`;
}

/** Numbers of processes are used again: one that was born at another time is another one. */
async function isAlive(pid: number, birth: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Not ours to signal, yet there.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return (await birthOf(pid)) === birth;
}

/**
 * When a process was started, in a form that can be compared only. On Windows it would take half a second to ask: there a left
 * run waits until the process that has its number now ends.
 */
async function birthOf(pid: number): Promise<string> {
  const told = await birthText(pid).catch(() => '');
  return createHash('sha256').update(told).digest('hex').slice(0, 12);
}

async function birthText(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const [boot, stat] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    // Field 22, starttime (proc_pid_stat(5)); the second one, the name, may contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return `${boot} ${fields[19]}`;
  }
  if (process.platform === 'darwin') {
    const asked = await promisify(execFile)('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], { timeout: 5 * SECOND });
    return asked.stdout.trim();
  }
  return '';
}
