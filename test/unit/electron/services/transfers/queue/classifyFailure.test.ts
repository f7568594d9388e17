import { expect, it } from 'vitest';
import { classifyFailure, waitsForQueue } from '../../../../../../electron/services/transfers/queue/classifyFailure.ts';
import { NotSettled } from '../../../../../../electron/services/transfers/queue/settlingFiles.ts';
import { NearplayError } from '../../../../../../shared/errors.ts';

it.each([
  [new NearplayError('offline'), { kind: 'hold', reason: 'offline' }],
  [new NearplayError('slow-down'), { kind: 'hold', reason: 'storage' }],
  [new NearplayError('credentials-expired'), { kind: 'hold', reason: 'sign-in' }],
  [new NearplayError('disk-full'), { kind: 'hold', reason: 'disk' }],
  [new NearplayError('conflict'), { kind: 'ask' }],
  [new NearplayError('file-changed'), { kind: 'wait-for-file', hasChanged: true }],
  [new NotSettled(), { kind: 'wait-for-file', hasChanged: false }],
  [new NearplayError('access-denied'), { kind: 'fail' }],
  [new Error('a bug'), { kind: 'fail' }],
])('%s means %o', (error, setback) => {
  expect(classifyFailure(error, undefined, false)).toEqual(setback);
});

it('an error after an interruption is only the end of it', () => {
  for (const by of ['pause', 'cancel', 'wait'] as const) {
    expect(classifyFailure(new NearplayError('cancelled'), by, false)).toEqual({ kind: 'interrupted', by });
    expect(classifyFailure(new NearplayError('offline'), by, true)).toEqual({ kind: 'interrupted', by });
  }
});

it('every error ends a stream', () => {
  for (const code of ['offline', 'file-changed', 'conflict'] as const) {
    expect(classifyFailure(new NearplayError(code), undefined, true)).toEqual({ kind: 'fail' });
  }
});

it('the hold of the queue is not what the user or a file is waited for with', () => {
  expect((['offline', 'sign-in', 'disk'] as const).every(waitsForQueue)).toBe(true);
  expect(([undefined, 'conflict', 'file-settling'] as const).some(waitsForQueue)).toBe(false);
});
