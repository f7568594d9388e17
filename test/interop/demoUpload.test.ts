import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const CLIP = join(ROOT, 'test/fixtures/media/shots/sq010/sh020/sq010_sh020_anim_v003.mp4');
const MB = 1_000_000;

interface Kept {
  endpoint: string;
  bucket: string;
  prefix: string;
  accessKeyId: string;
  secretAccessKey: string;
}

const aws = await run('aws', ['--version'], { timeout: 60_000 }).catch(() => undefined);
if (!aws) process.stdout.write('interop: aws is not installed; the demo with own files is skipped\n');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nearplay-demo-upload-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Runs the demo with one's own file until it keeps the storage open; `end` stops it and gives its exit code. */
async function demoWith(file: string) {
  const child = spawn(process.execPath, ['build/demo.ts', '--headless', '--json', '--keep', '--upload', file], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 170_000,
  });
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const steps: { step: string; ok: boolean }[] = [];
  let kept: Kept | undefined;
  for await (const line of createInterface(child.stdout)) {
    const said = JSON.parse(line) as { step?: string; ok?: boolean; kept?: Kept };
    if (said.step !== undefined) steps.push({ step: said.step, ok: said.ok === true });
    kept = said.kept;
    if (kept) break;
  }
  const end = () => {
    child.kill('SIGINT');
    return exited;
  };
  return { steps, kept, end };
}

describe.skipIf(!aws)('npm run demo -- --headless --upload FILE, and the object read back by aws-cli', () => {
  it.each([
    ['200 MB of random bytes', 'noise.bin'],
    ['a real H.264 file', 'sq050_sh010_anim_v001.mp4'],
  ])('%s', async (_name, name) => {
    const file = join(folder, name);
    if (name.endsWith('.mp4')) await copyFile(CLIP, file);
    else {
      await writeFile(file, '');
      for (let written = 0; written < 200; written += 20) await appendFile(file, randomBytes(20 * MB));
    }
    const { steps, kept, end } = await demoWith(file);
    try {
      expect(steps.filter(({ ok }) => !ok)).toEqual([]);
      expect(steps.map(({ step }) => step)).toEqual(
        expect.arrayContaining(['source-link', 'replica-link', 'replica-bytes']),
      );
      if (!kept) throw new Error('The storage was not kept');
      const env = {
        ...process.env,
        AWS_ACCESS_KEY_ID: kept.accessKeyId,
        AWS_SECRET_ACCESS_KEY: kept.secretAccessKey,
        AWS_REGION: 'us-east-1',
        NO_PROXY: '127.0.0.1',
      };
      const source = `s3://${kept.bucket}/${kept.prefix}/${name}`;
      const copy = join(folder, `copy of ${name}`);
      await run('aws', ['--endpoint-url', kept.endpoint, 's3', 'cp', source, copy, '--no-progress'], {
        env,
        timeout: 60_000,
      });
      expect(await sha256(copy)).toBe(await sha256(file));
    } finally {
      expect(await end()).toBe(0);
    }
  });
});
