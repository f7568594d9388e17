import fc from 'fast-check';
import { expect, it } from 'vitest';
import { relativeKey, wholeKey } from '../../../../../electron/services/storage/storageKeys.ts';

const key = fc
  .array(fc.constantFrom('a', 'ü', '日', '.', ' ', '/', '😀'), { maxLength: 12 })
  .map((parts) => parts.join(''));

it('property: whole and relative keys are each other back, with and without prefix', () => {
  fc.assert(
    fc.property(fc.constantFrom('', 'media', 'a/b', 'a.b'), key, (prefix, relative) => {
      const whole = wholeKey({ prefix }, relative);
      expect(whole.startsWith(prefix)).toBe(true);
      expect(relativeKey({ prefix }, whole)).toBe(relative);
    }),
  );
});
