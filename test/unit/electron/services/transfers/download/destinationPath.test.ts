import { expect, it } from 'vitest';
import { isAmong } from '../../../../../../electron/services/transfers/download/destinationPath.ts';

it('a name is among others as it is written, composed or decomposed, and not in other letters', () => {
  expect(isAmong('a.mov', ['b.mov', 'a.mov'])).toBe(true);
  expect(isAmong('\u00e4.mov', ['a\u0308.mov'])).toBe(true);
  expect(isAmong('A.mov', ['a.mov'])).toBe(false);
});
