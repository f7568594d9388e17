// The window while many small files are queued and uploaded: how long input waits for an answer, in the drawer and in the
// library. A folder is dropped on the library of the app (in the stand-in where Electron is missing, without a display), on
// the sample storage. All of it shares the processors of this machine, as it does not at a user's.
//
//   npm run bench:window [-- FILES]
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Page } from 'playwright';
import { openStudioInApp, type StudioInApp } from '../e2e/studioInApp.ts';
import { dropFiles } from '../helpers/dropFiles.ts';
import { type InputFigures, percentile, watchInput } from '../helpers/inputLatency.ts';
import { describeLoad, describeMachine } from './figures.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const PER_FOLDER = 500;
const SIZE = 1024;
const files = Number(process.argv[2] ?? 100_000);
/** What S3 takes for a small object, about. On loopback the storage would keep a processor busy that a user's has free. */
const ANSWERS_AFTER = 100;
/** Milliseconds that an input may wait. */
const ALLOWED = 100;
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

async function main(): Promise<void> {
  const studio = await openStudioInApp({ sandbox: { replicationDelayMs: 15 * SECOND } });
  try {
    studio.sandbox.addFault({ method: 'PUT', effect: { kind: 'latency', milliseconds: ANSWERS_AFTER } });
    const project = join(studio.folder, 'project');
    await writeFiles(project);
    const stretches = await measureAll(studio, project);
    print(stretches, await peakMemoryOf(studio.app.mainPid), studio.app.runtimeVersion);
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

function print(stretches: readonly Stretch[], peakMemory: number, runtime: string): void {
  say(`${files} files of ${SIZE} bytes; ${runtime}; ${describeMachine()}; ${describeLoad()}`);
  say('Milliseconds: p50 / p95 / longest');
  const line = (...cells: string[]) => say(cells.map((cell, n) => (n ? cell.padStart(20) : cell.padEnd(16))).join(''));
  line('', 'input answered', 'frame to frame', 'answer of main', 'inputs', 'uploaded', 'seconds');
  for (const { name, seconds, uploaded, figures } of stretches) {
    const { answered, frames, main: asked } = figures;
    line(
      name,
      spread(answered),
      spread(frames),
      spread(asked),
      `${answered.length}`,
      `${uploaded}`,
      seconds.toFixed(1),
    );
  }
  say(`peak memory of main: ${(peakMemory / 1e6).toFixed(0)} MB`);
  const late = stretches.flatMap(({ figures }) => figures.answered).filter((wait) => wait > ALLOWED).length;
  say(`Input answered within ${ALLOWED} ms: ${late === 0 ? 'met' : `missed ${late} times`}`);
  if (late > 0) process.exitCode = 1;
}

const spread = (figures: readonly number[]) =>
  [0.5, 0.95, 1].map((share) => percentile(figures, share).toFixed(0)).join(' / ');

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main();
