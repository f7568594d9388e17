import { describe, expect, it } from 'vitest';
import { agrees, presentObjectOf } from '../../../../../electron/services/transfers/presentObject.ts';

const MD5 = 'd41d8cd98f00b204e9800998ecf8427e';

describe('what an answer to HEAD says', () => {
  it('tells a checksum of the whole from one of the parts, by its type or its dash', () => {
    expect(presentObjectOf({ ChecksumCRC32: 'AAAAAA==', ChecksumType: 'FULL_OBJECT' })).toMatchObject({
      crc32: 'AAAAAA==',
    });
    expect(presentObjectOf({ ChecksumCRC32: 'AAAAAA==' })).toMatchObject({ crc32: 'AAAAAA==' });
    const composite = { size: 0, etag: '', composite: 'AAAAAA==-2' };
    expect(presentObjectOf({ ChecksumCRC32: 'AAAAAA==-2', ChecksumType: 'COMPOSITE' })).toMatchObject(composite);
    expect(presentObjectOf({ ChecksumCRC32: 'AAAAAA==-2' })).toMatchObject(composite);
  });

  it('has something to compare the content by, where there is something', () => {
    expect(presentObjectOf({ ETag: `"${MD5}"` }).fingerprint).toMatchObject({ algorithm: 'MD5', value: MD5 });
    expect(presentObjectOf({ ETag: `"${MD5}"`, ServerSideEncryption: 'aws:kms' })).toEqual({
      size: 0,
      etag: `"${MD5}"`,
    });
  });
});

describe('agrees', () => {
  const sent = { crc32: 'AAAAAA==', composite: 'BBBBBB==-2' };

  it('compares whatever the storage keeps', () => {
    expect(agrees({ crc32: 'AAAAAA==' }, sent)).toBe(true);
    expect(agrees({ composite: 'BBBBBB==-2' }, sent)).toBe(true);
    expect(agrees({}, sent)).toBe(true);
    expect(agrees({ crc32: 'CCCCCC==' }, sent)).toBe(false);
    expect(agrees({ composite: 'BBBBBB==-3' }, sent)).toBe(false);
  });
});
