import i18next from 'i18next';
import { beforeAll, expect, it } from 'vitest';
import { startText } from '../../../../renderer/text/i18n.ts';
import { rowText } from '../../../../renderer/transfers/rowText.ts';
import { aTransfer } from '../../../mothers/transfers.ts';

beforeAll(() => startText());

const MEGABYTE = 1_000_000;
const textOf = (patch: Parameters<typeof aTransfer>[1]) =>
  rowText(aTransfer('shot.mov', { size: 100 * MEGABYTE, ...patch }), i18next.t);

it.each([
  [{ state: 'waiting' }, 'Waiting · 100 MB'],
  [{ state: 'waiting', sent: 40 * MEGABYTE }, 'Waiting · 40 MB of 100 MB'],
  [
    { state: 'running', sent: 40 * MEGABYTE, bytesPerSecond: 5 * MEGABYTE },
    '40% · 40 MB of 100 MB · 5 MB/s · 12 s left',
  ],
  [{ state: 'running' }, '0% · 0 B of 100 MB'],
  [
    { state: 'running', sent: 100 * MEGABYTE, bytesPerSecond: MEGABYTE },
    'All sent, not confirmed by the storage yet · 100 MB',
  ],
  [{ state: 'running', direction: 'download', sent: 100 * MEGABYTE }, 'All here, being checked · 100 MB'],
  [{ state: 'running', size: 0 }, 'Starting'],
  [{ state: 'running', direction: 'download', size: 0 }, 'Starting'],
  [{ state: 'waiting', direction: 'download', size: 0 }, 'Waiting'],
  [{ state: 'cancelled', direction: 'download', size: 0 }, 'Cancelled'],
  [{ state: 'paused', sent: 40 * MEGABYTE }, 'Paused · 40 MB of 100 MB'],
  [{ state: 'blocked', blockedFor: 'offline' }, 'Waits for the network. Goes on by itself.'],
  [{ state: 'blocked', blockedFor: 'conflict' }, 'There is another one, with other content'],
  [
    { state: 'blocked', blockedFor: 'conflict', contentUnknown: true },
    'There is one with this name; it is not known whether it is the same',
  ],
  [{ state: 'done' }, 'Uploaded · 100 MB'],
  [{ state: 'done', direction: 'download' }, 'Saved on this computer · 100 MB'],
  [
    { state: 'done', direction: 'download', unproved: true },
    'Saved; not proved, since the storage keeps no checksum that it can be compared with · 100 MB',
  ],
  [{ state: 'skipped', skippedFor: 'asked-for' }, 'Skipped: the bucket keeps what it has'],
  [{ state: 'skipped', skippedFor: 'identical' }, 'The bucket has the same content already'],
  [
    { state: 'failed', error: { code: 'timeout', message: 'Why, and what to do.', retryable: true } },
    'Why, and what to do.',
  ],
  [
    {
      state: 'failed',
      error: { code: 'access-denied', message: 'Ask IT.', retryable: false, detail: 'No\u202e role\u001b[31m\nhere' },
    },
    'Ask IT. “No role [31m here”',
  ],
] as const)('%o: %s', (patch, text) => expect(textOf(patch)).toBe(text));

it('is not through before it is through', () => {
  expect(textOf({ state: 'running', sent: 99.9 * MEGABYTE })).toMatch(/^99%/);
});
