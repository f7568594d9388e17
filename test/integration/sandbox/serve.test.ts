import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parsePreferences } from '../../../shared/preferences.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { seed } from '../../sandbox/seed.ts';
import { clientOf } from './sandboxClient.ts';

const HOUR = 3600_000;
const CLIP = Buffer.from('not really a film');
const SERVE = resolve(import.meta.dirname, '../../sandbox/serve.ts');
let folder: string;
let media: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nearplay-serve-'));
  media = join(folder, 'media');
  await mkdir(join(media, 'shots'), { recursive: true });
  await writeFile(join(media, 'shots', 'clip é.mp4'), CLIP);
  await writeFile(join(media, 'notes.xyz-unknown'), '');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('seeding', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await startSandbox();
  });
  afterEach(() => sandbox.close());
  const headIn = (place = sandbox.main) =>
    clientOf(sandbox, place).send(
      new HeadObjectCommand({ Bucket: place.bucket, Key: 'media/shots/clip é.mp4', ChecksumMode: 'ENABLED' }),
    );

  it('gives main and the replicas the same versions, as an upload of that age would', async () => {
    const versions = await seed(sandbox, media, { prefix: 'media', ageMs: HOUR, replicated: true });
    expect(versions.map(({ key }) => key)).toEqual(['media/notes.xyz-unknown', 'media/shots/clip é.mp4']);
    const [main, replica] = [await headIn(), await headIn(sandbox.replica)];
    expect(main).toMatchObject({
      ...{ ContentType: 'video/mp4', ContentLength: CLIP.length, ReplicationStatus: 'COMPLETED' },
      ETag: `"${createHash('md5').update(CLIP).digest('hex')}"`,
    });
    expect(Buffer.from(main.ChecksumCRC32 ?? '', 'base64').readUInt32BE()).toBe(crc32(CLIP));
    expect(replica).toMatchObject({ VersionId: main.VersionId, ETag: main.ETag, ReplicationStatus: 'REPLICA' });
    const age = sandbox.now() - (main.LastModified?.getTime() ?? 0);
    expect(Math.abs(age - HOUR)).toBeLessThan(60_000);
    const target = { Bucket: sandbox.replica.bucket, Key: 'media/shots/clip é.mp4' };
    const { Body } = await clientOf(sandbox, sandbox.replica).send(new GetObjectCommand(target));
    expect(await Body?.transformToString()).toBe(CLIP.toString());
  });

  it('leaves the replicas alone on demand, as objects older than the rule', async () => {
    await seed(sandbox, media, { prefix: 'media', replicated: false });
    expect((await headIn()).ReplicationStatus).toBeUndefined();
    expect(sandbox.bucketOf('sydney').keys()).toEqual([]);
  });

  it('does nothing the second time', async () => {
    const first = await seed(sandbox, media);
    expect(await seed(sandbox, media)).toEqual(first);
    expect(sandbox.bucketOf('main-us').versionsOf('shots/clip é.mp4')).toHaveLength(1);
  });
});

it('speaks HTTPS to whoever trusts its authority, and to nobody else', async () => {
  const sandbox = await startSandbox({ https: true });
  try {
    await seed(sandbox, media);
    const read = (more: { ca?: string }) =>
      new S3Client({
        ...{ region: sandbox.main.region, endpoint: sandbox.main.endpoint, forcePathStyle: true, maxAttempts: 1 },
        credentials: sandbox.credentials,
        requestHandler: new NodeHttpHandler({ httpsAgent: new Agent(more) }),
      }).send(new GetObjectCommand({ Bucket: sandbox.main.bucket, Key: 'shots/clip é.mp4' }));
    const { caCertificate: ca = '' } = sandbox;
    expect(await (await read({ ca })).Body?.transformToString()).toBe(CLIP.toString());
    await expect(read({})).rejects.toThrow(/certificate/);
    expect(sandbox.addressService.url).toMatch(/^https:/);
    const status = new Promise((done, fail) => {
      get(sandbox.addressService.url, { ca }, (response) => {
        done(response.statusCode);
        response.resume();
      }).on('error', fail);
    });
    expect(await status).toBe(200);
  } finally {
    await sandbox.close();
  }
});

describe('in a terminal', () => {
  let child: ChildProcess | undefined;
  afterEach(async () => {
    if (child?.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  const start = (...options: string[]) => {
    const started = spawn(process.execPath, [SERVE, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
    child = started;
    return { started, lines: createInterface({ input: started.stdout }) };
  };
  const place = z.object({ endpoint: z.string(), bucket: z.string(), region: z.string() });
  const announced = z.object({ main: place, preferences: z.string(), environment: z.record(z.string(), z.string()) });

  it('serves media and preferences to whoever takes its word, and ends when told to', async () => {
    const { started, lines } = start('--json', '--media', media, '--folder', join(folder, 'kept'), '--delay', '7');
    const [line] = (await once(lines, 'line')) as [string];
    const { main, preferences, environment } = announced.parse(JSON.parse(line));
    const { document } = parsePreferences(await readFile(preferences, 'utf8'));
    expect([document?.mainStorage, document?.replication.delaySeconds]).toEqual(['main-us', 7]);
    const client = new S3Client({
      ...{ region: main.region, endpoint: main.endpoint, forcePathStyle: true },
      credentials: {
        accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
      },
    });
    const object = await client.send(new GetObjectCommand({ Bucket: main.bucket, Key: 'media/shots/clip é.mp4' }));
    expect(await object.Body?.transformToString()).toBe(CLIP.toString());
    started.kill('SIGTERM');
    expect(await once(started, 'exit')).toEqual([0, null]);
  });

  it('prints lines that a shell takes', async () => {
    const { started, lines } = start();
    const printed: string[] = [];
    for await (const line of lines) {
      printed.push(line);
      if (line.includes('NEARPLAY_PREFERENCES')) started.kill('SIGINT');
    }
    expect(printed.every((line) => /^(# .*|export [A-Z_0-9]+='[^']*')$/.test(line))).toBe(true);
    expect(printed.filter((line) => line.startsWith('export AWS_'))).toHaveLength(4);
  });
});
