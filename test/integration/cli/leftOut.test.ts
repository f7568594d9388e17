import { appendFile, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCli } from '../../../electron/cli/program.ts';
import { oddThings } from '../../helpers/oddFiles.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { until } from '../services/transfers/surroundings.ts';

let sandbox: Sandbox;
let folder: string;
let stop: AbortController;

beforeEach(async () => {
  sandbox = await startSandbox({ replicationDelayMs: 0 });
  folder = await mkdtemp(join(tmpdir(), 'nearplay-left-out-'));
  stop = new AbortController();
  await writeFile(join(folder, 'studio.json'), JSON.stringify(sandbox.preferences({ services: [] })));
  await mkdir(join(folder, 'plates'));
});
afterEach(async () => {
  stop.abort();
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

interface Said {
  code: Promise<number>;
  stdout: () => string;
  stderr: () => string[];
}

function nearplay(...args: string[]): Said {
  const said = { stdout: '', stderr: '' };
  const code = runCli(args, {
    env: {
      NEARPLAY_PREFERENCES: 'studio.json',
      NEARPLAY_HOME: join(folder, 'home'),
      AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
    },
    cwd: folder,
    stdout: (text) => (said.stdout += text),
    stderr: (text) => (said.stderr += text),
    now: () => Date.now(),
    platform: process.platform,
    signal: stop.signal,
  });
  return { code, stdout: () => said.stdout, stderr: () => said.stderr.split('\n').filter((line) => line !== '') };
}

const versions = (key: string) => sandbox.bucketOf('main-us').versionsOf(`media/${key}`).length;

it('what was chosen and is not sent is told on stderr, in the exit code, and by verify', async () => {
  await oddThings(join(folder, 'plates'));
  const upload = nearplay('upload', 'plates');
  expect(await upload.code).toBe(1);
  expect(upload.stdout()).toContain('plates/good.mov');
  expect(upload.stderr().filter((line) => line.includes('Left out'))).toHaveLength(5);
  expect(upload.stderr().join('\n')).toMatch(/caf\\xE9\.exr: Left out\. Its name is not UTF-8/);
  const verify = nearplay('verify', 'plates');
  expect(await verify.code).toBe(1);
  expect(verify.stdout()).toContain('1 of 1 files are the same');
  expect(verify.stdout().match(/^left-out/gm)).toHaveLength(5);
});

it('beyond a hundred only their number is told', async () => {
  const plates = join(folder, 'plates');
  await writeFile(join(plates, 'a.mov'), 'a');
  for (let number = 0; number < 130; number++) await symlink('a.mov', join(plates, `link-${number}.mov`));
  const upload = nearplay('upload', 'plates');
  expect(await upload.code).toBe(1);
  expect(upload.stderr().filter((line) => line.includes('symbolic link'))).toHaveLength(100);
  expect(upload.stderr().at(-1)).toBe('nearplay: 30 more were left out.');
});

it('a link that is named itself is followed, and nothing is left out then', async () => {
  await writeFile(join(folder, 'plates', 'a.mov'), 'a');
  await symlink(join(folder, 'plates'), join(folder, 'shows'));
  const upload = nearplay('upload', 'shows');
  expect([await upload.code, upload.stderr()]).toEqual([0, []]);
  expect(versions('shows/a.mov')).toBe(1);
});

it('two files that want one name are told, both by their path, and one is sent', async () => {
  for (const below of ['one', 'two']) {
    await mkdir(join(folder, below));
    await writeFile(join(folder, below, 'a.mov'), below);
  }
  const upload = nearplay('upload', 'one/a.mov', 'two/a.mov', '--on-conflict', 'replace');
  expect(await upload.code).toBe(1);
  expect(upload.stderr()).toEqual([expect.stringMatching(/two\/a\.mov.*one\/a\.mov/)]);
  expect(versions('a.mov')).toBe(1);
});

it('a watch folder tells once, and does not swap two normal forms of one name for ever', async () => {
  const plates = join(folder, 'plates');
  await oddThings(plates);
  await writeFile(join(plates, 'café.exr'), 'composed');
  await writeFile(join(plates, 'cafe\u0301.exr'), 'decomposed');
  const watch = nearplay('watch', 'plates', 'in', '--existing');
  await until(() => versions('in/good.mov') === 1 && versions('in/café.exr') === 1, 'all is uploaded');
  const looks = () => sandbox.requests.filter(({ operation }) => operation === 'PutObject').length;
  const before = looks();
  // A later file proves that later looks have been.
  await writeFile(join(plates, 'later.mov'), 'later');
  await until(() => versions('in/later.mov') === 1, 'looks go on', 30_000);
  expect(looks()).toBe(before + 1);
  expect(versions('in/café.exr')).toBe(1);
  stop.abort();
  await watch.code;
  expect(watch.stderr().filter((line) => line.includes('Left out'))).toHaveLength(6);
  expect(watch.stderr().filter((line) => line.includes('same name'))).toHaveLength(1);
});

it('a watch folder uploads a file that grows with an old date once, and whole', async () => {
  const path = join(folder, 'plates', 'grows.mov');
  const watch = nearplay('watch', 'plates', 'in', '--existing');
  const aWeekAgo = Date.now() / 1000 - 7 * 86_400;
  await writeFile(`${path}.tmp`, '');
  await utimes(`${path}.tmp`, aWeekAgo, aWeekAgo);
  await rename(`${path}.tmp`, path);
  for (let second = 0; second < 9; second++) {
    await appendFile(path, 'x'.repeat(1000));
    await utimes(path, aWeekAgo, aWeekAgo);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  await until(() => sandbox.bucketOf('main-us').current('media/in/grows.mov') !== undefined, 'it is there', 30_000);
  stop.abort();
  await watch.code;
  expect(versions('in/grows.mov')).toBe(1);
  expect(sandbox.bucketOf('main-us').current('media/in/grows.mov')?.size).toBe(9000);
});

it('a watched folder that vanishes is told, and so is its return; --wait ends it', async () => {
  const plates = join(folder, 'plates');
  await writeFile(join(plates, 'a.mov'), 'a');
  const watch = nearplay('watch', 'plates', 'in', '--existing', '--json');
  await until(() => versions('in/a.mov') === 1, 'it watches', 30_000);
  await rename(plates, `${plates}-away`);
  await until(() => watch.stderr().some((line) => line.includes('"waiting":"folder"')), 'it is told', 60_000);
  await rename(`${plates}-away`, plates);
  await until(() => watch.stderr().some((line) => line.includes('"waiting":null')), 'its return is told', 60_000);
  stop.abort();
  expect(await watch.code).toBe(0);
  stop = new AbortController();
  await writeFile(join(plates, 'b.mov'), 'b');
  const limited = nearplay('watch', 'plates', 'in', '--wait', '0.05');
  await until(() => versions('in/b.mov') === 1, 'it watches again', 30_000);
  await rename(plates, `${plates}-away`);
  expect(await limited.code).toBe(3);
  expect(limited.stderr().join('\n')).toMatch(/waiting for the watched folder/);
}, 120_000);
