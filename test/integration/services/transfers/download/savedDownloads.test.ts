import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Application } from '../../../../../electron/services/application.ts';
import type { Transfer } from '../../../../../shared/transfers.ts';
import { KIB, SECOND_MS } from '../../../../../shared/units.ts';
import { until } from '../surroundings.ts';
import { DownloadDesk, KEY, MIB } from './surroundings.ts';

const SIZE = 4 * MIB;
const MAIN = { givenAddress: '198.51.100.7' };
let desk: DownloadDesk;
beforeEach(async () => {
  desk = await DownloadDesk.open(SIZE, { services: MAIN });
});
afterEach(() => desk.close());

const slowly = () =>
  desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'bandwidth', bytesPerSecond: 4 * MIB } });
const target = (name = 'plate.mov') => join(desk.folder, name);

/** The downloads in the list, as a window follows them. */
function follow(services: Application) {
  const downloads = new Map<string, Transfer>();
  const states: string[] = [];
  services.on('transfersChanged', ({ changed }) => {
    for (const one of changed.filter(({ direction }) => direction === 'download')) {
      downloads.set(one.id, one);
      if (states.at(-1) !== one.state) states.push(one.state);
    }
  });
  const of = (id: string) => downloads.get(id);
  return { of, states, all: () => [...downloads.values()] };
}

const listed = (services: Application) =>
  services.transfers.page(undefined).transfers.filter(({ direction }) => direction === 'download');

it('says how far it is, and at the end that it is there', async () => {
  const seen = follow(desk.services);
  const { id } = desk.services.downloads.add(KEY, target());
  await until(() => seen.of(id)?.state === 'done', 'done');
  expect(seen.of(id)).toMatchObject({ size: SIZE, sent: SIZE, confirmed: SIZE });
  expect(seen.of(id)).not.toHaveProperty('unproved');
  expect(await desk.holds()).toBe(true);
});

it('is found where it was saved: once it is done, and as long as it is there', async () => {
  slowly();
  const seen = follow(desk.services);
  const { downloads } = desk.services;
  const { id } = downloads.add(KEY, target());
  await expect(downloads.savedFile(id)).rejects.toMatchObject({ code: 'bad-request' });
  await until(() => seen.of(id)?.state === 'done', 'done');
  expect(await downloads.savedFile(id)).toBe(target());
  await rm(target());
  await expect(downloads.savedFile(id)).rejects.toMatchObject({ code: 'file-unreadable' });
  await expect(downloads.savedFile('another')).rejects.toMatchObject({ code: 'bad-request' });
});

it('says so when nothing could prove the file', async () => {
  desk.sandbox.addFault({ effect: { kind: 'no-proof' } });
  const seen = follow(desk.services);
  const { id } = desk.services.downloads.add(KEY, target());
  await until(() => seen.of(id)?.state === 'done', 'done');
  expect(seen.of(id)).toMatchObject({ unproved: true });
});

describe('the same destination twice', () => {
  it('joins the running download of the same object, and refuses another object', async () => {
    slowly();
    const seen = follow(desk.services);
    const first = desk.services.downloads.add(KEY, target());
    expect(desk.services.downloads.add(KEY, target()).id).toBe(first.id);
    expect(() => desk.services.downloads.add('other.mov', target())).toThrow(
      expect.objectContaining({ code: 'same-destination' }) as Error,
    );
    await until(() => seen.of(first.id)?.state === 'done', 'done');
    expect(await desk.holds()).toBe(true);
  });

  it('is refused while the command line saves there, and takes nothing from it', async () => {
    slowly();
    const got = desk.get('plate.mov');
    const seen = follow(desk.services);
    await until(() => desk.reads().length > 0, 'the command is at work');
    const { id } = desk.services.downloads.add(KEY, target());
    await until(() => seen.of(id)?.state === 'failed', 'failed');
    expect(seen.of(id)?.error?.code).toBe('same-destination');
    await got;
    expect(await desk.holds()).toBe(true);
  });
});

describe('cancelled', () => {
  it('it leaves nothing behind, and can be asked for again at once', async () => {
    const lift = slowly();
    const seen = follow(desk.services);
    const { id } = desk.services.downloads.add(KEY, target());
    await until(() => (seen.of(id)?.sent ?? 0) > 0, 'bytes arrive');
    desk.services.transfers.cancel([id]);
    lift();
    desk.services.transfers.retry([id]);
    await until(() => seen.of(id)?.state === 'done', 'done');
    expect(await desk.names()).toEqual(['plate.mov']);
    expect(await desk.holds()).toBe(true);
  });
});

