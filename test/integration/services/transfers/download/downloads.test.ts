import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { getuid } from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STOPPED } from '../../../../../electron/services/transfers/download/download.ts';
import type { ErrorCode } from '../../../../../shared/errors.ts';
import { DownloadDesk, KEY, MIB, whenReceived } from './surroundings.ts';

const SIZE = 4 * MIB;
let desk: DownloadDesk;
beforeEach(async () => {
  desk = await DownloadDesk.open(SIZE, { services: { givenAddress: '198.51.100.7' } });
});
afterEach(() => desk.close());

/** A storage that keeps no versions: what is read is what is there at the moment. */
const withoutVersions = () => desk.sandbox.addFault({ effect: { kind: 'no-version-ids' } });
const breakAfter = (afterBytes: number, times = 1) =>
  desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'reset', afterBytes }, times });

it('is proved by the checksum that the storage keeps, and leaves nothing but the file', async () => {
  expect(await desk.get()).toMatchObject({ size: SIZE, provedBy: 'crc32', resumed: 0, route: { storage: 'main-us' } });
  expect(await desk.holds()).toBe(true);
  expect(await desk.names()).toEqual(['plate.mov']);
});

it('has the date of the object, and the mode that new files get', async () => {
  await desk.get();
  await writeFile(join(desk.folder, 'new'), '');
  const [saved, fresh] = await Promise.all([stat(join(desk.folder, 'plate.mov')), stat(join(desk.folder, 'new'))]);
  expect(saved.mode).toBe(fresh.mode);
  expect(Math.abs(saved.mtimeMs - Date.now())).toBeLessThan(60_000);
});

it('may be of no bytes', async () => {
  await desk.put(Buffer.alloc(0), { ChecksumAlgorithm: 'CRC32' });
  expect(await desk.get()).toMatchObject({ size: 0, provedBy: 'crc32' });
  expect(await desk.names()).toEqual(['plate.mov']);
});

describe('what a file is compared with', () => {
  it.each(['SHA256', 'SHA1', 'CRC64NVME', 'CRC32'] as const)('is the %s, where that is kept', async (algorithm) => {
    await desk.put(randomBytes(MIB), { ChecksumAlgorithm: algorithm });
    expect(await desk.get()).toMatchObject({ provedBy: algorithm.toLowerCase() });
  });

  it('is the ETag, where no checksum is kept and the ETag is the MD5', async () => {
    await desk.put(randomBytes(MIB));
    expect(await desk.get()).toMatchObject({ provedBy: 'md5' });
  });

  it('is nothing where nothing is kept, and then it is said', async () => {
    desk.sandbox.addFault({ effect: { kind: 'no-proof' } });
    expect(await desk.get()).toMatchObject({ provedBy: null, size: SIZE });
    expect(await desk.holds()).toBe(true);
  });

  it('is never left out: another content never gets the name, and what has it stays', async () => {
    await writeFile(join(desk.folder, 'plate.mov'), 'the old file');
    desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'corrupt', atByte: 5000 } });
    await expect(desk.get()).rejects.toMatchObject({ code: 'damaged' });
    expect(await desk.holds('plate.mov', Buffer.from('the old file'))).toBe(true);
    expect(await desk.names()).toEqual(['plate.mov']);
  });

  it('sends for the bytes again when they were damaged on the way', async () => {
    desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'corrupt', atByte: 5000 }, times: 1 });
    const reported: ErrorCode[] = [];
    expect(await desk.get('plate.mov', { beginsAgain: (why) => reported.push(why) })).toMatchObject({
      provedBy: 'crc32',
    });
    expect(reported).toEqual(['damaged']);
    expect(await desk.holds()).toBe(true);
  });
});

describe('two downloads to one destination', () => {
  it('are never at work at once: the second is refused, and the first is whole', async () => {
    desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'bandwidth', bytesPerSecond: 8 * MIB } });
    const { progress, reached } = whenReceived(MIB);
    const first = desk.get('plate.mov', { progress });
    await reached;
    await expect(desk.get()).rejects.toMatchObject({ code: 'same-destination' });
    await expect(desk.get()).rejects.toMatchObject({ code: 'same-destination' });
    expect(await first).toMatchObject({ provedBy: 'crc32' });
    expect(await desk.holds()).toBe(true);
    expect(await desk.names()).toEqual(['plate.mov']);
  });

  it('may follow each other', async () => {
    await desk.get();
    await desk.put(randomBytes(MIB));
    await desk.get();
    expect(await desk.holds()).toBe(true);
  });

  it('may begin at the same moment: one is refused, whichever', async () => {
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => desk.get()));
    const refused = all.filter((one) => one.status === 'rejected');
    expect(all.length - refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'same-destination' });
    expect(await desk.holds()).toBe(true);
    expect(await desk.names()).toEqual(['plate.mov']);
  });
});

