import fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CompositeCrc32, compositeOf } from '../../../../../electron/services/content/compositeCrc32.ts';

/** As the S3 User Guide describes it, in the plainest way. */
function byTheBook(bytes: Buffer, partSize: number): string {
  const checksums: Buffer[] = [];
  for (let start = 0; start === 0 || start < bytes.length; start += partSize) {
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32(bytes.subarray(start, start + partSize)));
    checksums.push(checksum);
  }
  const whole = Buffer.alloc(4);
  whole.writeUInt32BE(crc32(Buffer.concat(checksums)));
  return `${whole.toString('base64')}-${checksums.length}`;
}

describe('a composite checksum', () => {
  it('is the same however the bytes come', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.integer({ min: 1, max: 50 }), (pieces, partSize) => {
        const composite = new CompositeCrc32(partSize);
        for (const piece of pieces) composite.update(piece);
        expect(composite.digest()).toBe(byTheBook(Buffer.concat(pieces), partSize));
      }),
    );
  });

  it('can be asked for in between', () => {
    const composite = new CompositeCrc32(4);
    composite.update(Buffer.from('nearp'));
    expect(composite.digest()).toBe(byTheBook(Buffer.from('nearp'), 4));
    composite.update(Buffer.from('lay'));
    expect(composite.digest()).toBe(byTheBook(Buffer.from('nearplay'), 4));
  });

  it('names the number of parts', () => {
    expect(compositeOf([1, 2, 3])).toMatch(/^[A-Za-z0-9+/]{6}==-3$/);
    expect(compositeOf([1, 2])).not.toBe(compositeOf([2, 1]));
  });
});
