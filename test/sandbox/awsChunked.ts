import { Transform, type TransformCallback } from 'node:stream';
import { invalidRequest } from './s3Error.ts';

const LINE_LIMIT = 4096;

/**
 * Decodes `aws-chunked` bodies (Signature Version 4, "chunked upload" and "trailing headers"): chunks become plain bytes,
 * the trailing headers are kept in `trailers`. Chunk signatures are not checked; the checksum of the trailer is.
 */
export class AwsChunkedDecoder extends Transform {
  readonly trailers: Record<string, string> = {};
  #line = Buffer.alloc(0);
  /** Bytes left in the current chunk. */
  #left = 0;
  #state: 'size' | 'body' | 'end-of-chunk' | 'trailers' = 'size';

  override _transform(data: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      let rest = data;
      while (rest.length > 0) rest = this.#state === 'body' ? this.#takeBody(rest) : this.#takeLine(rest);
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    done(this.#state === 'trailers' ? null : invalidRequest('The chunked body ended early.'));
  }

  #takeBody(data: Buffer): Buffer {
    const chunk = data.subarray(0, this.#left);
    this.push(chunk);
    this.#left -= chunk.length;
    if (this.#left === 0) this.#state = 'end-of-chunk';
    return data.subarray(chunk.length);
  }

  #takeLine(data: Buffer): Buffer {
    const end = data.indexOf(0x0a);
    if (end === -1) {
      this.#line = Buffer.concat([this.#line, data]);
      if (this.#line.length > LINE_LIMIT) throw invalidRequest('A line of the chunked body is too long.');
      return Buffer.alloc(0);
    }
    const line = Buffer.concat([this.#line, data.subarray(0, end)])
      .toString('latin1')
      .trim();
    this.#line = Buffer.alloc(0);
    this.#readLine(line);
    return data.subarray(end + 1);
  }

  #readLine(line: string): void {
    if (this.#state === 'end-of-chunk') {
      this.#state = 'size';
    } else if (this.#state === 'size') {
      const size = /^([0-9a-f]{1,8})(;|$)/i.exec(line)?.[1];
      if (size === undefined) throw invalidRequest('A chunk has no size.');
      this.#left = parseInt(size, 16);
      this.#state = this.#left === 0 ? 'trailers' : 'body';
    } else if (line !== '') {
      const colon = line.indexOf(':');
      if (colon > 0) this.trailers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
  }
}
