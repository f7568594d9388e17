import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import type { Bucket, Version } from './store.ts';

/** One request on its way through the sandbox. */
export interface Call {
  request: IncomingMessage;
  url: URL;
  query: URLSearchParams;
  key: string;
  bucket: Bucket;
  /** Milliseconds since the epoch, on the region's clock. */
  now: number;
  /** Slows or cuts what arrives, by the faults in force. */
  shape: () => Transform;
  /** Called with each new version of the bucket, so that it can be replicated. */
  created: (version: Version) => void;
}

/** What an operation answers; the server adds what all answers have. */
export interface Answer {
  status: number;
  headers?: Record<string, string | number>;
  body?: string | Readable;
}

export const xmlAnswer = (body: string): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body,
});

/** Whole seconds, as S3 keeps them. */
export const wholeSeconds = (milliseconds: number) => Math.floor(milliseconds / 1000) * 1000;
