/**
 * `npm run bench:transfers [-- --quick] [--line near|far|busy] [--protocol http|https] [--direction put|get]
 * [--load large|small|tiny] [--server minio|sandbox] [--clients NAME,NAME] [--rounds N] [--size MIB] [--files N]
 * [--patience RATIO] [--json]`:
 * uploads and downloads next to other clients with their default settings, against the same server in the same run. Each
 * client runs in a process of its own and is measured from outside. Rounds are interleaved, so that what else the machine
 * does hits all alike. Options that choose take several, separated by commas. Ends with 0 where every target is met.
 */
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MIB, SECOND_MS } from '../../shared/units.ts';
import { costOf, TooSlow } from './cost.ts';
import { describeLoad, describeMachine, type Figure } from './figures.ts';
import { installCli } from './installedCli.ts';
import { connect, DESCRIPTIONS, type LineName, LINES } from './lines.ts';
import { type BenchServer, chooseServer, preferencesOf, type Protocol, PROTOCOLS, SERVER_KINDS } from './servers.ts';
import {
  type ClientName,
  CLIENTS,
  type Direction,
  DIRECTIONS,
  nearplay,
  otherClients,
  OURS,
  type TransferClient,
  type TransferCommand,
} from './transferClients.ts';
import {
  type Cell,
  fastestOther,
  measuredIn,
  middleOf,
  type Result,
  type Run,
  secondsOf,
  targetsIn,
} from './transferFigures.ts';
import { assertFetched, type Load, LOADS, makeLoad } from './transferLoads.ts';

/** What a server does after its start is over by then. */
const CALM_MS = SECOND_MS;
/** A client that takes so many times as long as the fastest one in the first round has one run alone. */
const HOPELESS_RATIO = 4;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    line: { type: 'string' },
    protocol: { type: 'string' },
    direction: { type: 'string' },
    load: { type: 'string' },
    server: { type: 'string' },
    clients: { type: 'string' },
    rounds: { type: 'string' },
    size: { type: 'string' },
    files: { type: 'string' },
    patience: { type: 'string' },
  },
});

/** Those of an option's values that are asked for. @throws Error for one that there is not */
function chosen<T extends string>(
  option: 'line' | 'protocol' | 'direction' | 'load' | 'clients',
  all: readonly T[],
): T[] {
  const asked = values[option]?.split(',');
  const unknown = asked?.find((name) => !all.some((known) => known === name));
  if (unknown !== undefined) throw new Error(`--${option} is of ${all.join(', ')}, and not ${unknown}`);
  return all.filter((name) => asked?.includes(name) ?? true);
}

