import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { KIB, MIB } from '../../shared/units.ts';
import { AwsChunkedDecoder } from './awsChunked.ts';
import type { Call } from './call.ts';
import { announcedAlgorithm, checksumHeader, startChecksum, verifyChecksum } from './checksums.ts';
import type { Checksum, Piece } from './records.ts';
import { badDigest, invalidRequest, S3Error } from './s3Error.ts';
import type { Bucket } from './store.ts';

/** Bytes per write: network chunks are far smaller than is efficient for a disk. */
const WRITE_BUFFER_BYTES = 256 * KIB;

export interface StoredBytes {
  piece: Piece;
  /** Hexadecimal. */
  md5: string;
}

/**
 * Streams bytes into a new file of the bucket; `see` is shown each chunk. One batch is written while the next one comes
 * in, so memory stays at two of them. On any fault the file is gone.
 */
export async function storeBytes(
  bucket: Bucket,
  source: AsyncIterable<Buffer>,
  see: (chunk: Buffer) => void = () => undefined,
): Promise<StoredBytes> {
  const file = bucket.newFile();
  const md5 = createHash('md5');
  let size = 0;
  const handle = await open(bucket.pathOf(file), 'wx');
  try {
    const writer = new BatchWriter(handle);
    for await (const chunk of source) {
      md5.update(chunk);
      see(chunk);
      size += chunk.length;
      await writer.write(chunk);
    }
    await writer.finish();
  } catch (error) {
    await rm(bucket.pathOf(file), { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  return { piece: { file, size }, md5: md5.digest('hex') };
}

class BatchWriter {
  readonly #handle: FileHandle;
  #batch: Buffer[] = [];
  #gathered = 0;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(chunk: Buffer): Promise<void> {
    this.#batch.push(chunk);
    this.#gathered += chunk.length;
    if (this.#gathered >= WRITE_BUFFER_BYTES) await this.#flush();
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#writing;
  }

  async #flush(): Promise<void> {
    await this.#writing;
    if (this.#gathered === 0) return;
    const [batch, length] = [this.#batch, this.#gathered];
    [this.#batch, this.#gathered] = [[], 0];
    this.#writing = this.#handle.writev(batch).then(({ bytesWritten }) => {
      if (bytesWritten !== length) throw new S3Error('InternalError', 500, 'The disk took only a part of the bytes.');
    });
    // A failure is met at the next flush; until then it must not count as unhandled.
    this.#writing.catch(() => undefined);
  }
}

/**
 * Streams a request's body to a file and checks everything announced: length, MD5, SHA-256 of the signature, checksum
 * in header or trailer. On any fault the file is removed and the error is S3's.
 */
export async function receiveBody(call: Call): Promise<StoredBytes> {
  const { headers } = call.request;
  const signedHash = String(headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD');
  const decoder = decoderOf(call);
  const algorithm = announcedAlgorithm(headers);
  const sha256 = SHA256.test(signedHash) ? createHash('sha256') : undefined;
  const running = algorithm && startChecksum(algorithm);
  const stored = await storeBytes(call.bucket, decoded(call.arriving(), decoder), (chunk) => {
    call.received(chunk.length);
    sha256?.update(chunk);
    running?.update(chunk);
  });
  try {
    if (sha256) checkSignedHash(signedHash, sha256.digest('hex'));
    const length = headers['x-amz-decoded-content-length'] ?? (decoder ? undefined : headers['content-length']);
    checkLength(length, stored.piece.size);
    const wanted = headers['content-md5'];
    if (wanted !== undefined && wanted !== Buffer.from(stored.md5, 'hex').toString('base64')) {
      throw badDigest('Content-MD5');
    }
    if (!algorithm || !running) return stored;
    const name = checksumHeader(algorithm);
    const announced = (headers[name] ?? decoder?.trailers[name])?.toString();
    const checksum: Checksum = verifyChecksum(algorithm, await running.digest(), announced);
    return { ...stored, piece: { ...stored.piece, checksum } };
  } catch (error) {
    await call.bucket.discard([stored.piece]);
    throw error;
  }
}

function decoderOf({ request, chunkSignatures }: Call): AwsChunkedDecoder | undefined {
  const streaming = String(request.headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
  return streaming ? new AwsChunkedDecoder(chunkSignatures) : undefined;
}

async function* decoded(source: AsyncIterable<Buffer>, decoder: AwsChunkedDecoder | undefined): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    if (decoder) yield* decoder.decode(chunk);
    else yield chunk;
  }
  decoder?.finish();
}

/** Other values of x-amz-content-sha256 mean a body that the signature does not cover. */
const SHA256 = /^[0-9a-f]{64}$/;

function checkSignedHash(signed: string, calculated: string): void {
  if (!SHA256.test(signed) || signed === calculated) return;
  throw new S3Error('XAmzContentSHA256Mismatch', 400, 'The provided x-amz-content-sha256 does not match the body.');
}

function checkLength(announced: string | string[] | undefined, size: number): void {
  if (announced === undefined || Number(announced) === size) return;
  throw new S3Error('IncompleteBody', 400, 'The body does not have the announced length.');
}

const MAX_DOCUMENT_BYTES = 8 * MIB;

/** Reads a small body (an XML document) into memory. @throws S3Error InvalidRequest when it is too large. */
export async function receiveText(call: Call): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of decoded(call.arriving(), decoderOf(call))) {
    size += chunk.length;
    if (size > MAX_DOCUMENT_BYTES) throw invalidRequest('The document is too large.');
    chunks.push(chunk);
  }
  call.received(size);
  const document = Buffer.concat(chunks);
  const signedHash = String(call.request.headers['x-amz-content-sha256']);
  checkSignedHash(signedHash, createHash('sha256').update(document).digest('hex'));
  return document.toString('utf8');
}
