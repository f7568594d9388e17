import fc from 'fast-check';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storedChecksumOf } from '../../../../../electron/services/content/compositeCrc32.ts';
import {
  type Algorithm,
  digestFor,
  DigestOfParts,
  etagFingerprint,
  fingerprintOf,
  hasContent,
  partSizeBy,
} from '../../../../../electron/services/content/fingerprint.ts';
import { StableFile } from '../../../../../electron/services/files/stableFile.ts';
import { MIB } from '../../../../../shared/units.ts';

const never = new AbortController().signal;
let folder: string;

beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'nearplay-proof-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function digestOf(algorithm: Algorithm, bytes: Uint8Array): Promise<string> {
  const digest = digestFor(algorithm);
  digest.update(bytes);
  return Buffer.from(await digest.digest()).toString('hex');
}

async function withFile<T>(content: Buffer, work: (file: StableFile, path: string) => Promise<T>): Promise<T> {
  const path = join(folder, 'file');
  await writeFile(path, content);
  const file = await StableFile.open(path);
  try {
    return await work(file, path);
  } finally {
    await file.close();
  }
}

describe('digests', () => {
  // The check values of the catalogue of parametrised CRC algorithms, and RFC 1321, RFC 3174.
  it.each<[Algorithm, string]>([
    ['CRC32', 'cbf43926'],
    ['CRC32C', 'e3069283'],
    ['CRC64NVME', 'ae8b14860a799888'],
    ['MD5', '25f9e794323b453885f5181f1b624d0b'],
    ['SHA1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
  ])('%s has its check value', async (algorithm, value) => {
    expect(await digestOf(algorithm, Buffer.from('123456789'))).toBe(value);
  });

  it('of parts are those of the row of their digests, however the bytes come', async () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 8 });
    const byMd5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest();
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 1, max: 40 }), async (given, partSize) => {
        const whole = Buffer.concat(given);
        const rows: Buffer[] = [];
        for (let start = 0; start === 0 || start < whole.length; start += partSize) {
          rows.push(byMd5(whole.subarray(start, start + partSize)));
        }
        const digest = new DigestOfParts('MD5', partSize);
        for (const piece of given) digest.update(piece);
        expect(Buffer.from(await digest.digest())).toEqual(byMd5(Buffer.concat(rows)));
      }),
    );
  });
});

describe('what an answer to HEAD gives to compare by', () => {
  const md5 = 'd41d8cd98f00b204e9800998ecf8427e';
  const sha256 = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';

  it('is the cheapest checksum', () => {
    const answer = { ETag: `"${md5}"`, ChecksumCRC64NVME: 'AAAAAAAAAAA=', ChecksumCRC32: 'AAAAAA==' };
    expect(fingerprintOf(answer)).toEqual({ algorithm: 'CRC32', of: 'whole', value: 'AAAAAA==', encoding: 'base64' });
  });

  it('is of parts where the storage says so, or a number follows', () => {
    const expected = { algorithm: 'SHA256', of: 'parts', value: sha256 };
    expect(fingerprintOf({ ChecksumSHA256: `${sha256}-3` })).toMatchObject({ ...expected, parts: 3 });
    expect(fingerprintOf({ ChecksumSHA256: sha256, ChecksumType: 'COMPOSITE' })).toMatchObject(expected);
  });

  it.each([
    '',
    'AAAAAA',
    'AAAA',
    'AAAAAAA=',
    'AAAAAB==',
    'AAAAAAAA',
    'AAAAAA==-',
    'AAAAAA==-0',
    'AAAAAA==-x',
    'undefined',
    ' AAAAAA==',
  ])('is nothing of a checksum that is none: "%s"', (value) => {
    expect(fingerprintOf({ ChecksumCRC32: value })).toBeUndefined();
    expect(fingerprintOf({ ChecksumCRC32: value, ETag: `"${md5}"` })).toMatchObject({ algorithm: 'MD5' });
    expect(storedChecksumOf({ ChecksumCRC32: value })).toEqual({});
  });

  it('is an ETag where that is made of the content', () => {
    expect(fingerprintOf({ ETag: `"${md5}"` })).toMatchObject({ algorithm: 'MD5', of: 'whole', value: md5 });
    expect(etagFingerprint(md5.toUpperCase())).toMatchObject({ value: md5 });
    expect(fingerprintOf({ ETag: `"${md5}"`, ServerSideEncryption: 'AES256' })).toBeDefined();
    expect(fingerprintOf({ ETag: `"${md5}-12"` })).toMatchObject({ of: 'parts', parts: 12, value: md5 });
  });

  it('is nothing where the ETag is something else', () => {
    expect(fingerprintOf({ ETag: `"${md5}"`, ServerSideEncryption: 'aws:kms' })).toBeUndefined();
    expect(fingerprintOf({ ETag: `"${md5}"`, SSECustomerAlgorithm: 'AES256' })).toBeUndefined();
    expect(fingerprintOf({ ETag: `"${md5}"`, StorageClass: 'EXPRESS_ONEZONE' })).toBeUndefined();
    expect(etagFingerprint('"abc"')).toBeUndefined();
  });
});

