/**
 * `npm run bench:memory [-- --server minio|sandbox] [--protocol http|https] [--size MIB] [--stream MIB]`: what our command line needs of memory at most,
 * all of its process, for one large file (default 10 GB) and for a stream of unknown length (default 2 GB).
 */
import { mkdtemp, open, rm, statfs, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { type CommandLine, type Cost, costOf } from './cost.ts';
import { describeLoad, describeMachine } from './figures.ts';
import { installCli } from './installedCli.ts';
import { type BenchServer, chooseServer, preferencesOf, SERVER_KINDS } from './servers.ts';
import { nearplay } from './transferClients.ts';

const MIB = 1024 ** 2;
const HOUR = 3600;
/** Bytes. */
const TARGET = 300e6;
/** Of the disk, beyond what the server keeps for a moment. */
const SPARE = 4 * 1024 * MIB;

const { values } = parseArgs({
  options: {
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

async function measure(what: string, bytes: number, commandFor: (server: BenchServer, scratch: string) => CommandLine) {
  const server = await start();
  const scratch = await mkdtemp(join(folder, 'run-'));
  try {
    await writeFile(join(scratch, 'preferences.json'), JSON.stringify(preferencesOf(server)));
    const cost = await costOf(commandFor(server, scratch));
    const { bytes: arrived } = await server.contents();
    if (arrived !== bytes) throw new Error(`${arrived} of ${bytes} bytes arrived`);
    report(what, bytes, cost);
  } finally {
    await server.close();
  }
}

function report(what: string, bytes: number, { seconds, cpuSeconds, peakMemory }: Cost): void {
  const figures = `${(bytes / 1e6 / seconds).toFixed(0)} MB/s, ${cpuSeconds.toFixed(1)} CPU s; ${describeLoad()}`;
  const word = peakMemory < TARGET ? 'target met' : 'TARGET MISSED';
  say(`${what}: ${word}: peak memory ${(peakMemory / 1e6).toFixed(0)} MB (target: below ${TARGET / 1e6}); ${figures}`);
}

const { bavail, bsize } = await statfs(tmpdir());
if (bavail * bsize < size + SPARE) {
  say(
    `There is too little room in ${tmpdir()}: the server keeps the ${(size / 1e9).toFixed(0)} GB until the end of the run.`,
  );
  process.exit(1);
}
const { name, start: startServer } = await chooseServer(SERVER_KINDS.find((kind) => kind === values.server));
const protocol = values.protocol === 'https' ? 'https' : 'http';
const start = () => startServer(protocol);
const folder = await mkdtemp(join(tmpdir(), 'nearplay-bench-'));
try {
  const client = nearplay(await installCli(folder));
  say(`${describeMachine()}, ${describeLoad()}; against ${name}, over ${protocol}; ${client.version}`);
  const path = join(folder, 'large.bin');
  await sparseFile(path);
  await measure(`one file of ${(size / 1e9).toFixed(1)} GB`, size, (server, scratch) =>
    client.command({ direction: 'put', server, scratch, name: 'large.bin', path, isFolder: false }),
  );
  await measure(`a stream of ${(streamed / 1e9).toFixed(1)} GB`, streamed, (server, scratch) => {
    const errand = { direction: 'put', server, scratch, name: 'stream.bin', path: '-', isFolder: false } as const;
    const command = client.command(errand);
    return { ...command, args: [...command.args, '--to', 'stream.bin'], stdin: streamOf(streamed) };
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}
