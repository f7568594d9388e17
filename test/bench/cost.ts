import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MINUTE_MS } from '../../shared/units.ts';

/** What one run of a program cost, measured from outside: of its process and all that it started. */
export interface Cost {
  seconds: number;
  /** User and system. */
  cpuSeconds: number;
  /** Bytes in memory at once, summed over the processes. */
  peakMemory: number;
}

export interface CommandLine {
  program: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** What it reads from its standard input; absent: nothing. */
  stdin?: Readable;
}

/** The slowest of the others needs a quarter of an hour for 10,000 small files over a long line. */
const TIMEOUT_MS = 30 * MINUTE_MS;
/** GNU time: the figures of wait4(2), exact, but the memory of the largest process alone. */
const TIME = '/usr/bin/time';
const SAMPLE_EVERY = 50;
const PAGE = 4096;

/** What this machine has set up for AWS, or for the way to the internet, is none of a server's on loopback. */
const FOREIGN = /^(AWS_|(HTTPS?|ALL|NO)_PROXY$|NODE_)/i;
const SURROUNDINGS = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));

/** A program was ended because it took too long. */
export class TooSlow extends Error {}

/**
 * Runs a program once.
 *
 * @param limitMs after which it is ended.
 * @throws TooSlow; Error when it fails, with what it said; where GNU time is missing
 */
export async function costOf(command: CommandLine, limitMs = TIMEOUT_MS): Promise<Cost> {
  const scratch = await mkdtemp(join(tmpdir(), 'nearplay-cost-'));
  try {
    const figures = join(scratch, 'figures');
    const timed = {
      ...command,
      program: TIME,
      args: ['-o', figures, '-f', '%U %S %M', command.program, ...command.args],
    };
    const begun = performance.now();
    const { code, output, peak } = await run(timed, limitMs);
    const seconds = (performance.now() - begun) / 1000;
    if (seconds * 1000 >= limitMs) throw new TooSlow(`${command.program} was ended after ${seconds.toFixed(1)} s`);
    if (code !== 0) throw new Error(`${command.program} ended with ${code}: ${output.slice(-2000)}`);
    const [user = 0, system = 0, kilobytes = 0] = (await readFile(figures, 'utf8')).trim().split(' ').map(Number);
    return { seconds, cpuSeconds: user + system, peakMemory: Math.max(peak, kilobytes * 1024) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The first line that a program says of itself; undefined where it is not installed. */
export async function firstLine(program: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { code, output } = await run({ program, args, env: {} });
    return code === 0 ? output.trim().split('\n')[0] : undefined;
  } catch {
    return undefined;
  }
}

async function run({ program, args, env, stdin }: CommandLine, limitMs = TIMEOUT_MS) {
  const child = spawn(program, args, {
    env: { ...SURROUNDINGS, ...env },
    stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  const tooLate = setTimeout(() => void killAll(child), limitMs);
  let output = '';
  const keep = (text: string) => (output = `${output}${text}`.slice(-4000));
  child.stdout?.setEncoding('utf8').on('data', keep);
  child.stderr?.setEncoding('utf8').on('data', keep);
  const memory = watchMemory(child);
  // A program that ends early says so by its exit code.
  const fed = stdin && child.stdin ? pipeline(stdin, child.stdin).catch(() => undefined) : undefined;
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    stdin?.destroy();
    await fed;
    return { code, output, peak: memory.peak() };
  } finally {
    clearTimeout(tooLate);
    memory.stop();
  }
}

/** With its descendants: `time` does not pass a signal on. */
async function killAll({ pid }: ChildProcess): Promise<void> {
  if (pid === undefined) return;
  for (const process of [pid, ...(await descendantsOf(pid))]) kill(process);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** Looks at the process and its descendants again and again (Linux; elsewhere it sees nothing). */
function watchMemory(child: ChildProcess): { peak: () => number; stop: () => void } {
  let peak = 0;
  let isLooking = false;
  const look = async () => {
    if (isLooking || child.pid === undefined) return;
    isLooking = true;
    peak = Math.max(peak, await memoryBelow(child.pid));
    isLooking = false;
  };
  const timer = setInterval(() => void look(), SAMPLE_EVERY);
  return { peak: () => peak, stop: () => clearInterval(timer) };
}

/** Bytes in memory of the descendants of a process, itself not counted: it is `time`. */
async function memoryBelow(pid: number): Promise<number> {
  const sizes = await Promise.all((await descendantsOf(pid)).map(residentOf));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

async function descendantsOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = text
    .split(' ')
    .map(Number)
    .filter((child) => child > 0);
  return [...children, ...(await Promise.all(children.map(descendantsOf))).flat()];
}

/** proc(5), statm: the second figure, in pages. */
async function residentOf(pid: number): Promise<number> {
  const statm = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '');
  return Number(statm.split(' ')[1] ?? 0) * PAGE;
}
