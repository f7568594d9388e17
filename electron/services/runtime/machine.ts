import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { pid as ownPid } from 'node:process';
import { promisify } from 'node:util';
import { SECOND_MS } from '../../../shared/units.ts';

const PS_TIMEOUT_MS = 5 * SECOND_MS;
const DIGEST_LENGTH = 12;

/** The set of processes that share one numbering: one kernel since its boot and, in containers, one PID namespace. */
export interface Machine {
  /** Equal for two processes only when each can look up the other by its number. */
  id: string;
  hostName: string;
  pid: number;
  /** Distinguishes a process from a later one with the same number; compared only. */
  birthOf(pid: number): Promise<string>;
  /** Whether a process with this number and birth is running on this machine. */
  isAlive(pid: number, birth: string): Promise<boolean>;
}

/** The machine that this process runs on. */
export async function thisMachine(): Promise<Machine> {
  return { id: digest(await identityText()), hostName: hostname(), pid: ownPid, birthOf, isAlive };
}

/**
 * Home folders are shared between machines, and container images have one host name and machine id for all: on Linux
 * the kernel's boot id and the PID namespace distinguish them. Elsewhere the addresses of the network cards do; when
 * these change, a session counts as another machine's until its heartbeat is old, which only takes longer.
 */
async function identityText(): Promise<string> {
  const parts = [hostname()];
  if (process.platform === 'linux') {
    parts.push(await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''));
    parts.push(await readlink('/proc/self/ns/pid').catch(() => ''));
    return parts.join('\n');
  }
  const cards = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return [...parts, ...new Set(cards.map(({ mac }) => mac))].sort().join('\n');
}

async function isAlive(pid: number, birth: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return (await birthOf(pid)) === birth;
}

/**
 * Start time of a process. On Windows the request would take half a second: there an abandoned session waits until the
 * process that has its number now ends.
 */
async function birthOf(pid: number): Promise<string> {
  return digest(await birthText(pid).catch(() => ''));
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
    const asked = await promisify(execFile)('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], {
      timeout: PS_TIMEOUT_MS,
    });
    return asked.stdout.trim();
  }
  return '';
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGEST_LENGTH);
}