describe('the size of parts', () => {
  it('is that of the first one, where the number of parts fits', () => {
    const three = { algorithm: 'MD5' as const, of: 'parts' as const, parts: 3, value: '', encoding: 'hex' as const };
    const { parts: _, ...unnumbered } = three;
    expect(partSizeBy(three, 11, { size: 5, count: 3 })).toBe(5);
    expect(partSizeBy(three, 11, { size: 5 })).toBe(5);
    expect(partSizeBy(unnumbered, 11, { size: 5, count: 3 })).toBe(5);
    expect(partSizeBy(unnumbered, 11, { size: 5 })).toBeUndefined();
    expect(partSizeBy(three, 20, { size: 5, count: 3 })).toBeUndefined();
    // A server that knows no parts answers for the whole object.
    expect(partSizeBy(three, 11, { size: 11 })).toBeUndefined();
    expect(partSizeBy(three, 20, { size: 0, count: 3 })).toBeUndefined();
  });
});

describe('a file', () => {
  const content = randomBytes(2 * MIB + 123);
  const fingerprint = {
    ...{ algorithm: 'SHA256' as const, of: 'whole' as const, encoding: 'base64' as const },
    value: createHash('sha256').update(content).digest('base64'),
  };

  it('is compared byte by byte, and tells how far it is', async () => {
    let read = 0;
    const comparison = { fingerprint, signal: never, read: (bytes: number) => (read += bytes) };
    expect(await withFile(content, (file) => hasContent(file, comparison))).toBe(true);
    expect(read).toBe(content.length);
    const other = Buffer.from(content);
    other.writeUInt8((other.readUInt8(MIB) + 1) % 256, MIB);
    expect(await withFile(other, (file) => hasContent(file, comparison))).toBe(false);
  });

  it('may be empty', async () => {
    const empty = { ...fingerprint, value: createHash('sha256').digest('base64') };
    const compare = (file: StableFile) => hasContent(file, { fingerprint: empty, signal: never });
    expect(await withFile(Buffer.alloc(0), compare)).toBe(true);
  });

  it('that changes meanwhile proves nothing', async () => {
    const compare = withFile(content, (file, path) =>
      hasContent(file, { fingerprint, signal: never, read: () => writeFileSync(path, 'other') }),
    );
    await expect(compare).rejects.toMatchObject({ code: 'file-changed' });
  });

  it('is let go of at once', async () => {
    const stopped = new AbortController();
    const compare = withFile(content, (file) =>
      hasContent(file, { fingerprint, signal: stopped.signal, read: () => stopped.abort() }),
    );
    await expect(compare).rejects.toMatchObject({ code: 'cancelled' });
  });
});
