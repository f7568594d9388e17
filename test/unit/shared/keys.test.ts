import fc from 'fast-check';
import { expect, it } from 'vitest';
import { asFolder, folderOf, nameOfKey } from '../../../shared/keys.ts';

const key = fc
  .array(fc.constantFrom('a', 'ü', '日', '.', ' ', '/', '😀'), { maxLength: 12 })
  .map((parts) => parts.join(''));

it('property: folder and name make the key again', () => {
  fc.assert(
    fc.property(key, (one) => {
      fc.pre(!one.endsWith('/'));
      expect(folderOf(one) + nameOfKey(one)).toBe(one);
      expect(nameOfKey(`${one}/`)).toBe(nameOfKey(one));
      expect(nameOfKey(one)).not.toContain('/');
    }),
  );
});

it.each([
  ['sq010/sh010/a.mov', 'sq010/sh010/', 'a.mov'],
  ['a.mov', '', 'a.mov'],
  ['sq010/', 'sq010/', 'sq010'],
  ['', '', ''],
])('%j lies in %j and is called %j', (one, folder, name) => {
  expect([folderOf(one), nameOfKey(one)]).toEqual([folder, name]);
});

it('keys are below the folder of the upload', () => {
  expect(['', 'shots', 'shots/'].map(asFolder)).toEqual(['', 'shots/', 'shots/']);
});
