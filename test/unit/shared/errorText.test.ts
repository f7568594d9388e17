import fc from 'fast-check';
import { expect, it } from 'vitest';
import { errorText, shownDetail } from '../../../shared/errorText.ts';

it("puts the other side's own words behind the sentence, in quotes", () => {
  expect(errorText({ message: 'Refused.', detail: 'AccessDenied: no role' })).toBe('Refused. “AccessDenied: no role”');
});

it.each([undefined, '', ' \n\u202e '])('is the sentence alone where there are no words: %j', (detail) => {
  expect(errorText({ message: 'Refused.', detail })).toBe('Refused.');
});

it('cuts long words, and no character in two', () => {
  const words = shownDetail('🎬'.repeat(140).concat(' end '.repeat(100)));
  expect(words?.length).toBeLessThanOrEqual(200);
  expect(words).toMatch(/^🎬.*…$/u);
  expect(words?.isWellFormed()).toBe(true);
});

it('shows nothing of hostile words that turns, hides or breaks the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (detail) => {
      const words = shownDetail(detail) ?? '';
      expect(words.length).toBeLessThanOrEqual(200);
      expect(words).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u);
    }),
  );
});
