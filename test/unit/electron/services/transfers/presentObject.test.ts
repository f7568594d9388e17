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
    expect(presentObjectOf({ ChecksumCRC32: 'AAAAAA==-2', ChecksumType: 'COMPOSITE' })).toEqual(composite);
    expect(presentObjectOf({ ChecksumCRC32: 'AAAAAA==-2' })).toEqual(composite);
  });

  it.each([
    [{ ETag: `"${MD5}"` }, MD5],
    [{ ETag: MD5.toUpperCase() }, MD5],
    [{ ETag: `"${MD5}"`, ServerSideEncryption: 'AES256' as const }, MD5],
    [{ ETag: `"${MD5}"`, ServerSideEncryption: 'aws:kms' as const }, undefined],
    [{ ETag: `"${MD5}"`, ServerSideEncryption: 'aws:kms:dsse' as const }, undefined],
    [{ ETag: `"${MD5}"`, SSECustomerAlgorithm: 'AES256' }, undefined],
    [{ ETag: `"${MD5}-3"` }, undefined],
    [{ ETag: '"abc"' }, undefined],
    [{}, undefined],
  ])('takes an ETag for an MD5 only where it is one: %o', (answer, md5) => {
    expect(presentObjectOf(answer).md5).toBe(md5);
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
