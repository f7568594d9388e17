import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { runCli } from '../../electron/cli/program.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { seed } from '../sandbox/seed.ts';
import type { Lie } from './lies.ts';

const MIB = 1024 ** 2;
/** Above what goes in one request. */
const LARGE = 17 * MIB;
/** Above what is read in one request. */
const LARGE_OBJECT = 9 * MIB;
const LARGE_KEY = 'large/c.mov';
/** Minutes; a wait that is told and goes on is as good an outcome as any. */
const WAIT = '0.5';

export const ASKED = ['put', 'stream', 'multipart', 'get', 'ranges', 'list', 'verify', 'link'] as const;
export type Asked = (typeof ASKED)[number];

/** What came of one request of a person to a storage that lies. */
export interface Outcome {
  /** `done`, `failed CODE`, `waits`; what the command line says. */
  said: string;
  /** Why what was said is not so; absent where it is. */
  untrue?: string;
}

/** One studio with files on both sides, and a command line on it. */
export class HostileStudio {
  readonly sandbox: Sandbox;
  readonly #folder: string;
  readonly #content = randomBytes(100_000);
  readonly #there = new Map<string, Buffer>();

  private constructor(sandbox: Sandbox, folder: string) {
    this.sandbox = sandbox;
    this.#folder = folder;
  }

