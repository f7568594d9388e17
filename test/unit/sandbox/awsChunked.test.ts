import fc from 'fast-check';
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AwsChunkedDecoder } from '../../sandbox/awsChunked.ts';
import { ChunkSignatures } from '../../sandbox/chunkSignatures.ts';

const decode = (decoder: AwsChunkedDecoder, wire: Buffer, step = wire.length) => {
  const bytes: Buffer[] = [];
  for (let at = 0; at < wire.length; at += step) bytes.push(...decoder.decode(wire.subarray(at, at + step)));
  decoder.finish();
  return Buffer.concat(bytes);
};
const plain = (...chunks: Buffer[]) =>
  Buffer.concat([
    ...chunks.flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]),
    Buffer.from('0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n'),
  ]);

describe('aws-chunked bodies', () => {
  it('come out as they went in, wherever the wire cuts them', () => {
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 50 }), (bodies, step) => {
        const decoder = new AwsChunkedDecoder();
        const isSame = decode(decoder, plain(...bodies), step).equals(Buffer.concat(bodies));
        return isSame && decoder.trailers['x-amz-checksum-crc32'] === 'AAAAAA==';
      }),
    );
  });

  it.each([
    ['end early', plain(Buffer.from('abc')).subarray(0, 6)],
    ['have no size', Buffer.from('zz\r\n')],
    ['are longer than they say', Buffer.from('2\r\nabc\r\n0\r\n\r\n')],
    ['never end a line', Buffer.alloc(5000, 'a')],
  ])('are refused when they %s', (_how, wire) => {
    expect(() => decode(new AwsChunkedDecoder(), wire)).toThrow(expect.objectContaining({ code: 'InvalidRequest' }));
  });
});

describe('chunk signatures', () => {
  // The example of the S3 API reference, "Signature calculations for the authorization header: transferring payload in
  // multiple chunks": 66,560 bytes of "a" in chunks of 64 KiB.
  const seed = {
    signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
    timestamp: '20130524T000000Z',
    region: 'us-east-1',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  };
  const signatures = [
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ];
  const wire = (content: string, last = signatures[2]) =>
    Buffer.from(
      `10000;chunk-signature=${signatures[0]}\r\n${content.repeat(65_536)}\r\n` +
        `400;chunk-signature=${signatures[1]}\r\n${'a'.repeat(1024)}\r\n0;chunk-signature=${last}\r\n\r\n`,
    );
  const refusal = expect.objectContaining({ code: 'SignatureDoesNotMatch' }) as Error;

  it('hold for the example of the API reference', () => {
    const decoder = new AwsChunkedDecoder(new ChunkSignatures(seed));
    expect(decode(decoder, wire('a'), 1000)).toEqual(Buffer.alloc(66_560, 'a'));
  });

  it('fail for other bytes, and for another end', () => {
    expect(() => decode(new AwsChunkedDecoder(new ChunkSignatures(seed)), wire('b'))).toThrow(refusal);
    expect(() => decode(new AwsChunkedDecoder(new ChunkSignatures(seed)), wire('a', '00'))).toThrow(refusal);
  });

  it('cover the trailing headers', () => {
    const hmac = (secret: string | Buffer, text: string) => createHmac('sha256', secret).update(text).digest();
    const signingKey = ['us-east-1', 's3', 'aws4_request'].reduce(
      hmac,
      hmac(`AWS4${seed.secretAccessKey}`, '20130524'),
    );
    const sign = (kind: string, ...rest: string[]) =>
      hmac(
        signingKey,
        [`AWS4-HMAC-SHA256-${kind}`, seed.timestamp, '20130524/us-east-1/s3/aws4_request', ...rest].join('\n'),
      ).toString('hex');
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    const end = sign('PAYLOAD', seed.signature, hash(''), hash(''));
    const trailer = sign('TRAILER', end, hash('x-amz-checksum-crc32:AAAAAA==\n'));
    const body = (value: string) =>
      Buffer.from(
        `0;chunk-signature=${end}\r\nx-amz-checksum-crc32:${value}\r\nx-amz-trailer-signature:${trailer}\r\n\r\n`,
      );
    expect(decode(new AwsChunkedDecoder(new ChunkSignatures(seed)), body('AAAAAA==')).length).toBe(0);
    expect(() => decode(new AwsChunkedDecoder(new ChunkSignatures(seed)), body('BAAAAA=='))).toThrow(refusal);
  });
});
