import { expect, it } from 'vitest';
import { dropTarget, moveTarget } from '../../../../renderer/transfers/moves.ts';
import type { Transfer } from '../../../../shared/transfers.ts';
import { aTransfer } from '../../../mothers/transfers.ts';

const listOf = (...transfers: Transfer[]) => ({ length: transfers.length, at: (index: number) => transfers[index] });
const running = aTransfer('run', { state: 'running' });
const copy = aTransfer('copy', { direction: 'download' });
const list = listOf(running, aTransfer('a'), copy, aTransfer('b'), aTransfer('c'));

it('moves past what cannot be moved', () => {
  expect(moveTarget(list, 3, 'up')).toBe('a');
  expect(moveTarget(list, 1, 'down')).toBe('c');
  expect(moveTarget(list, 3, 'down')).toBeNull();
  expect(moveTarget(list, 4, 'first')).toBe('a');
  expect(moveTarget(list, 1, 'last')).toBeNull();
});

it('stays at the ends, and where it has no turn to change', () => {
  expect(moveTarget(list, 1, 'up')).toBeUndefined();
  expect(moveTarget(list, 1, 'first')).toBeUndefined();
  expect(moveTarget(list, 4, 'down')).toBeUndefined();
  expect(moveTarget(list, 4, 'last')).toBeUndefined();
  expect(moveTarget(list, 0, 'down')).toBeUndefined();
  expect(moveTarget(list, 2, 'up')).toBeUndefined();
  expect(moveTarget(list, 9, 'up')).toBeUndefined();
});

it('drops before the next one that waits, or at the end', () => {
  expect(dropTarget(list, 0)).toBe('a');
  expect(dropTarget(list, 2)).toBe('b');
  expect(dropTarget(list, 5)).toBeNull();
});
