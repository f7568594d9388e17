// Finding the route of every object of a folder and signing their links: objects a second, CPU, and requests that went out.
//
//   npm run bench:links [-- OBJECTS] [-- --json]
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { type Application, createServices } from '../../electron/services/application.ts';
import { settingsInMemory } from '../../electron/services/preferences/settingsStore.ts';
import { SILENT } from '../../electron/services/runtime/log.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { seed } from '../sandbox/seed.ts';
import { atMost, describeLoad, describeMachine, measured, median, printFigures } from './figures.ts';

const SECOND = 1000;
const DAY = 24 * 3600 * SECOND;
const ROUNDS = 5;
const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const objects = Number(positionals[0] ?? 10_000);
/** Processor time of a link, to that of the SDK's own function. */
const TARGET = 1;

interface Round {
  listed: number;
  /** Milliseconds of wall time. */
  listing: number;
  signing: number;
  /** Milliseconds of CPU of this process while links were signed. */
  signingCpu: number;
  requests: Record<string, number>;
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nearplay-bench-'));
  const sandbox = await startSandbox({ replicationDelayMs: 0 });
  const services = await prepare(sandbox, folder);
  try {
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(services, sandbox));
    const peer = await measurePeer(services, Math.min(objects, 2000));
    print(rounds, peer);
  } finally {
    await services.stop();
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function prepare(sandbox: Sandbox, folder: string): Promise<Application> {
  const media = join(folder, 'media');
  await mkdir(media);
  for (let index = 0; index < objects; index++) {
    // No sequences: each is an object of its own.
    await writeFile(join(media, `sq${String(index).padStart(6, '0')}_comp.mov`), `${index}`);
  }
  await seed(sandbox, media, { prefix: 'media', ageMs: DAY, replicated: true });
  const preferences = join(folder, 'preferences.json');
  await writeFile(preferences, JSON.stringify(sandbox.preferences({ delaySeconds: 60, services: [] })));
  const services = createServices({
    userDataFolder: folder,
    settings: settingsInMemory(),
    env: {
      AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
    },
    commandLinePreferences: preferences,
    givenAddress: '203.0.113.7',
    log: SILENT,
    now: () => Date.now(),
    version: '0',
    platform: process.platform,
    runtime: 'bench',
  });
  await services.start();
  return services;
}

async function measure(services: Application, sandbox: Sandbox): Promise<Round> {
  const before = sandbox.requests.length;
  const started = performance.now();
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await services.studio().library.list('', cursor);
    for (const entry of page.entries) {
      if (entry.type === 'file' && entry.route.reason === 'replica-by-ip') keys.push(entry.key);
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  const listed = performance.now();
  const cpu = process.cpuUsage();
  for (const key of keys) await services.studio().createLink(key, 'preview');
  const { user, system } = process.cpuUsage(cpu);
  const requests: Record<string, number> = {};
  for (const { operation, region } of sandbox.requests.slice(before)) {
    requests[`${operation} ${region}`] = (requests[`${operation} ${region}`] ?? 0) + 1;
  }
  return {
    listed: keys.length,
    listing: listed - started,
    signing: performance.now() - listed,
    signingCpu: (user + system) / SECOND,
    requests,
  };
}

/** The SDK's own getSignedUrl for as many objects, in the same run. Milliseconds of CPU per 1,000 links. */
async function measurePeer(services: Application, count: number): Promise<number> {
  const { clients } = services.studio();
  const client = clients.clientOf('sydney');
  const { bucket } = clients.configurationOf('sydney');
  const cpu = process.cpuUsage();
  for (let index = 0; index < count; index++) {
    await getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: `media/sq${index}_comp.mov` }));
  }
  const { user, system } = process.cpuUsage(cpu);
  return ((user + system) / SECOND / count) * SECOND;
}

function print(rounds: readonly Round[], peer: number): void {
  const middle = (of: (round: Round) => number) => median(rounds.map(of));
  const perThousand = middle(({ signingCpu, listed }) => (signingCpu / listed) * SECOND);
  if (!values.json) {
    process.stdout.write(`Node ${process.version}; ${describeMachine()}; ${describeLoad()}\n`);
    process.stdout.write(
      `${objects} objects, sample storage on loopback in the same process, medians of ${ROUNDS} rounds\n`,
    );
  }
  printFigures(
    [
      measured(
        'routes found from listings, from the replica',
        middle(({ listed }) => listed),
        'objects',
      ),
      measured(
        'listing and routing',
        middle(({ listed, listing }) => (listed / listing) * SECOND),
        'objects/s',
      ),
      measured(
        'signing',
        middle(({ listed, signing }) => (listed / signing) * SECOND),
        'links/s',
      ),
      measured('processor time of 1,000 links', perThousand, 'ms'),
      measured('processor time of 1,000 links by getSignedUrl of the SDK', peer, 'ms'),
      atMost(TARGET, "processor time to that of the SDK's", perThousand / peer, 'ratio'),
      ...Object.entries(rounds.at(-1)?.requests ?? {}).map(([name, count]) =>
        measured(`requests a round: ${name}`, count, 'requests'),
      ),
    ],
    values.json,
  );
}

await main();
