import * as fc from 'fast-check';
import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { describe, expect } from 'vitest';
import {
  hiddenName,
  isTemporaryName,
  randomText,
  removeTemporariesOf,
  renameReplacing,
  replaceFile,
  replaceFileSync,
  replaceFileWith,
} from '../../../../../electron/services/files/atomicFile.ts';
import { withFolder } from '../../../../helpers/fixtures.ts';
import { device, fifo, skipped } from '../../../../helpers/oddFiles.ts';

const it = withFolder;

const failing = (code: string) => Object.assign(new Error(`${code}: as the system says it, open 'x'`), { code });

describe('a file that is replaced', () => {
  it('has the new content, and nothing is left beside it', async ({ folder }) => {
    const file = join(folder, 'receipts.json');
    await replaceFile(file, 'old');
    await replaceFile(file, 'new');
    replaceFileSync(join(folder, 'window.json'), '{}');
    expect(await readFile(file, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['receipts.json', 'window.json']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('never takes a name beside it that belongs to another user, nor what a link there points to', async ({
    folder,
  }) => {
    const file = join(folder, 'receipts.json');
    for (const foreign of ['receipts.json.tmp', 'receipts.json.part', '.receipts.json.part']) {
      await writeFile(join(folder, foreign), 'foreign');
    }
    await writeFile(join(folder, 'elsewhere'), 'elsewhere');
    await symlink(join(folder, 'elsewhere'), join(folder, 'receipts.json.new'));
    await replaceFile(file, 'new');
    for (const foreign of ['receipts.json.tmp', 'receipts.json.part', '.receipts.json.part']) {
      expect(await readFile(join(folder, foreign), 'utf8')).toBe('foreign');
    }
    expect(await readFile(join(folder, 'elsewhere'), 'utf8')).toBe('elsewhere');
  });

  it('keeps its old content when the new one breaks off, and nothing is left beside it', async ({ folder }) => {
    const file = join(folder, 'memory');
    await replaceFile(file, 'old');
    const broken = replaceFileWith(file, async (write) => {
      await write('half');
      throw failing('ENOSPC');
    });
    await expect(broken).rejects.toMatchObject({ code: 'disk-full' });
    expect(await readFile(file, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['memory']);
  });

  it('may be written by many at once: each time one of them as a whole', async ({ folder }) => {
    const file = join(folder, 'shared.json');
    await Promise.all(Array.from({ length: 20 }, (_, number) => replaceFile(file, String(number).repeat(50_000))));
    const content = await readFile(file, 'utf8');
    expect(new Set(content.match(/../g)).size).toBe(1);
    expect(await readdir(folder)).toEqual(['shared.json']);
  });

  it('may have the longest name that the disk takes', async ({ folder }) => {
    const name = `${'é'.repeat(125)}.json`;
    await replaceFile(join(folder, name), 'x');
    expect(await readdir(folder)).toEqual([name]);
  });

  it('says what is wrong with the place', async ({ folder }) => {
    await writeFile(join(folder, 'notdir'), '');
    await mkdir(join(folder, 'taken', 'full'), { recursive: true });
    const write = (...path: string[]) => replaceFile(join(folder, ...path), 'x');
    await expect(write('notdir', 'a.json')).rejects.toMatchObject({ code: 'not-a-folder' });
    await expect(write('gone', 'a.json')).rejects.toMatchObject({ code: 'destination-unwritable' });
    await expect(write('taken')).rejects.toMatchObject({ code: 'destination-unwritable' });
    await expect(write('n'.repeat(300))).rejects.toMatchObject({ code: 'name-too-long' });
    await chmod(join(folder, 'taken'), 0o500);
    // Root may write everywhere.
    if (getuid?.() !== 0) await expect(write('taken', 'a')).rejects.toMatchObject({ code: 'destination-unwritable' });
    await chmod(join(folder, 'taken'), 0o700);
  });

  it('loses what crashes left beside it, and nothing else', async ({ folder }) => {
    const file = join(folder, 'memory');
    const left = hiddenName('memory', `.${randomText()}.nearplay-tmp`);
    const others = [hiddenName('memory2', `.${randomText()}.nearplay-tmp`), '.memory.part', 'memory.tmp'];
    for (const name of [left, ...others]) await writeFile(join(folder, name), '');
    await removeTemporariesOf(file);
    expect((await readdir(folder)).sort()).toEqual([...others].sort());
    expect(isTemporaryName(left)).toBe(true);
    expect(isTemporaryName('.memory.part')).toBe(false);
  });
});

describe.skipIf(process.platform === 'win32')('a file of the app’s own whose place something else has', () => {
  const writers = [
    ['at leisure', (file: string) => replaceFile(file, 'new')],
    [
      'at once',
      (file: string) =>
        Promise.resolve().then(() => {
          replaceFileSync(file, 'new');
        }),
    ],
  ] as const;

  it.for(writers)('(a link) is written where it leads, for the user alone, %s', async ([_how, write], { folder }) => {
    await mkdir(join(folder, 'dotfiles'));
    await writeFile(join(folder, 'dotfiles', 'window.json'), 'old', { mode: 0o644 });
    for (const name of ['window.json', 'new.json']) {
      await symlink(`dotfiles/${name}`, join(folder, name));
      await write(join(folder, name));
      expect((await lstat(join(folder, name))).isSymbolicLink()).toBe(true);
      expect(await readFile(join(folder, 'dotfiles', name), 'utf8')).toBe('new');
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    }
    expect(await readdir(join(folder, 'dotfiles'))).toHaveLength(2);
    expect(await readdir(folder)).toHaveLength(3);
  });

  it.for(writers)(
    '(a pipe, a link to one, a circle) is not written, and that stays, %s',
    async ([_how, write], { folder }) => {
      await fifo(join(folder, 'pipe'));
      await symlink('pipe', join(folder, 'to-pipe'));
      await symlink('circle', join(folder, 'circle'));
      for (const name of ['pipe', 'to-pipe', 'circle']) {
        await expect(write(join(folder, name))).rejects.toMatchObject({ code: 'destination-unwritable' });
      }
      expect((await lstat(join(folder, 'pipe'))).isFIFO()).toBe(true);
      expect((await readdir(folder)).sort()).toEqual(['circle', 'pipe', 'to-pipe']);
    },
  );

  it.for(writers)('(a device) is not written, and the device stays, %s', async ([_how, write], { folder }) => {
    const path = join(folder, 'null');
    const why = await device(path, 'null');
    if (why !== undefined) {
      skipped(why);
      return;
    }
    await expect(write(path)).rejects.toMatchObject({ code: 'destination-unwritable' });
    expect((await lstat(path)).isCharacterDevice()).toBe(true);
  });
});

describe('a rename over a file that another program has open on Windows', () => {
  const held = (times: number, code = 'EBUSY') => {
    let calls = 0;
    const rename = () => (++calls <= times ? Promise.reject(failing(code)) : Promise.resolve());
    return { rename, calls: () => calls };
  };

  it('is tried again for a moment', async () => {
    const { rename, calls } = held(3);
    await renameReplacing('a', 'b', { rename, platform: 'win32' });
    expect(calls()).toBe(4);
  });

  it('is reported when it stays so; and at once for other reasons and on other systems', async () => {
    await expect(renameReplacing('a', 'b', { ...held(99, 'EPERM'), platform: 'win32' })).rejects.toMatchObject({
      code: 'EPERM',
    });
    const [full, elsewhere] = [held(99, 'ENOSPC'), held(99)];
    await expect(renameReplacing('a', 'b', { ...full, platform: 'win32' })).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(renameReplacing('a', 'b', { ...elsewhere, platform: 'linux' })).rejects.toMatchObject({
      code: 'EBUSY',
    });
    expect([full.calls(), elsewhere.calls()]).toEqual([1, 1]);
  });
});

it('a hidden name beside a file always fits, for any letters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (name) => {
      const hidden = hiddenName(name, '.0123456789abcdef.nearplay-part');
      expect(Buffer.byteLength(hidden)).toBeLessThanOrEqual(255);
      expect(hidden.endsWith('.0123456789abcdef.nearplay-part')).toBe(true);
    }),
  );
});
