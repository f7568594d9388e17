/**
 * `npm run bench:memory [-- --server minio|sandbox] [--protocol http|https] [--size MIB] [--stream MIB] [--json]`:
 * what our command line needs of memory at most, all of its process, for one large file up and down (default 10 GB) and for a
 * stream of unknown length (default 2 GB).
 */
import { mkdtemp, open, rm, statfs, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { type CommandLine, type Cost, costOf } from './cost.ts';
import { atMost, describeLoad, describeMachine, type Figure, measured, printFigures } from './figures.ts';
import { installCli } from './installedCli.ts';
import { type BenchServer, chooseServer, preferencesOf, SERVER_KINDS } from './servers.ts';
import { nearplay } from './transferClients.ts';

const MIB = 1024 ** 2;
const HOUR = 3600;
const PEAK_MIB = 150;
/** Of the disk, beyond what the server keeps for a moment. */
const SPARE = 4 * 1024 * MIB;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    server: { type: 'string' },
    protocol: { type: 'string', default: 'http' },
    size: { type: 'string' },
    stream: { type: 'string' },
  },
});
const size = values.size === undefined ? 10e9 : Number(values.size) * MIB;
const streamed = values.stream === undefined ? 2e9 : Number(values.stream) * MIB;
const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Zeros that take no room: what a file holds makes no difference to memory. */
async function sparseFile(path: string): Promise<void> {
  const handle = await open(path, 'w');
  await handle.truncate(size);
  await handle.close();
  const anHourAgo = Math.floor(Date.now() / 1000) - HOUR;
  await utimes(path, anHourAgo, anHourAgo);
}

function streamOf(bytes: number): Readable {
  const chunk = Buffer.alloc(64 * 1024);
  const chunks = function* () {
    for (let left = bytes; left > 0; left -= chunk.length) yield chunk.subarray(0, Math.min(left, chunk.length));
  };
  return Readable.from(chunks());
}

type CommandFor = (server: BenchServer, scratch: string) => CommandLine;

/** @param before makes what the command needs, unmeasured. */
async function measure(what: string, bytes: number, commandFor: CommandFor, before?: CommandFor): Promise<Figure[]> {
  const server = await start();
  const scratch = await mkdtemp(join(folder, 'run-'));
  try {
    await writeFile(join(scratch, 'preferences.json'), JSON.stringify(preferencesOf(server)));
    if (before) await costOf(before(server, scratch));
    const cost = await costOf(commandFor(server, scratch));
    const { bytes: arrived } = await server.contents();
    if (arrived !== bytes) throw new Error(`${arrived} of ${bytes} bytes arrived`);
    return figuresOf(what, bytes, cost);
  } finally {
    await server.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

function figuresOf(what: string, bytes: number, { seconds, cpuSeconds, peakMemory }: Cost): Figure[] {
  return [
    atMost(PEAK_MIB, `${what}: peak memory`, peakMemory / MIB, 'MiB'),
    measured(`${what}: rate`, bytes / 1e6 / seconds, 'MB/s'),
    measured(`${what}: processor time`, cpuSeconds, 's'),
  ];
}

const { bavail, bsize } = await statfs(tmpdir());
if (bavail * bsize < 2 * size + SPARE) {
  say(
    `There is too little room in ${tmpdir()}: the server and a download keep ${(size / 1e9).toFixed(0)} GB each until the end of the run.`,
  );
  process.exit(1);
}
const { name, start: startServer } = await chooseServer(SERVER_KINDS.find((kind) => kind === values.server));
const protocol = values.protocol === 'https' ? 'https' : 'http';
const start = () => startServer(protocol);
const folder = await mkdtemp(join(tmpdir(), 'nearplay-bench-'));
try {
  const client = nearplay(await installCli(folder));
  if (!values.json) {
    say(`${describeMachine()}, ${describeLoad()}; against ${name}, over ${protocol}; ${client.version}`);
  }
  const path = join(folder, 'large.bin');
  await sparseFile(path);
  const put: CommandFor = (server, scratch) =>
    client.command({ direction: 'put', server, scratch, name: 'large.bin', path, isFolder: false });
  const get: CommandFor = (server, scratch) =>
    client.command({
      ...{ direction: 'get', server, scratch, name: 'large.bin', path: join(scratch, 'got.bin'), isFolder: false },
    });
  const stream: CommandFor = (server, scratch) => {
    const errand = { direction: 'put', server, scratch, name: 'stream.bin', path: '-', isFolder: false } as const;
    const command = client.command(errand);
    return { ...command, args: [...command.args, '--to', 'stream.bin'], stdin: streamOf(streamed) };
  };
  const file = `a file of ${(size / 1e9).toFixed(1)} GB`;
  const figures = [
    ...(await measure(`${file} up`, size, put)),
    ...(await measure(`${file} down`, size, get, put)),
    ...(await measure(`a stream of ${(streamed / 1e9).toFixed(1)} GB`, streamed, stream)),
  ];
  printFigures(figures, values.json);
} finally {
  await rm(folder, { recursive: true, force: true });
}
