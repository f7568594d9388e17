import { describe, expect, it } from 'vitest';
import { actionsOf, rowKey } from '../../../../renderer/transfers/rowActions.ts';
import { aTransfer } from '../../../mothers/transfers.ts';

const can = (patch: Parameters<typeof aTransfer>[1]) =>
  Object.entries(actionsOf(aTransfer('t1', patch))).flatMap(([name, yes]) => (yes ? [name] : []));

describe('what can be done', () => {
  it.each([
    ['a waiting upload', { state: 'waiting' }, ['pause', 'cancel']],
    ['a paused upload', { state: 'paused' }, ['resume', 'cancel']],
    ['a copy', { state: 'running', direction: 'download' }, ['cancel']],
    ['an upload that is offline', { state: 'blocked', blockedFor: 'offline' }, ['pause', 'cancel']],
    ['a question', { state: 'blocked', blockedFor: 'conflict' }, ['cancel', 'answer']],
    ['a failed upload', { state: 'failed' }, ['retry']],
    ['a cancelled upload', { state: 'cancelled' }, ['retry']],
    ['an upload that arrived', { state: 'done' }, ['reveal']],
    ['a copy that arrived', { state: 'done', direction: 'download' }, ['showInFolder']],
    ['a copy that failed', { state: 'failed', direction: 'download' }, ['retry']],
  ] as const)('with %s', (_name, patch, actions) => expect(can(patch)).toEqual(actions));
});

describe('keys', () => {
  const press = (key: string, held: Partial<Record<'altKey' | 'ctrlKey' | 'metaKey', boolean>> = {}) => ({
    key,
    altKey: false,
    ctrlKey: false,
    metaKey: false,
    ...held,
  });

  it('go through the rows and stop at the ends', () => {
    expect(rowKey(press('ArrowDown'), 3, 10, 5)).toEqual({ kind: 'go', to: 4 });
    expect(rowKey(press('ArrowUp'), 0, 10, 5)).toEqual({ kind: 'go', to: 0 });
    expect(rowKey(press('PageDown'), 7, 10, 5)).toEqual({ kind: 'go', to: 9 });
    expect(rowKey(press('Home'), 7, 10, 5)).toEqual({ kind: 'go', to: 0 });
    expect(rowKey(press('End'), 7, 100_000, 5)).toEqual({ kind: 'go', to: 99_999 });
  });

  it('act on the row', () => {
    expect(rowKey(press(' '), 0, 1, 5)).toEqual({ kind: 'pause' });
    expect(rowKey(press('Delete'), 0, 1, 5)).toEqual({ kind: 'cancel' });
    expect(rowKey(press('Enter'), 0, 1, 5)).toEqual({ kind: 'act' });
    expect(rowKey(press('ArrowUp', { altKey: true }), 3, 10, 5)).toEqual({ kind: 'move', direction: 'up' });
    expect(rowKey(press('End', { altKey: true }), 3, 10, 5)).toEqual({ kind: 'move', direction: 'last' });
  });

  it('leave the window its own', () => {
    expect(rowKey(press('t'), 0, 1, 5)).toBeUndefined();
    expect(rowKey(press('f', { ctrlKey: true }), 0, 1, 5)).toBeUndefined();
    expect(rowKey(press('Enter', { altKey: true }), 0, 1, 5)).toBeUndefined();
    expect(rowKey(press('ArrowDown'), -1, 0, 5)).toBeUndefined();
  });
});
