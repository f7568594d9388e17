import type { ChunkSignatures } from './chunkSignatures.ts';
import { invalidRequest } from './s3Error.ts';

const MAX_LINE_BYTES = 4096;

/**
 * Decodes `aws-chunked` bodies (Signature Version 4, "chunked upload" and "trailing headers"): chunks become plain bytes,
 * the trailing headers are kept in `trailers`. Where chunks are signed, each signature is checked as its chunk ends.
 */
export class AwsChunkedDecoder {
  readonly trailers: Record<string, string> = {};
  readonly #signatures: ChunkSignatures | undefined;
  #line = Buffer.alloc(0);
  /** Bytes left in the current chunk. */
  #left = 0;
  #state: 'size' | 'body' | 'end-of-chunk' | 'trailers' = 'size';

  constructor(signatures?: ChunkSignatures) {
    this.#signatures = signatures;
  }

  /**
   * The plain bytes in what has just arrived.
   * @throws S3Error InvalidRequest for what is no aws-chunked body, SignatureDoesNotMatch.
   */
  *decode(data: Buffer): Generator<Buffer> {
    let rest = data;
    while (rest.length > 0) {
      if (this.#state === 'body') {
        const bytes = rest.subarray(0, this.#left);
        rest = rest.subarray(bytes.length);
        this.#takeBytes(bytes);
        yield bytes;
      } else {
        rest = this.#takeLine(rest);
      }
    }
  }

  /** @throws S3Error InvalidRequest when the body ended early, SignatureDoesNotMatch. */
  finish(): void {
    if (this.#state !== 'trailers') throw invalidRequest('The chunked body ended early.');
    this.#signatures?.finish(this.trailers);
  }

  #takeBytes(bytes: Buffer): void {
    this.#signatures?.update(bytes);
    this.#left -= bytes.length;
    if (this.#left > 0) return;
    this.#signatures?.endChunk();
    this.#state = 'end-of-chunk';
  }

  #takeLine(data: Buffer): Buffer {
    const end = data.indexOf(0x0a);
    const piece = end === -1 ? data : data.subarray(0, end);
    this.#line = Buffer.concat([this.#line, piece]);
    if (this.#line.length > MAX_LINE_BYTES) throw invalidRequest('A line of the chunked body is too long.');
    if (end === -1) return Buffer.alloc(0);
    const line = this.#line.toString('latin1').trim();
    this.#line = Buffer.alloc(0);
    this.#readLine(line);
    return data.subarray(end + 1);
  }

  #readLine(line: string): void {
    if (this.#state === 'end-of-chunk') {
      if (line !== '') throw invalidRequest('A chunk is longer than it says.');
      this.#state = 'size';
    } else if (this.#state === 'size') {
      this.#readSize(line);
    } else if (line !== '') {
      const colon = line.indexOf(':');
      if (colon > 0) this.trailers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
  }

  #readSize(line: string): void {
    const size = /^([0-9a-f]{1,8})(;|$)/i.exec(line)?.[1];
    if (size === undefined) throw invalidRequest('A chunk has no size.');
    this.#left = parseInt(size, 16);
    this.#signatures?.beginChunk(/chunk-signature=([0-9a-f]+)/.exec(line)?.[1]);
    this.#state = this.#left === 0 ? 'trailers' : 'body';
    if (this.#left === 0) this.#signatures?.endChunk();
  }
}
