/**
 * `npm run bench:start [-- --rounds N] [--protocol http|https] [--json]`: how long the installed command line takes to
 * begin. `nearplay --version` next to `node -e 0`; and, for an upload of one small file, the time from the start of the
 * process until its PUT arrives at the sample storage, which runs in the process of the benchmark. Rounds are
 * interleaved, so that what else the machine does hits all alike; figures are medians. The first runs, which fill the
 * cache of compiled code, are not counted; the figure without that cache is told besides.
 *
 * With `--json` a line for each figure, `{figure, value, unit, target, ok}`. Exit code 0 only where all targets are met.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { KIB, SECOND_MS } from '../../shared/units.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { describeLoad, describeMachine, median } from './figures.ts';
import { installCli } from './installedCli.ts';

const FILE_BYTES = 8 * KIB;
const RUN_TIMEOUT_MS = 60 * SECOND_MS;
/** Runs before the first one that counts. */
const WARM_UPS = 2;
const UPLOADS_PER_ROUND = 2;
/** A file that changed less than two seconds ago is left to settle before it is sent. */
const SETTLED_MS = 3 * SECOND_MS;
const MAX_VERSION_RATIO = 1.3;
const MAX_FIRST_PUT_MS = 150;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '40' },
    protocol: { type: 'string', default: 'http' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);

interface Figure {
  figure: string;
  value: number;
  unit: 'ms' | 'ratio';
  /** The most that it may be; absent: it is told, not judged. */
  target?: number;
}

/** A request as it arrived at the storage; `at` in milliseconds of this process. */
interface Arrival {
  key: string;
  method: string;
  at: number;
}

