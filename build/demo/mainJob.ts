import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { Page } from 'playwright';
import type { Bridge, Envelope } from '../../shared/bridge.ts';
import type { Link } from '../../shared/link.ts';
import { mediaKind } from '../../shared/media.ts';
import { MINUTE_MS, SECOND_MS } from '../../shared/units.ts';
import type { SandboxRegion } from '../../test/sandbox/sandbox.ts';
import { playerState, type SeenRoute, waitForReason, waitForRoute, watchPlayback } from './player.ts';
import type { DemoReport } from './report.ts';

const REPLICA = ['replica-by-ip', 'replica-chosen'] as const;

export interface MainJob {
  page: Page;
  report: DemoReport;
  /** The file to upload. */
  file: string;
  main: SandboxRegion;
  replica: SandboxRegion;
  /** Where screenshots go. */
  screenshots: string;
}

/**
 * The main job, in the app, as an artist does it: upload, play from the source while it replicates, go on from the
 * replica without a reload, switch the region by hand. Every step says what it saw; the first that does not hold throws.
 */
export async function performMainJob(job: MainJob): Promise<void> {
  const { page, report } = job;
  await mkdir(job.screenshots, { recursive: true });
  await page
    .getByTestId('card')
    .first()
    .waitFor({ timeout: 30 * SECOND_MS });
  await page.evaluate(() => document.documentElement.setAttribute('data-demo-marker', 'same-page'));
  const chip = oneLine(await page.getByTestId('reading-chip').innerText());
  report.held('library', `The library is open. ${chip}`, { readingChip: chip });
  await screenshot(job, '1-library');

  const key = await upload(job);
  const kind = mediaKind(key);
  if (isPlayable(kind)) {
    await page.locator(`[data-testid="card"][data-key=${JSON.stringify(key)}]`).dblclick();
    await page.getByTestId('player').waitFor({ timeout: 10 * SECOND_MS });
  } else {
    report.note('This is no media that plays: its links and bytes are compared instead.');
  }
  await readFromSource(job, key, kind);
  await readFromReplica(job, key, kind);
  await switchByHand(job, key, kind);
}

async function upload(job: MainJob): Promise<string> {
  const { page, report, file } = job;
  const { size } = await stat(file);
  await page.keyboard.press('t');
  await page.getByTestId('transfers').waitFor({ timeout: 10 * SECOND_MS });
  await page.getByTestId('file-input').setInputFiles(file);
  const row = page.locator(`[data-testid="transfer"][data-key=${JSON.stringify(basename(file))}]`);
  await row.waitFor({ timeout: 30 * SECOND_MS });
  await screenshot(job, '2-uploading');
  await page
    .locator(`[data-testid="transfer"][data-state="done"][data-key=${JSON.stringify(basename(file))}]`)
    .waitFor({
      timeout: 10 * MINUTE_MS,
    });
  const key = (await row.getAttribute('data-key')) ?? '';
  await page.locator(`[data-testid="card"][data-key=${JSON.stringify(key)}]`).waitFor({ timeout: 30 * SECOND_MS });
  report.held('upload', `Uploaded ${key} (${size} bytes) to ${job.main.region}.`, { key, size });
  return key;
}

async function readFromSource(job: MainJob, key: string, kind: string): Promise<void> {
  const { page, report, main } = job;
  const route = await routeFor(page, key, kind, ['within-replication-delay'], 10 * SECOND_MS);
  expectEqual('storage', route.storage, main.name);
  const shown = isPlayable(kind) ? oneLine(await page.getByTestId('player-route').innerText()) : route.reason;
  report.held('source-link', `The link points to the source: ${main.endpoint} (${shown})`, {
    origin: main.endpoint,
    ...pick(route),
    shown,
  });
  await watch(job, 'source-playback', kind, main);
  await screenshot(job, '3-playing-from-source');
  await compareBytes(job, 'source-bytes', key, main);
}

async function readFromReplica(job: MainJob, key: string, kind: string): Promise<void> {
  const { page, report, replica } = job;
  const route = await routeFor(page, key, kind, REPLICA, 3 * MINUTE_MS);
  expectEqual('storage', route.storage, replica.name);
  const marker = await page.evaluate(() => document.documentElement.getAttribute('data-demo-marker'));
  expectEqual('page', marker ?? 'reloaded', 'same-page');
  report.held('replica-link', `Replicated. Without a reload the link points to the replica: ${replica.endpoint}`, {
    origin: replica.endpoint,
    ...pick(route),
  });
  await watch(job, 'replica-playback', kind, replica);
  await screenshot(job, '4-playing-from-replica');
  await compareBytes(job, 'replica-bytes', key, replica);
}

