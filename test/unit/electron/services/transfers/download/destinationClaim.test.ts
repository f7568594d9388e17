import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Machine } from '../../../../../../electron/services/runtime/machine.ts';
import {
  DestinationClaim,
  discardPart,
  hasNote,
  type PartContent,
} from '../../../../../../electron/services/transfers/download/destinationClaim.ts';
import { withFolder } from '../../../../../helpers/fixtures.ts';
import { fifo } from '../../../../../helpers/oddFiles.ts';

const CONTENT: PartContent = { place: 'p', etag: '"1"', size: 10, lastModified: 5, versionId: 'v' };
const MINUTE_S = 60;

const it = withFolder
  .extend('destination', ({ folder }) => join(folder, 'plate.mov'))
  .extend(
    'note',
    ({ folder }) =>
      async () =>
        join(folder, (await readdir(folder)).find((name) => name.endsWith('.json')) ?? ''),
  )
  .extend('grownOld', ({ note }) => async () => {
    const anHourAgo = Date.now() / 1000 - 60 * MINUTE_S;
    await utimes(await note(), anHourAgo, anHourAgo);
  })
  /** As after SIGKILL: note and part stay. */
  .extend('killed', ({ destination }) => async (owner: Machine): Promise<DestinationClaim> => {
    const claim = await DestinationClaim.take(destination, { machine: owner, heartbeatMs: 1e6 });
    await claim.describe(CONTENT);
    await writeFile(claim.part, 'half');
    return claim;
  });

/** Processes by their numbers; a machine of its own unless it has the same id. */
function machine(id: string, pid: number, alive: readonly number[] = [pid], hostName = id): Machine {
  const isAlive = (one: number) => Promise.resolve(alive.includes(one));
  return { id, hostName, pid, birthOf: (one) => Promise.resolve(`born-${one}`), isAlive };
}

