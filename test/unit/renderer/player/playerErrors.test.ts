import { expect, it } from 'vitest';
import { faultOf, shownFailure } from '../../../../renderer/player/playerErrors.ts';
import { type ErrorCode, ERRORS } from '../../../../shared/errors.ts';

const reported = (code: ErrorCode) => ({ kind: 'report' as const, report: { code, ...ERRORS[code] } });
const media = (code: ErrorCode) => ({
  kind: 'media' as const,
  fault: 'unsupported' as const,
  report: reported(code).report,
});

it.each<[ErrorCode, string]>([
  ['empty-file', 'empty'],
  ['damaged-file', 'damaged'],
  ['codec-unsupported', 'codec'],
  ['archived', 'archived'],
  ['encryption-refused', 'encryption'],
  ['access-denied', 'denied'],
  ['credentials-expired', 'signIn'],
  ['not-a-storage', 'notStorage'],
  ['offline', 'offline'],
])('%s has an explanation of its own', (code, kind) => {
  expect(shownFailure(media(code), 'video', true).kind).toBe(kind);
  expect(shownFailure(reported(code), 'video', true).kind).toBe(kind);
});

it('offers only what can help: again where it may pass, a copy where the bytes are there', () => {
  const offers = (code: ErrorCode) => {
    const { canRetry, canDownload: canSave } = shownFailure(media(code), 'video', true);
    return [canRetry, canSave];
  };
  expect(offers('archived')).toEqual([false, false]);
  expect(offers('empty-file')).toEqual([false, false]);
  expect(offers('codec-unsupported')).toEqual([false, true]);
  expect(offers('damaged-file')).toEqual([false, true]);
  expect(offers('slow-down')).toEqual([true, false]);
});

it('says that nothing is known where nothing is', () => {
  expect(shownFailure({ kind: 'media', fault: 'network' }, 'video', true)).toMatchObject({
    kind: 'stalled',
    report: undefined,
  });
  expect(shownFailure({ kind: 'media', fault: 'network' }, 'video', false).kind).toBe('offline');
  expect(shownFailure({ kind: 'media', fault: 'unsupported' }, 'image', true).kind).toBe('image');
  expect([1, 2, 3, 4, undefined].map(faultOf)).toEqual(['network', 'network', 'decode', 'unsupported', 'network']);
});