it('leaves alone what other programs have beside the destination', async () => {
  const foreign = ['plate.mov.part', 'plate.mov.crdownload', '.plate.mov.part', 'plate.mov.tmp', '.plate.mov.tmp'];
  for (const name of foreign) await writeFile(join(desk.folder, name), `of ${name}`);
  await desk.get();
  for (const name of foreign) expect(await desk.holds(name, Buffer.from(`of ${name}`))).toBe(true);
  expect(await desk.names()).toEqual([...foreign, 'plate.mov'].sort());
});

/** What is asked for after the break is answered when the object has been replaced, however long that takes. */
function afterwards(replaced: Promise<unknown>): void {
  desk.sandbox.addFault({ operation: 'GetObject', skip: 1, effect: { kind: 'gate', opened: replaced } });
}

describe('an object that is replaced while it is downloaded', () => {
  it('without versions: nothing of the old one is in the file, and it is reported', async () => {
    withoutVersions();
    breakAfter(SIZE / 2);
    const reported: ErrorCode[] = [];
    const { progress, reached } = whenReceived(SIZE / 4);
    const replaced = reached.then(() => desk.put(randomBytes(SIZE), { ChecksumAlgorithm: 'CRC32' }));
    afterwards(replaced);
    const done = await desk.get('plate.mov', { progress, beginsAgain: (why) => reported.push(why), random: () => 0.5 });
    await replaced;
    expect(done).toMatchObject({ provedBy: 'crc32' });
    expect(reported).toEqual(['object-changed']);
    expect(await desk.holds()).toBe(true);
  });

  it('where all versions are called "null", as in a bucket whose versioning is suspended: likewise', async () => {
    desk.sandbox.addFault({ effect: { kind: 'no-version-ids', say: 'null' } });
    breakAfter(SIZE / 2);
    const { progress, reached } = whenReceived(SIZE / 4);
    const replaced = reached.then(() => desk.put(randomBytes(SIZE)));
    afterwards(replaced);
    await desk.get('plate.mov', { progress, random: () => 0.5 });
    await replaced;
    expect(await desk.holds()).toBe(true);
  });

  it.each([
    ['shorter', MIB],
    ['longer', 6 * MIB],
  ])('by a %s one, without versions: the new one comes as a whole', async (_what, size) => {
    withoutVersions();
    breakAfter(SIZE / 2);
    const { progress, reached } = whenReceived(SIZE / 4);
    const replaced = reached.then(() => desk.put(randomBytes(size)));
    afterwards(replaced);
    await desk.get('plate.mov', { progress, random: () => 0.5 });
    await replaced;
    expect(await desk.holds()).toBe(true);
  });

  it('in a storage that ignores conditions as well: the answer gives it away', async () => {
    withoutVersions();
    desk.sandbox.addFault({ effect: { kind: 'ignore-conditions' } });
    breakAfter(SIZE / 2);
    const { progress, reached } = whenReceived(SIZE / 4);
    const replaced = reached.then(() => desk.put(randomBytes(SIZE)));
    afterwards(replaced);
    await desk.get('plate.mov', { progress, random: () => 0.5 });
    await replaced;
    expect(await desk.holds()).toBe(true);
  });

  it('with versions: the one that was asked for comes as a whole', async () => {
    const asked = desk.content;
    breakAfter(SIZE / 2);
    const { progress, reached } = whenReceived(SIZE / 4);
    const replaced = reached.then(() => desk.put(randomBytes(SIZE)));
    afterwards(replaced);
    await desk.get('plate.mov', { progress, random: () => 0.5 });
    await replaced;
    expect(await desk.holds('plate.mov', asked)).toBe(true);
  });
});