async function switchByHand(job: MainJob, key: string, kind: string): Promise<void> {
  await choose(job, 'main');
  const route = await routeFor(job.page, key, kind, ['main-chosen'], 20 * SECOND_MS);
  job.report.held('switched-to-main', `Chose the main region by hand: ${job.main.endpoint}`, pick(route));
  await watch(job, 'main-playback', kind, job.main);
  await compareBytes(job, 'main-bytes', key, job.main);
  await choose(job, job.replica.name);
  const back = await routeFor(job.page, key, kind, ['replica-chosen'], 20 * SECOND_MS);
  job.report.held('switched-to-replica', `Chose the replica by hand: ${job.replica.endpoint}`, pick(back));
  await watch(job, 'chosen-playback', kind, job.replica);
}

/** Opens Settings over the player, chooses where to read from, and closes it again. */
async function choose(job: MainJob, readFrom: string): Promise<void> {
  const { page } = job;
  await page.keyboard.press('Control+Comma');
  await page.getByTestId('settings').waitFor({ timeout: 10 * SECOND_MS });
  await page.locator(`[data-testid="read-from-option"][data-value="${readFrom}"]`).click();
  await screenshot(job, `5-settings-${readFrom}`);
  await page.keyboard.press('Escape');
  await page.getByTestId('settings').waitFor({ state: 'hidden', timeout: 10 * SECOND_MS });
}

async function watch({ page, report }: MainJob, step: string, kind: string, region: SandboxRegion): Promise<void> {
  if (kind === 'video' || kind === 'audio') {
    const { from, to } = await watchPlayback(page, region.endpoint);
    const sentence = `Plays from ${region.region}: ${from.toFixed(2)} s to ${to.toFixed(2)} s, no media error.`;
    report.held(step, sentence, { region: region.region, from, to });
  } else if (kind === 'image') {
    await page.waitForFunction(isImageShown, undefined, { timeout: 20 * SECOND_MS });
    expectEqual('origin', (await playerState(page)).origin, region.endpoint);
    report.held(step, `The image is shown from ${region.region}.`, { region: region.region });
  }
}

/** The player's route; for a file without a player, the app's answer. */
function routeFor(
  page: Page,
  key: string,
  kind: string,
  reasons: readonly string[],
  timeout: number,
): Promise<SeenRoute> {
  return isPlayable(kind) ? waitForReason(page, reasons, timeout) : waitForRoute(page, key, reasons, timeout);
}

function isPlayable(kind: string): boolean {
  return kind !== 'other';
}

function isImageShown(): boolean {
  const image = document.querySelector('[data-testid="player-media"]');
  if (image instanceof HTMLCanvasElement) return image.dataset['picture'] === 'picture';
  return image instanceof HTMLImageElement && image.complete && image.naturalWidth > 0;
}

/** Fetches what the app's own link gives and compares it with the file, by SHA-256. */
async function compareBytes({ page, report, file }: MainJob, step: string, key: string, region: SandboxRegion) {
  const link = await linkOf(page, key);
  expectEqual('origin', new URL(link.url).origin, region.endpoint);
  const answer = await fetch(link.url, { signal: AbortSignal.timeout(10 * MINUTE_MS) });
  if (!answer.ok || !answer.body) throw new Error(`The link answers ${answer.status}`);
  // Node's own stream type and the one of the DOM describe the same object.
  const sha256 = await hash(Readable.fromWeb(answer.body as ReadableStream<Uint8Array>));
  expectEqual('SHA-256', sha256, await hash(createReadStream(file)));
  report.held(step, `The bytes from ${region.region} are identical (SHA-256 ${sha256.slice(0, 12)}…).`, { sha256 });
}

async function linkOf(page: Page, key: string): Promise<Link> {
  const envelope = await page.evaluate(async (wanted) => {
    const { nearplay } = window as unknown as { nearplay: Bridge };
    return nearplay.request('createLink', { key: wanted, purpose: 'download' }) as Promise<Envelope<Link>>;
  }, key);
  if ('error' in envelope) throw new Error(`No link: ${envelope.error.message}`);
  return envelope.result;
}

async function hash(bytes: Readable): Promise<string> {
  const digest = createHash('sha256');
  await pipeline(bytes, digest);
  return digest.digest('hex');
}

async function screenshot({ page, screenshots }: MainJob, name: string): Promise<void> {
  await page.screenshot({ path: join(screenshots, `${name}.png`) });
}

function expectEqual(what: string, seen: string, wanted: string): void {
  if (seen !== wanted) throw new Error(`The ${what} is "${seen}", not "${wanted}"`);
}

function pick({ storage, reason }: { storage: string; reason: string }): object {
  return { storage, reason };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
