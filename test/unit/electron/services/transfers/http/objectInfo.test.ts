import { describe, expect, it } from 'vitest';
import { remoteObjectOf } from '../../../../../../electron/services/transfers/http/objectInfo.ts';

const MD5 = 'd41d8cd98f00b204e9800998ecf8427e';

describe('what an answer to HEAD says', () => {
  it('tells a checksum of the whole from one of the parts, by its type or its dash', () => {
    expect(remoteObjectOf({ ChecksumCRC32: 'AAAAAA==', ChecksumType: 'FULL_OBJECT' })).toMatchObject({
      crc32: 'AAAAAA==',
    });
    expect(remoteObjectOf({ ChecksumCRC32: 'AAAAAA==' })).toMatchObject({ crc32: 'AAAAAA==' });
    const composite = { etag: '', composite: 'AAAAAA==-2' };
    expect(remoteObjectOf({ ChecksumCRC32: 'AAAAAA==-2', ChecksumType: 'COMPOSITE' })).toMatchObject(composite);
    expect(remoteObjectOf({ ChecksumCRC32: 'AAAAAA==-2' })).toMatchObject(composite);
    expect(remoteObjectOf({ ChecksumCRC32: 'AAAAAA==', ChecksumType: 'COMPOSITE' })).toMatchObject({
      composite: 'AAAAAA==',
    });
  });

  it('has no size where none is named: that is not 0', () => {
    expect(remoteObjectOf({ ETag: `"${MD5}"` })).not.toHaveProperty('size');
    expect(remoteObjectOf({ ContentLength: 0 })).toMatchObject({ size: 0 });
  });

  it('has something to compare the content by, where there is something', () => {
    expect(remoteObjectOf({ ETag: `"${MD5}"` }).fingerprint).toMatchObject({ algorithm: 'MD5', value: MD5 });
    expect(remoteObjectOf({ ETag: `"${MD5}"`, ServerSideEncryption: 'aws:kms' })).toEqual({
      etag: `"${MD5}"`,
    });
  });
});