describe('a restart of the app', () => {
  const begun = async (name = 'plate.mov') => {
    const lift = slowly();
    const services = await desk.restart({ ...MAIN, journalFolder: join(desk.studio.folder, 'app') });
    const seen = follow(services);
    const { id } = services.downloads.add(KEY, target(name));
    await until(() => (seen.of(id)?.sent ?? 0) >= MIB, 'a quarter is there');
    await services.stop();
    lift();
    return id;
  };
  const again = () => desk.restart({ ...MAIN, journalFolder: join(desk.studio.folder, 'app') });

  it('goes on by itself from the stored bytes', async () => {
    const id = await begun();
    const before = desk.reads().length;
    const services = await again();
    expect(listed(services)).toMatchObject([{ id, key: KEY, name: 'plate.mov' }]);
    await expect.poll(() => desk.names()).toEqual(['plate.mov']);
    expect(await desk.holds()).toBe(true);
    const rest = desk.reads().slice(before);
    expect(rest).toHaveLength(1);
    expect(rest[0]?.bytesSent).toBeLessThan(SIZE - MIB / 2);
    await expect.poll(() => listed(services)[0]?.state).toBe('done');
    await services.stop();
    expect(listed(await again())).toEqual([]);
  });

  it('continues the list of an earlier version, whose file is replaced', async () => {
    const journalFolder = join(desk.studio.folder, 'app');
    await mkdir(journalFolder, { recursive: true });
    const unfinished = { id: 'earlier', key: KEY, file: target(), startedAt: Date.now() };
    await writeFile(join(journalFolder, 'copies.json'), JSON.stringify({ version: 1, copies: [unfinished] }));
    const lift = slowly();
    const services = await again();
    expect(listed(services)).toMatchObject([{ id: 'earlier', key: KEY, name: 'plate.mov' }]);
    await expect.poll(() => readdir(journalFolder)).toContain('downloads.json');
    await expect.poll(() => readdir(journalFolder)).not.toContain('copies.json');
    lift();
    await expect.poll(() => listed(services)[0]?.state).toBe('done');
    expect(await desk.holds()).toBe(true);
  });

  it('keeps downloads whose drive is away, says so, makes no folder in its place, and goes on when it is back', async () => {
    const [drive, away] = [join(desk.folder, 'drive'), join(desk.folder, 'away')];
    await mkdir(drive);
    await begun('drive/plate.mov');
    await rename(drive, away);
    for (let start = 1; start <= 2; start++) {
      const services = await again();
      await expect.poll(() => listed(services)[0]?.state).toBe('failed');
      const { error } = listed(services)[0] ?? {};
      expect(error).toMatchObject({
        code: 'destination-unwritable',
        message: expect.stringContaining(drive) as string,
      });
      expect(await desk.names()).toEqual(['away']);
    }
    await rename(away, drive);
    const services = await again();
    await expect.poll(() => listed(services)[0]?.state).toBe('done');
    expect(await readdir(drive)).toEqual(['plate.mov']);
  });

  it('after more than a month gives up, and removes what is left', async () => {
    await begun();
    expect(await desk.names()).toHaveLength(2);
    const later = Date.now() + 31 * 24 * 3600 * 1000;
    const services = await desk.restart({
      ...{ ...MAIN, journalFolder: join(desk.studio.folder, 'app') },
      now: () => later,
    });
    expect(listed(services)).toEqual([]);
    await expect.poll(() => desk.names()).toEqual([]);
  });
});

describe('without a network', () => {
  it('waits as uploads do, says so, and goes on by itself', async () => {
    const back = desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'down' } });
    const seen = follow(desk.services);
    const { id } = desk.services.downloads.add(KEY, target());
    await until(() => seen.of(id)?.state === 'blocked', 'blocked');
    expect(seen.of(id)).toMatchObject({ blockedFor: 'offline', error: { retryable: true } });
    back();
    desk.services.networkChanged();
    await until(() => seen.of(id)?.state === 'done', 'done');
    expect(seen.of(id)).not.toHaveProperty('blockedFor');
    expect(seen.of(id)).not.toHaveProperty('error');
    // It may run for less time than there is between two announcements.
    expect(seen.states.filter((state) => state !== 'running')).toEqual(['blocked', 'done']);
  });

  it('can be given up while it waits', async () => {
    desk.sandbox.addFault({ effect: { kind: 'down' } });
    const seen = follow(desk.services);
    const { id } = desk.services.downloads.add(KEY, target());
    await until(() => seen.of(id)?.state === 'blocked', 'blocked');
    desk.services.transfers.cancel([id]);
    await until(() => seen.of(id)?.state === 'cancelled', 'cancelled');
    await expect.poll(() => desk.names()).toEqual([]);
  });
});

