// The window while many small files are queued and uploaded: how long input waits for an answer, in the drawer and in the
// library. A folder is dropped on the library of the app (in the stand-in where Electron is missing, without a display), on
// the sample storage. All of it shares the processors of this machine, as it does not at a user's.
//
// Then a film plays over a long line while files are dropped and saved.
//
//   npm run bench:window [-- FILES] [--only queue|film] [--json]
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright';
import { MIB } from '../../shared/units.ts';
import { openStudioInApp, type StudioInApp } from '../e2e/studioInApp.ts';
import { dropFiles } from '../helpers/dropFiles.ts';
import { type InputFigures, percentile, watchInput } from '../helpers/inputLatency.ts';
import { atMost, describeLoad, describeMachine, type Figure, measured, printFigures } from './figures.ts';
import { LOAD_DESCRIPTION, playUnderLoad } from './playUnderLoad.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const PER_FOLDER = 500;
const SIZE = 1024;
const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, only: { type: 'string' } },
  allowPositionals: true,
});
const files = Number(positionals[0] ?? 100_000);
/** What S3 takes for a small object, about. On loopback the storage would keep a processor busy that a user's has free. */
const ANSWERS_AFTER = 100;
/** Milliseconds that 95% of inputs wait at most. */
const ALLOWED = 50;
/** Between two inputs: somebody in a hurry. Milliseconds. */
const EVERY = 120;
const UPLOADING_FOR = 30 * SECOND;
const MOST = 15 * MINUTE;

interface Stretch {
  name: string;
  seconds: number;
  uploaded: number;
  figures: InputFigures;
}

async function queueing(): Promise<void> {
  const studio = await openStudioInApp({ sandbox: { replicationDelayMs: 15 * SECOND } });
  try {
    describe(`${files} files of ${SIZE} bytes are dropped and uploaded`, studio);
    studio.sandbox.addFault({ method: 'PUT', effect: { kind: 'latency', milliseconds: ANSWERS_AFTER } });
    const project = join(studio.folder, 'project');
    await writeFiles(project);
    const stretches = await measureAll(studio, project);
    printFigures(figuresOf(stretches, await peakMemoryOf(studio.app.mainPid)), values.json);
  } finally {
    await studio.stop();
  }
}

async function writeFiles(project: string): Promise<void> {
  const content = Buffer.alloc(SIZE, 'nearplay ');
  for (let index = 0; index < files; index += PER_FOLDER) {
    const below = join(project, `shot${String(index / PER_FOLDER).padStart(4, '0')}`);
    await mkdir(below, { recursive: true });
    const names = Array.from({ length: Math.min(PER_FOLDER, files - index) }, (_, n) => join(below, `${n}.exr`));
    await Promise.all(names.map((path) => writeFile(path, content)));
  }
}

async function measureAll(studio: StudioInApp, project: string): Promise<Stretch[]> {
  const { page, sandbox } = studio;
  const uploaded = () => sandbox.requests.filter(({ method, status }) => method === 'PUT' && status === 200).length;
  const during = async (name: string, act: () => Promise<unknown>, until: () => Promise<boolean>) => {
    const [begun, before] = [performance.now(), uploaded()];
    const end = await watchInput(page);
    await act();
    do await useWindow(page);
    while (!(await until()) && performance.now() - begun < MOST);
    const seconds = (performance.now() - begun) / SECOND;
    return { name, seconds, uploaded: uploaded() - before, figures: await end() };
  };
  const nothing = () => Promise.resolve();
  const forAWhile = () => {
    const begun = performance.now();
    return () => Promise.resolve(performance.now() - begun > UPLOADING_FOR);
  };
  await page.keyboard.press('t');
  await page.getByTestId('transfers').waitFor();
  const drop = () => dropFiles(page, '[data-testid="drop-zone"]', [project]);
  const allAreIn = async () => (await filesIn(page)) >= files;
  const open = async () => (await filesIn(page, 'waiting')) + (await filesIn(page, 'running'));
  const pauseAll = async () => {
    if ((await open()) > 0) await page.getByTestId('pause-all').click({ timeout: MINUTE });
  };
  return [
    await during('nothing to do', nothing, () => Promise.resolve(true)),
    await during('taking them in', drop, allAreIn),
    await during('uploading', nothing, forAWhile()),
    await during('pausing all', pauseAll, async () => (await open()) === 0),
    await during('all paused', nothing, () => Promise.resolve(true)),
  ];
}

/** Of all transfers, or of those in a state, as main counts them. */
function filesIn(page: Page, state?: string): Promise<number> {
  return page.evaluate(async (wanted) => {
    const { nearplay } = globalThis as unknown as {
      nearplay: { request(name: string): Promise<{ result: { transfers: { files: Record<string, number> } } }> };
    };
    const { files: counts } = (await nearplay.request('getBootstrap')).result.transfers;
    return wanted === undefined ? Object.values(counts).reduce((sum, count) => sum + count, 0) : (counts[wanted] ?? 0);
  }, state);
}

/** What somebody does who looks around: keys in the list of transfers, its filters, keys among the cards, the drawer. */
async function useWindow(page: Page): Promise<void> {
  const [line] = await page.getByTestId('transfer').all();
  if (line) await line.click({ position: { x: 60, y: 8 }, timeout: 10 * SECOND, force: true }).catch(() => undefined);
  await press(page, 'ArrowDown', 'ArrowDown', 'PageDown', 'ArrowUp', 'End', 'Home');
  for (const filter of ['active', 'all']) {
    const button = page.locator(`[data-testid="transfers-filter"][data-value="${filter}"]`);
    if (await button.isVisible()) await button.click({ timeout: 10 * SECOND, force: true }).catch(() => undefined);
    await wait(EVERY);
  }
  await page
    .getByTestId('card')
    .first()
    .click({ timeout: 10 * SECOND, force: true })
    .catch(() => undefined);
  await press(page, 'ArrowRight', 'ArrowRight', 'ArrowLeft', 't', 't');
}

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) {
    await page.keyboard.press(key);
    await wait(EVERY);
  }
}

/** Bytes; proc(5), so 0 elsewhere than on Linux. */
async function peakMemoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

function figuresOf(stretches: readonly Stretch[], peakMemory: number): Figure[] {
  return [
    ...stretches.flatMap(({ name, seconds, uploaded, figures: { answered, frames, main: asked } }) => [
      atMost(ALLOWED, `${name}: input answered, 95%`, percentile(answered, 0.95), 'ms'),
      measured(`${name}: input answered, longest`, percentile(answered, 1), 'ms'),
      measured(`${name}: frame to frame, 95%`, percentile(frames, 0.95), 'ms'),
      measured(`${name}: answer of main, 95%`, percentile(asked, 0.95), 'ms'),
      measured(`${name}: inputs`, answered.length, 'inputs'),
      measured(`${name}: uploaded`, uploaded, 'files'),
      measured(`${name}: took`, seconds, 's'),
    ]),
    measured('peak memory of main', peakMemory / MIB, 'MiB'),
  ];
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function describe(what: string, { app }: StudioInApp): void {
  if (!values.json) say(`${what}; ${app.runtimeVersion}; ${describeMachine()}; ${describeLoad()}`);
}

if (values.only !== 'film') await queueing();
if (values.only !== 'queue') {
  printFigures(await playUnderLoad((studio) => describe(LOAD_DESCRIPTION, studio)), values.json);
}