function numberOf(option: 'rounds' | 'size' | 'files' | 'patience'): number | undefined {
  const text = values[option];
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${option} is a whole number above 0`);
  return Number(text);
}

const rounds = numberOf('rounds') ?? (values.quick ? 1 : 3);
const smallFiles = numberOf('files') ?? (values.quick ? 100 : 2000);
const tinyFiles = numberOf('files') ?? (values.quick ? 300 : 10_000);

/** How many times as long as the fastest other client one may take before it is ended; absent: as long as it takes. */
const patience = numberOf('patience');

/** A long line takes its time: less does there. */
function largeBytesFor(line: LineName): number {
  const [near, far] = values.quick ? [64, 16] : [2048, 300];
  return (numberOf('size') ?? (line === 'near' ? near : far)) * MIB;
}

const say = (text: string) => void process.stdout.write(`${text}\n`);
const explain = (text: string) => {
  if (!values.json) say(text);
};

type StartServer = (protocol: Protocol) => Promise<BenchServer>;

interface CellOptions {
  line: LineName;
  protocol: Protocol;
  direction: Direction;
  load: Load;
  clients: readonly TransferClient[];
  start: StartServer;
}

const nameOf = ({ line, protocol, direction, load }: CellOptions) => `${line} ${protocol} ${direction} ${load.kind}`;

/** What is uploaded goes to a new, empty storage; what is downloaded stays where it is. */
async function withServer<T>(start: () => Promise<BenchServer>, use: (server: BenchServer) => Promise<T>): Promise<T> {
  const server = await start();
  try {
    await wait(CALM_MS);
    return await use(server);
  } finally {
    await server.close();
  }
}

interface Attempt extends CellOptions {
  client: TransferClient;
  round: number;
  /** After which the client is ended. */
  limitMs?: number;
}

/** One run over the line. @throws Error when the client fails, or has not transferred all */
async function runOnce(attempt: Attempt, server: BenchServer): Promise<Run> {
  const { client, load, direction, line, round, limitMs } = attempt;
  const scratch = await mkdtemp(join(tmpdir(), 'nearplay-bench-'));
  const far = await connect(server, line, round + 1);
  try {
    const path = direction === 'put' ? load.path : join(scratch, 'fetched');
    if (direction === 'get') await mkdir(path);
    await writeFile(join(scratch, 'preferences.json'), JSON.stringify(preferencesOf(far.server)));
    const command = client.command({ ...load, direction, path, scratch, server: far.server });
    for (const [name, text] of Object.entries(command.files ?? {})) await writeFile(join(scratch, name), text);
    showOnce(attempt, command);
    const before = server.requests?.() ?? 0;
    const cost = await costOf(command, limitMs);
    const requests = server.requests && server.requests() - before;
    const connections = await far.connections?.();
    // A fast client that transferred nothing must not win.
    if (direction === 'put') await assertStored(server, load);
    else await assertFetched(path, load, round === 0);
    return { ...cost, ...connections, ...(requests !== undefined && { requests }) };
  } finally {
    await far.hangUp();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function assertStored(server: BenchServer, load: Load): Promise<void> {
  const { objects, bytes } = await server.contents();
  if (objects === load.objects && bytes === load.bytes) return;
  throw new Error(`it left ${objects} objects of ${bytes} bytes instead of ${load.objects} of ${load.bytes}`);
}

const shown = new Set<string>();

/** The command line as it runs, with the environment's names but none of its secrets. */
function showOnce({ client, direction, load }: Attempt, { program, args, env }: TransferCommand): void {
  const what = `${client.name} ${direction} ${load.kind}`;
  if (shown.has(what)) return;
  shown.add(what);
  explain(`  ${Object.keys(env).join(' ')}\n    ${[program, ...args].join(' ')}`);
}

/** Puts the load where it is downloaded from, as our own uploads leave it: in parts, with checksums. */
async function seed(server: BenchServer, load: Load, cli: TransferClient): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'nearplay-bench-'));
  try {
    await writeFile(join(scratch, 'preferences.json'), JSON.stringify(preferencesOf(server)));
    await costOf(cli.command({ ...load, direction: 'put', scratch, server }));
    await assertStored(server, load);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Rounds over the clients. @param run one run of one client */
async function measure(options: CellOptions, run: (attempt: Attempt) => Promise<Run>): Promise<Cell> {
  const { clients, load } = options;
  explain(`\n${nameOf(options)}, ${load.title}, medians of ${rounds}; ${describeLoad()}`);
  const runs = new Map<ClientName, Run[]>(clients.map(({ name }) => [name, []]));
  const failures = new Map<ClientName, string>();
  const fastestSeconds = (names: readonly ClientName[]) =>
    Math.min(...names.flatMap((name) => runs.get(name)?.map(({ seconds }) => seconds) ?? []));
  const names = clients.map(({ name }) => name);
  for (let round = 0; round < rounds; round++) {
    const fastest = fastestSeconds(names);
    const going = clients.filter(({ name }) => {
      const [first] = runs.get(name) ?? [];
      const isHopeless = first !== undefined && name !== OURS && first.seconds > HOPELESS_RATIO * fastest;
      return !failures.has(name) && !isHopeless;
    });
    // Another one begins each time: who comes first finds the machine in another state than who comes last. The last one
    // of the list begins: with it, the others' time is known early.
    const first = going.length === 0 ? 0 : (2 * going.length - 1 - (round % going.length)) % going.length;
    for (const client of [...going.slice(first), ...going.slice(0, first)]) {
      const best = fastestSeconds(names.filter((name) => name !== OURS));
      const mayTake = patience !== undefined && client.name !== OURS && best < Infinity ? patience * best : undefined;
      const limit = mayTake === undefined ? {} : { limitMs: mayTake * SECOND_MS };
      try {
        runs.get(client.name)?.push(await run({ ...options, client, round, ...limit }));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        failures.set(
          client.name,
          patience !== undefined && error instanceof TooSlow
            ? `ended, more than ${patience} times the fastest; ${why}`
            : why,
        );
      }
    }
  }
  const results = clients.map(({ name }): Result => {
    const failure = failures.get(name);
    return { client: name, runs: runs.get(name) ?? [], ...(failure !== undefined && { failure }) };
  });
  const cell = { name: nameOf(options), isLarge: load.kind === 'large', results };
  for (const result of results) print(result, results, load);
  if (values.json) for (const [name, why] of failures) process.stderr.write(`${cell.name}: ${name}: ${why}\n`);
  explain(`  ${describeLoad()}`);
  return cell;
}

function print(result: Result, results: readonly Result[], load: Load): void {
  const { client, runs, failure } = result;
  const seconds = secondsOf(result);
  if (seconds === undefined) {
    explain(
      `  ${client.padEnd(12)} NO FIGURE: ${(failure ?? 'it has no run').trim().split('\n').slice(-4).join(' | ')}`,
    );
    return;
  }
  const times = runs.map((run) => run.seconds);
  const count = (number: number | undefined, unit: string) => `${number?.toFixed(0) ?? 'n/a'} ${unit}`;
  const columns = [
    `${(load.bytes / 1e6 / seconds).toFixed(1)} MB/s`,
    `${seconds.toFixed(2)} s`,
    `(${Math.min(...times).toFixed(2)}–${Math.max(...times).toFixed(2)}, ${times.length})`,
    `${middleOf(result, ({ cpuSeconds }) => cpuSeconds)?.toFixed(1) ?? ''} CPU s`,
    `${((middleOf(result, ({ peakMemory }) => peakMemory) ?? 0) / MIB).toFixed(0)} MiB`,
    count(
      middleOf(result, ({ requests }) => requests),
      'req.',
    ),
    count(
      middleOf(result, ({ opened }) => opened),
      'conn.',
    ),
    count(
      middleOf(result, ({ dropped }) => dropped),
      'drops',
    ),
  ];
  const fastest = fastestOther(results);
  const ratio = fastest ? `${(seconds / (secondsOf(fastest) ?? 1)).toFixed(2)} × ${fastest.client}'s time` : '';
  explain(`  ${client.padEnd(12)}${columns.map((column) => column.padStart(13)).join(' ')}   ${ratio}`);
}