describe('a poor line', () => {
  it('that breaks every 256 KiB brings all of it, each byte once', async () => {
    breakAfter(MIB / 4, Infinity);
    const waits: string[] = [];
    await desk.get('plate.mov', { waiting: ({ for: reason }) => waits.push(reason) });
    expect(await desk.holds()).toBe(true);
    expect(desk.reads().length).toBeGreaterThan(10);
    // As long as bytes come there is nothing to tell.
    expect(waits).toEqual([]);
  });

  it('on which nothing comes any more counts as broken after a while', async () => {
    const effect = { kind: 'stall', afterBytes: MIB } as const;
    desk.sandbox.addFault({ operation: 'GetObject', effect, times: 2 });
    await desk.get('plate.mov', { idleMs: 300 });
    expect(await desk.holds()).toBe(true);
    expect(desk.reads()).toHaveLength(3);
  });

  it('to a server that gives whole files instead of ranges: nothing is in the file twice', async () => {
    desk.sandbox.addFault({ effect: { kind: 'ignore-range' } });
    breakAfter(MIB, 2);
    await desk.get();
    expect(await desk.holds()).toBe(true);
  });

  it('is reported when it is gone, and it goes on by itself when it is back', async () => {
    const back = desk.sandbox.addFault({ effect: { kind: 'down' } });
    const reported: string[] = [];
    const waiting = ({ for: reason }: { for: string }) => {
      reported.push(reason);
      back();
    };
    await desk.get('plate.mov', { waiting });
    expect(reported).toEqual(['offline']);
    expect(await desk.holds()).toBe(true);
  });

  it('can be given up at any moment of a wait', async () => {
    desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'status', status: 503, code: 'SlowDown' } });
    const cancel = new AbortController();
    const waiting = () => setTimeout(() => cancel.abort(), 10);
    await expect(desk.get('plate.mov', { signal: cancel.signal, waiting, random: () => 1 })).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(await desk.names()).toEqual([]);
  });
});

describe('a page of a firewall instead of the bytes', () => {
  const page = { kind: 'answer-instead', status: 200, body: '<html>Please sign in</html>' } as const;

  it('is never taken for the file', async () => {
    desk.sandbox.addFault({ operation: 'GetObject', effect: page, times: 2 });
    await desk.get();
    expect(await desk.holds()).toBe(true);
  });

  it('is never taken for the file where every question gets it', async () => {
    const away = desk.sandbox.addFault({ effect: page });
    await desk.get('plate.mov', { waiting: away }).catch(() => undefined);
    if ((await desk.names()).length > 0) expect(await desk.holds()).toBe(true);
  });

  it('that never ends is never taken for the file', async () => {
    desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'endless-body' }, times: 1 });
    await desk.get();
    expect(await desk.holds()).toBe(true);
  });
});

describe('a place where nothing can be saved', () => {
  const isRoot = getuid?.() === 0;

  it.each<[string, string, ErrorCode]>([
    ['below a file', 'notdir/below/a.mov', 'not-a-folder'],
    ['a file as a folder', 'notdir/', 'not-a-folder'],
    ['a folder of its name', 'folder/taken', 'destination-unwritable'],
    ['a pipe', 'pipe', 'destination-unwritable'],
    ['a name that is too long', `${'n'.repeat(300)}.mov`, 'name-too-long'],
    ['a path that is too long', `${'d/'.repeat(3000)}a.mov`, 'name-too-long'],
    ['a folder that takes no files', '../../proc/a.mov', 'destination-unwritable'],
  ])('(%s) is reported at once', async (_what, name, code) => {
    await writeFile(join(desk.folder, 'notdir'), '');
    await mkdir(join(desk.folder, 'folder/taken/plate.mov'), { recursive: true });
    execFileSync('mkfifo', [join(desk.folder, 'pipe')]);
    const before = (await desk.names()).join();
    await expect(desk.get(name)).rejects.toMatchObject({ code });
    expect((await desk.names()).join()).toBe(before);
    expect(desk.sandbox.requests.filter(({ operation }) => operation === 'GetObject')).toEqual([]);
  });

  it.skipIf(isRoot)('(read-only) is reported at once', async () => {
    await chmod(desk.folder, 0o500);
    await expect(desk.get()).rejects.toMatchObject({ code: 'destination-unwritable' });
    await chmod(desk.folder, 0o700);
  });

  it('(gone under way) is reported, and nothing is made in its place', async () => {
    desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'bandwidth', bytesPerSecond: MIB / 2 } });
    const { progress, reached } = whenReceived(MIB / 2);
    const saving = desk.get('deep/folder/plate.mov', { progress });
    saving.catch(() => undefined);
    await reached;
    await rm(join(desk.folder, 'deep'), { recursive: true });
    await expect(saving).rejects.toMatchObject({ code: 'destination-unwritable' });
    expect(await desk.names()).toEqual([]);
  });

  it('is no name that just fits', async () => {
    const names = [`${'n'.repeat(247)}.mov`, `${'é'.repeat(125)}.mov`, `${'n'.repeat(251)}.mov`];
    for (const name of names) await desk.get(name);
    expect(await desk.names()).toEqual([...names].sort());
  });

  it('is no link to a file: the link is replaced, and what it points to stays', async () => {
    await writeFile(join(desk.folder, 'elsewhere'), 'elsewhere');
    await symlink('elsewhere', join(desk.folder, 'plate.mov'));
    await desk.get();
    expect(await desk.holds()).toBe(true);
    expect(await desk.holds('elsewhere', Buffer.from('elsewhere'))).toBe(true);
  });
});

