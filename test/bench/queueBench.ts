// A queue of many files: how long taking them in takes, what every action on all of them costs, and for how long at a
// stretch each keeps the event loop (and with it the window) from answering. The list is read in pages, as a window does;
// `list`, which reads all of it at once, is for the command line alone.
//
//   npm run bench:queue [-- FILES] [-- --json]
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SILENT } from '../../electron/services/runtime/log.ts';
import { StorageClients } from '../../electron/services/storage/storageClients.ts';
import { Journal } from '../../electron/services/transfers/journal/journal.ts';
import { TransferQueue } from '../../electron/services/transfers/queue/queue.ts';
import { preferencesSchema } from '../../shared/preferences.ts';
import { atMost, describeLoad, describeMachine, measured, printFigures } from './figures.ts';

const SECOND = 1000;
const NANOSECONDS = 1e6;
const PER_FOLDER = 500;
const PAGE = 1000;
/** What a window may wait for an answer. Milliseconds. */
const ALLOWED = 50;
/** How exactly delays are seen. Milliseconds. */
const RESOLUTION = 2;
/** What an action sets going goes on after it: journal, announcements. */
const AFTERMATH = 2 * SECOND;
const MOST = 120 * SECOND;
const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const files = Number(positionals[0] ?? 100_000);

/** Nobody listens there: what is queued stays queued. */
const preferences = preferencesSchema.parse({
  version: 1,
  s3Configuration: {
    main: { region: 'us-east-1', bucket: 'media', prefix: 'p', endpoint: 'http://127.0.0.1:9', forcePathStyle: true },
  },
  mainStorage: 'main',
});

interface Step {
  name: string;
  /** Milliseconds until it was done. */
  took: number;
  /** The longest time at a stretch without an answer, milliseconds. */
  longest: number;
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nearplay-bench-queue-'));
  try {
    await writeFiles(join(folder, 'project'));
    print(await steps(folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeFiles(project: string): Promise<void> {
  for (let index = 0; index < files; index += PER_FOLDER) {
    const below = join(project, `shot${index / PER_FOLDER}`);
    await mkdir(below, { recursive: true });
    const names = Array.from({ length: Math.min(PER_FOLDER, files - index) }, (_, n) => join(below, `${n}.exr`));
    await Promise.all(names.map((path) => writeFile(path, '').then(() => utimes(path, 1e9, 1e9))));
  }
}

async function steps(folder: string): Promise<Step[]> {
  const done: Step[] = [];
  const step = async (name: string, work: () => unknown, isDone: () => boolean = () => true) => {
    done.push(await measure(name, work, isDone));
  };
  const all = (queue: TransferQueue, state: 'paused' | 'cancelled') => () => queue.totals().files[state] === files;
  const journal = join(folder, 'journal');

  const queue = makeQueue(journal);
  await queue.start();
  await step('add', () => queue.add('', [join(folder, 'project')]));
  await step('one page', () => queue.page(undefined, PAGE));
  await step('totals', () => queue.totals());
  await step('pause all', () => queue.pause(), all(queue, 'paused'));
  await step(
    'resume all',
    () => queue.resume(),
    () => queue.totals().files.paused === 0,
  );
  const last = queue.page(undefined, files).transfers.slice(-files / 2);
  const ids = last.map(({ id }) => id);
  await step(
    'pause half, by ids',
    () => queue.pause(ids),
    () => queue.totals().files.paused >= ids.length,
  );
  await step(
    'resume half, by ids',
    () => queue.resume(ids),
    () => queue.totals().files.paused === 0,
  );
  await step('move half to the front', () => queue.move(ids, queue.page(undefined, 1).transfers[0]?.id ?? null));
  await step('stop', () => queue.stop());

  const again = makeQueue(journal);
  await step('restart', () => again.start());
  await step('all pages', () => readPages(again));
  await step('cancel all', () => again.cancel(), all(again, 'cancelled'));
  await step(
    'clear',
    () => again.clear(),
    () => again.page(undefined, 1).transfers.length === 0,
  );
  await again.stop();
  return done;
}

/** As a window reads them: one after the other, other work in between. */
async function readPages(queue: TransferQueue): Promise<void> {
  for (let after: string | undefined; ;) {
    const { next } = queue.page(after, PAGE);
    if (next === undefined) return;
    after = next;
    await wait(0);
  }
}

function makeQueue(journalFolder: string): TransferQueue {
  const credentials = { accessKeyId: 'nobody', secretAccessKey: 'nobody' };
  const clients = new StorageClients(preferences, { credentials, now: () => Date.now() });
  return new TransferQueue({
    target: () => ({ client: clients.clientOf('main'), configuration: clients.configurationOf('main') }),
    journal: new Journal(journalFolder),
    changed: () => undefined,
    completed: () => undefined,
    now: () => Date.now(),
    random: Math.random,
    log: SILENT,
  });
}

/** @throws Error when it is not done in time */
async function measure(name: string, work: () => unknown, isDone: () => boolean): Promise<Step> {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  // What happens before its first interval has begun is not seen.
  await wait(5 * RESOLUTION);
  const begin = performance.now();
  await work();
  while (!isDone()) {
    if (performance.now() - begin > MOST) throw new Error(`${name} is not done after ${MOST / SECOND} s`);
    await wait(RESOLUTION);
  }
  const took = performance.now() - begin;
  await wait(AFTERMATH);
  delay.disable();
  return { name, took, longest: delay.max / NANOSECONDS };
}

function print(done: readonly Step[]): void {
  if (!values.json) say(`${files} files; Node ${process.version}; ${describeMachine()}; ${describeLoad()}`);
  printFigures(
    done.flatMap(({ name, took, longest }) => [
      measured(`${name}: done after`, took, 'ms'),
      atMost(ALLOWED, `${name}: longest time at a stretch`, longest, 'ms'),
    ]),
    values.json,
  );
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main();
