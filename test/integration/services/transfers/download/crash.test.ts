import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative, sep } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECOND_MS } from '../../../../../shared/units.ts';
import { until, untilOrEnded } from '../surroundings.ts';
import { DownloadDesk, KEY, MIB } from './surroundings.ts';

const PROGRAM = fileURLToPath(new URL('../../../../../electron/cli.ts', import.meta.url));
const isLong = process.env['NEARPLAY_LONG'] === '1';
const [KILLS, SIZE] = isLong ? [50, 64 * MIB] : [6, 12 * MIB];
/** Of the storage, over all connections: slow enough to be caught at work. */
const BYTES_PER_SECOND = isLong ? 48 * MIB : 6 * MIB;
/** Ranges that are read side by side. */
const CONNECTIONS = isLong ? 8 : 6;
const OLD = Buffer.from('what had the name before');

let desk: DownloadDesk;
let home: string;

beforeAll(async () => {
  desk = await DownloadDesk.open(SIZE);
  home = await mkdtemp(join(tmpdir(), 'nearplay-crash-'));
  const preferences = desk.sandbox.preferences({ services: [] });
  await writeFile(join(home, 'studio.json'), JSON.stringify(preferences));
  desk.sandbox.addFault({
    operation: 'GetObject',
    effect: { kind: 'bandwidth', bytesPerSecond: BYTES_PER_SECOND / CONNECTIONS },
  });
});
afterAll(async () => {
  await desk.close();
  await rm(home, { recursive: true, force: true });
});

/** `nearplay get` in a process of its own. @param to relative to the desk's folder */
function get(to: string, from = KEY) {
  const { accessKeyId, secretAccessKey } = desk.sandbox.credentials;
  const env = {
    ...process.env,
    ...{ NEARPLAY_PREFERENCES: join(home, 'studio.json'), NEARPLAY_HOME: join(home, 'home') },
    ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
  };
  const args = [PROGRAM, 'get', from, join(desk.folder, to), '--read-from', 'main', '--json'];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { kill: () => child.kill('SIGKILL'), said: output.then(([stdout, stderr]) => ({ stdout, stderr })) };
}

const finalBytes = (name: string) => readFile(join(desk.folder, name)).catch(() => undefined);

it(
  `leaves the whole, proved file under its name or what was there before, killed ${KILLS} times at random moments`,
  async () => {
    let gone = 0;
    let resumed = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const name = `plate-${kill}.mov`;
      const hasOld = kill % 2 === 0;
      if (hasOld) await writeFile(join(desk.folder, name), OLD);
      desk.sandbox.requests.length = 0;
      const killed = get(name);
      // From the first question until after the last byte.
      await until(() => desk.sandbox.requests.length > 0, 'the process is at work');
      await wait(Math.random() * 1.3 * (SIZE / BYTES_PER_SECOND) * SECOND_MS);
      killed.kill();
      await killed.said;

      const there = await finalBytes(name);
      const isWhole = there?.equals(desk.content) === true;
      const isUntouched = hasOld ? there?.equals(OLD) === true : there === undefined;
      expect(isWhole || isUntouched).toBe(true);
      const hasLeft = (await readdir(desk.folder)).some((one) => one.endsWith('.nearplay-part'));
      if (hasLeft) gone += 1;

      const { stdout, stderr } = await get(name).said;
      expect(stderr).toBe('');
      const answer = JSON.parse(stdout) as { provedBy: string; resumed: number };
      expect(answer.provedBy).toBe('crc32');
      if (answer.resumed > 0) resumed += 1;
      expect((await finalBytes(name))?.equals(desk.content)).toBe(true);
      expect((await readdir(desk.folder)).filter((one) => one.startsWith('.'))).toEqual([]);
      await rm(join(desk.folder, name));
    }
    // Otherwise this would be a test of nothing.
    expect(gone).toBeGreaterThan(KILLS / 8);
    expect(resumed).toBeGreaterThan(0);
    expect(await readdir(join(home, 'home', 'downloads'))).toEqual([]);
  },
  KILLS * 30 * SECOND_MS,
);

it('leaves nothing when it is ended by Ctrl+C, and the uploads’ folders are as before', async () => {
  desk.sandbox.requests.length = 0;
  const { accessKeyId, secretAccessKey } = desk.sandbox.credentials;
  const env = {
    ...process.env,
    ...{ NEARPLAY_PREFERENCES: join(home, 'studio.json'), NEARPLAY_HOME: join(home, 'home') },
    ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
  };
  const args = [PROGRAM, 'get', KEY, join(desk.folder, 'c.mov'), '--read-from', 'main'];
  const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
  await until(() => desk.sandbox.requests.some(({ operation }) => operation === 'GetObject'), 'bytes arrive');
  child.kill('SIGINT');
  expect((await once(child, 'close'))[0]).toBe(130);
  expect(await desk.names()).toEqual([]);
});

