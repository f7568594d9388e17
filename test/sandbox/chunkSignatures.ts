import { createHash, createHmac, type Hash } from 'node:crypto';
import { S3Error } from './s3Error.ts';

/** What the signature of a request's headers passes on to its chunks. */
export interface ChunkSeed {
  /** The signature of the headers, hexadecimal. */
  signature: string;
  /** As in x-amz-date. */
  timestamp: string;
  region: string;
  secretAccessKey: string;
}

const EMPTY_HASH = createHash('sha256').digest('hex');
const TRAILER_SIGNATURE = 'x-amz-trailer-signature';

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/**
 * The chain of signatures in a body that is signed chunk by chunk: each covers the one before it and its chunk's bytes
 * (S3 API reference, "Signature calculations for the authorization header: transferring payload in multiple chunks").
 */
export class ChunkSignatures {
  readonly #seed: ChunkSeed;
  readonly #key: Buffer;
  #previous: string;
  #announced: string | undefined;
  #hash: Hash = createHash('sha256');

  constructor(seed: ChunkSeed) {
    this.#seed = seed;
    this.#previous = seed.signature;
    const day = hmac(`AWS4${seed.secretAccessKey}`, seed.timestamp.slice(0, 8));
    this.#key = hmac(hmac(hmac(day, seed.region), 's3'), 'aws4_request');
  }

  beginChunk(announced: string | undefined): void {
    this.#announced = announced;
    this.#hash = createHash('sha256');
  }

  update(bytes: Buffer): void {
    this.#hash.update(bytes);
  }

  /** @throws S3Error SignatureDoesNotMatch. */
  endChunk(): void {
    const expected = this.#sign('AWS4-HMAC-SHA256-PAYLOAD', [EMPTY_HASH, this.#hash.digest('hex')]);
    this.#check(expected, this.#announced);
  }

  /** Checks the signature over the trailing headers, which is there when there are any. */
  finish(trailers: Readonly<Record<string, string>>): void {
    const names = Object.keys(trailers).filter((name) => name !== TRAILER_SIGNATURE);
    if (names.length === 0) return;
    const text = names.map((name) => `${name}:${trailers[name] ?? ''}\n`).join('');
    const expected = this.#sign('AWS4-HMAC-SHA256-TRAILER', [createHash('sha256').update(text).digest('hex')]);
    this.#check(expected, trailers[TRAILER_SIGNATURE]);
  }

  #sign(algorithm: string, hashes: string[]): string {
    const { timestamp, region } = this.#seed;
    const scope = `${timestamp.slice(0, 8)}/${region}/s3/aws4_request`;
    return hmac(this.#key, [algorithm, timestamp, scope, this.#previous, ...hashes].join('\n')).toString('hex');
  }

  #check(expected: string, announced: string | undefined): void {
    if (expected !== announced) {
      throw new S3Error('SignatureDoesNotMatch', 403, 'The signature of a chunk does not match its bytes.');
    }
    this.#previous = expected;
  }
}
