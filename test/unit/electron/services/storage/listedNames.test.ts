import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodedName, listedFolders, listedObjects } from '../../../../../electron/services/storage/listedNames.ts';

const LastModified = new Date(0);
const asked = (storagePrefix: string, prefix: string) => ({ configuration: { prefix: storagePrefix }, prefix });

describe('what a page of a listing names', () => {
  it('is below what was asked for, or no listing', () => {
    const names = fc.string();
    fc.assert(
      fc.property(names, names, names, (storagePrefix, prefix, Key) => {
        const begins = storagePrefix === '' ? prefix : `${storagePrefix}/${prefix}`;
        const page = { Contents: [{ Key, Size: 1, LastModified }], CommonPrefixes: [{ Prefix: Key }] };
        for (const read of [listedObjects, listedFolders]) {
          if (Key.startsWith(begins)) expect(read(page, asked(storagePrefix, prefix))).toHaveLength(1);
          else expect(() => read(page, asked(storagePrefix, prefix))).toThrow('not asked for');
        }
      }),
    );
  });

  it('comes once, the first time', () => {
    const Contents = [1, 2].map((Size) => ({ Key: 'p/a', Size, LastModified }));
    expect(listedObjects({ Contents }, asked('p', ''))).toEqual([{ key: 'a', size: 1, etag: '', lastModified: 0 }]);
  });

  it.each([
    { Key: 'a', LastModified },
    { Key: 'a', Size: 1 },
    { Key: 'a', Size: -1, LastModified },
    { Key: 'a', Size: Number.NaN, LastModified },
    { Key: 'a', Size: 1, LastModified: new Date(Number.NaN) },
    { Size: 1, LastModified },
  ])('is no listing with %j', (entry) => {
    expect(() => listedObjects({ Contents: [entry] }, asked('', ''))).toThrow('The storage');
  });

  it('is read as in an address where it says so', () => {
    expect(decodedName('a+b%2Bc%C3%A4', { EncodingType: 'url' })).toBe('a b+cä');
    expect(decodedName('a+b', {})).toBe('a+b');
    for (const EncodingType of ['url', 'base64']) expect(() => decodedName('%', { EncodingType })).toThrow();
  });
});
