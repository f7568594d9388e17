import { expect, it } from 'vitest';
import { Growing } from '../../../../../electron/services/transfers/growingFiles.ts';
import { isHeld, setbackOf } from '../../../../../electron/services/transfers/setbacks.ts';
import { NearplayError } from '../../../../../shared/errors.ts';

it.each([
  [new NearplayError('offline'), { kind: 'hold', reason: 'offline' }],
  [new NearplayError('slow-down'), { kind: 'hold', reason: 'storage' }],
  [new NearplayError('credentials-expired'), { kind: 'hold', reason: 'sign-in' }],
  [new NearplayError('disk-full'), { kind: 'hold', reason: 'disk' }],
  [new NearplayError('conflict'), { kind: 'ask' }],
  [new NearplayError('file-changed'), { kind: 'wait-for-file', hasChanged: true }],
  [new Growing(), { kind: 'wait-for-file', hasChanged: false }],
  [new NearplayError('access-denied'), { kind: 'fail' }],
  [new Error('a bug'), { kind: 'fail' }],
])('%s means %o', (error, setback) => {
  expect(setbackOf(error, undefined, false)).toEqual(setback);
});

it('an error after an interruption is only the end of it', () => {
  for (const by of ['pause', 'cancel', 'wait'] as const) {
    expect(setbackOf(new NearplayError('cancelled'), by, false)).toEqual({ kind: 'interrupted', by });
    expect(setbackOf(new NearplayError('offline'), by, true)).toEqual({ kind: 'interrupted', by });
  }
});

it('every error ends a stream', () => {
  for (const code of ['offline', 'file-changed', 'conflict'] as const) {
    expect(setbackOf(new NearplayError(code), undefined, true)).toEqual({ kind: 'fail' });
  }
});

it('the hold of the queue is not what the user or a file is waited for with', () => {
  expect((['offline', 'sign-in', 'disk'] as const).every(isHeld)).toBe(true);
  expect(([undefined, 'conflict', 'file-growing'] as const).some(isHeld)).toBe(false);
});
