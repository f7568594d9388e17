import { mkdir, readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { Sessions } from '../../../../electron/cli/sessions.ts';
import type { Machine } from '../../../../electron/services/runtime/machine.ts';
import { Journal } from '../../../../electron/services/transfers/journal/journal.ts';
import { withFolder } from '../../../helpers/fixtures.ts';
import { anUploadRecord } from '../../../mothers/uploadRecords.ts';

const it = withFolder.extend('home', ({ folder }) => folder);

/** A machine whose processes are the given ones. */
function machine(id: string, pid: number, alive: Set<number>): Machine {
  return {
    ...{ id, hostName: `host-${id}`, pid },
    birthOf: () => Promise.resolve('b0'),
    isAlive: (one) => Promise.resolve(alive.has(one)),
  };
}

const record = (id: string) => anUploadRecord(id, { key: id, wanted: id });

/** A session whose folder is there. */
async function begun(sessions: Sessions) {
  const session = await sessions.begin();
  await session.begun;
  return session;
}

async function sessionWith(sessions: Sessions, id: string) {
  const session = await begun(sessions);
  const journal = new Journal(join(session.folder, 'transfers'));
  await journal.load();
  await journal.add([record(id)]);
  return session;
}

async function silentFor(folder: string, ms: number): Promise<void> {
  const then = (Date.now() - ms) / 1000;
  await utimes(join(folder, 'alive.json'), then, then);
}

const keys = async (sessions: Sessions) =>
  (await sessions.abandoned()).flatMap(({ records }) => records.map(({ key }) => key));

describe('two machines with one home', () => {
  it('leave each other alone, although neither knows the processes of the other', async ({ home }) => {
    const a = new Sessions({ home, machine: machine('aa', 1, new Set([1])) });
    const b = new Sessions({ home, machine: machine('bb', 2, new Set([2])) });
    const session = await sessionWith(a, 'a.mov');
    expect(await keys(b)).toEqual([]);
    await b.tidy();
    expect(await b.atWork()).toMatchObject([{ host: 'host-aa', pid: 1 }]);
    expect(await readdir(home)).toHaveLength(1);
    await session.end();
  });

  it('see the owner of a session at every moment, also while its heartbeat is written', async ({ home }) => {
    const a = new Sessions({ home, machine: machine('aa', 1, new Set([1])), heartbeatMs: 1 });
    const b = new Sessions({ home, machine: machine('bb', 2, new Set([2])) });
    const { end } = await begun(a);
    const seen = new Set<string | undefined>();
    for (let look = 0; look < 300; look++) seen.add((await b.atWork())[0]?.host);
    await end();
    expect([...seen]).toEqual(['host-aa']);
    expect(await readdir(home)).toEqual([]);
  });

  it('that have the same process numbers too', async ({ home }) => {
    const a = new Sessions({ home, machine: machine('aa', 1, new Set([1])) });
    const b = new Sessions({ home, machine: machine('bb', 1, new Set([1])) });
    const session = await sessionWith(a, 'a.mov');
    expect(await keys(b)).toEqual([]);
    await session.end();
    expect(await keys(b)).toEqual([]);
  });

  it('take over what has had no heartbeat for minutes, once', async ({ home }) => {
    const a = new Sessions({ home, machine: machine('aa', 1, new Set([1])) });
    const others = [2, 3].map((pid) => new Sessions({ home, machine: machine('bb', pid, new Set([2, 3])) }));
    const { folder } = await sessionWith(a, 'a.mov');
    await silentFor(folder, 3 * 60_000);
    expect(await Promise.all(others.map(keys))).toEqual([[], []]);
    await silentFor(folder, 5 * 60_000);
    const found = (await Promise.all(others.map((other) => other.abandoned()))).flat();
    expect(found).toHaveLength(2);
    const taken = await Promise.all(found.map((one) => one.take()));
    expect(taken.toSorted()).toEqual([false, true]);
    // The new owner is alive for all.
    expect(await keys(a)).toEqual([]);
  });

  it('do not take what came back since it was looked at', async ({ home }) => {
    const a = new Sessions({ home, machine: machine('aa', 1, new Set([1])) });
    const b = new Sessions({ home, machine: machine('bb', 2, new Set([2])) });
    const { folder } = await sessionWith(a, 'a.mov');
    await silentFor(folder, 5 * 60_000);
    const [found] = await b.abandoned();
    await silentFor(folder, 0);
    expect(await found?.take()).toBe(false);
  });
});

describe('on one machine', () => {
  it('a session is abandoned as soon as its process is gone', async ({ home }) => {
    const alive = new Set([1, 2]);
    const first = new Sessions({ home, machine: machine('aa', 1, alive) });
    const second = new Sessions({ home, machine: machine('aa', 2, alive) });
    await sessionWith(first, 'a.mov');
    expect(await keys(second)).toEqual([]);
    alive.delete(1);
    expect(await keys(second)).toEqual(['a.mov']);
  });

  it('a listing changes nothing, and tidying removes what is empty', async ({ home }) => {
    const alive = new Set([1, 2]);
    await begun(new Sessions({ home, machine: machine('aa', 1, alive) }));
    alive.delete(1);
    const second = new Sessions({ home, machine: machine('aa', 2, alive) });
    expect(await second.abandoned()).toEqual([]);
    expect(await readdir(home)).toHaveLength(1);
    await second.tidy();
    expect(await readdir(home)).toEqual([]);
  });

  it('a heartbeat makes a folder again that somebody removed', async ({ home }) => {
    const sessions = new Sessions({ home, machine: machine('aa', 1, new Set([1])), heartbeatMs: 5 });
    const { folder, end } = await begun(sessions);
    // The heartbeat may come between two steps of it.
    await rm(folder, { recursive: true, maxRetries: 50, retryDelay: 3 });
    while ((await readdir(home)).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await end();
  });

  it('a session that the first version left is taken once it is old', async ({ home }) => {
    const sessions = new Sessions({ home, machine: machine('aa', 1, new Set([1])) });
    const folder = join(home, 'run-77-abc-def');
    await mkdir(join(folder, 'transfers'), { recursive: true });
    const journal = new Journal(join(folder, 'transfers'));
    await journal.load();
    await journal.add([record('old.mov')]);
    expect(await keys(sessions)).toEqual([]);
    const then = Date.now() / 1000 - 3600;
    await utimes(join(folder, 'transfers'), then, then);
    await utimes(folder, then, then);
    expect(await keys(sessions)).toEqual(['old.mov']);
  });
});
