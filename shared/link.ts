import type { SequenceId } from './library.ts';
import type { MediaKind } from './media.ts';
import type { Route } from './routing.ts';

/** A signed URL plus the route that produced it and its expiry. Never logged: the URL is a bearer secret. */
export interface Link {
  key: string;
  url: string;
  route: Route;
  region: string;
  bucket: string;
  kind: MediaKind;
  contentType: string;
  size: number;
  versionId?: string;
  lastModified: number;
  /** Milliseconds since the epoch, on this machine's clock. */
  expiresAt: number;
}

/** What a player measured of two holders of one version: `storage` carries more than `than`. */
export interface FasterStorage {
  storage: string;
  than: string;
}

/** Links to the frames of a sequence: one route for all of them. */
export interface SequenceLinks {
  id: SequenceId;
  route: Route;
  region: string;
  contentType: string;
  /** Ascending. */
  frames: { number: number; url: string }[];
  /** Milliseconds since the epoch, on this machine's clock. */
  expiresAt: number;
}
