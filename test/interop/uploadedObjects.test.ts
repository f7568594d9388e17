import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServices } from '../../electron/services/application.ts';
import type { ChecksumKind } from '../../electron/services/content/checksumKind.ts';
import { settingsInMemory } from '../../electron/services/preferences/settingsStore.ts';
import { SILENT } from '../../electron/services/runtime/log.ts';
import { StorageClients } from '../../electron/services/storage/storageClients.ts';
import { Journal } from '../../electron/services/transfers/journal/journal.ts';
import { TransferQueue } from '../../electron/services/transfers/queue/queue.ts';
import { preferencesSchema } from '../../shared/preferences.ts';
import { installCli } from '../bench/installedCli.ts';
import { startMinio } from '../helpers/minioServer.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { findMinio } from './minio.ts';

const run = promisify(execFile);
const MIB = 1024 ** 2;
const LIMIT = 60_000;
/** Of a file in parts, and of a stream, of which nobody knows the length beforehand. Bytes. */
const FILE_PART = 8 * MIB;
const STREAM_PART_BYTES = 16 * MIB;
const UPLOADER = 'Jörg O’Neill';
const IN_PARTS = 'sh010 v001.mov';
/** What signatures, XML and shells each have their own idea of. */
const UNUSUAL = '日本語/crème + brûlée 100% & (1).exr';
const STREAM = 'from a program.mov';
/** Seconds since the epoch, with a fraction that is no whole number of microseconds: file systems keep nanoseconds. */
const MTIME = 1_767_323_045.123_456_7;

const installed = async (program: string, argument: string) =>
  (await run(program, [argument], { timeout: LIMIT }).catch(() => undefined)) !== undefined;
const isThere = { aws: await installed('aws', '--version'), rclone: await installed('rclone', 'version') };
for (const [program, yes] of Object.entries(isThere)) {
  if (!yes) process.stdout.write(`interop: ${program} is not installed; nothing is read back with it\n`);
}
const minio = await findMinio();
if (typeof minio === 'string') process.stdout.write(`interop: ${minio}; nothing is uploaded to it\n`);

const FILES: readonly { name: string; size: number; contentType: string }[] = [
  { name: 'notes + draft 1.txt', size: 100_000, contentType: 'text/plain' },
  { name: UNUSUAL, size: 70_000, contentType: 'image/x-exr' },
  { name: 'empty.usdc', size: 0, contentType: 'model/vnd.usd' },
  { name: IN_PARTS, size: 2 * FILE_PART + 4 * MIB + 17, contentType: 'video/quicktime' },
];

interface Uploaded {
  body: Buffer;
  contentType: string;
  /** Of an object in one piece: absent. Bytes. */
  partSize?: number;
  /** Nanoseconds since the epoch; absent for a stream. */
  mtime?: bigint;
}

/** A server with one bucket, and how to reach it. */
interface Storage {
  name: string;
  endpoint: string;
  bucket: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  preferences: object;
  stop: () => Promise<void>;
}