interface Sample {
  node: number;
  version: number;
  /** First request of the upload, of whatever kind. */
  request: number;
  put: number;
  /** The same without compiled code of an earlier run. */
  coldPut: number;
}

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Runs Node once and waits for its end. @returns its start and its end, in milliseconds. @throws Error when it fails */
async function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  const begun = performance.now();
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: RUN_TIMEOUT_MS,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [[code]] = (await Promise.all([once(child, 'exit'), once(child.stderr, 'close')])) as [
    [number | null],
    unknown,
  ];
  const ended = performance.now();
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}: ${said}`);
  return { begun, ended };
}

class StartBench {
  readonly #cli: string;
  readonly #folder: string;
  readonly #storage: Sandbox;
  readonly #arrivals: Arrival[];
  #sent = 0;

  constructor(cli: string, folder: string, storage: Sandbox, arrivals: Arrival[]) {
    this.#cli = cli;
    this.#folder = folder;
    this.#storage = storage;
    this.#arrivals = arrivals;
  }

  async sample(): Promise<Sample> {
    const node = await this.#duration(['-e', '0']);
    const version = await this.#duration([this.#cli, '--version']);
    const { request, put } = await this.#upload('home');
    const cold = await this.#upload(`home-${this.#sent}`);
    return { node, version, request, put, coldPut: cold.put };
  }

  async #duration(args: readonly string[]): Promise<number> {
    const { begun, ended } = await run(args, {});
    return ended - begun;
  }

  /** @param home the command line's own folder, below the folder of the benchmark. */
  async #upload(home: string): Promise<{ request: number; put: number }> {
    const name = nameOf(this.#sent);
    const path = join(this.#folder, name);
    this.#sent += 1;
    this.#arrivals.length = 0;
    const { accessKeyId, secretAccessKey } = this.#storage.credentials;
    const { begun } = await run([this.#cli, 'upload', path], {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      NEARPLAY_HOME: join(this.#folder, home),
      NEARPLAY_PREFERENCES: join(this.#folder, 'preferences.json'),
      ...(this.#storage.caCertificate !== undefined && { NODE_EXTRA_CA_CERTS: join(this.#folder, 'authority.pem') }),
    });
    const [first] = this.#arrivals;
    const put = this.#arrivals.find(({ method, key }) => method === 'PUT' && key.endsWith(name));
    if (!first || !put) throw new Error(`No PUT of ${name} arrived`);
    return { request: first.at - begun, put: put.at - begun };
  }
}

const nameOf = (index: number) => `${index}.bin`;

/** A file for each upload, old enough by all its dates not to be waited for. */
async function makeFiles(folder: string): Promise<void> {
  for (let index = 0; index < UPLOADS_PER_ROUND * (WARM_UPS + rounds); index++) {
    await writeFile(join(folder, nameOf(index)), randomBytes(FILE_BYTES));
  }
  await wait(SETTLED_MS);
}

function figuresOf(samples: readonly Sample[]): Figure[] {
  const middle = (of: (sample: Sample) => number) => median(samples.map(of));
  const [node, put] = [middle((one) => one.node), middle((one) => one.put)];
  return [
    { figure: 'node -e 0', value: node, unit: 'ms' },
    { figure: 'nearplay --version', value: middle((one) => one.version), unit: 'ms' },
    {
      figure: 'nearplay --version to node -e 0',
      value: middle((one) => one.version) / node,
      unit: 'ratio',
      target: MAX_VERSION_RATIO,
    },
    { figure: 'first request of an upload', value: middle((one) => one.request), unit: 'ms' },
    { figure: 'first PUT of a small file', value: put, unit: 'ms', target: MAX_FIRST_PUT_MS },
    { figure: 'first PUT of a small file to node -e 0', value: put / node, unit: 'ratio' },
    { figure: 'first PUT without compiled code', value: middle((one) => one.coldPut), unit: 'ms' },
  ];
}

function isMet({ value, target = Number.POSITIVE_INFINITY }: Figure): boolean {
  return value <= target;
}

function print(figure: Figure): void {
  const { figure: name, value, unit, target } = figure;
  const rounded = Number(value.toFixed(unit === 'ms' ? 1 : 2));
  if (values.json) {
    say(JSON.stringify({ figure: name, value: rounded, unit, target: target ?? null, ok: isMet(figure) }));
    return;
  }
  const verdict = target === undefined ? '' : `   ${isMet(figure) ? 'target met' : 'TARGET MISSED'}: at most ${target}`;
  say(`  ${name.padEnd(40)} ${String(rounded).padStart(7)} ${unit === 'ms' ? 'ms' : '×'}${verdict}`);
}

async function measure(folder: string): Promise<boolean> {
  const arrivals: Arrival[] = [];
  const storage = await startSandbox({
    https: values.protocol === 'https',
    requested: ({ key, method }) => arrivals.push({ key, method, at: performance.now() }),
  });
  try {
    storage.setReplication({ mode: 'never' });
    await writeFile(join(folder, 'preferences.json'), JSON.stringify(storage.preferences({ services: [] })));
    if (storage.caCertificate !== undefined) await writeFile(join(folder, 'authority.pem'), storage.caCertificate);
    const bench = new StartBench(await installCli(folder), folder, storage, arrivals);
    if (!values.json) {
      say(`${describeMachine()}, ${describeLoad()}; Node ${process.version}`);
      say(
        `one file of ${FILE_BYTES / KIB} KiB to the sample storage over ${values.protocol}; medians of ${rounds} rounds`,
      );
    }
    await makeFiles(folder);
    const samples: Sample[] = [];
    for (let round = -WARM_UPS; round < rounds; round++) {
      const sample = await bench.sample();
      if (round >= 0) samples.push(sample);
    }
    const figures = figuresOf(samples);
    for (const figure of figures) print(figure);
    if (!values.json) say(`  ${describeLoad()}`);
    return figures.every(isMet);
  } finally {
    await storage.close();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'nearplay-bench-'));
try {
  await mkdir(join(folder, 'home'), { mode: 0o700 });
  if (!(await measure(folder))) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
