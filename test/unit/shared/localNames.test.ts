import fc from 'fast-check';
import { posix, win32 } from 'node:path';
import { describe, expect, it } from 'vitest';
import { typedKey } from '../../../shared/keys.ts';
import { localNames, safeFileName } from '../../../shared/localNames.ts';

describe('the name under which an object is saved', () => {
  it.each([
    ['sq010/plate.mov', 'plate.mov'],
    ['sq010/.hidden', '.hidden'],
    ['sq010/日本 é.mov', '日本 é.mov'],
    ['folder/', 'folder'],
    ['a/..', 'unnamed'],
    ['a/\u200b', 'unnamed'],
    ['a/\u2060 \ufe0f', 'unnamed'],
    ['..', 'unnamed'],
    ['', 'unnamed'],
    ['/', 'unnamed'],
    ['a/ ', 'unnamed'],
    ['a/...', 'unnamed'],
    ['..\\..\\x', 'x'],
    ['C:\\x\\y.mov', 'y.mov'],
    ['a:hidden', 'a_hidden'],
    ['<>:"|?*.mov', '_______.mov'],
    ['a\u0000b\u001b\u0085.mov', 'a_b__.mov'],
    ['invoice\u202efdp.exe', 'invoice_fdp.exe'],
    ['line\u2028break', 'line_break'],
    ['half\ud800.mov', 'half_.mov'],
    ['name. . ', 'name'],
    ['CON', '_CON'],
    ['a/nul.exr', '_nul.exr'],
    ['Com1.tar.gz', '_Com1.tar.gz'],
    ['lpt\u00b9.txt', '_lpt\u00b9.txt'],
    ['CONIN$', '_CONIN$'],
    ['aux .txt', '_aux .txt'],
    ['console.log', 'console.log'],
    ['com10', 'com10'],
  ])('%j: %j', (key, name) => {
    expect(safeFileName(key)).toBe(name);
  });

  it('is at most 255 bytes long, and keeps extension and frame', () => {
    expect(safeFileName('x'.repeat(251) + '.mov')).toBe('x'.repeat(251) + '.mov');
    expect(safeFileName('x'.repeat(300) + '.mov')).toBe('x'.repeat(251) + '.mov');
    expect(safeFileName('é'.repeat(300) + '.0042.exr')).toBe('é'.repeat(123) + '.0042.exr');
    expect(safeFileName(`CON${' '.repeat(300)}x.txt`)).toBe('_CON.txt');
  });
});

describe('names for a folder', () => {
  it('are never one for two objects', () => {
    const names = localNames([
      's/A.mov',
      's/a.mov',
      's/a?.mov',
      's/a_.mov',
      's/é.mov',
      's/e\u0301.mov',
      's/straße',
      's/STRASSE',
    ]);
    expect(Object.fromEntries(names)).toEqual({
      's/A.mov': 'A.mov',
      's/a.mov': 'a (2).mov',
      's/a_.mov': 'a_.mov',
      's/a?.mov': 'a_ (2).mov',
      's/e\u0301.mov': 'e\u0301.mov',
      's/é.mov': 'é (2).mov',
      's/STRASSE': 'STRASSE',
      's/straße': 'straße (2)',
    });
  });

  it('keep the frames of a sequence together', () => {
    const names = localNames(['P.0001.exr', 'P.0002.exr', 'p.0001.exr', 'p.0002.exr']);
    expect([...names.values()]).toEqual(['P.0001.exr', 'P.0002.exr', 'p (2).0001.exr', 'p (2).0002.exr']);
  });

  it('are made in linear time', () => {
    const keys = Array.from({ length: 100_000 }, (_unused, index) => `s/${'.'.repeat(index % 5)}/${index}/..`);
    // What takes the square of it does not end within the time of a test.
    expect(new Set(localNames(keys).values()).size).toBe(100_000);
  });
});

const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '/',
        '\\',
        '.',
        '..',
        ' ',
        'CON',
        'nul',
        'com1',
        'LPT²',
        ':',
        '?',
        '.exr',
        '0001',
        '\u202e',
        '\u0000',
        '\ud800',
        'é',
        'e\u0301',
        'ß',
        '😀'.repeat(40),
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(''));

const DEVICES = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])$/i;

function expectSafe(name: string): void {
  expect(name).not.toMatch(/^$|^\.{1,2}$|[/\\<>:"|?*]|[. ]$/);
  expect(name).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/u);
  expect((name.split('.')[0] ?? '').trimEnd()).not.toMatch(DEVICES);
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
  for (const paths of [posix, win32]) {
    expect(paths.dirname(paths.join('/the/folder', name))).toBe(paths.join('/the/folder'));
    expect(paths.basename(paths.join('/the/folder', name))).toBe(name);
  }
}

it('property: any key has a name that is safe everywhere, and it stays as it is when it is made safe again', () => {
  fc.assert(
    fc.property(nasty, (key) => {
      const name = safeFileName(key);
      expectSafe(name);
      expect(safeFileName(name)).toBe(name);
    }),
  );
});

it('property: what is typed, as a key, is saved inside the folder and under no reserved name', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      let key: string;
      try {
        key = typedKey(text);
      } catch {
        return;
      }
      expectSafe(safeFileName(key));
    }),
  );
});

it('property: the objects of a folder get safe names of their own, whatever the order', () => {
  fc.assert(
    fc.property(fc.array(nasty, { maxLength: 12 }), (keys) => {
      const names = localNames(keys);
      expect(names.size).toBe(new Set(keys).size);
      const seen = [...names.values()].map((name) => name.normalize('NFC').toLowerCase());
      expect(new Set(seen).size).toBe(names.size);
      for (const name of names.values()) expectSafe(name);
      expect(new Map([...localNames(keys.toReversed())].sort())).toEqual(new Map([...names].sort()));
    }),
  );
});
