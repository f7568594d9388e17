import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';

const run = promisify(execFile);
const MIB = 1024 ** 2;
const LIMIT = 60_000;

/** The first line of `PROGRAM --version`, or undefined where the program is not installed. */
async function versionOf(program: string, argument: string): Promise<string | undefined> {
  const answer = await run(program, [argument], { timeout: LIMIT }).catch(() => undefined);
  return answer && (answer.stdout + answer.stderr).split('\n')[0];
}

const versions = {
  aws: await versionOf('aws', '--version'),
  rclone: await versionOf('rclone', 'version'),
  curl: await versionOf('curl', '--version'),
};
for (const [program, version] of Object.entries(versions)) {
  process.stdout.write(
    version ? `interop: ${version}\n` : `interop: ${program} is not installed; its tests are skipped\n`,
  );
}

let sandbox: Sandbox;
let folder: string;
let environment: NodeJS.ProcessEnv;
const small = { name: 'sh010 plate é.exr', body: randomBytes(100_000) };
const large = { name: 'sh010 v001.mov', body: randomBytes(21 * MIB + 17) };

beforeAll(async () => {
  sandbox = await startSandbox({ replicationDelayMs: 100 });
  folder = await mkdtemp(join(tmpdir(), 'nearplay-interop-'));
  for (const { name, body } of [small, large]) await writeFile(join(folder, name), body);
  // aws-cli 1 still presigns with Signature Version 2 for us-east-1 unless it is told.
  await writeFile(join(folder, 'config'), '[default]\ns3 =\n  signature_version = s3v4\n');
  // rclone's transport cannot take a CA bundle of the AWS environment, and loopback needs none.
  const { AWS_CA_BUNDLE: _bundle, ...inherited } = process.env;
  environment = {
    ...inherited,
    AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
    AWS_REGION: sandbox.main.region,
    AWS_DEFAULT_REGION: sandbox.main.region,
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'no-credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    RCLONE_CONFIG: join(folder, 'no-rclone-config'),
    NO_PROXY: '127.0.0.1',
  };
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

const call = async (program: string, args: string[]) =>
  (await run(program, args, { env: environment, timeout: LIMIT, maxBuffer: 64 * MIB })).stdout;
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const stored = async (key: string) => {
  const bucket = sandbox.bucketOf('main-us');
  const version = bucket.current(key);
  if (!version) throw new Error(`"${key}" is not in the bucket`);
  const chunks: Buffer[] = [];
  for await (const chunk of bucket.read(version)) chunks.push(chunk);
  return { ...version, body: Buffer.concat(chunks) };
};

describe.skipIf(!versions.aws)('aws-cli', () => {
  const aws = (...args: string[]) => call('aws', ['--endpoint-url', sandbox.main.endpoint, ...args]);
  const at = (key: string) => `s3://studio-media/aws/${key}`;

  it('puts, in one piece and in parts, and gets back what it put', async () => {
    for (const { name, body } of [small, large]) {
      await aws('s3', 'cp', '--no-progress', join(folder, name), at(name));
      const object = await stored(`aws/${name}`);
      expect(digest(object.body)).toBe(digest(body));
      expect(object.etag.includes('-')).toBe(body === large.body);
      await aws('s3', 'cp', '--no-progress', at(name), join(folder, 'back'));
      expect(digest(await readFile(join(folder, 'back')))).toBe(digest(body));
    }
  });

  it('lists what is there', async () => {
    const listing = await aws('s3', 'ls', '--recursive', 's3://studio-media/aws/');
    expect(listing).toContain(`${large.body.length} aws/${large.name}`);
  });

  it('copies within the bucket, in one piece and in parts, and removes', async () => {
    for (const { name, body } of [small, large]) {
      await aws('s3', 'cp', '--no-progress', at(name), at(`copies/${name}`));
      expect(digest((await stored(`aws/copies/${name}`)).body)).toBe(digest(body));
    }
    await aws('s3', 'rm', '--recursive', at('copies'));
    expect(await aws('s3api', 'list-objects-v2', '--bucket', 'studio-media', '--prefix', 'aws/copies/')).not.toContain(
      'Contents',
    );
    const versioned = await aws('s3api', 'list-object-versions', '--bucket', 'studio-media', '--prefix', 'aws/copies/');
    const { Versions, DeleteMarkers } = JSON.parse(versioned) as { Versions: unknown[]; DeleteMarkers: unknown[] };
    expect([Versions.length, DeleteMarkers.length]).toEqual([2, 2]);
  });

  it('agrees about checksums, of the whole object and of its parts', async () => {
    const head = async (key: string) =>
      JSON.parse(
        await aws(
          ...['s3api', 'head-object', '--bucket', 'studio-media', '--key', `aws/${key}`],
          ...['--checksum-mode', 'ENABLED'],
        ),
      ) as Record<string, string>;
    for (const [algorithm, type] of [
      ['CRC32', 'COMPOSITE'],
      ['SHA256', 'COMPOSITE'],
    ] as const) {
      const key = `summed/${algorithm}`;
      await aws('s3', 'cp', '--no-progress', '--checksum-algorithm', algorithm, join(folder, large.name), at(key));
      const told = await head(key);
      expect(told).toMatchObject({
        ChecksumType: type,
        [`Checksum${algorithm}`]: expect.stringMatching(/-3$/) as string,
      });
      await aws('s3', 'cp', '--no-progress', '--checksum-mode', 'ENABLED', at(key), join(folder, 'back'));
      expect(digest(await readFile(join(folder, 'back')))).toBe(digest(large.body));
    }
  });

  it('speaks HTTPS with the authority of the sample storage', async () => {
    const secure = await startSandbox({ https: true, credentials: sandbox.credentials });
    try {
      const bundle = join(folder, 'ca.pem');
      await writeFile(bundle, secure.caCertificate ?? '');
      const target = 's3://studio-media/secure';
      const speak = (...args: string[]) =>
        call('aws', [
          '--endpoint-url',
          secure.main.endpoint,
          '--ca-bundle',
          bundle,
          's3',
          'cp',
          '--no-progress',
          ...args,
        ]);
      await speak(join(folder, large.name), target);
      await speak(target, join(folder, 'back'));
      expect(digest(await readFile(join(folder, 'back')))).toBe(digest(large.body));
    } finally {
      await secure.close();
    }
  });

  it.skipIf(!versions.curl)('presigns links that curl opens, and that one changed character closes', async () => {
    const url = (await aws('s3', 'presign', at(small.name), '--expires-in', '60')).trim();
    const status = async (link: string) => call('curl', ['-s', '-o', join(folder, 'got'), '-w', '%{http_code}', link]);
    expect(await status(url)).toBe('200');
    expect(digest(await readFile(join(folder, 'got')))).toBe(digest(small.body));
    const last = url.at(-1) === '0' ? '1' : '0';
    expect(await status(url.slice(0, -1) + last)).toBe('403');
  });
});

describe.skipIf(!versions.rclone)('rclone', () => {
  const rclone = (...args: string[]) =>
    call('rclone', [
      ...['--s3-provider', 'Other', '--s3-env-auth', '--s3-region', sandbox.main.region],
      ...['--s3-endpoint', sandbox.main.endpoint, '--s3-force-path-style', '--s3-upload-cutoff', '8M'],
      ...args,
    ]);

  it('puts, in one piece and in parts, lists, and gets back what it put', async () => {
    for (const { name, body } of [small, large]) {
      await rclone('copyto', join(folder, name), `:s3:studio-media/rclone/${name}`);
      expect(digest((await stored(`rclone/${name}`)).body)).toBe(digest(body));
      await rclone('copyto', `:s3:studio-media/rclone/${name}`, join(folder, 'back'));
      expect(digest(await readFile(join(folder, 'back')))).toBe(digest(body));
    }
    expect(await rclone('ls', ':s3:studio-media/rclone')).toContain(`${large.body.length} ${large.name}`);
  });
});
