import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NearplayError } from '../../../shared/errors.ts';
import {
  asFolder,
  folderOf,
  hasDotSegment,
  isInForm,
  MAX_KEY_BYTES,
  nameOfKey,
  typedFolder,
  typedKey,
  utf8Length,
  writableFolder,
} from '../../../shared/keys.ts';

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

const BAD = [
  ['../sq040', 'goes up'],
  ['sq010/..', 'goes up'],
  ['sq\\050', 'backslash'],
  ['sq\u0000010', 'U+0000'],
  ['sq010/\u001b[31m', 'U+001B'],
  ['sq\u007f', 'U+007F'],
  ['sq\u0085', 'U+0085'],
  [' ', 'blanks only'],
  ['sq010/ /a', 'blanks only'],
  ['sq010/\u200b', 'blanks only'],
  [' sq010', 'beginning or end'],
  ['sq010 /a', 'beginning or end'],
  ['sq010/a\u00a0', 'beginning or end'],
  ['sq\ud83d', 'half of a character'],
] as const;

describe('what people type as a place in the bucket', () => {
  it.each([
    ['', ''],
    ['/', ''],
    ['./', ''],
    ['sq010/sh010', 'sq010/sh010/'],
    ['sq010/sh010/', 'sq010/sh010/'],
    ['/sq010/sh010', 'sq010/sh010/'],
    ['./sq020', 'sq020/'],
    ['sq030//sh010', 'sq030/sh010/'],
    ['sq030/./sh010/.', 'sq030/sh010/'],
    ['///a///b///', 'a/b/'],
    ['.hidden/..x', '.hidden/..x/'],
    ['sq 010/日本', 'sq 010/日本/'],
  ])('%j is the folder %j', (text, folder) => {
    expect(typedFolder(text)).toBe(folder);
    expect(typedFolder(folder)).toBe(folder);
    if (folder !== '') expect(typedKey(text)).toBe(folder.slice(0, -1));
  });

  it.each(BAD)('%j is refused: it %s', (text, why) => {
    for (const made of [() => typedFolder(text), () => typedKey(text), () => writableFolder(text)]) {
      expect(made).toThrow(NearplayError);
      expect(made).toThrow(why);
    }
    expect(isInForm(text)).toBe(false);
  });

  it.each(['', '/', '.', './/'])('%j names no file', (text) => {
    expect(() => typedKey(text)).toThrow('names no file');
  });

  it('counts bytes, and the prefix with them', () => {
    const longest = 'é'.repeat(MAX_KEY_BYTES / 2);
    expect(typedKey(longest)).toBe(longest);
    expect(() => typedKey(`${longest}a`)).toThrow('too long');
    expect(() => typedKey(longest, 'p')).toThrow('too long');
    expect(() => typedFolder(longest)).toThrow('too long');
  });

  it('a folder on screen is written into as it is, or not at all', () => {
    expect(writableFolder('sq010/')).toBe('sq010/');
    expect(writableFolder('')).toBe('');
    for (const folder of ['/', 'a//', '/a/', './a/']) expect(() => writableFolder(folder)).toThrow('empty or a dot');
  });

  it.each([
    ['a/../b', true],
    ['./a', true],
    ['a/.', true],
    ['a//b', false],
    ['.a/b..', false],
  ])('%j has a dot for a folder: %s', (one, has) => {
    expect(hasDotSegment(one)).toBe(has);
  });
});

it('property: whatever is typed becomes a key in form, or is refused with a reason', () => {
  const piece = fc.oneof(
    fc.constantFrom('/', '.', '..', '\\', ' ', '\u001b', '\u0000', '\u0085', '\ud800', 'a', 'é', '日', '😀'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  const typed = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(typed, (text) => {
      let made: string;
      try {
        made = typedKey(text, 'media');
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-request' });
        return;
      }
      expect(made).not.toMatch(/^\/|\/\/|\/$|\\|\p{Cc}/u);
      expect(made.split('/').some((name) => name === '.' || name === '..' || name.trim() !== name)).toBe(false);
      expect(made.isWellFormed()).toBe(true);
      expect(typedKey(made, 'media')).toBe(made);
      expect(isInForm(made)).toBe(true);
      expect(utf8Length(`media/${made}`)).toBe(Buffer.byteLength(`media/${made}`));
      expect(utf8Length(`media/${made}`)).toBeLessThanOrEqual(MAX_KEY_BYTES);
    }),
  );
});