it('many at once are all whole', async () => {
  const seen = follow(desk.services);
  const contents = Array.from({ length: 12 }, (_, number) => ({
    name: `f.${number}.exr`,
    bytes: randomBytes(300_000),
  }));
  for (const { name, bytes } of contents) await desk.put(bytes, { ChecksumAlgorithm: 'CRC32' }, name);
  for (const { name } of contents) desk.services.downloads.add(name, target(name));
  await until(() => seen.all().filter(({ state }) => state === 'done').length === contents.length, 'all are done');
  for (const { name, bytes } of contents) expect(await desk.holds(name, bytes)).toBe(true);
  expect(await desk.names()).toHaveLength(contents.length);
});

it('keep the limit of speed, all of them together', async () => {
  const { services } = desk;
  services.changeSettings({ bandwidth: { bytesPerSecond: 4 * MIB, hours: [] } });
  const begun = performance.now();
  services.downloads.add(KEY, target('one.mov'));
  services.downloads.add(KEY, target('other.mov'));
  await until(() => listed(services).every(({ state }) => state === 'done'), 'both are done', 50_000);
  // 8 MiB at 4 MiB/s; what may come at once is a tenth of a second's.
  expect(performance.now() - begun).toBeGreaterThan(1500);
  expect(await desk.holds('one.mov')).toBe(true);
});

it('leave the line to a player that runs short, and have it again when nothing plays', async () => {
  const { services } = desk;
  const begun = performance.now();
  const runsShort = () => services.playbackNeeds('short');
  runsShort();
  const repeated = setInterval(runsShort, SECOND_MS / 4);
  services.downloads.add(KEY, target('one.mov'));
  // The rate is halved from the first half of a second on, in which a part of it may come.
  await until(() => listed(services).some(({ sent }) => sent > 0), 'some bytes are there', 50_000);
  clearInterval(repeated);
  const { sent, size } = listed(services)[0] ?? { sent: 0, size: 0 };
  const seconds = (performance.now() - begun) / SECOND_MS;
  expect(sent).toBeLessThan(size / 2 + seconds * 64 * KIB);
  services.playbackNeeds('over');
  await until(() => listed(services).every(({ state }) => state === 'done'), 'it is done', 50_000);
  expect(await desk.holds('one.mov')).toBe(true);
});

describe('hundreds at once', () => {
  const COUNT = 200;
  const keys = Array.from({ length: COUNT }, (_, index) => `many/f.${index}.exr`);

  beforeEach(async () => {
    for (const key of keys) await desk.put(randomBytes(100), { ChecksumAlgorithm: 'CRC32' }, key);
  });

  const all = (services: Application, state: Transfer['state']) =>
    until(() => listed(services).every((one) => one.state === state), `all are ${state}`, 50_000);

  it('come a few at a time, and all of them in the end', async () => {
    const seen = follow(desk.services);
    const { services } = desk;
    let most = 0;
    services.on('transfersChanged', () => {
      most = Math.max(most, listed(services).filter(({ state }) => state === 'running').length);
    });
    for (const [index, key] of keys.entries()) services.downloads.add(key, target(`${index}.exr`));
    expect(listed(services).filter(({ state }) => state === 'waiting').length).toBeGreaterThan(COUNT / 2);
    await all(services, 'done');
    expect(most).toBeLessThanOrEqual(16);
    expect(seen.all()).toHaveLength(COUNT);
    expect((await desk.names()).length).toBe(COUNT);
  });

  it('can be cancelled before their turn, and asked for again', async () => {
    const { downloads, transfers } = desk.services;
    const lift = slowly();
    const added = keys.map((key, index) => downloads.add(key, target(`${index}.exr`)));
    const last = added.at(-1)?.id ?? '';
    for (let time = 0; time < 2; time++) {
      transfers.cancel([last]);
      expect(listed(desk.services).find(({ id }) => id === last)).toMatchObject({ state: 'cancelled' });
      transfers.retry([last]);
    }
    lift();
    await all(desk.services, 'done');
    expect((await desk.names()).length).toBe(COUNT);
    expect(desk.reads().filter(({ key }) => key.endsWith(`f.${COUNT - 1}.exr`))).toHaveLength(1);
  });

  it('go on at the next start, those whose turn had not come too', async () => {
    slowly();
    const start = () => desk.restart({ ...MAIN, journalFolder: join(desk.studio.folder, 'app') });
    const first = await start();
    for (const [index, key] of keys.entries()) first.downloads.add(key, target(`${index}.exr`));
    await first.stop();
    desk.sandbox.clearFaults();
    const second = await start();
    expect(listed(second).length).toBeGreaterThan(COUNT / 2);
    await all(second, 'done');
    expect((await desk.names()).filter((name) => name.endsWith('.exr')).length).toBe(COUNT);
  });
});