it('never leaves the folder that it is saved to, for any key', async () => {
  const keys = ['b\\..\\..\\x', 'c/..\\..', 'nul', 'a:hidden'];
  for (const key of keys) {
    await desk.put(randomBytes(10), {}, key);
    const { path } = await desk.get('in/', {}, key);
    expect(dirname(path)).toBe(join(desk.folder, 'in'));
  }
  expect(await desk.names()).toEqual(['in']);
  expect(await readdir(join(desk.folder, 'in'))).toHaveLength(keys.length);
});

describe('a download that ended before it was whole', () => {
  const half = async (reason?: unknown) => {
    const slow = desk.sandbox.addFault({
      operation: 'GetObject',
      effect: { kind: 'bandwidth', bytesPerSecond: 4 * MIB },
    });
    const cancel = new AbortController();
    const { progress, reached } = whenReceived(MIB);
    const saving = desk.get('plate.mov', { progress, signal: cancel.signal });
    saving.catch(() => undefined);
    await reached;
    cancel.abort(reason);
    await expect(saving).rejects.toMatchObject({ code: 'cancelled' });
    slow();
  };

  it('leaves nothing when it was cancelled', async () => {
    await half();
    expect(await desk.names()).toEqual([]);
  });

  it('is gone on with when it was only stopped', async () => {
    await half(STOPPED);
    expect((await desk.names()).every((name) => name.startsWith('.plate.mov.'))).toBe(true);
    const { resumed, provedBy } = await desk.get();
    expect(resumed).toBeGreaterThanOrEqual(MIB);
    expect(provedBy).toBe('crc32');
    expect(desk.reads().at(-1)?.bytesSent).toBeLessThan(SIZE - resumed + 4096);
    expect(await desk.holds()).toBe(true);
    expect(await desk.names()).toEqual(['plate.mov']);
  });

  it('is begun anew when the object is another one now', async () => {
    await half(STOPPED);
    await desk.put(randomBytes(SIZE), { ChecksumAlgorithm: 'CRC32' });
    expect(await desk.get()).toMatchObject({ resumed: 0 });
    expect(await desk.holds()).toBe(true);
    expect(await desk.names()).toEqual(['plate.mov']);
  });

  it('is begun anew where nothing could prove what is left', async () => {
    await half(STOPPED);
    desk.sandbox.addFault({ effect: { kind: 'no-proof' } });
    expect(await desk.get()).toMatchObject({ resumed: 0, provedBy: null });
    expect(await desk.holds()).toBe(true);
  });

  it('is found out when what is left was changed by another program', async () => {
    await half(STOPPED);
    const part = (await desk.names()).find((name) => name.endsWith('.nearplay-part')) ?? '';
    await writeFile(join(desk.folder, part), randomBytes(MIB));
    const reported: ErrorCode[] = [];
    await desk.get('plate.mov', { beginsAgain: (why) => reported.push(why) });
    expect(reported).toEqual(['damaged']);
    expect(await desk.holds()).toBe(true);
  });
});

describe('a storage that lies about an object', () => {
  it.each([
    ['another checksum in HEAD', { operation: 'HeadObject', effect: { kind: 'wrong-checksum' } }],
    ['another checksum everywhere', { effect: { kind: 'wrong-checksum' } }],
  ] as const)('(%s) gets no file its name', async (_what, fault) => {
    desk.sandbox.addFault(fault);
    const failure = desk.get('plate.mov', { random: () => 0 });
    await expect(failure).rejects.toMatchObject({ code: expect.stringMatching(/damaged|storage-failed/) as string });
    expect(await desk.names()).toEqual([]);
  });
});

it('of an object that is not there says so, and makes nothing', async () => {
  await expect(desk.get('plate.mov', {}, `${KEY}.gone`)).rejects.toMatchObject({ code: 'no-such-key' });
  expect(await desk.names()).toEqual([]);
});
