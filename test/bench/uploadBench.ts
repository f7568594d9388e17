/**
 * `npm run bench:upload [-- --quick] [--server minio|sandbox] [--protocol http|https] [--rounds N] [--size MIB] [--files N]
 * [--json]`: how fast uploads are, next to other clients with their default settings, against the same server in the same
 * run, over HTTP and HTTPS. Each client runs in a process of its own and is measured from outside; the storage is a new one
 * for each run. Rounds are interleaved, so that what else the machine does hits all alike.
 */
import { randomBytes } from 'node:crypto';
import { access, mkdir, mkdtemp, open, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type CommandLine, type Cost, costOf } from './cost.ts';
import { describeLoad, describeMachine, median } from './figures.ts';
import { installCli } from './installedCli.ts';
import { type BenchServer, chooseServer, preferencesOf, type Protocol, PROTOCOLS, SERVER_KINDS } from './servers.ts';
import { nearplay, otherClients, type UploadClient } from './uploadClients.ts';

const MIB = 1024 ** 2;
const SMALL = 256 * 1024;
const HOUR = 3600;
/** What a server does after its start is over by then. Milliseconds. */
const CALM = 1000;
const OURS = 'nearplay';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    server: { type: 'string' },
    protocol: { type: 'string' },
    rounds: { type: 'string' },
    size: { type: 'string' },
    files: { type: 'string' },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const size = Number(values.size ?? (values.quick ? 128 : 2048)) * MIB;
const files = Number(values.files ?? (values.quick ? 100 : 2000));

interface Load {
  name: string;
  path: string;
  isFolder: boolean;
  bytes: number;
  objects: number;
  /** Our time may be so many times the fastest other's. */
  target: number;
}

interface Result {
  load: string;
  protocol: Protocol;
  client: string;
  /** Medians, as all that follow. */
  seconds: number;
  megabytesPerSecond: number;
  cpuSeconds: number;
  peakMemoryMiB: number;
  fastestSeconds: number;
  slowestSeconds: number;
}

const say = (line: string) => void process.stdout.write(`${line}\n`);
const explain = (line: string) => {
  if (!values.json) say(line);
};

/** Random bytes, last changed an hour ago: nobody waits for a file to settle. */
async function makeLoads(folder: string): Promise<Load[]> {
  const anHourAgo = Math.floor(Date.now() / 1000) - HOUR;
  const large = join(folder, 'large.bin');
  const handle = await open(large, 'w');
  for (let written = 0; written < size; written += MIB) await handle.write(randomBytes(MIB));
  await handle.close();
  await utimes(large, anHourAgo, anHourAgo);
  const small = join(folder, 'small');
  await mkdir(small);
  for (let index = 0; index < files; index++) {
    const path = join(small, `${String(index).padStart(5, '0')}.bin`);
    await writeFile(path, randomBytes(SMALL));
    await utimes(path, anHourAgo, anHourAgo);
  }
  const one = { name: `1 file of ${size / MIB} MiB`, path: large, isFolder: false, bytes: size, objects: 1 };
  const many = { name: `${files} files of 256 KiB`, path: small, isFolder: true, bytes: files * SMALL, objects: files };
  return [
    { ...one, target: 1 },
    { ...many, target: 1.5 },
  ];
}

type StartServer = (protocol: Protocol) => Promise<BenchServer>;

