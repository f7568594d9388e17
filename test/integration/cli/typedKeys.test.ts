import { PutObjectCommand } from '@aws-sdk/client-s3';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../electron/cli/program.ts';
import { startTestStudio, type TestStudio } from '../services/studio.ts';

let studio: TestStudio;
const KEYS_OF_OTHERS = ['/first.mov', 'sq//double.mov', 'a /blank.mov', 'back\\slash.mov', 'esc\u001b[31m.mov'];

beforeAll(async () => {
  studio = await startTestStudio();
  const client = studio.services.studio().clients.clientOf('main-us');
  for (const key of KEYS_OF_OTHERS) {
    await client.send(new PutObjectCommand({ Bucket: studio.sandbox.main.bucket, Key: `media/${key}`, Body: key }));
  }
  await studio.file('a.mov', 'a');
});
afterAll(() => studio.stop());

async function nearplay(...args: string[]) {
  const { code, stdout, stderr } = await run(...args, '--json');
  return { code, lines: objectsIn(stdout), errors: objectsIn(stderr) };
}
async function run(...args: string[]) {
  let [stdout, stderr] = ['', ''];
  const code = await runCli(args, {
    env: {
      NEARPLAY_PREFERENCES: 'preferences.json',
      NEARPLAY_HOME: join(studio.folder, 'home'),
      AWS_ACCESS_KEY_ID: studio.sandbox.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: studio.sandbox.credentials.secretAccessKey,
    },
    ...{ cwd: studio.folder, stdin: Readable.from(['streamed']), platform: process.platform, now: () => Date.now() },
    ...{ stdout: (text) => (stdout += text), stderr: (text) => (stderr += text) },
    signal: new AbortController().signal,
  });
  return { code, stdout, stderr };
}
const objectsIn = (text: string) =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));
const keysOnMain = () => studio.sandbox.bucketOf('main-us').keys();

describe('what is typed as a place becomes a key by one rule', () => {
  it.each([
    ['/typed/one', 'typed/one/a.mov'],
    ['./typed/two', 'typed/two/a.mov'],
    ['typed//three/', 'typed/three/a.mov'],
    ['/', 'a.mov'],
  ])('upload --to %j', async (to, key) => {
    expect(await nearplay('upload', 'a.mov', '--to', to)).toMatchObject({ code: 0, lines: [{ key }] });
    expect(keysOnMain()).toContain(`media/${key}`);
  });

  it('in NFC, as the names of files are; the own folder is none', async () => {
    const decomposed = 'typed/Ü'.normalize('NFD');
    const key = `${'typed/Ü'.normalize('NFC')}/a.mov`;
    expect(await nearplay('upload', 'a.mov', '--to', decomposed)).toMatchObject({ code: 0, lines: [{ key }] });
    expect(await nearplay('upload', 'a.mov', '--to', '.nearplay')).toMatchObject({ code: 1 });
    expect(keysOnMain().filter((name) => name.startsWith('media/.nearplay/') && name.endsWith('.mov'))).toEqual([]);
  });

  it('the own folder is not uploaded, chosen itself either', async () => {
    await mkdir(join(studio.folder, '.nearplay'), { recursive: true });
    await writeFile(join(studio.folder, '.nearplay/isolation-preferences.json'), '{}');
    const { code, errors } = await nearplay('upload', '.nearplay', '--on-conflict', 'replace');
    expect([code, errors]).toMatchObject([1, [{ code: 'bad-request', key: '.nearplay/isolation-preferences.json' }]]);
    expect(errors[0]?.['message']).toMatch(/own folder/);
    expect(keysOnMain().filter((name) => name.endsWith('.nearplay/isolation-preferences.json'))).toEqual([]);
    // Below another folder it is a name like any other.
    expect(await nearplay('upload', '.nearplay', '--to', 'typed')).toMatchObject({ code: 0 });
  });

  it('a folder to verify or to watch in NFC or NFD is the one that was uploaded', async () => {
    const [composed, decomposed] = ['cafe\u0301'.normalize('NFC'), 'cafe\u0301'];
    await mkdir(join(studio.folder, decomposed), { recursive: true });
    await writeFile(join(studio.folder, decomposed, 'e\u0301.mov'), 'a');
    expect(await nearplay('upload', decomposed, '--to', decomposed)).toMatchObject({ code: 0 });
    for (const typed of [composed, decomposed]) {
      const there = `${typed}/${typed}`;
      expect(await nearplay('verify', decomposed, there)).toMatchObject({ code: 0, lines: [{ compared: 1, same: 1 }] });
    }
    // Keys of another program, in NFD as macOS gives them.
    const client = studio.services.studio().clients.clientOf('main-us');
    const Key = `media/other/${decomposed}/e\u0301.mov`;
    await client.send(new PutObjectCommand({ Bucket: studio.sandbox.main.bucket, Key, Body: 'a' }));
    for (const typed of [composed, decomposed]) {
      expect(await nearplay('verify', decomposed, `other/${typed}`)).toMatchObject({ code: 0, lines: [{ same: 1 }] });
    }
  });

  it('a stream, a watched and a verified folder too', async () => {
    const streamed = await nearplay('upload', '-', '--to', '/typed//streamed.txt');
    expect(streamed).toMatchObject({ code: 0, lines: [{ key: 'typed/streamed.txt' }] });
    await mkdir(join(studio.folder, 'local'));
    await writeFile(join(studio.folder, 'local/a.mov'), 'a');
    expect(await nearplay('verify', 'local', '/typed//one')).toMatchObject({
      code: 0,
      lines: [{ folder: 'typed/one/' }],
    });
  });

  it.each(['../up', 'sq\\050', ' ', 'sq /x', 'sq\u001b', 'x'.repeat(1100)])('refuses %j and says why', async (to) => {
    const before = keysOnMain().length;
    const refused = [
      await nearplay('upload', 'a.mov', '--to', to),
      await nearplay('upload', '-', '--to', `${to}/x.txt`),
      await nearplay('watch', studio.folder, to),
      await nearplay('verify', studio.folder, to),
    ];
    // A comparison writes nothing: there, only the form counts.
    const length = to.length > 1024 ? 3 : 4;
    for (const { code, errors } of refused.slice(0, length)) {
      expect({ code, errors }).toMatchObject({ code: 1, errors: [{ code: 'bad-request' }] });
      expect(errors[0]?.['message']).toMatch(/".*" (goes up|has a|is too long).*\./s);
    }
    expect(keysOnMain()).toHaveLength(before);
  });

  it('the window writes into a folder as it is on screen, or not at all', async () => {
    const paths = [await studio.file('b.mov', 'b')];
    await expect(studio.services.addUploads('/', paths)).rejects.toMatchObject({
      code: 'bad-request',
    });
    await expect(studio.services.addWatchFolder('sq//', studio.folder, false)).rejects.toMatchObject({
      code: 'bad-request',
    });
  });
});

