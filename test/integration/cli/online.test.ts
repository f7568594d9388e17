import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../../electron/cli/program.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';

const IN_SYDNEY = '203.0.113.7';
let sandbox: Sandbox;
let folder: string;
let input: Readable | undefined;
const large = randomBytes(20 * 1024 * 1024);

beforeAll(async () => {
  sandbox = await startSandbox({ replicationDelayMs: 0 });
  folder = await mkdtemp(join(tmpdir(), 'nearplay-cli-online-'));
  const preferences = sandbox.preferences({ delaySeconds: 0, services: [] });
  await writeFile(join(folder, 'studio.json'), JSON.stringify(preferences));
  await writeFile(join(folder, 'shot.mov'), large);
  await mkdir(join(folder, 'render/deep'), { recursive: true });
  await writeFile(join(folder, 'render/a.0001.exr'), 'one');
  await writeFile(join(folder, 'render/deep/b.txt'), 'two');
  await writeFile(join(folder, 'render/.DS_Store'), 'litter');
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

async function nearplay(...args: string[]): Promise<{ code: number; lines: object[]; errors: object[]; text: string }> {
  let stdout = '';
  let stderr = '';
  const code = await runCli([...args, '--json'], {
    env: {
      NEARPLAY_PREFERENCES: 'studio.json',
      NEARPLAY_HOME: join(folder, 'home'),
      AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
    },
    cwd: folder,
    ...(input && { stdin: input }),
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text),
    now: () => Date.now(),
    platform: process.platform,
    signal: new AbortController().signal,
  });
  return { code, lines: objects(stdout), errors: objects(stderr), text: stdout + stderr };
}

const objects = (text: string): object[] =>
  text.split('\n').flatMap((line): object[] => (line === '' ? [] : [JSON.parse(line) as object]));
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('nearplay from a terminal, against the sample storage', () => {
  it('uploads files and folders with their structure, and leaves litter out', async () => {
    const { code, lines } = await nearplay('upload', 'shot.mov', 'render', '--to', 'sq010/sh010');
    expect(code).toBe(0);
    expect(lines).toHaveLength(3);
    expect(lines).toContainEqual({ key: 'sq010/sh010/shot.mov', size: large.length, state: 'done' });
    expect(lines).toContainEqual({ key: 'sq010/sh010/render/deep/b.txt', size: 3, state: 'done' });
    await sandbox.waitForReplica('media/sq010/sh010/shot.mov', 50_000);
  });

  it('sends identical content never twice, and refuses to overwrite other content unless told to', async () => {
    const again = await nearplay('upload', 'shot.mov', '--to', 'sq010/sh010');
    expect(again).toMatchObject({
      code: 0,
      lines: [{ key: 'sq010/sh010/shot.mov', state: 'skipped', skippedFor: 'identical' }],
    });
    const other = join(folder, 'other');
    await mkdir(other);
    await writeFile(join(other, 'shot.mov'), Buffer.alloc(18 * 1024 * 1024, 1));
    const { code, errors } = await nearplay('upload', 'other/shot.mov', '--to', 'sq010/sh010');
    expect(code).toBe(1);
    expect(errors).toMatchObject([{ code: 'conflict', key: 'sq010/sh010/shot.mov' }]);
    expect(sandbox.bucketOf('main-us').uploads.size).toBe(0);
    const both = await nearplay('upload', 'other/shot.mov', '--to', 'sq010/sh010', '--on-conflict', 'keep-both');
    expect(both.lines).toMatchObject([{ key: 'sq010/sh010/shot (2).mov', state: 'done' }]);
  });

  it('uploads what another program writes', async () => {
    const written = randomBytes(9 * 1024 * 1024);
    input = Readable.from([written.subarray(0, 1000), written.subarray(1000)]);
    const { code, lines } = await nearplay('upload', '-', '--to', 'streams/out.bin');
    expect({ code, lines }).toMatchObject({ code: 0, lines: [{ key: 'streams/out.bin', state: 'done' }] });
    await nearplay('get', 'streams/out.bin', 'out.bin', '--read-from', 'main');
    expect(sha256(await readFile(join(folder, 'out.bin')))).toBe(sha256(written));
    const nameless = await nearplay('upload', '-');
    expect(nameless.errors).toMatchObject([{ code: 'bad-request' }]);
  });

  it('lists a folder with the route of each file', async () => {
    const { code, lines } = await nearplay('ls', 'sq010/sh010', '--ip', IN_SYDNEY);
    expect(code).toBe(0);
    expect(lines).toContainEqual({ type: 'folder', key: 'sq010/sh010/render/' });
    const [file] = lines.filter((line) => 'key' in line && line.key === 'sq010/sh010/shot.mov');
    expect(file).toMatchObject({ size: large.length, storage: 'sydney', reason: 'replica-by-ip' });
  });

  it('links to the nearest copy, and the link gives the bytes', async () => {
    const near = await nearplay('link', 'sq010/sh010/shot.mov', '--ip', IN_SYDNEY);
    expect(near.lines).toMatchObject([{ storage: 'sydney', region: 'ap-southeast-2', reason: 'replica-by-ip' }]);
    const far = await nearplay('link', 'sq010/sh010/shot.mov', '--ip', IN_SYDNEY, '--read-from', 'main');
    expect(far.lines).toMatchObject([{ storage: 'main-us', region: 'us-east-1', reason: 'main-chosen' }]);
    const { url } = near.lines[0] as { url: string };
    const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
    expect(sha256(bytes)).toBe(sha256(large));
    const changed = url.replace(
      /X-Amz-Signature=(.)/,
      (_all, first: string) => `X-Amz-Signature=${first === 'a' ? 'b' : 'a'}`,
    );
    expect((await fetch(changed)).status).toBe(403);
  });

  it('gets identical bytes, even when the connection breaks on the way', async () => {
    const resets = sandbox.addFault({ effect: { kind: 'reset', afterBytes: 3_000_000 }, method: 'GET', times: 2 });
    const { code, lines } = await nearplay('get', 'sq010/sh010/shot.mov', 'copy.mov', '--ip', IN_SYDNEY);
    resets();
    expect({ code, lines }).toMatchObject({ code: 0, lines: [{ storage: 'sydney', size: large.length }] });
    expect(sha256(await readFile(join(folder, 'copy.mov')))).toBe(sha256(large));
  });

  it('tells how far replication is', async () => {
    const { lines } = await nearplay('status', 'sq010/sh010/shot.mov');
    expect(lines).toMatchObject([
      { size: large.length, replicationStatus: 'COMPLETED', replicas: [{ storage: 'sydney', holdsThisVersion: true }] },
    ]);
  });

  it('names what is missing without a stack trace', async () => {
    const missing = await nearplay('link', 'no/such.mov', '--ip', IN_SYDNEY);
    expect({ code: missing.code, errors: missing.errors }).toMatchObject({
      code: 1,
      errors: [{ code: 'no-such-key' }],
    });
    const file = await nearplay('upload', 'no-such-file.mov');
    expect({ code: file.code, errors: file.errors }).toMatchObject({ code: 1, errors: [{ code: 'file-unreadable' }] });
    const replica = await nearplay('link', 'sq010/sh010/shot.mov', '--read-from', 'mars');
    expect(replica.errors).toMatchObject([{ code: 'bad-request' }]);
    expect(missing.text + file.text + replica.text).not.toMatch(/\n\s+at /);
  });

  it.each(['ignore-conditions', 'refuse-conditions'] as const)(
    'names a storage that does not keep conditions: %s',
    async (kind) => {
      const lift = sandbox.addFault({ effect: { kind } });
      const { code, lines } = await nearplay('doctor');
      await writeFile(join(folder, `${kind}.mov`), kind);
      const uploaded = await nearplay('upload', `${kind}.mov`);
      lift();
      expect(code).toBe(0);
      const check = 'conditions on writing of main-us';
      expect(lines).toContainEqual(
        expect.objectContaining({ check, result: 'warn', remedy: expect.any(String) as string }),
      );
      expect(uploaded).toMatchObject({ code: 0, errors: [{ note: 'no-conditions' }] });
      const bucket = sandbox.bucketOf('main-us');
      expect(bucket.keys().filter((key) => key.includes('conditions-') && bucket.versionsOf(key).length > 0)).toEqual(
        [],
      );
    },
  );

  describe('what is not known is not said', () => {
    const found = async (check: string) =>
      (await nearplay('doctor')).lines.find((line) => 'check' in line && line.check === check);

    const page = { 'content-type': 'text/html', 'access-control-allow-origin': '*' };
    it.each<[string, ResponseInit]>([
      ['a fault', { status: 503 }],
      ['a page that allows all', { status: 200, headers: page }],
      ['a way to a portal', { status: 302, headers: { location: 'http://127.0.0.1:9/' } }],
    ])('of rules for the window, by %s', async (_what, answer) => {
      // The sample storage answers preflights before any fault.
      const asked = vi.spyOn(globalThis, 'fetch').mockImplementation(() => Promise.resolve(new Response(null, answer)));
      const said = await found('CORS of main-us');
      asked.mockRestore();
      expect(said).toMatchObject({ result: 'warn', message: expect.stringMatching(/^not known/) as string });
    });

    it('of versions, by an answer with nothing in it', async () => {
      sandbox.addFault({ operation: 'GetBucketVersioning', effect: { kind: 'answer-instead', status: 200 } });
      const said = await found('versioning of main-us');
      sandbox.clearFaults();
      expect(said).toMatchObject({ result: 'warn' });
      expect(JSON.stringify(said)).not.toContain('not enabled');
    });

    it('of conditions, by an answer with nothing in it', async () => {
      sandbox.addFault({ operation: 'PutObject', effect: { kind: 'answer-instead', status: 200 } });
      const said = await found('conditions on writing of main-us');
      sandbox.clearFaults();
      expect(said).toMatchObject({ result: 'warn' });
      expect(JSON.stringify(said)).not.toContain('all the same');
    });
  });

  it('examines everything and says what to do', async () => {
    const { code, lines } = await nearplay('doctor');
    expect(code).toBe(0);
    const results = new Map(lines.map((line) => Object.values(line).slice(0, 2) as [string, string]));
    expect(results.get('credentials')).toBe('pass');
    expect(results.get('storage main-us')).toBe('pass');
    expect(results.get('storage sydney')).toBe('pass');
    expect(results.get('CORS of sydney')).toBe('pass');
    expect(results.get('conditions on writing of main-us')).toBe('pass');
    sandbox.addFault({ region: 'ap-southeast-2', effect: { kind: 'down' } });
    const broken = await nearplay('doctor');
    sandbox.clearFaults();
    expect(broken.code).toBe(1);
    expect(broken.lines).toContainEqual(expect.objectContaining({ check: 'storage sydney', result: 'fail' }));
  });
});