describe('a destination', () => {
  it.skipIf(process.platform === 'win32')(
    'with a pipe, a link or a folder in the place of its note is reported at once',
    async ({ destination, note }) => {
      await (await DestinationClaim.take(destination, { machine: machine('a', 1) })).release({ keep: true });
      const place = await note();
      const makers = [() => fifo(place), () => symlink('elsewhere', place), () => mkdir(place)];
      for (const make of makers) {
        await rm(place, { recursive: true, force: true });
        await make();
        const taken = DestinationClaim.take(destination, { machine: machine('a', 1) });
        await expect(taken).rejects.toMatchObject({
          code: 'destination-unwritable',
          message: expect.stringMatching(/is in the way/) as string,
        });
        expect((await lstat(place)).isFile()).toBe(false);
      }
    },
  );

  it('is one download’s at a time, and free when that is over', async ({ destination, folder }) => {
    const first = await DestinationClaim.take(destination, { machine: machine('a', 1) });
    await expect(DestinationClaim.take(destination, { machine: machine('a', 1) })).rejects.toMatchObject({
      code: 'same-destination',
    });
    await first.release({ keep: false });
    expect(await readdir(folder)).toEqual([]);
    await (await DestinationClaim.take(destination, { machine: machine('a', 1) })).release({ keep: false });
  });

  it('is given to one of many that ask at once', async ({ destination, killed }) => {
    await killed(machine('a', 1, []));
    const asked = Array.from({ length: 20 }, () =>
      DestinationClaim.take(destination, { machine: machine('a', 2, [2]) }),
    );
    const all = await Promise.allSettled(asked);
    const got = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(got).toHaveLength(1);
    expect(await Promise.all(got.map((claim) => claim.assertOurs()))).toHaveLength(1);
    await Promise.all(got.map((claim) => claim.release({ keep: false })));
  });

  it('is given to one, whoever else looked at the abandoned note before', async ({ destination, killed, note }) => {
    await killed(machine('a', 1, []));
    // Each of them asks whether the process is alive, after it has read the note: nobody goes on before all have.
    const others = 5;
    const all = Promise.withResolvers<undefined>();
    let asked = 0;
    const late: Machine = {
      ...machine('a', 2, [2]),
      isAlive: async (one) => {
        if (one === 2) return true;
        if (++asked === others) all.resolve(undefined);
        await all.promise;
        return false;
      },
    };
    const taken = await Promise.allSettled(
      Array.from({ length: others }, () => DestinationClaim.take(destination, { machine: late })),
    );
    const got = taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(got).toHaveLength(1);
    expect(got[0]?.left?.content).toEqual(CONTENT);
    await expect(got[0]?.assertOurs()).resolves.toBeUndefined();
    expect(await note()).toContain('.json');
    await got[0]?.release({ keep: false });
  });

  it('is taken over although a process was stopped while it did so', async ({ destination, folder, killed }) => {
    await killed(machine('a', 1, []));
    const text = await readFile(
      join(folder, (await readdir(folder)).find((name) => name.endsWith('.json')) ?? ''),
      'utf8',
    );
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
    const mark = createHash('sha256').update('plate.mov').digest('hex').slice(0, 12);
    const marker = join(folder, `.plate.mov.${mark}.${hash}.nearplay-part.json`);
    await writeFile(marker, '');
    const take = () => DestinationClaim.take(destination, { machine: machine('a', 2, [2]) });
    await expect(take()).rejects.toMatchObject({ code: 'same-destination' });
    const before = Date.now() / 1000 - 2 * MINUTE_S;
    await utimes(marker, before, before);
    const claim = await take();
    expect(claim.left?.content).toEqual(CONTENT);
    expect((await readdir(folder)).filter((name) => name.endsWith('.json'))).toHaveLength(1);
    await claim.release({ keep: false });
  });

  it('of another name of the same length is another one', async ({ folder }) => {
    const long = (end: string) => join(folder, `${'n'.repeat(250)}${end}`);
    const claims = [];
    for (const end of ['a', 'b']) {
      claims.push(await DestinationClaim.take(long(end), { machine: machine('a', 1) }));
    }
    expect(new Set(claims.map(({ part }) => part)).size).toBe(2);
    for (const claim of claims) await claim.release({ keep: false });
  });
});

