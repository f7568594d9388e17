import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import {
  chmod,
  chown,
  lchown,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeUsersFile } from '../../../../../electron/services/files/usersFile.ts';
import { specialAt, writePlaceOf } from '../../../../../electron/services/files/writePlace.ts';
import { device, fifo, skipped, socket } from '../../../../helpers/oddFiles.ts';

const OTHER_USER = 12_345;
/** More than any pipe holds: 64 KiB on Linux. */
const LONG = 'receipt\n'.repeat(50_000);
const ON_POSIX = { skip: process.platform === 'win32' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nearplay-users-file-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (...names: string[]) => join(folder, ...names);
const names = async (below = folder) => (await readdir(below)).sort();
const unwritable = (message: RegExp) => ({ code: 'destination-unwritable', message });

describe('a link as the place of a file that the user named', ON_POSIX, () => {
  it.each([
    ['to a file', 'home/real.json'],
    ['to nothing yet', 'home/fresh.json'],
    ['to a link', 'second'],
    ['out of a folder that is a link itself', 'linked/../beside.json'],
  ])('%s stays, and what it leads to has the content', async (_what, target) => {
    await mkdir(at('home/deep'), { recursive: true });
    await symlink('home/deep', at('linked'));
    await writeFile(at('home/real.json'), 'old');
    await symlink('home/real.json', at('second'));
    await symlink(target, at('receipts.json'));
    const before = (await names()).join();
    await writeUsersFile(at('receipts.json'), 'new');
    expect(await readlink(at('receipts.json'))).toBe(target);
    expect(await readFile(at('receipts.json'), 'utf8')).toBe('new');
    expect((await stat(at('receipts.json'))).isFile()).toBe(true);
    expect((await names()).join()).toBe(before);
    expect((await names(at('home'))).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('in a circle, or to a folder that is not there, is reported', async () => {
    await symlink('b', at('a'));
    await symlink('a', at('b'));
    await symlink('gone/receipts.json', at('away'));
    await expect(writeUsersFile(at('a'), 'x')).rejects.toMatchObject(unwritable(/circle/));
    await expect(writeUsersFile(at('away'), 'x')).rejects.toMatchObject({ code: 'destination-unwritable' });
    expect(await names()).toEqual(['a', 'away', 'b']);
  });

  it('of another user in a folder that all can write to is not followed', async () => {
    if (getuid?.() !== 0) {
      skipped('only root makes links of another user');
      return;
    }
    await mkdir(at('shared'));
    await chmod(at('shared'), 0o1777);
    await writeFile(at('secret'), 'secret');
    await symlink(at('secret'), at('shared', 'receipts.json'));
    await lchown(at('shared', 'receipts.json'), OTHER_USER, OTHER_USER);
    await expect(writeUsersFile(at('shared', 'receipts.json'), 'x')).rejects.toMatchObject(unwritable(/another user/));
    expect(await readFile(at('secret'), 'utf8')).toBe('secret');
    await lchown(at('shared', 'receipts.json'), 0, 0);
    await writeUsersFile(at('shared', 'receipts.json'), 'x');
    expect(await readFile(at('secret'), 'utf8')).toBe('x');
  });
});

describe('a pipe as the place of a file that the user named', ON_POSIX, () => {
  beforeEach(() => fifo(at('pipe')));
  afterEach(async () => {
    expect((await lstat(at('pipe'))).isFIFO()).toBe(true);
    expect((await names()).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('is written straight to, as a whole, also through a link', async () => {
    await symlink('pipe', at('link'));
    for (const name of ['pipe', 'link']) {
      // Held open until more than the pipe holds is read, so that the reader has it open too.
      const held = await open(at('pipe'), constants.O_RDWR);
      const reader = spawn('cat', [at('pipe')]);
      await once(reader, 'spawn');
      const read = text(reader.stdout);
      await writeUsersFile(at(name), LONG);
      await held.close();
      expect((await read) === LONG).toBe(true);
    }
  });

  it('without a reader is reported at once, and not waited for', async () => {
    await expect(writeUsersFile(at('pipe'), 'x')).rejects.toMatchObject(unwritable(/no program reads/));
  });

  it('whose reader takes nothing, or ends, is reported', async () => {
    const held = await open(at('pipe'), constants.O_RDWR);
    const stuck = writeUsersFile(at('pipe'), LONG, { stuckAfterMs: 30 });
    await expect(stuck).rejects.toMatchObject(unwritable(/takes nothing more/));
    await held.close();
    const reader = await open(at('pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    const ending = writeUsersFile(at('pipe'), LONG);
    ending.catch(() => undefined);
    await reader.read(Buffer.alloc(1)).catch(() => undefined);
    await reader.close();
    await expect(ending).rejects.toMatchObject({ code: 'destination-unwritable' });
  });
});

describe('a device or a socket as the place of a file that the user named', ON_POSIX, () => {
  it('is written straight to where it takes bytes, also through a link, and stays', async () => {
    const why = await device(at('null'), 'null');
    if (why !== undefined) {
      skipped(why);
      return;
    }
    await symlink('null', at('link'));
    for (const name of ['null', 'link']) await writeUsersFile(at(name), LONG);
    expect((await lstat(at('null'))).isCharacterDevice()).toBe(true);
    expect((await lstat(at('link'))).isSymbolicLink()).toBe(true);
    expect(await names()).toEqual(['link', 'null']);
  });

  it('is refused where it is a disk or a socket, and stays', async () => {
    const server = await socket(at('socket'));
    await expect(writeUsersFile(at('socket'), 'x')).rejects.toMatchObject(unwritable(/is a socket and not a file/));
    expect((await lstat(at('socket'))).isSocket()).toBe(true);
    server.close();
    const why = await device(at('disk'), 'disk');
    if (why !== undefined) {
      skipped(why);
      return;
    }
    await expect(writeUsersFile(at('disk'), 'x')).rejects.toMatchObject(unwritable(/is a disk device/));
    expect((await lstat(at('disk'))).isBlockDevice()).toBe(true);
  });

  it('is a stream that the process has open: it is written on from where it is', async () => {
    const handle = await open(at('output'), 'w');
    await handle.write('first, ');
    const before = await handle.stat();
    await symlink(`/dev/fd/${handle.fd}`, at('stdout'));
    await writeUsersFile(`/dev/fd/${handle.fd}`, 'second, ');
    await writeUsersFile(at('stdout'), 'third');
    expect((await stat(at('output'))).ino).toBe(before.ino);
    expect(await readFile(at('output'), 'utf8')).toBe('first, second, third');
    expect(await specialAt(at('stdout'))).toBe('an open stream');
    await handle.close();
  });
});

describe('the permissions of a file that the user named', ON_POSIX, () => {
  const mode = async (name: string) => ((await stat(at(name))).mode & 0o777).toString(8);

  it('stay when it is replaced, also those of its owner; a new one has what the umask leaves', async () => {
    const modes = [0o600, 0o640, 0o644, 0o664, 0o755];
    for (const old of modes) {
      await writeFile(at('receipts.json'), 'old');
      await chmod(at('receipts.json'), old);
      await writeUsersFile(at('receipts.json'), 'new');
      expect(await mode('receipts.json')).toBe(old.toString(8));
    }
    await writeUsersFile(at('new.json'), 'new');
    await writeFile(at('usual'), '');
    expect(await mode('new.json')).toBe(await mode('usual'));
    if (getuid?.() !== 0) {
      skipped('only root writes a file of another user');
      return;
    }
    await chown(at('receipts.json'), OTHER_USER, OTHER_USER);
    await writeUsersFile(at('receipts.json'), 'newer');
    expect(await stat(at('receipts.json'))).toMatchObject({ uid: OTHER_USER, gid: OTHER_USER });
    expect(await mode('receipts.json')).toBe('755');
  });
});

describe('a name that Windows keeps for a device', () => {
  it('takes all that is written where it is NUL', async () => {
    for (const file of [String.raw`\\.\NUL`, 'nul', String.raw`C:\shots\NUL`]) {
      const place = await writePlaceOf(file, 'win32');
      expect(place).toEqual({ kind: 'stream', path: String.raw`\\.\NUL`, what: 'device' });
      expect(await specialAt(file, 'win32')).toBe('a device');
    }
  });

  it.each(['CON', 'con.json', String.raw`C:\shots\com1`, 'nul.json', 'lpt9. ', String.raw`\\.\PRN`])(
    'is refused for receipts: %s',
    async (file) => {
      await expect(writePlaceOf(file, 'win32')).rejects.toMatchObject(unwritable(/Windows keeps the name/));
      expect(await specialAt(file, 'win32')).toBe('a device');
    },
  );

  it('is a name like others elsewhere', async () => {
    expect(await writePlaceOf(at('con.json'), 'linux')).toMatchObject({ kind: 'file' });
    expect(await writePlaceOf(at('console.json'), 'win32')).toMatchObject({ kind: 'file' });
  });
});