let folder: string;
/** Where the files are that are uploaded. */
let take: string;
let cli: string;
const uploaded = new Map<string, Uploaded>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nearplay-uploaded-'));
  take = join(folder, 'take 1');
  for (const { name, size, contentType } of FILES) {
    const path = join(take, name);
    const body = randomBytes(size);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, body);
    await utimes(path, MTIME, MTIME);
    const { mtimeNs } = await stat(path, { bigint: true });
    uploaded.set(name, { body, contentType, mtime: mtimeNs, ...(size > FILE_PART && { partSize: FILE_PART }) });
  }
  const body = randomBytes(STREAM_PART_BYTES + MIB + 3);
  uploaded.set(STREAM, { body, contentType: 'video/quicktime', partSize: STREAM_PART_BYTES });
  cli = await installCli(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function uploadedAs(name: string): Uploaded {
  const object = uploaded.get(name);
  if (!object) throw new Error(`"${name}" is not uploaded here`);
  return object;
}

const streamed = () => uploadedAs(STREAM).body;

async function sampleStorage(): Promise<Storage> {
  const sandbox = await startSandbox();
  const { endpoint, bucket } = sandbox.main;
  const preferences = sandbox.preferences();
  return {
    name: 'sample',
    endpoint,
    bucket,
    credentials: sandbox.credentials,
    preferences,
    stop: () => sandbox.close(),
  };
}

async function minioStorage(): Promise<Storage> {
  if (typeof minio === 'string') throw new Error(minio);
  const credentials = { accessKeyId: 'interop', secretAccessKey: 'interop-secret-key' };
  const server = await startMinio({ minio: minio.minio, folder: join(folder, 'minio'), ...credentials });
  const { endpoint } = server;
  const bucket = 'studio-media';
  const client = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  const main = { region: 'us-east-1', bucket, prefix: 'media', endpoint, forcePathStyle: true };
  const preferences = { version: 1, s3Configuration: { 'main-us': main }, mainStorage: 'main-us' };
  return { name: 'minio', endpoint, bucket, credentials, preferences, stop: () => server.stop() };
}

/** Who sends the folder and the stream to a folder of the storage. */
type Sender = (storage: Storage, to: string) => Promise<void>;

/** Our command line, as it is installed. */
const sendByCommandLine: Sender = async ({ name, credentials, preferences }, to) => {
  const file = join(folder, `${name}.json`);
  await writeFile(file, JSON.stringify(preferences));
  const upload = async (args: readonly string[], stdin: Readable) => {
    const child = spawn(process.execPath, [cli, 'upload', ...args, '--preferences', file], {
      env: {
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        NEARPLAY_HOME: join(folder, 'home'),
      },
      stdio: ['pipe', 'ignore', 'pipe'],
      signal: AbortSignal.timeout(LIMIT),
    });
    const ended = once(child, 'close');
    const [said] = await Promise.all([text(child.stderr), pipeline(stdin, child.stdin)]);
    await ended;
    if (child.exitCode !== 0) throw new Error(`The upload ended with ${child.exitCode ?? 'a signal'}: ${said}`);
  };
  await upload([take, '--to', to], Readable.from([]));
  await upload(['-', '--to', `${to}/take 1/${STREAM}`], Readable.from([streamed()]));
};

/** The services, as the app makes them. */
const sendByServices: Sender = async ({ name, credentials, preferences }, to) => {
  const file = join(folder, `${name}.json`);
  await writeFile(file, JSON.stringify(preferences));
  const services = createServices({
    userDataFolder: await mkdtemp(join(folder, 'user-')),
    settings: settingsInMemory(),
    env: { AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey },
    commandLinePreferences: file,
    givenAddress: '203.0.113.7',
    uploader: UPLOADER,
    log: SILENT,
    now: () => Date.now(),
    version: '0',
    platform: process.platform,
    runtime: 'interop',
  });
  await services.start();
  try {
    await services.addUploads(to, [take]);
    await services.uploads.addStream(`${to}/take 1/${STREAM}`, Readable.from([streamed()]));
    await services.uploads.finished();
  } finally {
    await services.stop();
  }
};

/** The engine as it works with AWS, where it asks for a checksum of the whole object. */
const sendAsToAws: Sender = async ({ credentials, preferences }, to) => {
  const clients = new StorageClients(preferencesSchema.parse(preferences), { credentials, now: () => Date.now() });
  const queue = new TransferQueue({
    target: () => ({ client: clients.clientOf('main-us'), configuration: clients.configurationOf('main-us') }),
    journal: new Journal(await mkdtemp(join(folder, 'journal-'))),
    checksumKindFor: () => 'FULL_OBJECT',
    changed: () => undefined,
    completed: () => undefined,
    now: () => Date.now(),
    random: Math.random,
    log: SILENT,
    uploader: UPLOADER,
  });
  await queue.start();
  try {
    await queue.add(to, [take]);
    await queue.addStream(`${to}/take 1/${STREAM}`, Readable.from([streamed()]));
    await queue.finished();
  } finally {
    await queue.stop();
    clients.destroy();
  }
};

/** S3 User Guide, "Checking object integrity": the MD5 of the object, or of the MD5s of its parts with their number. */
function etagOf({ body, partSize }: Uploaded): string {
  const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest();
  if (partSize === undefined) return md5(body).toString('hex');
  const parts = partsOf(body, partSize);
  return `${md5(Buffer.concat(parts.map(md5))).toString('hex')}-${parts.length}`;
}

/** And its CRC-32, of the whole or of the CRC-32s of its parts. */
function checksumOf({ body, partSize }: Uploaded, kind: ChecksumKind): { ChecksumCRC32: string; ChecksumType: string } {
  const sum = (bytes: Uint8Array) => {
    const four = Buffer.alloc(4);
    four.writeUInt32BE(crc32(bytes));
    return four;
  };
  if (partSize === undefined || kind === 'FULL_OBJECT') {
    return { ChecksumCRC32: sum(body).toString('base64'), ChecksumType: 'FULL_OBJECT' };
  }
  const parts = partsOf(body, partSize);
  const ofParts = sum(Buffer.concat(parts.map(sum))).toString('base64');
  return { ChecksumCRC32: `${ofParts}-${parts.length}`, ChecksumType: 'COMPOSITE' };
}

function partsOf(body: Buffer, partSize: number): Buffer[] {
  return Array.from({ length: Math.ceil(body.length / partSize) }, (_, index) =>
    body.subarray(index * partSize, (index + 1) * partSize),
  );
}

/** Seconds since the epoch as rclone writes them: to the nanosecond. */
function secondsOf(nanoseconds: bigint): string {
  const digits = nanoseconds.toString();
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const digests = () => new Map([...uploaded].map(([name, { body }]) => [name, digest(body)]));

async function digestsIn(place: string): Promise<Map<string, string>> {
  const found = await readdir(place, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const read = files.map(async (path) => {
    const name = relative(place, path).split(sep).join('/').normalize('NFC');
    return [name, digest(await readFile(path))] as const;
  });
  return new Map(await Promise.all(read));
}

const sorted = (map: ReadonlyMap<string, string>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

interface Way {
  sender: string;
  send: Sender;
  /** The folder in the storage. */
  to: string;
  kind: ChecksumKind;
  uploader: string;
}

const BY_COMMAND_LINE: Way = {
  sender: 'the command line',
  ...{ send: sendByCommandLine, to: 'cli', kind: 'COMPOSITE', uploader: userInfo().username },
};
const BY_SERVICES: Way = {
  sender: 'the services',
  ...{ send: sendByServices, to: 'services', kind: 'COMPOSITE', uploader: UPLOADER },
};
const AS_TO_AWS: Way = {
  sender: 'the engine as with AWS',
  ...{ send: sendAsToAws, to: 'aws', kind: 'FULL_OBJECT', uploader: UPLOADER },
};

describe.each([
  {
    server: 'the sample storage',
    ...{ open: sampleStorage, isOpen: true, hasAttributes: false, ways: [BY_COMMAND_LINE, BY_SERVICES, AS_TO_AWS] },
  },
  {
    server: 'MinIO',
    ...{ open: minioStorage, isOpen: typeof minio !== 'string', hasAttributes: true },
    ways: [BY_COMMAND_LINE, AS_TO_AWS],
  },
])('objects on $server', ({ open, isOpen, hasAttributes, ways }) => {
  let storage: Storage;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    if (!isOpen) return;
    storage = await open();
    const { AWS_CA_BUNDLE: _bundle, ...inherited } = process.env;
    environment = {
      ...inherited,
      AWS_ACCESS_KEY_ID: storage.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: storage.credentials.secretAccessKey,
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_CONFIG_FILE: join(folder, 'no-config'),
      AWS_SHARED_CREDENTIALS_FILE: join(folder, 'no-credentials'),
      AWS_EC2_METADATA_DISABLED: 'true',
      RCLONE_CONFIG: join(folder, 'no-rclone-config'),
      NO_PROXY: '127.0.0.1',
      TZ: 'UTC',
      LC_ALL: 'C.UTF-8',
    };
  });
  afterAll(async () => {
    if (isOpen) await storage.stop();
  });

  const call = (program: string, args: readonly string[]) =>
    run(program, [...args], { env: environment, timeout: LIMIT, maxBuffer: 64 * MIB });
  const aws = async (...args: string[]) =>
    (await call('aws', ['--endpoint-url', storage.endpoint, '--output', 'json', ...args])).stdout;
  const rclone = (...args: string[]) =>
    call('rclone', [
      ...['--s3-provider', 'Other', '--s3-env-auth', '--s3-region', 'us-east-1'],
      ...['--s3-endpoint', storage.endpoint, '--s3-force-path-style', ...args],
    ]);

  describe.each(ways)('sent by $sender', ({ send, to, kind, uploader }) => {
    const keyOf = (name: string) => `media/${to}/take 1/${name}`;

    beforeAll(async () => {
      if (isOpen) await send(storage, to);
    });

    it.skipIf(!isOpen || !isThere.aws)('are read back by aws-cli, checksums and all', async () => {
      const back = join(folder, `aws-${storage.name}-${to}`);
      await aws(
        ...['s3', 'cp', '--recursive', '--no-progress', '--checksum-mode', 'ENABLED'],
        ...[`s3://${storage.bucket}/${keyOf('')}`, back],
      );
      expect(sorted(await digestsIn(back))).toEqual(sorted(digests()));
    });

    it.skipIf(!isOpen || !isThere.aws)('are what aws-cli is told of them', async () => {
      const listing = ['list-objects-v2', '--bucket', storage.bucket, '--prefix', keyOf('')];
      const { Contents } = JSON.parse(await aws('s3api', ...listing)) as { Contents: unknown[] };
      const expected = [...uploaded].map(([name, object]) => {
        const [Key, ETag, Size] = [keyOf(name), `"${etagOf(object)}"`, object.body.length];
        return expect.objectContaining({ Key, ETag, Size }) as unknown;
      });
      expect(Contents).toHaveLength(expected.length);
      expect(Contents).toEqual(expect.arrayContaining(expected));
      await Promise.all([UNUSUAL, IN_PARTS, STREAM].map((name) => expectHead(name)));
    });

    async function expectHead(name: string): Promise<void> {
      const object = uploadedAs(name);
      const told = await aws(
        ...['s3api', 'head-object', '--checksum-mode', 'ENABLED'],
        ...['--bucket', storage.bucket, '--key', keyOf(name)],
      );
      const { body, contentType, mtime, partSize } = object;
      const head = JSON.parse(told) as { Metadata: Record<string, string> };
      expect(head).toMatchObject({
        ...{ ContentLength: body.length, ContentType: contentType, ETag: `"${etagOf(object)}"` },
        ...checksumOf(object, kind),
      });
      expect(head.Metadata['mtime']).toBe(mtime === undefined ? undefined : secondsOf(mtime));
      expect(decodeURIComponent(head.Metadata['uploader'] ?? '')).toBe(uploader);
      const names = [
        ...(mtime === undefined ? [] : ['mtime']),
        ...(partSize === undefined ? ['transfer'] : []),
        'uploader',
      ];
      expect(Object.keys(head.Metadata).sort()).toEqual(names);
    }

    const attributes = async () => {
      const object = uploadedAs(IN_PARTS);
      const told = await aws(
        ...['s3api', 'get-object-attributes', '--bucket', storage.bucket, '--key', keyOf(IN_PARTS)],
        ...['--object-attributes', 'ETag', 'Checksum', 'ObjectSize', 'ObjectParts'],
      );
      const { ChecksumCRC32, ChecksumType } = checksumOf(object, kind);
      expect(JSON.parse(told)).toMatchObject({
        ETag: etagOf(object),
        ObjectSize: object.body.length,
        // S3 User Guide, "Checking object integrity": the number of parts is said apart from the checksum here.
        Checksum: { ChecksumCRC32: ChecksumCRC32.replace(/-\d+$/, ''), ChecksumType },
        ObjectParts: { TotalPartsCount: 3 },
      });
    };
    // The sample storage has no GetObjectAttributes.
    if (hasAttributes) it.skipIf(!isOpen || !isThere.aws)('have the parts that aws-cli is told of', attributes);

    it.skipIf(!isOpen || !isThere.rclone)('are read back by rclone, with the time of each file', async () => {
      const back = join(folder, `rclone-${storage.name}-${to}`);
      const remote = `:s3:${storage.bucket}/${keyOf('')}`;
      await rclone('copy', remote, back);
      expect(sorted(await digestsIn(back))).toEqual(sorted(digests()));
      for (const [name, { mtime }] of uploaded) {
        if (mtime === undefined) continue;
        expect((await stat(join(back, name), { bigint: true })).mtimeNs).toBe(mtime);
      }
      const lines = (await rclone('lsl', remote)).stdout.trimEnd().split('\n');
      const { mtime = 0n, body } = uploadedAs(IN_PARTS);
      const when = new Date(Number(mtime / 1_000_000n)).toISOString().slice(0, 19).replace('T', ' ');
      const listed = `${body.length} ${when}.${secondsOf(mtime).slice(-9)} ${IN_PARTS}`;
      expect(lines.map((line) => line.trim())).toContain(listed);
    });

    it.skipIf(!isOpen || !isThere.rclone || !isThere.aws)('leave nothing to do for who syncs the folder', async () => {
      const remote = `:s3:${storage.bucket}/${keyOf('')}`;
      await rclone('check', '--one-way', take, remote);
      const { stderr } = await rclone('copy', '--dry-run', '-v', take, remote);
      expect(stderr).toContain('0 B');
      expect(stderr).not.toContain('--dry-run is set');
      expect(await aws('s3', 'sync', '--dryrun', take, `s3://${storage.bucket}/${keyOf('')}`)).toBe('');
      // And it would tell of a file that had changed.
      const changed = join(folder, `changed-${storage.name}-${to}`);
      await cp(take, changed, { recursive: true, preserveTimestamps: true });
      await utimes(join(changed, 'empty.usdc'), MTIME + 1, MTIME + 1);
      expect((await rclone('copy', '--dry-run', '-v', changed, remote)).stderr).toContain('--dry-run is set');
    });
  });
});