describe('keys of other programs stay reachable by their exact text', () => {
  it.each(KEYS_OF_OTHERS)('status, link and get of %j', async (key) => {
    expect(await nearplay('status', key)).toMatchObject({ code: 0, lines: [{ key }] });
    const { lines } = await nearplay('link', key, '--read-from', 'main');
    expect(await (await fetch(String(lines[0]?.['url']))).text()).toBe(key);
    const got = await nearplay('get', key, 'got.mov', '--read-from', 'main');
    expect(got).toMatchObject({ code: 0, lines: [{ key }] });
  });

  it('ls of a folder that nobody can type by the rule; a typed slash is forgiven where there is none', async () => {
    expect((await nearplay('ls', '/')).lines).toMatchObject([{ key: '/first.mov' }]);
    expect((await nearplay('ls', 'sq//')).lines).toMatchObject([{ key: 'sq//double.mov' }]);
    await nearplay('upload', 'a.mov', '--to', 'plain');
    expect((await nearplay('ls', './plain')).lines).toMatchObject([{ key: 'plain/a.mov' }]);
    expect(await nearplay('status', '/plain/a.mov')).toMatchObject({ code: 0, lines: [{ key: 'plain/a.mov' }] });
    expect(await nearplay('status', '../plain/a.mov')).toMatchObject({ code: 1, errors: [{ code: 'bad-request' }] });
  });
});

it('a folder without a name is shown by its slash', async () => {
  const { entries } = await studio.services.studio().library.list('sq/');
  expect(entries).toMatchObject([{ type: 'folder', key: 'sq//', name: '/' }]);
});

it.each([
  ['names/a\\..\\..\\evil.mov', 'evil.mov'],
  ['names/con.mov', '_con.mov'],
  ['names/a:hidden', 'a_hidden'],
  ['names/\u202egpj.exe', '_gpj.exe'],
])('get of %j into a folder stays in it, under a name that every system takes', async (key, name) => {
  const client = studio.services.studio().clients.clientOf('main-us');
  await client.send(new PutObjectCommand({ Bucket: studio.sandbox.main.bucket, Key: `media/${key}`, Body: key }));
  const { code, lines } = await nearplay('get', key, 'down/', '--read-from', 'main');
  expect({ code, lines }).toMatchObject({ code: 0, lines: [{ path: join(studio.folder, 'down', name) }] });
  expect(await readFile(join(studio.folder, 'down', name), 'utf8')).toBe(key);
});

describe('nothing that is printed can steer the terminal or forge a line', () => {
  const key = 'steer/\u001b]0;title\u0007\u001b[31mred\r\nnearplay: all is well\u009b2J\u202egpj\u2028.mov';
  const STEERS = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;

  it('by a key or an argument: ls, status, upload, verify, link', async () => {
    const client = studio.services.studio().clients.clientOf('main-us');
    await client.send(new PutObjectCommand({ Bucket: studio.sandbox.main.bucket, Key: `media/${key}`, Body: 'x' }));
    await mkdir(join(studio.folder, 'odd'));
    await writeFile(join(studio.folder, 'odd/\u001b[31mred.mov'), 'x');
    const runs = [
      await run('ls', 'steer'),
      await run('status', key),
      await run('upload', 'odd', '--to', 'steer'),
      await run('verify', 'odd', 'elsewhere'),
      await run('link', 'steer/none\u001b[31m\nnearplay: forged'),
      await run('upload', 'none\u001b[31m\nnearplay: forged'),
      await run('ls', '--read-from', 'x\u001b[31m\nnearplay: forged'),
    ];
    for (const { stdout, stderr } of runs) {
      const text = stdout + stderr;
      expect(text).toMatch(/\\u001b/);
      expect(text.replaceAll('\n', '')).not.toMatch(STEERS);
      expect(text).not.toMatch(/^nearplay: (forged|all is well)/m);
    }
    expect(runs[0]?.stdout).toContain(`\\u000d\\u000anearplay: all is well\\u009b2J\\u202egpj\\u2028.mov`);
  });

  it('by JSON: it says the same, and is as harmless', async () => {
    const { stdout } = await run('ls', 'steer', '--json');
    expect(stdout.replaceAll('\n', '')).not.toMatch(STEERS);
    expect(objectsIn(stdout)).toContainEqual(expect.objectContaining({ key }));
  });
});
