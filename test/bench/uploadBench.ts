/**
 * `npm run bench:upload [-- --quick] [--https] [--rounds N] [--size MIB] [--files N] [--json]`: how fast uploads are, next to
 * other clients, against the same server in the same run. Each client runs in a process of its own and is measured from outside;
 * the server is this process, a new one for each run. Rounds are interleaved, so that what else the machine does hits all alike.
 */
import { randomBytes } from 'node:crypto';
import { access, mkdir, mkdtemp, open, rm, utimes, writeFile } from 'node:fs/promises';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { measure, UPLOAD_CLIENTS, type Cost, type UploadClient } from './uploadClients.ts';

const MIB = 1024 ** 2;
const SMALL = 256 * 1024;
const HOUR = 3600;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    https: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
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
}

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function installedClients(): Promise<UploadClient[]> {
  const installed: UploadClient[] = [];
  for (const client of UPLOAD_CLIENTS) {
    const version = await client.version();
    if (!values.json) say(`${client.name.padEnd(9)} ${version ?? 'is not installed and is left out'}`);
    if (version !== undefined) installed.push(client);
  }
  return installed;
}

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
  return [
    { name: `1 file of ${size / MIB} MiB`, path: large, isFolder: false, bytes: size, objects: 1 },
    { name: `${files} files of 256 KiB`, path: small, isFolder: true, bytes: files * SMALL, objects: files },
  ];
}

async function runOnce(client: UploadClient, load: Load, folder: string): Promise<Cost> {
  const sandbox = await startSandbox({ https: values.https });
  sandbox.setReplication({ mode: 'never' });
  try {
    const caFile = join(folder, 'ca.pem');
    if (sandbox.caCertificate !== undefined) await writeFile(caFile, sandbox.caCertificate);
    const cost = await measure(client, { sandbox, ...load, ...(values.https && { caFile }) });
    assertArrived(sandbox, client, load);
    return cost;
  } finally {
    await sandbox.close();
  }
}

/** A fast client that sent nothing must not win. */
function assertArrived(sandbox: Sandbox, client: UploadClient, load: Load): void {
  const bucket = sandbox.bucketOf(sandbox.main.name);
  const versions = bucket.keys().flatMap((key) => bucket.current(key) ?? []);
  const bytes = versions.reduce((sum, version) => sum + version.size, 0);
  if (versions.length === load.objects && bytes === load.bytes) return;
  throw new Error(`${client.name} left ${versions.length} objects of ${bytes} bytes for ${load.name}`);
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (low + high) / 2;
}

interface Result {
  load: string;
  client: string;
  megabytesPerSecond: number;
  cpuSeconds: number;
  peakMemoryMiB: number;
  /** Of the medians of seconds, to the fastest of the other clients: below 1 is faster. */
  ratioToFastestOther?: number;
}

function resultsOf(load: Load, costs: ReadonlyMap<string, readonly Cost[]>): Result[] {
  const seconds = new Map([...costs].map(([name, all]) => [name, median(all.map((cost) => cost.seconds))]));
  return [...costs].map(([client, all]) => {
    const own = seconds.get(client) ?? 0;
    const others = [...seconds].flatMap(([name, time]) => (name === client ? [] : [time]));
    return {
      load: load.name,
      client,
      megabytesPerSecond: load.bytes / 1e6 / own,
      cpuSeconds: median(all.map((cost) => cost.cpuSeconds)),
      peakMemoryMiB: median(all.map((cost) => cost.peakMemory)) / MIB,
      ...(others.length > 0 && { ratioToFastestOther: own / Math.min(...others) }),
    };
  });
}

function print(result: Result): void {
  if (values.json) {
    say(JSON.stringify(result));
    return;
  }
  const { client, megabytesPerSecond, cpuSeconds, peakMemoryMiB, ratioToFastestOther } = result;
  const ratio = ratioToFastestOther === undefined ? '' : `${ratioToFastestOther.toFixed(2)} × fastest other`;
  const columns = [
    `${megabytesPerSecond.toFixed(0)} MB/s`,
    `${cpuSeconds.toFixed(1)} CPU s`,
    `${peakMemoryMiB.toFixed(0)} MiB`,
  ];
  say(`  ${client.padEnd(9)} ${columns.map((column) => column.padStart(12)).join('')}   ${ratio}`);
}

async function benchmark(load: Load, clients: readonly UploadClient[], folder: string): Promise<void> {
  const costs = new Map<string, Cost[]>(clients.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const client of clients) costs.get(client.name)?.push(await runOnce(client, load, folder));
  }
  if (!values.json) say(`\n${load.name}, medians of ${rounds}:`);
  for (const result of resultsOf(load, costs)) print(result);
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
  if (!values.json) {
    const [cpu] = cpus();
    const machine = `${cpus().length} × ${cpu?.model ?? 'CPU'}, ${(totalmem() / 1024 ** 3).toFixed(0)} GiB, ${release()}`;
    say(`${machine}; the sample storage over ${values.https ? 'HTTPS' : 'HTTP'} on loopback, in a process of its own`);
  }
  const clients = await installedClients();
  for (const load of await makeLoads(folder)) await benchmark(load, clients, folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
