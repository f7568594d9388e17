import { boundHeap } from './boundedHeap.ts';
import { outputTo, settled } from './output.ts';
import { EXIT_BY_SIGNAL, EXIT_FAILED, runCli } from './program.ts';

/** Asks a question at this terminal. */
async function askAtTerminal(question: string): Promise<string | undefined> {
  const { createInterface } = await import('node:readline');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    terminal.once('close', () => resolve(undefined));
    terminal.question(question, (answer) => {
      resolve(answer);
      terminal.close();
    });
  });
}

/** Commands that do more than print: they continue without a reader. */
const WORKING_COMMANDS: ReadonlySet<string> = new Set([
  ...['upload', 'uploads', 'watch', 'get'],
  // Their exit code is their verdict.
  ...['doctor', 'verify', 'preferences'],
]);

/** Milliseconds in which abandoned requests may still hold the process. */
const DRAIN_CHECK_INTERVAL_MS = 1000;

/** Ends the process when the command is over, regardless of open handles, and not before its output is read. */
function endWhenDrained(): void {
  const look = () => {
    const isOut = process.stdout.writableLength === 0 && process.stderr.writableLength === 0;
    if (isOut || process.stdout.destroyed) process.exit();
    setTimeout(look, DRAIN_CHECK_INTERVAL_MS).unref();
  };
  setTimeout(look, DRAIN_CHECK_INTERVAL_MS).unref();
}

/**
 * Runs one command at the terminal of this process, and ends the process with its exit code.
 */
export async function runAtTerminal(args: readonly string[]): Promise<void> {
  process.exitCode = await run(args);
  endWhenDrained();
}

async function run(args: readonly string[]): Promise<number> {
  const interrupted = new AbortController();
  let exitBySignal: number = EXIT_BY_SIGNAL.SIGINT;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      exitBySignal = EXIT_BY_SIGNAL[signal];
      interrupted.abort();
    });
  }
  const isJson = args.includes('--json');
  const command = args.find((word) => !word.startsWith('-')) ?? '';
  const lost: string[] = [];
  const stderr = outputTo(process.stderr, { goesOn: true, failed: () => undefined });
  const stdout = outputTo(process.stdout, {
    goesOn: WORKING_COMMANDS.has(command),
    failed: (code) => {
      lost.push(code);
      const message = `The output cannot be written (${code}).`;
      stderr(isJson ? `${JSON.stringify({ code: 'destination-unwritable', message })}\n` : `nearplay: ${message}\n`);
    },
  });
  const arrived = WORKING_COMMANDS.has(command) ? boundHeap() : undefined;
  const exitCode = await runCli(args, {
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    ...(process.stdin.isTTY && process.stderr.isTTY && !isJson && { ask: askAtTerminal }),
    isTerminal: process.stderr.isTTY,
    stdout,
    stderr,
    now: () => Date.now(),
    platform: process.platform,
    signal: interrupted.signal,
    ...(arrived && { arrived }),
  });
  if (exitCode === EXIT_BY_SIGNAL.SIGINT) return exitBySignal;
  // A command may be over before its last line is known to be lost.
  await settled(process.stdout);
  return lost.length > 0 && exitCode === 0 ? EXIT_FAILED : exitCode;
}
