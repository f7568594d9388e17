import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { FaultEffect } from '../../sandbox/faults.ts';
import { until } from '../services/transfers/surroundings.ts';
import { withCli } from './fixtures.ts';

const it = withCli.extend('files', ({ folder }) => async (name: string, count: number): Promise<void> => {
  await mkdir(join(folder, name), { recursive: true });
  const anHourAgo = Date.now() / 1000 - 3600;
  for (let number = 1; number <= count; number++) {
    const path = join(folder, name, `plate.${String(number).padStart(4, '0')}.exr`);
    await writeFile(path, `frame ${number}`);
    await utimes(path, anHourAgo, anHourAgo);
  }
});

describe('a wait is told on stderr, and ends', () => {
  it.for<[string, FaultEffect, string]>([
    ['a sign-in', { kind: 'status', status: 400, code: 'ExpiredToken' }, 'sign-in'],
    ['a storage that is not there', { kind: 'down' }, 'offline'],
  ])(
    '%s: one line when it begins, one when it goes on',
    async ([_name, effect, waiting], { files, isThere, sandbox, start }) => {
      await files('plates', 3);
      sandbox.addFault({ effect });
      const { said, ended } = start(['upload', 'plates', '--json']);
      await until(() => said.stderr.includes('"waiting"'), 'the wait is told', 50_000);
      expect(JSON.parse(said.stderr.split('\n')[0] ?? '')).toMatchObject({
        waiting,
        message: expect.stringMatching(/30 minutes/) as string,
      });
      sandbox.clearFaults();
      expect(await ended).toBe(0);
      expect(
        said.stderr
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as object),
      ).toMatchObject([{ waiting }, { waiting: null }]);
      expect(isThere('plates/plate.0003.exr')).toBe(true);
    },
  );

  it('--wait ends it with an exit code of its own, and the same command goes on', async ({
    files,
    isThere,
    sandbox,
    start,
  }) => {
    await files('plates', 3);
    sandbox.addFault({ effect: { kind: 'status', status: 400, code: 'ExpiredToken' } });
    const { said, ended } = start(['upload', 'plates', '--wait', '0.1']);
    expect(await ended).toBe(3);
    expect(said.stderr).toMatch(/waiting for a sign-in[\s\S]*nearplay: Nothing moved for 0.1 minutes/);
    sandbox.clearFaults();
    const again = start(['upload', 'plates']);
    expect(await again.ended).toBe(0);
    expect(isThere('plates/plate.0003.exr')).toBe(true);
  });

  it('a wait that is no number of minutes is refused', async ({ start }) => {
    expect(await start(['upload', 'plates', '--wait', 'long']).ended).toBe(2);
  });
});

describe('output whose reader has gone', () => {
  it('ends a listing quietly', async ({ files, start }) => {
    await files('many', 40);
    expect(await start(['upload', 'many']).ended).toBe(0);
    const { child, said, ended } = start(['ls', 'many', '--json']);
    child.stdout.destroy();
    expect(await ended).toBe(0);
    expect(said.stderr).toBe('');
  });

  it('does not end an upload: every file arrives', async ({ files, isThere, sandbox, start }) => {
    await files('many', 40);
    sandbox.addFault({ operation: 'PutObject', effect: { kind: 'latency', milliseconds: 50 } });
    const { child, said, ended } = start(['upload', 'many', '--json']);
    child.stdout.destroy();
    expect(await ended).toBe(0);
    expect(said.stderr).toBe('');
    for (let number = 1; number <= 40; number++) {
      expect(isThere(`many/plate.${String(number).padStart(4, '0')}.exr`)).toBe(true);
    }
  });

  it('of stderr neither: what waits goes on', async ({ files, isThere, sandbox, start }) => {
    await files('many', 3);
    sandbox.addFault({ effect: { kind: 'status', status: 400, code: 'ExpiredToken' } });
    const { child, ended } = start(['upload', 'many']);
    child.stderr.destroy();
    // The wait is told to nobody by now.
    await until(() => sandbox.requests.length >= 4, 'it has tried again', 50_000);
    sandbox.clearFaults();
    expect(await ended).toBe(0);
    expect(isThere('many/plate.0003.exr')).toBe(true);
  });
});

describe('Ctrl+C while the storage is silent', () => {
  it.for([
    ['ls', 'd'],
    ['link', 'd/a.mov'],
    ['status', 'd/a.mov'],
    ['doctor'],
    ['get', 'd/a.mov'],
    ['get', 'd/', 'all'],
    ['verify', 'd'],
  ])('ends "%s" at once', async (args, { files, nearplay, sandbox }) => {
    await files('d', 1);
    sandbox.addFault({ effect: { kind: 'stall' } });
    const stop = new AbortController();
    const code = nearplay(args, { signal: stop.signal });
    await until(() => sandbox.requests.length > 0, 'it asks', 30_000);
    const began = performance.now();
    stop.abort();
    expect(await code).toMatchObject({ code: 130 });
    // Silence alone would end after at least ten seconds.
    expect(performance.now() - began).toBeLessThan(8000);
  });
});