it('refuses a second command on the same destination while the first is at work, also of another process', async () => {
  desk.sandbox.clearFaults();
  // Some seconds: longer than the second process needs to begin.
  const effect = { kind: 'bandwidth', bytesPerSecond: SIZE / 6 / CONNECTIONS } as const;
  desk.sandbox.addFault({ operation: 'GetObject', effect });
  desk.sandbox.requests.length = 0;
  const first = get('twice.mov');
  await until(() => desk.sandbox.requests.some(({ operation }) => operation === 'GetObject'), 'bytes arrive');
  const second = await get('twice.mov').said;
  expect(second.stdout).toBe('');
  expect(JSON.parse(second.stderr)).toMatchObject({ code: 'same-destination' });
  expect(JSON.parse((await first.said).stdout)).toMatchObject({ size: SIZE, provedBy: 'crc32' });
  expect((await finalBytes('twice.mov'))?.equals(desk.content)).toBe(true);
  expect(await desk.names()).toEqual(['twice.mov']);
});

describe('a folder that is killed in the middle', () => {
  const FILES = { 'a.exr': 50_000, 'sub/b.exr': 200_000, 'sub/c.exr': MIB, 'z.mov': SIZE };
  const contents = new Map(Object.entries(FILES).map(([name, size]) => [name, randomBytes(size)]));
  /** Files below the folder that have their names; any of them is whole. */
  const named = async () => {
    const found = await readdir(join(desk.folder, 'shots'), { recursive: true, withFileTypes: true }).catch(() => []);
    const files = found.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
    const paths = files.map(({ parentPath, name }) => relative(join(desk.folder, 'shots'), join(parentPath, name)));
    for (const path of paths) {
      const name = path.replaceAll(sep, '/');
      expect([name, (await readFile(join(desk.folder, 'shots', path))).equals(contents.get(name) ?? OLD)]).toEqual([
        name,
        true,
      ]);
    }
    return paths.length;
  };
  const linesOf = (stdout: string) =>
    stdout.split('\n').flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as Record<string, unknown>] : []));

  it(
    'is whole and proved by the same command, and nothing was said to be done that is not',
    async () => {
      for (const [name, content] of contents) await desk.put(content, { ChecksumAlgorithm: 'CRC32' }, `shots/${name}`);
      const closed = Promise.withResolvers<undefined>();
      const open = desk.sandbox.addFault({
        ...{ operation: 'GetObject', key: /z\.mov/ },
        effect: { kind: 'gate', opened: closed.promise },
      });
      const first = get('shots', 'shots/');
      const small = [...contents.keys()].filter((name) => name !== 'z.mov');
      const areThere = () => small.every((name) => existsSync(join(desk.folder, 'shots', name)));
      await untilOrEnded(areThere, 'the small ones are there', first.said);
      first.kill();
      open();
      const said = linesOf((await first.said).stdout);
      expect(said.map(({ key }) => key)).not.toContain('shots/z.mov');
      expect(await named()).toBe(contents.size - 1);

      desk.sandbox.requests.length = 0;
      const second = get('shots', 'shots/');
      const isUnderWay = () =>
        desk.sandbox.requests.some(
          ({ operation, key, status }) => operation === 'GetObject' && key.endsWith('z.mov') && status > 0,
        );
      await untilOrEnded(isUnderWay, 'the large one is under way', second.said);
      await wait(Math.random() * SECOND_MS);
      second.kill();
      closed.resolve(undefined);
      for (const { key, provedBy } of linesOf((await second.said).stdout)) {
        if (key !== undefined) expect([key, provedBy]).toEqual([key, 'crc32']);
      }
      await named();

      const { stdout, stderr } = await get('shots', 'shots/').said;
      expect(stderr).toBe('');
      const { files, saved, same, unproved, failed } = linesOf(stdout).at(-1) ?? {};
      expect({ files, unproved, failed }).toEqual({ files: contents.size, unproved: 0, failed: 0 });
      expect(Number(saved) + Number(same)).toBe(contents.size);
      expect(await named()).toBe(contents.size);
      const left = await readdir(join(desk.folder, 'shots'), { recursive: true });
      expect(left.filter((path) => basename(path).startsWith('.'))).toEqual([]);
    },
    KILLS * 30 * SECOND_MS,
  );
});