describe('what a process left that is gone', () => {
  it('is gone on with on the same machine at once', async ({ destination, killed }) => {
    const { part } = await killed(machine('a', 1, []));
    const claim = await DestinationClaim.take(destination, { machine: machine('a', 2, [2]) });
    expect(claim.left?.content).toEqual(CONTENT);
    expect(claim.part).toBe(part);
    await claim.release({ keep: false });
  });

  it('is gone on with after it let go of it, from anywhere', async ({ destination, killed }) => {
    const first = await killed(machine('a', 1));
    await first.release({ keep: true });
    const claim = await DestinationClaim.take(destination, { machine: machine('b', 1) });
    expect(claim.left?.content).toEqual(CONTENT);
    await claim.release({ keep: false });
  });

  it('is gone on with by the app that knows the note as its own, also after the machine was started again', async ({
    destination,
    killed,
  }) => {
    const { token } = await killed(machine('before-boot', 1, [], 'desk'));
    const taken = machine('after-boot', 1, [1], 'desk');
    await expect(DestinationClaim.take(destination, { machine: taken })).rejects.toMatchObject({
      code: 'same-destination',
    });
    const claim = await DestinationClaim.take(destination, { machine: taken, formerToken: token });
    expect(claim.left?.content).toEqual(CONTENT);
    await claim.release({ keep: false });
  });

  it('on another machine counts as at work while its heartbeat is fresh, and is not gone on with when it is old', async ({
    destination,
    grownOld,
    killed,
  }) => {
    const { part } = await killed(machine('a', 1));
    const elsewhere = { machine: machine('b', 1) };
    await expect(DestinationClaim.take(destination, elsewhere)).rejects.toMatchObject({ code: 'same-destination' });
    await grownOld();
    const claim = await DestinationClaim.take(destination, elsewhere);
    // It may only be asleep: it must not write into what this one writes.
    expect(claim.left).toBeUndefined();
    expect(claim.part).not.toBe(part);
    await expect(stat(part)).rejects.toMatchObject({ code: 'ENOENT' });
    await claim.release({ keep: false });
  });

  it('and wakes up again notices that the destination is another one’s', async ({ destination, folder, note }) => {
    const asleep = await DestinationClaim.take(destination, { machine: machine('a', 1), heartbeatMs: 20 });
    await rm(await note());
    const other = await DestinationClaim.take(destination, { machine: machine('b', 1) });
    await expect.poll(() => asleep.revoked.aborted).toBe(true);
    await expect(asleep.assertOurs()).rejects.toMatchObject({ code: 'same-destination' });
    await asleep.release({ keep: false });
    // What is the other one's is not removed.
    expect(await readFile(await note(), 'utf8')).toContain(other.token);
    await other.release({ keep: false });
    expect(await readdir(folder)).toEqual([]);
  });

  it('before it had written a word is no obstacle', async ({ destination, folder, killed, note }) => {
    const claim = await killed(machine('a', 1, []));
    await writeFile(await note(), '');
    const next = await DestinationClaim.take(destination, { machine: machine('a', 2, [2]) });
    expect(next.left).toBeUndefined();
    await next.release({ keep: false });
    expect(await readdir(folder)).toEqual([]);
    await claim.release({ keep: true });
  });

  it('with a note whose end was never written is begun anew by one download', async ({
    destination,
    folder,
    killed,
    note,
  }) => {
    const first = await killed(machine('a', 1));
    // An S3 key may have 1,024 bytes, and JSON six for one.
    const place = '\u0001'.repeat(1024);
    await first.describe({ ...CONTENT, place });
    await truncate(await note(), 4096);
    // A torn note still says whose it is.
    await expect(DestinationClaim.take(destination, { machine: machine('a', 2, [1, 2]) })).rejects.toMatchObject({
      code: 'same-destination',
    });
    const next = await DestinationClaim.take(destination, { machine: machine('a', 2, [2]) });
    expect(next.left).toBeUndefined();
    expect(next.part).not.toBe(first.part);
    await next.release({ keep: false });
    expect(await readdir(folder)).toEqual([]);
    await first.release({ keep: true });
  });

  it('is removed where it will not be resumed, and nothing else is', async ({ destination, folder, killed }) => {
    await killed(machine('a', 1, []));
    await writeFile(join(folder, '.plate.mov.0123456789abcdef.nearplay-part'), 'of another one');
    await writeFile(join(folder, 'plate.mov'), 'there');
    expect(await hasNote(destination)).toBe(true);
    await discardPart(destination, { machine: machine('a', 2, [2]) });
    expect((await readdir(folder)).sort()).toEqual(['.plate.mov.0123456789abcdef.nearplay-part', 'plate.mov']);
  });

  it('is not removed while it is at work', async ({ destination }) => {
    const claim = await DestinationClaim.take(destination, { machine: machine('a', 1) });
    await discardPart(destination, { machine: machine('a', 2, [1, 2]) });
    await claim.assertOurs();
    await claim.release({ keep: false });
  });
});

it('a note that Nearplay did not write is never removed, and named', async ({ destination, killed, note }) => {
  await killed(machine('a', 1, []));
  const file = await note();
  for (const foreign of ['{"mine": true}', 'not JSON', '{"format":"nearplay-part-1","token":"x","part":"../../x"}']) {
    await writeFile(file, foreign);
    await expect(DestinationClaim.take(destination, { machine: machine('a', 2, [2]) })).rejects.toMatchObject({
      code: 'destination-unwritable',
    });
    expect(await readFile(file, 'utf8')).toBe(foreign);
  }
});