  static async open(): Promise<HostileStudio> {
    const sandbox = await startSandbox({ replicationDelayMs: 0 });
    const studio = new HostileStudio(sandbox, await mkdtemp(join(tmpdir(), 'nearplay-hostile-')));
    const preferences = sandbox.preferences({ services: [], delaySeconds: 0 });
    await writeFile(join(studio.#folder, 'studio.json'), JSON.stringify(preferences));
    for (const name of ['a.exr', 'b.mov']) {
      const content = randomBytes(200_000);
      studio.#there.set(`there/${name}`, content);
      await studio.#localFile(`there/${name}`, content);
    }
    await studio.#localFile('small.bin', studio.#content);
    const { code } = await studio.#run(['upload', 'there']);
    if (code !== 0) throw new Error('The files could not be brought to the storage');
    for (const key of studio.#there.keys()) await sandbox.waitForReplica(`media/${key}`, 20_000);
    return studio;
  }

  async close(): Promise<void> {
    this.sandbox.clearFaults();
    await this.sandbox.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async ask(asked: Asked, lie: Lie): Promise<Outcome> {
    if (lie.isNameTaken === true) await this.#takeNames();
    if (asked === 'ranges') await this.#bringLarge();
    for (const rule of lie.rules) this.sandbox.addFault(rule);
    switch (asked) {
      case 'put':
        return this.#upload(['upload', 'small.bin', '--wait', WAIT], 'small.bin', this.#content, lie);
      case 'stream':
        // It ends by itself; a limit would only race with its own time-outs.
        return this.#upload(['upload', '-', '--to', 'stream.bin'], 'stream.bin', this.#content, lie);
      case 'multipart': {
        const content = Buffer.alloc(LARGE, 5);
        await this.#localFile('large.bin', content);
        return this.#upload(['upload', 'large.bin', '--wait', WAIT], 'large.bin', content, lie);
      }
      case 'get':
        return this.#get('there/b.mov');
      case 'ranges':
        return this.#get(LARGE_KEY);
      case 'list':
        return this.#list();
      case 'verify':
        return this.#verify();
      case 'link':
        return this.#link();
    }
  }

  async #upload(args: string[], key: string, content: Buffer, lie: Lie): Promise<Outcome> {
    const before = this.#stored(key);
    const { said } = await this.#run(args);
    const stored = await this.#bytes(key);
    if (said === 'done' && !stored?.equals(content)) return { said, untrue: 'it is not there as it is here' };
    const isOverwritten = lie.isNameTaken === true && this.#stored(key) !== before;
    return isOverwritten ? { said, untrue: 'the other file was overwritten' } : { said };
  }

  async #bringLarge(): Promise<void> {
    const content = randomBytes(LARGE_OBJECT);
    await this.#localFile(LARGE_KEY, content);
    const { code } = await this.#run(['upload', LARGE_KEY, '--to', LARGE_KEY.split('/')[0] ?? '']);
    if (code !== 0) throw new Error('The large file could not be brought to the storage');
    this.#there.set(LARGE_KEY, content);
    await this.sandbox.waitForReplica(`media/${LARGE_KEY}`, 20_000);
  }

  async #get(key: string): Promise<Outcome> {
    await mkdir(join(this.#folder, 'saved'));
    const { said } = await this.#run(['get', key, 'saved/b.mov', '--wait', WAIT]);
    this.sandbox.clearFaults();
    const saved = await readFile(join(this.#folder, 'saved', 'b.mov')).catch(() => undefined);
    const isWhole = saved?.equals(this.#there.get(key) ?? Buffer.alloc(0)) === true;
    if (said === 'done' && !isWhole) return { said, untrue: 'the file is not what the storage has' };
    if (saved !== undefined && !isWhole) return { said, untrue: 'the final name holds something else' };
    const left = await readdir(join(this.#folder, 'saved'));
    return said !== 'done' && left.length > 0 && !said.startsWith('waits')
      ? { said, untrue: `${left.join(', ')} is left behind` }
      : { said };
  }

  async #list(): Promise<Outcome> {
    const { said, lines } = await this.#run(['ls', 'there']);
    const keys = lines.map(({ key }) => key);
    const isTrue = JSON.stringify(keys) === JSON.stringify([...this.#there.keys()]);
    return said === 'done' && !isTrue ? { said, untrue: `it lists ${JSON.stringify(keys)}` } : { said };
  }

  async #verify(): Promise<Outcome> {
    // One of both files is another one here: "the same" would be untrue.
    await this.#localFile('there/a.exr', randomBytes(200_000));
    const { said, lines } = await this.#run(['verify', 'there']);
    const same = lines[0]?.['same'];
    if (said === 'done' || (typeof same === 'number' && same > 1))
      return { said, untrue: 'it says that all is the same' };
    return { said: lines.length > 0 ? `compared, ${String(same)} the same` : said };
  }

  async #link(): Promise<Outcome> {
    const { said, lines } = await this.#run(['link', 'there/b.mov']);
    this.sandbox.clearFaults();
    if (said !== 'done') return { said };
    const answer = await fetch(String(lines[0]?.['url']));
    const bytes = Buffer.from(await answer.arrayBuffer());
    const isRight = bytes.equals(this.#there.get('there/b.mov') ?? Buffer.alloc(0));
    return isRight ? { said } : { said, untrue: 'the link leads to something else' };
  }

  async #takeNames(): Promise<void> {
    for (const name of ['small.bin', 'stream.bin', 'large.bin'])
      await this.#localFile(`names/${name}`, Buffer.from('other'));
    await seed(this.sandbox, join(this.#folder, 'names'), { prefix: 'media' });
  }

  #stored(key: string): string | undefined {
    return this.sandbox.bucketOf('main-us').current(`media/${key}`)?.versionId;
  }

  async #bytes(key: string): Promise<Buffer | undefined> {
    const bucket = this.sandbox.bucketOf('main-us');
    const version = bucket.current(`media/${key}`);
    if (!version) return undefined;
    const chunks: Buffer[] = [];
    for await (const chunk of bucket.read(version)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async #localFile(name: string, content: Buffer): Promise<void> {
    const path = join(this.#folder, name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, content);
    const anHourAgo = Date.now() / 1000 - 3600;
    await utimes(path, anHourAgo, anHourAgo);
  }

  async #run(args: string[]): Promise<{ code: number; said: string; lines: Record<string, unknown>[] }> {
    let [stdout, stderr] = ['', ''];
    const { accessKeyId, secretAccessKey } = this.sandbox.credentials;
    const code = await runCli([...args, '--json'], {
      env: {
        ...{ NEARPLAY_PREFERENCES: 'studio.json', NEARPLAY_HOME: join(this.#folder, 'home') },
        ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
      },
      cwd: this.#folder,
      ...(args.includes('-') && { stdin: Readable.from([this.#content]) }),
      stdout: (text) => (stdout += text),
      stderr: (text) => (stderr += text),
      now: () => Date.now(),
      platform: process.platform,
      signal: new AbortController().signal,
    });
    return { code, said: saidBy(code, objects(stderr)), lines: objects(stdout) };
  }
}

function saidBy(code: number, errors: Record<string, unknown>[]): string {
  if (code === 0) return 'done';
  // Its cause is told after some tries, which take longer on a busy machine: test/integration/cli/waits.test.ts has those.
  if (code === 3) return 'waits';
  const failed = errors.findLast(({ waiting, code: one }) => waiting === undefined && one !== undefined);
  return failed ? `failed ${String(failed['code'])}` : 'failed';
}

function objects(text: string): Record<string, unknown>[] {
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));
}
