// The window's range reader over a long line (75 ms each way and for the handshake, 6 MB/s a connection): how much faster a film
// is read in order than one connection's rate allows, and what that takes. Node's fetch stands in for the window's, with the
// window's number of connections; storage and relay have processes of their own.
//
//   npm run bench:reader [-- --json]
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RangeReader } from '../../renderer/player/reader/rangeReader.ts';
import { KIB, MIB, SECOND_MS } from '../../shared/units.ts';
import { readLinkTo } from '../helpers/readLinks.ts';
import { startRelayProcess } from '../helpers/relayProcess.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { seed } from '../sandbox/seed.ts';
import { atLeast, describeLoad, describeMachine, measured, median, printFigures } from './figures.ts';

const CONNECTION_BYTES_PER_SECOND = 6e6;
const SIZE = 24 * MIB;
/** Read at once, as a demultiplexer does. */
const STEP = 256 * KIB;
const ROUNDS = 5;
/** At least. */
const TARGET = 2.5;

async function main(json: boolean): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nearplay-bench-'));
  const sandbox = await startSandbox({ replicationDelayMs: 0 });
  const { port } = new URL(sandbox.main.endpoint);
  const relay = await startRelayProcess({
    targetPort: Number(port),
    bytesPerSecond: CONNECTION_BYTES_PER_SECOND,
    handshake: true,
  });
  try {
    await writeFile(join(folder, 'film.mov'), randomBytes(SIZE));
    const [version] = await seed(sandbox, folder);
    if (!version) throw new Error('Nothing was put');
    const link = () => readLinkTo(sandbox, sandbox.main, version, `http://127.0.0.1:${relay.port}`);
    const seconds: number[] = [];
    const requests: number[] = [];
    let received = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const reader = new RangeReader({ link });
      const began = performance.now();
      for (let at = 0; at < SIZE; at += STEP) await reader.read(at, Math.min(SIZE, at + STEP));
      seconds.push((performance.now() - began) / SECOND_MS);
      requests.push(reader.figures.requests);
      received = Math.max(received, reader.figures.bytesReceived);
      reader.dispose();
    }
    const ratio = SIZE / CONNECTION_BYTES_PER_SECOND / median(seconds);
    if (!json) say(`${SIZE / MIB} MiB in order, ${ROUNDS} rounds; ${describeMachine()}; ${describeLoad()}`);
    printFigures(
      [
        atLeast(TARGET, 'far read in order, to one connection', ratio, 'times'),
        measured('far read in order', median(seconds), 's'),
        measured('requests', median(requests), 'requests'),
        { ...measured('bytes received', received / SIZE, 'of the size'), target: 1, ok: received === SIZE },
      ],
      json,
    );
  } finally {
    await relay.close();
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main(parseArgs({ options: { json: { type: 'boolean', default: false } } }).values.json);
