import { expect, it } from 'vitest';
import { TransferNotifications } from '../../../../renderer/store/transferNotifications.ts';
import { NO_TOTALS } from '../../../../renderer/store/transfers.ts';
import type { ErrorReport } from '../../../../shared/errors.ts';
import { aTransfer } from '../../../mothers/transfers.ts';

const done = (id: string) => aTransfer(id, { state: 'done' });
const tooSlow: ErrorReport = { code: 'timeout', message: 'Too slow.', retryable: true, detail: 'RequestTimeout' };
const failed = (id: string) => aTransfer(id, { state: 'failed', error: tooSlow });
const busy = { files: { ...NO_TOTALS.files, running: 1 } };
const rest = { files: NO_TOTALS.files };
const nobody = { count: 0, name: '' };

it('tells what arrived together, when nothing is under way any more', () => {
  const notifications = new TransferNotifications();
  expect(notifications.take([done('t1'), done('t2')], busy, nobody)).toEqual([]);
  expect(notifications.take([done('t3')], rest, nobody)).toEqual([
    { kind: 'succeeded', direction: 'upload', count: 3, name: 't3' },
  ]);
  expect(notifications.take([], rest, nobody)).toEqual([]);
});

it('tells the first failure at once, and the others at the end', () => {
  const notifications = new TransferNotifications();
  const first = notifications.take([failed('t1')], busy, nobody);
  expect(first).toEqual([{ kind: 'failed', direction: 'upload', count: 1, name: 't1', error: tooSlow }]);
  expect(notifications.take([failed('t2')], busy, nobody)).toEqual([]);
  expect(notifications.take([], rest, nobody)).toMatchObject([{ kind: 'failed', count: 2 }]);
});

it('does not repeat a single failure at the end', () => {
  const notifications = new TransferNotifications();
  notifications.take([failed('t1')], busy, nobody);
  expect(notifications.take([], rest, nobody)).toEqual([]);
});

it('keeps uploads and copies apart, and says nothing of what was cancelled', () => {
  const ended = [
    done('t1'),
    { ...done('t2'), direction: 'download' as const },
    aTransfer('t3', { state: 'cancelled' }),
  ];
  expect(new TransferNotifications().take(ended, rest, nobody)).toMatchObject([
    { kind: 'succeeded', direction: 'upload', count: 1 },
    { kind: 'succeeded', direction: 'download', count: 1 },
  ]);
});

it('asks for the user once for as long as questions are open', () => {
  const notifications = new TransferNotifications();
  expect(notifications.take([], busy, { count: 1, name: 'a' })).toEqual([{ kind: 'needs-you', count: 1, name: 'a' }]);
  expect(notifications.take([], busy, { count: 2, name: 'a' })).toEqual([]);
  notifications.take([], busy, nobody);
  expect(notifications.take([], busy, { count: 1, name: 'b' })).toHaveLength(1);
});
