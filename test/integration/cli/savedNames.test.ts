import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { KEY } from '../services/transfers/download/surroundings.ts';
import { withDownloads } from './fixtures.ts';

const it = withDownloads
  .extend('inLines', ({ nearplay }) => async (...args: string[]) => {
    const { code, stdout, stderr } = await nearplay([...args, '--json']);
    const lines = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as object]));
    return { code, stderr, lines };
  })
  .extend(
    'get',
    ({ inLines }) =>
      (key: string, to = 'out/') =>
        inLines('get', key, to, '--ip', '198.51.100.7'),
  )
  .extend(
    'textOf',
    ({ desk }) =>
      (name: string) =>
        readFile(join(desk.folder, 'out', name), 'utf8'),
  );

describe('a name that was changed for the disk', () => {
  it('never takes the place of another file', async ({ desk, get, textOf }) => {
    const keys = ['n/a:b.mov', 'n/a?b.mov', 'm/a_b.mov'];
    for (const key of keys) await desk.put(Buffer.from(key), {}, key);
    for (const key of keys.slice(0, 2)) expect(await get(key)).toMatchObject({ code: 0, stderr: '' });
    expect((await readdir(join(desk.folder, 'out'))).sort()).toEqual(['a_b (2).mov', 'a_b.mov']);
    expect(await textOf('a_b.mov')).toBe('n/a:b.mov');
    expect(await textOf('a_b (2).mov')).toBe('n/a?b.mov');
    // Its own name was asked for.
    expect(await get('m/a_b.mov')).toMatchObject({ code: 0, lines: [{ path: join(desk.folder, 'out/a_b.mov') }] });
    expect(await textOf('a_b.mov')).toBe('m/a_b.mov');
  });

  it('is no way past a link or a folder of that name', async ({ desk, get }) => {
    await desk.put(Buffer.from('new'), {}, 'n/a:b.mov');
    await mkdir(join(desk.folder, 'out/a_b (2).mov'), { recursive: true });
    await symlink('nowhere', join(desk.folder, 'out/a_b.mov'));
    expect(await get('n/a:b.mov')).toMatchObject({ code: 0, lines: [{ path: join(desk.folder, 'out/a_b (3).mov') }] });
  });

  it('is replaced where it was named', async ({ desk, get, textOf }) => {
    await desk.put(Buffer.from('new'), {}, 'n/a:b.mov');
    for (const text of ['old', 'older']) {
      await mkdir(join(desk.folder, 'out'), { recursive: true });
      await writeFile(join(desk.folder, 'out/a_b.mov'), text);
      expect(await get('n/a:b.mov', 'out/a_b.mov')).toMatchObject({ code: 0 });
      expect(await textOf('a_b.mov')).toBe('new');
    }
  });
});

it("an object's own name replaces what has it, as cp does", async ({ desk, get }) => {
  for (const _time of [1, 2]) expect(await get(KEY)).toMatchObject({ code: 0 });
  expect(await readdir(join(desk.folder, 'out'))).toEqual(['plate.mov']);
});

describe.skipIf(process.platform === 'win32')('the name that a file has', () => {
  it.for([' blank.mov', 'blank.mov ', 'back\\slash.mov'])(
    'is its key, and is read by it: %j',
    async (name, { desk, get, inLines }) => {
      const path = join(desk.folder, 'there', name);
      await mkdir(join(desk.folder, 'there'));
      await writeFile(path, name);
      const anHourAgo = Date.now() / 1000 - 3600;
      await utimes(path, anHourAgo, anHourAgo);
      expect(await inLines('upload', 'there')).toMatchObject({ code: 0, lines: [{ key: `there/${name}` }] });
      expect(await inLines('verify', 'there')).toMatchObject({ code: 0, lines: [{ same: 1 }] });
      expect(await get(`there/${name}`, 'saved')).toMatchObject({ code: 0 });
      expect(await readFile(join(desk.folder, 'saved'), 'utf8')).toBe(name);
    },
  );
});