async function runOnce(client: UploadClient, load: Load, start: StartServer, protocol: Protocol): Promise<Cost> {
  const server = await start(protocol);
  const scratch = await mkdtemp(join(tmpdir(), 'nearplay-bench-'));
  try {
    await writeFile(join(scratch, 'preferences.json'), JSON.stringify(preferencesOf(server)));
    await wait(CALM);
    const command = client.command({ server, scratch, ...load });
    showOnce(client, command, load);
    const cost = await costOf(command);
    await assertArrived(server, client, load);
    return cost;
  } finally {
    await server.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

const shown = new Set<string>();

/** The command line as it runs, with the environment's names but none of its secrets. */
function showOnce({ name }: UploadClient, { program, args, env }: CommandLine, load: Load): void {
  const what = `${name} ${load.name}`;
  if (shown.has(what)) return;
  shown.add(what);
  explain(`  ${Object.keys(env).join(' ')}\n    ${[program, ...args].join(' ')}`);
}

/** A fast client that sent nothing must not win. */
async function assertArrived(server: BenchServer, client: UploadClient, load: Load): Promise<void> {
  const { objects, bytes } = await server.contents();
  if (objects === load.objects && bytes === load.bytes) return;
  throw new Error(`${client.name} left ${objects} objects of ${bytes} bytes for ${load.name}`);
}

function resultOf(load: Load, protocol: Protocol, client: string, costs: readonly Cost[]): Result {
  const times = costs.map((cost) => cost.seconds);
  const seconds = median(times);
  return {
    ...{ load: load.name, protocol, client, seconds },
    megabytesPerSecond: load.bytes / 1e6 / seconds,
    cpuSeconds: median(costs.map((cost) => cost.cpuSeconds)),
    peakMemoryMiB: median(costs.map((cost) => cost.peakMemory)) / MIB,
    fastestSeconds: Math.min(...times),
    slowestSeconds: Math.max(...times),
  };
}

/** The fastest of the others, by the median. */
function fastestOther(results: readonly Result[]): Result | undefined {
  return results.filter(({ client }) => client !== OURS).sort((a, b) => a.seconds - b.seconds)[0];
}

function print(result: Result, results: readonly Result[]): void {
  if (values.json) {
    say(JSON.stringify(result));
    return;
  }
  const { client, seconds, megabytesPerSecond, cpuSeconds, peakMemoryMiB, fastestSeconds, slowestSeconds } = result;
  const fastest = fastestOther(results);
  const columns = [
    `${megabytesPerSecond.toFixed(0)} MB/s`,
    `${seconds.toFixed(2)} s`,
    `(${fastestSeconds.toFixed(2)}–${slowestSeconds.toFixed(2)})`,
    `${cpuSeconds.toFixed(1)} CPU s`,
    `${peakMemoryMiB.toFixed(0)} MiB`,
  ];
  const ratio = fastest ? `${(seconds / fastest.seconds).toFixed(2)} × ${fastest.client}'s time` : '';
  say(`  ${client.padEnd(9)} ${columns.map((column) => column.padStart(14)).join('')}   ${ratio}`);
}

/** @returns one sentence: whether the target is met. */
async function benchmark(load: Load, clients: UploadClient[], start: StartServer, protocol: Protocol): Promise<string> {
  explain(`\n${load.name} over ${protocol}, medians of ${rounds}; ${describeLoad()}`);
  const costs = new Map<string, Cost[]>(clients.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    // Another one begins each time: who comes first finds the machine in another state than who comes last.
    const first = round % clients.length;
    for (const client of [...clients.slice(first), ...clients.slice(0, first)]) {
      costs.get(client.name)?.push(await runOnce(client, load, start, protocol));
    }
  }
  const results = [...costs].map(([client, all]) => resultOf(load, protocol, client, all));
  for (const result of results) print(result, results);
  explain(`  ${describeLoad()}`);
  const own = results.find(({ client }) => client === OURS);
  const other = fastestOther(results);
  const what = `${load.name} over ${protocol}`;
  if (!own || !other) return `${what}: no other client to compare with`;
  const ratio = own.seconds / other.seconds;
  const word = ratio <= load.target ? 'target met' : 'TARGET MISSED';
  const allowed = load.target === 1 ? 'no slower' : `within ${load.target} times`;
  return `${what}: ${word}: ${ratio.toFixed(2)} times ${other.client}'s time, the fastest other (target: ${allowed})`;
}

async function benchmarkAll(folder: string): Promise<void> {
  const protocols = PROTOCOLS.filter((protocol) => (values.protocol ?? protocol) === protocol);
  const kind = SERVER_KINDS.find((name) => name === values.server);
  const isKnown = protocols.length > 0 && (kind !== undefined || values.server === undefined);
  if (!isKnown) throw new Error('--server is minio or sandbox; --protocol is http or https');
  const server = await chooseServer(kind);
  const { installed, missing } = await otherClients();
  const clients = [nearplay(await installCli(folder)), ...installed];
  explain(`${describeMachine()}, ${describeLoad()}`);
  explain(`against ${server.name}, on loopback; every client with its default settings`);
  for (const { name, version } of clients) explain(`${name.padEnd(9)} ${version}`);
  for (const name of missing) explain(`${name.padEnd(9)} is not installed and is left out`);
  const verdicts: string[] = [];
  for (const load of await makeLoads(folder)) {
    for (const protocol of protocols) verdicts.push(await benchmark(load, clients, server.start, protocol));
  }
  explain('');
  for (const verdict of verdicts) explain(verdict);
}

const isMeasurable = await access('/usr/bin/time').then(
  () => true,
  () => false,
);
if (!isMeasurable) {
  say('GNU time is missing (/usr/bin/time; Debian package "time"): nothing was measured.');
  process.exit(1);
}
const folder = await mkdtemp(join(tmpdir(), 'nearplay-bench-'));
try {
  await benchmarkAll(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