/** Tells what a cell shows. @returns its targets */
function report(cell: Cell): Figure[] {
  const targets = targetsIn(cell);
  if (values.json) for (const figure of [...measuredIn(cell), ...targets]) say(JSON.stringify(figure));
  return targets;
}

function describeTarget({ figure, value, unit, target, ok }: Figure): string {
  const allowed = target === null ? '' : `, at most ${target.toFixed(2)} (${unit})`;
  const numbers = `${value?.toFixed(2) ?? 'not measured'}${allowed}`;
  return `${ok === true ? 'target met' : 'TARGET MISSED'}: ${figure}: ${numbers}`;
}

async function benchmarkAll(folder: string): Promise<boolean> {
  const [lines, protocols] = [chosen('line', LINES), chosen('protocol', PROTOCOLS)];
  const [directions, kinds, names] = [
    chosen('direction', DIRECTIONS),
    chosen('load', LOADS),
    chosen('clients', CLIENTS),
  ];
  const kind = SERVER_KINDS.find((name) => name === values.server);
  if (kind === undefined && values.server !== undefined) throw new Error('--server is minio or sandbox');
  const { name: serverName, start } = await chooseServer(kind);
  const { installed, missing } = await otherClients(names);
  const own = nearplay(await installCli(folder));
  const clients = [...(names.includes(OURS) ? [own] : []), ...installed];
  explain(`${describeMachine()}, ${describeLoad()}`);
  explain(`against ${serverName}; every client with its default settings`);
  for (const line of lines) explain(`${line.padEnd(12)} ${DESCRIPTIONS[line]}`);
  for (const { name, version } of clients) explain(`${name.padEnd(12)} ${version}`);
  for (const { name, why } of missing) explain(`${name.padEnd(12)} MISSING: ${why}`);
  const targets: Figure[] = missing.map(({ name }) => ({
    ...{ figure: `${name} to compare with`, value: null, unit: 'clients', target: null, ok: false },
  }));
  if (values.json) for (const figure of targets) say(JSON.stringify(figure));
  for (const line of lines) {
    for (const loadKind of kinds) {
      const files = await mkdtemp(join(folder, 'load-'));
      const load = await makeLoad(loadKind, files, { largeBytes: largeBytesFor(line), smallFiles, tinyFiles });
      for (const protocol of protocols) {
        for (const direction of directions) {
          const options = { line, protocol, direction, load, clients, start };
          const open = () => start(protocol);
          const cell =
            direction === 'put'
              ? await measure(options, (attempt) => withServer(open, (server) => runOnce(attempt, server)))
              : await withServer(open, async (server) => {
                  await seed(server, load, own);
                  return measure(options, (attempt) => runOnce(attempt, server));
                });
          targets.push(...report(cell));
        }
      }
      await rm(files, { recursive: true, force: true });
    }
  }
  explain('');
  for (const target of targets) explain(describeTarget(target));
  return targets.every(({ ok }) => ok === true);
}

const isMeasurable = await access('/usr/bin/time').then(
  () => true,
  () => false,
);
if (!isMeasurable) {
  process.stderr.write('GNU time is missing (/usr/bin/time; Debian package "time"): nothing was measured.\n');
  process.exit(1);
}
const folder = await mkdtemp(join(tmpdir(), 'nearplay-bench-'));
try {
  process.exitCode = (await benchmarkAll(folder)) ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
