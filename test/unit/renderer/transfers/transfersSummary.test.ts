import { expect, it } from 'vitest';
import type { Transfer, TransferState } from '../../../../shared/ipc.ts';
import { hasNewlyBegun, newlyEnded, secondsLeft, summarise } from '../../../../renderer/transfers/transfersSummary.ts';

const transfer = (id: string, state: TransferState, size = 100, sent = 0, bytesPerSecond = 0): Transfer => ({
  id,
  direction: 'upload',
  name: id,
  key: id,
  state,
  size,
  sent,
  bytesPerSecond,
  startedAt: 0,
});

it('sums up by bytes what is active, not by files', () => {
  const summary = summarise([
    transfer('large', 'running', 900, 90, 10),
    transfer('small', 'waiting', 100),
    transfer('old', 'done', 5000, 5000),
    transfer('bad', 'failed'),
  ]);
  expect(summary).toEqual({
    active: 2,
    failed: 1,
    finished: 2,
    size: 1000,
    sent: 90,
    bytesPerSecond: 10,
    share: 0.09,
    secondsLeft: 91,
  });
});

it('claims no progress and no time where there is none', () => {
  expect(summarise([])).toMatchObject({ share: undefined, secondsLeft: undefined });
  expect(summarise([transfer('empty file', 'running', 0)]).share).toBe(0);
  expect(secondsLeft(transfer('slow', 'running', 100, 50, 0))).toBeUndefined();
  expect(secondsLeft(transfer('over', 'running', 100, 120, 10))).toBe(0);
});

it('tells what ended and what began since', () => {
  const before = [transfer('a', 'running'), transfer('b', 'done'), transfer('c', 'waiting')];
  const after = [transfer('a', 'done'), transfer('b', 'done'), transfer('c', 'waiting'), transfer('d', 'waiting')];
  expect(newlyEnded(before, after).map(({ id }) => id)).toEqual(['a']);
  expect(hasNewlyBegun(before, after)).toBe(true);
  expect(hasNewlyBegun(after, after)).toBe(false);
});
