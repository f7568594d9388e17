import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findFiles, type FindOptions } from '../../../../../electron/services/files/findFiles.ts';
import { shownName, utf8Of } from '../../../../../electron/services/files/leftOut.ts';
import { DISK_OPERATIONS, LocalDisk } from '../../../../../electron/services/files/localDisk.ts';
import type { LeftOut } from '../../../../../shared/leftOut.ts';
import { oddThings } from '../../../../helpers/oddFiles.ts';

let folder: string;
let left: LeftOut[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nearplay-walk-'));
  left = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function found(path = folder, options: Partial<FindOptions> = {}): Promise<string[]> {
  const names: string[] = [];
  for await (const files of findFiles([path], { leftOut: (one) => void left.push(one), ...options })) {
    names.push(...files.map(({ name }) => name.slice(name.indexOf('/') + 1)));
  }
  return names;
}

const reasons = () =>
  left.map(({ path, why, detail }) => [path.slice(folder.length + 1), why, detail].filter(Boolean).join(' ')).sort();

function failing(operation: 'lstat' | 'readdir', name: string, code: string): LocalDisk {
  const real = DISK_OPERATIONS[operation];
  const fail = (path: string) => {
    if (!path.endsWith(name)) return real(path);
    return Promise.reject(Object.assign(new Error(`${code}: ${path}`), { code }));
  };
  return new LocalDisk({ operations: { ...DISK_OPERATIONS, [operation]: fail } });
}

it('tells of links, pipes and names that are not UTF-8', async () => {
  await oddThings(folder);
  expect(await found()).toEqual(['good.mov']);
  expect(reasons()).toEqual([
    'broken.mov link',
    'caf\\xE9.exr name',
    'latest.mov link',
    'loop link',
    'pipe.mov special',
  ]);
});

it('follows a link that was chosen itself, to a file and to a folder', async () => {
  await mkdir(join(folder, 'real'));
  await writeFile(join(folder, 'real', 'a.mov'), 'a');
  await symlink(join(folder, 'real'), join(folder, 'shows'));
  await symlink(join(folder, 'real', 'a.mov'), join(folder, 'latest.mov'));
  expect(await found(join(folder, 'shows'))).toEqual(['a.mov']);
  expect(await found(join(folder, 'latest.mov'))).toEqual(['latest.mov']);
  expect(left).toEqual([]);
});

it.each(['EACCES', 'EPERM', 'EIO', 'ESTALE', 'ELOOP', 'ENAMETOOLONG', 'EINVAL'])(
  'tells of a file and of a folder that the system refuses with %s',
  async (code) => {
    await mkdir(join(folder, 'shots'));
    for (const name of ['a.mov', 'b.mov', 'shots/c.mov']) await writeFile(join(folder, name), 'x');
    expect(await found(folder, { disk: failing('lstat', 'a.mov', code) })).toEqual(['b.mov', 'shots/c.mov']);
    expect(await found(folder, { disk: failing('readdir', 'shots', code) })).toEqual(['a.mov', 'b.mov']);
    expect(reasons()).toEqual([`a.mov unreadable ${code}`, `shots unreadable ${code}`]);
  },
);

it.each(['ENOENT', 'ENOTDIR'])(
  'takes %s of what was listed a moment ago for vanished, and nothing else',
  async (code) => {
    await writeFile(join(folder, 'a.mov'), 'x');
    expect(await found(folder, { disk: failing('lstat', 'a.mov', code) })).toEqual([]);
    expect(reasons()).toEqual(['a.mov vanished']);
  },
);

it('ends on abort, also while a drive does not answer', async () => {
  await writeFile(join(folder, 'a.mov'), 'x');
  const stop = new AbortController();
  const lstat = () => {
    setImmediate(() => stop.abort());
    return new Promise<never>(() => undefined);
  };
  const disk = new LocalDisk({ operations: { ...DISK_OPERATIONS, lstat } });
  await expect(found(folder, { disk, signal: stop.signal })).rejects.toMatchObject({ code: 'cancelled' });
});

it('names that are not UTF-8 are shown byte by byte, all others as they are', () => {
  const bytes = (text: string) => Buffer.from(text).toString('latin1');
  expect(shownName('caf\xe9')).toBe('caf\\xE9');
  for (const name of ['日本語', 'cafe\u0301', 'plain', '\ufeffmarked']) {
    expect(shownName(bytes(name))).toBe(name);
    expect(utf8Of(bytes(name))).toBe(name);
  }
  // Half of a pair, as Windows may have it, and an overlong form.
  for (const wrong of ['\xed\xa0\x80', '\xc0\xaf']) expect(utf8Of(wrong)).toBeUndefined();
});
