import { Command } from 'commander';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DAY_MS, SECOND_MS } from '../shared/units.ts';
import { launchApp, type LaunchedApp } from '../test/helpers/app.ts';
import { hasDisplay } from '../test/helpers/browser.ts';
import { type Sandbox, startSandbox } from '../test/sandbox/sandbox.ts';
import { seed } from '../test/sandbox/seed.ts';
import { performMainJob } from './demo/mainJob.ts';
import { DemoReport } from './demo/report.ts';

const ROOT = resolve(import.meta.dirname, '..');
const MEDIA = join(ROOT, 'test/fixtures/media');
const SAMPLE = join(MEDIA, 'shots/sq010/sh010/sq010_sh010_comp_v002.mp4');
const DELAY_SECONDS = 20;
const IN_SYDNEY = '203.0.113.7';
/** Old enough that the sample library is read from the replica. */
const LIBRARY_AGE_MS = DAY_MS;

interface DemoOptions {
  headless: boolean;
  json: boolean;
  upload?: string;
  keep: boolean;
}

async function main(): Promise<number> {
  const options = new Command('npm run demo --')
    .description('Nearplay on built-in sample storage with two regions')
    .option('--headless', 'perform the main job without a window, and print each step', false)
    .option('--json', 'print one JSON object a line', false)
    .option('--upload <file>', 'upload this file instead of a sample')
    .option('--keep', 'leave the sample storage running afterwards, until Ctrl+C', false)
    .parse()
    .opts<DemoOptions>();
  const headless = options.headless || options.upload !== undefined || !hasDisplay();
  const report = new DemoReport(options.json, (text) => process.stdout.write(text));
  const folder = await mkdtemp(join(tmpdir(), 'nearplay-demo-'));
  const stopped = new Promise<void>((done) => process.once('SIGINT', done).once('SIGTERM', done));
  let sandbox: Sandbox | undefined;
  let app: LaunchedApp | undefined;
  try {
    sandbox = await startSandbox({ folder: join(folder, 'storage'), replicationDelayMs: DELAY_SECONDS * SECOND_MS });
    sandbox.addressService.setAddress(IN_SYDNEY);
    await seed(sandbox, MEDIA, { prefix: 'media', ageMs: LIBRARY_AGE_MS, replicated: true });
    describeStorage(sandbox, report);
    app = await launchApp({ userData: join(folder, 'user'), env: await environmentFor(sandbox, folder), headless });
    report.note(`The app runs in ${app.runtimeVersion}.`, { runtime: app.runtime });
    if (headless) await headlessly(app, sandbox, await fileToUpload(options.upload, folder), report);
    else await withWindow(app, report, stopped);
    if (options.keep) await keep(sandbox, options.json, stopped);
  } catch (error) {
    report.failed('failed', error instanceof Error ? error.message : String(error), { message: String(error) });
    await app?.page.screenshot({ path: join(ROOT, 'demo-output/failure.png') }).catch(() => undefined);
  } finally {
    await app?.close();
    await sandbox?.close();
    await rm(folder, { recursive: true, force: true });
  }
  return report.hasFailed ? 1 : 0;
}

async function headlessly(app: LaunchedApp, sandbox: Sandbox, file: string, report: DemoReport): Promise<void> {
  const screenshots = join(ROOT, 'demo-output');
  const { main: source, replica } = sandbox;
  await performMainJob({ page: app.page, report, file, main: source, replica, screenshots });
  report.note(`Every step held. Screenshots are in ${screenshots}`, { screenshots });
}

/** With a display the app belongs to the user: it runs until its window is closed. */
async function withWindow(app: LaunchedApp, report: DemoReport, stopped: Promise<void>): Promise<void> {
  report.note('The window is yours: drop a file on it, play it, choose the region in Settings. Close it to end.');
  await Promise.race([app.exited, stopped]);
}

async function keep({ main: source, credentials }: Sandbox, json: boolean, stopped: Promise<void>): Promise<void> {
  const { accessKeyId, secretAccessKey } = credentials;
  const { endpoint, bucket } = source;
  const report = json
    ? JSON.stringify({ kept: { endpoint, bucket, prefix: 'media', accessKeyId, secretAccessKey } })
    : [
        '  The sample storage stays until Ctrl+C. To look into it:',
        `  export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey} AWS_REGION=us-east-1`,
        `  aws --endpoint-url ${endpoint} s3 ls s3://${bucket}/media/`,
      ].join('\n');
  process.stdout.write(`${report}\n`);
  await stopped;
}

function describeStorage({ main: source, replica }: Sandbox, report: DemoReport): void {
  const seen = { main: source.endpoint, replica: replica.endpoint, delaySeconds: DELAY_SECONDS };
  const regions = `${source.region} at ${source.endpoint}, ${replica.region} at ${replica.endpoint}`;
  report.note(`Sample storage: ${regions}; replication after ${DELAY_SECONDS} s.`, seen);
}

async function environmentFor(sandbox: Sandbox, folder: string): Promise<Record<string, string>> {
  const preferences = join(folder, 'isolation-preferences.json');
  await writeFile(preferences, JSON.stringify(sandbox.preferences({ delaySeconds: DELAY_SECONDS }), undefined, 2));
  return {
    NEARPLAY_PREFERENCES: preferences,
    AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
  };
}

/** The user's own file as it is; the sample under a name that the library does not have yet. */
async function fileToUpload(own: string | undefined, folder: string): Promise<string> {
  if (own !== undefined) return resolve(process.env['INIT_CWD'] ?? process.cwd(), own);
  await mkdir(join(folder, 'render'), { recursive: true });
  const sample = join(folder, 'render', 'sq030_sh010_comp_v001.mp4');
  await copyFile(SAMPLE, sample);
  return sample;
}

const exitCode = await main();
// Everything is closed and reported; open connections of a browser must not keep the process alive.
process.stdout.write('', () => process.exit(exitCode));
