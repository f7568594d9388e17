import type { IncomingMessage } from 'node:http';
import type { ChunkSignatures } from './chunkSignatures.ts';
import type { Version } from './records.ts';
import type { Bucket } from './store.ts';

/** Where a bucket is, as its neighbours know it. */
export interface BucketPlace {
  region: string;
  bucket: string;
}

/** One request on its way through the sandbox. */
export interface Call {
  request: IncomingMessage;
  query: URLSearchParams;
  key: string;
  region: string;
  bucket: Bucket;
  /** Milliseconds since the epoch, on the region's clock. */
  now: number;
  /** The buckets that this one is replicated to. */
  destinations: readonly BucketPlace[];
  /** The body as it comes off the wire: slowed, cut or damaged by the faults in force. */
  arriving: () => AsyncIterable<Buffer>;
  /** Checks the signature of each chunk, for bodies that are signed chunk by chunk. */
  chunkSignatures?: ChunkSignatures;
  /** Called with the number of decoded body bytes as they arrive. */
  received: (bytes: number) => void;
  /** Called with each new version of the bucket, so that it can be replicated. */
  created: (version: Version) => void;
}

/** Answer of an operation; the server adds the common headers. */
export interface Answer {
  status: number;
  headers?: Record<string, string | number>;
  body?: string | AsyncIterable<Buffer>;
}

export const xmlAnswer = (body: string, headers: Record<string, string | number> = {}): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/xml', ...headers },
  body,
});

/** Whole seconds, as S3 keeps them. */
export const wholeSeconds = (milliseconds: number) => Math.floor(milliseconds / 1000) * 1000;
