import { afterEach, describe, expect, it, vi } from 'vitest';
import { contextOf } from '../../../../electron/cli/surroundings.ts';
import { waitMinutes, Waits } from '../../../../electron/cli/waits.ts';
import { NearplayError } from '../../../../shared/errors.ts';
import type { Transfer } from '../../../../shared/transfers.ts';

const MINUTE_MS = 60_000;
type Watched = Parameters<Waits['changed']>[0][number];

let waits: Waits | undefined;
afterEach(() => waits?.stop());

function begin(minutes?: number, json = false, more: { awaitsCredentials?: () => boolean } = {}) {
  let now = 0;
  const said: string[] = [];
  const surroundings = {
    ...{ env: {}, cwd: '/', platform: 'linux', signal: new AbortController().signal },
    stdout: () => undefined,
    stderr: (text: string) => void said.push(text),
    now: () => Date.now(),
  };
  const context = contextOf(json, surroundings);
  waits = new Waits({ context, ...(minutes !== undefined && { minutes }), monotonicNow: () => now, ...more });
  const ended = vi.fn();
  waits.ended.catch(ended);
  const at = waits;
  return {
    ...{ said, ended, waits: at },
    pass: async (ms: number) => {
      now += ms;
      at.check();
      await Promise.resolve();
    },
  };
}

const one = (more: Partial<Transfer> = {}): Watched => ({
  ...{ id: '1', key: 'sq010/a.mov', state: 'running', sent: 0, confirmed: 0 },
  ...more,
});
const blocked = (blockedFor: Transfer['blockedFor'], more: Partial<Transfer> = {}) =>
  one({
    ...{ state: 'blocked', ...(blockedFor && { blockedFor }) },
    error: new NearplayError('offline', 'The storage cannot be reached.').report(),
    ...more,
  });

describe('a wait', () => {
  it('is told once, with its cause and how it goes on, and so is its end', () => {
    const { said, waits: at } = begin(30);
    at.changed([one(), one({ id: '2' })]);
    at.changed([blocked('offline'), blocked('offline', { id: '2' })]);
    // Tried again and refused again: no progress, and nothing new to say.
    at.changed([one({ state: 'waiting' }), one({ sent: 65_536 })]);
    at.changed([blocked('offline')]);
    at.changed([one({ sent: 65_536 })]);
    expect(said.slice(0, 1)).toEqual([
      'nearplay: waiting for the storage (sq010/a.mov and 1 more). The storage cannot be reached. It goes on by itself, and ends after 30 minutes without progress.\n',
    ]);
    at.changed([one({ state: 'done' })]);
    expect(said.at(-1)).toBe('nearplay: it goes on.\n');
  });

  it('tells each cause once', () => {
    const { said, waits: at } = begin();
    at.changed([one(), one({ id: '2' })]);
    at.changed([blocked('sign-in'), blocked('disk', { id: '2' })]);
    at.check();
    expect(said.join('')).toMatch(/waiting for a sign-in[\s\S]*waiting for room on the disk/);
    expect(said).toHaveLength(2);
  });

  it('is an object a line with --json', () => {
    const { said, waits: at } = begin(undefined, true);
    at.changed([blocked('sign-in')]);
    expect(JSON.parse(said[0] ?? '')).toMatchObject({ waiting: 'sign-in', code: 'offline', files: 1 });
    at.changed([one({ state: 'failed' })]);
    expect(JSON.parse(said[1] ?? '')).toMatchObject({ waiting: null });
  });

  it('of a name that is taken is no wait: it is asked about', async () => {
    const { said, ended, waits: at, pass } = begin(1);
    at.changed([one(), blocked('conflict')]);
    await pass(2 * MINUTE_MS);
    expect(said).toEqual([]);
    expect(ended).not.toHaveBeenCalled();
  });

  it('without a cause is told too: silence of the storage', async () => {
    const { said, waits: at, pass } = begin();
    at.changed([one()]);
    await pass(19_000);
    expect(said).toEqual([]);
    await pass(2000);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^nearplay: no byte has moved for 21 s/);
  });

  it('for credentials is told as one: the storage was not asked', async () => {
    const { said, waits: at, pass } = begin(undefined, true, { awaitsCredentials: () => true });
    at.changed([one()]);
    await pass(21_000);
    expect(JSON.parse(said[0] ?? '')).toMatchObject({
      waiting: 'sign-in',
      message: expect.stringMatching(/waiting for a sign-in.*has not been asked/) as string,
    });
    expect(said.join('')).not.toContain('still being asked');
  });

  it('for a file that is still written is told when it takes longer', async () => {
    const { said, waits: at, pass } = begin();
    at.changed([blocked('file-settling')]);
    expect(said).toEqual([]);
    await pass(10_000);
    expect(said[0]).toMatch(/the file to be written completely/);
  });
});

describe('the limit', () => {
  it('ends a wait without progress, and says the last cause', async () => {
    const { ended, waits: at, pass } = begin(1);
    at.changed([one()]);
    at.changed([blocked('offline')]);
    await pass(MINUTE_MS - 1);
    expect(ended).not.toHaveBeenCalled();
    await pass(1);
    expect(ended.mock.calls).toMatchObject([
      [{ code: 'wait-ended', message: expect.stringMatching(/1 minute.*cannot be reached/) as string }],
    ]);
  });

  it('counts from the last byte that was more than before, however often a request begins again', async () => {
    const { ended, waits: at, pass } = begin(1);
    at.changed([one()]);
    for (let sent = 1; sent <= 10; sent++) {
      await pass(MINUTE_MS / 2);
      at.changed([one({ sent })]);
    }
    expect(ended).not.toHaveBeenCalled();
    for (let time = 0; time < 3; time++) {
      at.changed([one({ sent: 0 })]);
      await pass(MINUTE_MS / 3);
      at.changed([one({ sent: 10 })]);
    }
    await pass(0);
    expect(ended).toHaveBeenCalledOnce();
  });

  it('is half an hour where nobody looks, none at a terminal, and what was asked for everywhere', () => {
    expect(waitMinutes(undefined, false)).toEqual({ minutes: 30 });
    expect(waitMinutes(undefined, true)).toEqual({});
    expect(waitMinutes(5, true)).toEqual({ minutes: 5 });
    expect(waitMinutes(0, false)).toEqual({ minutes: 0 });
  });
});

it('a file that comes after hours without any has its whole time to move', async () => {
  const { ended, pass, waits: at } = begin(30);
  at.changed([one({ state: 'done' })]);
  await pass(90 * MINUTE_MS);
  at.changed([one({ id: '2' })]);
  await pass(29 * MINUTE_MS);
  expect(ended).not.toHaveBeenCalled();
  await pass(2 * MINUTE_MS);
  expect(ended).toHaveBeenCalled();
});

it('an upload that runs again when the time is over is still ended with what it met', async () => {
  const { ended, pass, waits: at } = begin(30);
  at.changed([one()]);
  at.changed([blocked('offline')]);
  at.changed([one({ state: 'waiting' }), one()]);
  await pass(31 * MINUTE_MS);
  expect(ended.mock.calls[0]?.[0]).toMatchObject({ message: expect.stringContaining('cannot be reached') as string });
});
