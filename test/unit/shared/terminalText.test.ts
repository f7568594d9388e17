import fc from 'fast-check';
import { expect, it } from 'vitest';
import { terminalLines, terminalText } from '../../../shared/terminalText.ts';

it.each([
  ['sq010/plate ü 日本 😀.mov', 'sq010/plate ü 日本 😀.mov'],
  ['a\u001b[31m', 'a\\u001b[31m'],
  ['a\nnearplay: forged', 'a\\u000anearplay: forged'],
  ['\u0000\t\r\u007f\u009b', '\\u0000\\u0009\\u000d\\u007f\\u009b'],
  ['\u202egpj.exe\u2066\u200f', '\\u202egpj.exe\\u2066\\u200f'],
  ['\u2028\u2029', '\\u2028\\u2029'],
  ['\ud800', '\\ud800'],
])('%j is printed as %j', (text, printed) => {
  expect(terminalText(text)).toBe(printed);
});

it('lines stay lines where they are meant', () => {
  expect(terminalLines('one\ntwo\u001b')).toBe('one\ntwo\\u001b');
});

it('property: JSON says the same after it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const text = JSON.stringify(value);
      expect(JSON.parse(terminalLines(text))).toEqual(JSON.parse(text));
      expect(terminalLines(text)).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
    }),
  );
});
