import fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { crc32Combine, toBase64 } from '../../../../../electron/services/content/crc32.ts';

const bytes = fc.uint8Array({ maxLength: 5000 });

it('gives the checksum of the whole from those of two pieces', () => {
  fc.assert(
    fc.property(bytes, bytes, (first, second) => {
      const whole = crc32(Buffer.concat([first, second]));
      expect(crc32Combine(crc32(first), crc32(second), second.length)).toBe(whole);
    }),
    { numRuns: 2000 },
  );
});

it('gives the checksum of the whole from those of any number of pieces', () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 20 }), (pieces) => {
      const combined = pieces.reduce((crc, piece) => crc32Combine(crc, crc32(piece), piece.length), 0);
      expect(combined).toBe(crc32(Buffer.concat(pieces)));
    }),
  );
});

it('holds for pieces longer than 32 bits count', () => {
  // So many zero bytes in steps that can be calculated one by one.
  const zeros = 64 * 1024 ** 2;
  let slow = crc32('nearplay');
  let all = 0;
  const block = crc32(Buffer.alloc(zeros));
  for (let step = 0; step < 80; step++) {
    slow = crc32Combine(slow, block, zeros);
    all = crc32Combine(all, block, zeros);
  }
  expect(crc32Combine(crc32('nearplay'), all, 80 * zeros)).toBe(slow);
});

it('is written as S3 writes it', () => {
  // "123456789" is the check value of CRC-32/ISO-HDLC: cbf43926.
  expect(toBase64(crc32('123456789'))).toBe('y/Q5Jg==');
  expect(toBase64(0)).toBe('AAAAAA==');
});
