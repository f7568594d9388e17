import { expect, it } from 'vitest';
import { NO_TOTALS } from '../../../../renderer/store/transfers.ts';
import { overallOf, secondsLeft, sharesOf } from '../../../../renderer/transfers/overall.ts';
import type { TransferTotals } from '../../../../shared/transfers.ts';
import { aTransfer } from '../../../mothers/transfers.ts';

const totals = (files: Partial<TransferTotals['files']>, size = 0, sent = 0): TransferTotals => ({
  ...NO_TOTALS,
  files: { ...NO_TOTALS.files, ...files },
  size,
  sent,
});

it('counts the files that its bytes are of', () => {
  const overall = overallOf(
    totals({ running: 2, waiting: 5, done: 3, failed: 4, cancelled: 1, skipped: 1 }, 1000, 250),
  );
  expect(overall).toMatchObject({ course: 'moving', files: 10, done: 3, open: 7, over: 9, share: 0.25 });
});

it.each([
  ['none', {}],
  ['moving', { waiting: 1 }],
  ['moving', { running: 1, blocked: 4 }],
  ['stuck', { blocked: 1, paused: 2 }],
  ['paused', { paused: 2, done: 1 }],
  ['over', { done: 1, failed: 1 }],
] as const)('is %s', (course, files) => expect(overallOf(totals(files)).course).toBe(course));

it('claims no progress where there is none, and no more than all', () => {
  expect(overallOf(totals({ waiting: 1 })).share).toBe(0);
  expect(overallOf(totals({ done: 1 })).share).toBe(1);
  expect(overallOf(totals({ running: 1 }, 100, 120)).share).toBe(0.99);
});

it('tells the time left only of what moves', () => {
  expect(secondsLeft(aTransfer('a', { state: 'running', sent: 50, bytesPerSecond: 10 }))).toBe(5);
  expect(secondsLeft(aTransfer('a', { state: 'running', sent: 120, bytesPerSecond: 10 }))).toBe(0);
  expect(secondsLeft(aTransfer('a', { state: 'running' }))).toBeUndefined();
  expect(secondsLeft(aTransfer('a', { state: 'paused', bytesPerSecond: 10 }))).toBeUndefined();
});

it('never shows more safe than sent', () => {
  expect(sharesOf(aTransfer('a', { sent: 50, confirmed: 25 }))).toEqual({ confirmed: 25, sent: 50 });
  expect(sharesOf(aTransfer('a', { sent: 10, confirmed: 25 }))).toEqual({ confirmed: 25, sent: 25 });
  expect(sharesOf(aTransfer('a', { size: 0, state: 'running' }))).toEqual({ confirmed: 0, sent: 0 });
  expect(sharesOf(aTransfer('a', { size: 0, state: 'done' }))).toEqual({ confirmed: 100, sent: 100 });
});
