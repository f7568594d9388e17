import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleCli } from '../../../../build/bundle.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { age, MIB } from './surroundings.ts';

/** The target for 10 GB, in bytes. What memory there is for parts is full after the first 100 MiB. */
const MOST = 300e6;
const FILE = 640 * MIB;
const STREAM = 320 * MIB;
const LIMIT = 60_000;
const HOOK = pathToFileURL(join(import.meta.dirname, 'peakMemory.ts')).href;

let folder: string;
let sandbox: Sandbox;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nearplay-memory-'));
  sandbox = await startSandbox();
  sandbox.setReplication({ mode: 'never' });
  await bundleCli(folder, 'production');
  await writeFile(join(folder, 'preferences.json'), JSON.stringify(sandbox.preferences()));
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs our command line as it is installed. @returns bytes of memory that its process had at most */
async function peakOf(args: readonly string[], stdin: Readable): Promise<number> {
  const child = spawn(process.execPath, ['--import', HOOK, join(folder, 'cli', 'cli.js'), 'upload', ...args], {
    env: {
      AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
      NEARPLAY_HOME: join(folder, 'home'),
      NEARPLAY_PREFERENCES: join(folder, 'preferences.json'),
    },
    stdio: ['pipe', 'ignore', 'pipe'],
    signal: AbortSignal.timeout(LIMIT),
  });
  const ended = once(child, 'close');
  const [said] = await Promise.all([text(child.stderr), pipeline(stdin, child.stdin)]);
  await ended;
  if (child.exitCode !== 0) throw new Error(`The upload ended with ${child.exitCode ?? 'a signal'}: ${said}`);
  return Number(said.trim().split('\n').at(-1));
}

const arrived = (key: string) => sandbox.bucketOf('main-us').current(`media/${key}`)?.size;

it('sends a large file within 300 MB of memory', { timeout: LIMIT }, async () => {
  const path = join(folder, 'large.mov');
  const handle = await open(path, 'w');
  await handle.truncate(FILE);
  await handle.close();
  await age(path);
  const peak = await peakOf([path], Readable.from([]));
  expect(arrived('large.mov')).toBe(FILE);
  expect(peak).toBeGreaterThan(50e6);
  expect(peak).toBeLessThan(MOST);
});

it('sends a long stream within 300 MB of memory', { timeout: LIMIT }, async () => {
  const chunk = Buffer.alloc(64 * 1024);
  const stream = Readable.from(Array.from({ length: STREAM / chunk.length }, () => chunk));
  const peak = await peakOf(['-', '--to', 'stream.mov'], stream);
  expect(arrived('stream.mov')).toBe(STREAM);
  expect(peak).toBeGreaterThan(50e6);
  expect(peak).toBeLessThan(MOST);
});
