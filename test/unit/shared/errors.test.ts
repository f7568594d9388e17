import { describe, expect, it } from 'vitest';
import { type ErrorCode, ERRORS, NearplayError, reportOf } from '../../../shared/errors.ts';

const CODES = Object.keys(ERRORS) as ErrorCode[];

describe.each(CODES)('%s', (code) => {
  it('has a message that reads as a sentence', () => expect(ERRORS[code].message).toMatch(/^[A-Z].*\.$/));

  it('keeps its code and says whether trying again can help', () => {
    expect(reportOf(new NearplayError(code))).toEqual({ code, ...ERRORS[code] });
  });
});

it('carries a more exact message where there is one', () => {
  const cause = new Error('socket hang up');
  const error = new NearplayError('offline', 'us-east-1 does not answer.', { cause });
  expect(error.report()).toEqual({ code: 'offline', message: 'us-east-1 does not answer.', retryable: true });
  expect(error.cause).toBe(cause);
});

it.each([
  ['an error of a library', new Error('GET https://bucket/key?X-Amz-Signature=abc failed')],
  ['a string', 'X-Amz-Signature=abc'],
  ['an object', { code: 'AccessDenied', secret: 'abc' }],
  ['nothing', undefined],
])('lets nothing of %s out', (_what, thrown) => {
  const report = reportOf(thrown);
  expect(report).toEqual({ code: 'internal', ...ERRORS.internal });
  expect(JSON.stringify(report)).not.toContain('abc');
});
