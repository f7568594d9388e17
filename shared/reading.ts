import type { ErrorReport } from './errors.ts';
import type { ClientAddress, Route } from './routing.ts';

export interface StorageSummary {
  name: string;
  label: string;
  region: string;
  bucket: string;
  role: 'main' | 'replica' | 'other';
  reachable: boolean;
}

/** General reading status of this machine, independent of any object: the text of the header's chip. */
export interface ReadingStatus {
  /** The choice in force: `auto`, `main` or a replica. */
  readFrom: string;
  route: Route;
  region: string;
  label: string;
  addresses: ClientAddress[];
  /** Reason why no public address is known; absent where one is. */
  addressProblem?: string;
  replicationDelaySeconds: number;
  storages: StorageSummary[];
}

/** Measurement of one storage from this machine. */
export interface Measurement {
  storage: string;
  /** Median round trip on a warm connection, milliseconds. */
  latency?: number;
  /** Bytes per second of one stream; absent where no object was given that the storage holds. */
  throughput?: number;
  error?: ErrorReport;
}

/** Known facts of one object, for "Why this region?". */
export interface ExplainedObject {
  key: string;
  /** Bytes. */
  size: number;
  lastModified: number;
  /** `null`: its date is to come by the storage's clock. */
  ageSeconds: number | null;
  versionId?: string;
  /** As S3 returns it; absent where no replication rule applies. */
  replicationStatus?: string;
  route: Route;
  /** What a player reads it from in place of its route, after it measured both. */
  playedFrom?: Route;
  /** Per replica: whether it holds this version, and how that is known. */
  proofs: { storage: string; holds: 'yes' | 'no' | 'unknown'; by?: 'version' | 'listing' }[];
}

/** Inputs of a route decision. */
export interface RouteExplanation {
  reading: ReadingStatus;
  object?: ExplainedObject;
  measurements: Measurement[];
  /** A storage that measured much faster than the one of the route; advice only. */
  advice?: string;
  /** Offsets of the storages' clocks from this machine's, seconds. */
  clockOffsets: { storage: string; seconds: number }[];
  /** The explanation as text for IT; without secrets. */
  text: string;
}
