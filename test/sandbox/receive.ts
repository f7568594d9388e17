import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AwsChunkedDecoder } from './awsChunked.ts';
import { announcedAlgorithm, checksumHeader, startChecksum, verifyChecksum } from './checksums.ts';
import { badDigest, S3Error } from './s3Error.ts';
import type { Checksum } from './store.ts';

export interface ReceivedBody {
  size: number;
  md5: Buffer;
  checksum?: Checksum;
}

/**
 * Streams a request's body to a file and checks all that was said of it: length, MD5, SHA-256 of the signature, checksum
 * in header or trailer. On any fault the file is gone and the error is S3's.
 */
export async function receiveBody(request: IncomingMessage, file: string, shape: Transform): Promise<ReceivedBody> {
  const { headers } = request;
  const signedHash = String(headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD');
  const decoder = signedHash.startsWith('STREAMING-') ? new AwsChunkedDecoder() : undefined;
  const algorithm = announcedAlgorithm(headers);
  const md5 = createHash('md5');
  const sha256 = /^[0-9a-f]{64}$/.test(signedHash) ? createHash('sha256') : undefined;
  const checksum = algorithm && startChecksum(algorithm);
  let size = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      md5.update(chunk);
      sha256?.update(chunk);
      checksum?.update(chunk);
      done(null, chunk);
    },
  });
  try {
    const stages = decoder ? [shape, decoder, measure] : [shape, measure];
    await pipeline([request, ...stages, createWriteStream(file)]);
    if (sha256 && sha256.digest('hex') !== signedHash) {
      throw new S3Error('XAmzContentSHA256Mismatch', 400, 'The provided x-amz-content-sha256 does not match the body.');
    }
    checkLength(headers['x-amz-decoded-content-length'] ?? (decoder ? undefined : headers['content-length']), size);
    const digest = md5.digest();
    const wanted = headers['content-md5'];
    if (typeof wanted === 'string' && wanted !== digest.toString('base64')) throw badDigest('Content-MD5');
    if (!algorithm || !checksum) return { size, md5: digest };
    const name = checksumHeader(algorithm);
    const announced = headers[name] ?? decoder?.trailers[name];
    return { size, md5: digest, checksum: verifyChecksum(algorithm, await checksum.digest(), announced?.toString()) };
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

function checkLength(announced: string | string[] | undefined, size: number): void {
  if (announced === undefined || Number(announced) === size) return;
  throw new S3Error('IncompleteBody', 400, 'The body does not have the announced length.');
}

const MAX_DOCUMENT = 8 * 1024 * 1024;

/** Reads a small body (an XML document) into memory. */
export async function receiveText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const collect = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      size += chunk.length;
      done(size > MAX_DOCUMENT ? new S3Error('MalformedXML', 400, 'The document is too large.') : null);
    },
  });
  const streaming = String(request.headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
  await pipeline(streaming ? [request, new AwsChunkedDecoder(), collect] : [request, collect]);
  return Buffer.concat(chunks).toString('utf8');
}
