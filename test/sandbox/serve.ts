import { Command, InvalidArgumentError } from 'commander';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DAY_MS, SECOND_MS } from '../../shared/units.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';
import { seed } from './seed.ts';

/** Older than any replication delay that makes sense. */
const MEDIA_AGE_MS = DAY_MS;

interface ServeOptions {
  folder?: string;
  delay: number;
  portMain: number;
  portReplica: number;
  media?: string;
  https: boolean;
  json: boolean;
}

/** The number that an option's text stands for. */
function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It has to be a whole number.');
  return Number(text);
}

function readOptions(): ServeOptions {
  return new Command('serve')
    .description('Sample storage of two regions on this machine, until Ctrl+C')
    .option('--folder <folder>', 'keep objects and uploads here, for the next time (default: forget them)')
    .option('--delay <seconds>', 'time until an object is in the replica', wholeNumber, 20)
    .option('--port-main <port>', 'port of the main region (default: any)', wholeNumber, 0)
    .option('--port-replica <port>', 'port of the replica (default: any)', wholeNumber, 0)
    .option('--media <folder>', 'begin with the files of this folder, a day old and replicated')
    .option('--https', 'serve over TLS, with a certificate authority made for this run', false)
    .option('--json', 'print one JSON object', false)
    .parse()
    .opts<ServeOptions>();
}

/** The files that clients are pointed at, beside the bytes. */
async function writeFiles(sandbox: Sandbox, folder: string, delaySeconds: number) {
  await mkdir(folder, { recursive: true });
  const preferences = join(folder, 'isolation-preferences.json');
  await writeFile(preferences, `${JSON.stringify(sandbox.preferences({ delaySeconds }), undefined, 2)}\n`);
  if (sandbox.caCertificate === undefined) return { preferences };
  const caCertificate = join(folder, 'ca.pem');
  await writeFile(caCertificate, sandbox.caCertificate);
  return { preferences, caCertificate };
}

type WrittenFiles = Awaited<ReturnType<typeof writeFiles>>;

function describe(sandbox: Sandbox, files: WrittenFiles, isJson: boolean): string {
  const { main, replicas, credentials, addressService } = sandbox;
  const environment = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: main.region,
    AWS_ENDPOINT_URL_S3: main.endpoint,
    NEARPLAY_PREFERENCES: files.preferences,
    ...(files.caCertificate !== undefined && {
      AWS_CA_BUNDLE: files.caCertificate,
      NODE_EXTRA_CA_CERTS: files.caCertificate,
    }),
  };
  if (isJson) return JSON.stringify({ main, replicas, addressService: addressService.url, ...files, environment });
  return [
    `# Main     ${main.endpoint}/${main.bucket} (${main.region})`,
    ...replicas.map(({ endpoint, bucket, region }) => `# Replica  ${endpoint}/${bucket} (${region})`),
    `# Address  ${addressService.url}`,
    ...Object.entries(environment).map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`),
  ].join('\n');
}

const options = readOptions();
const folder = options.folder === undefined ? undefined : resolve(options.folder);
const stopped = new Promise<void>((done) => process.once('SIGINT', done).once('SIGTERM', done));
const sandbox = await startSandbox({
  ...(folder !== undefined && { folder: join(folder, 'storage') }),
  replicationDelayMs: options.delay * SECOND_MS,
  ports: { 'main-us': options.portMain, sydney: options.portReplica },
  https: options.https,
});
const beside = folder ?? (await mkdtemp(join(tmpdir(), 'nearplay-preferences-')));
try {
  if (options.media !== undefined) {
    await seed(sandbox, resolve(options.media), { prefix: 'media', ageMs: MEDIA_AGE_MS, replicated: true });
  }
  const files = await writeFiles(sandbox, beside, options.delay);
  process.stdout.write(`${describe(sandbox, files, options.json)}\n`);
  await stopped;
} finally {
  await sandbox.close();
  if (folder === undefined) await rm(beside, { recursive: true, force: true });
}
