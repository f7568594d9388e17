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

/** Where this machine reads from in general, before any one object's age or proof comes in: what the header's chip says. */
export interface ReadingStatus {
  /** What is in force: `auto`, `main` or a replica. */
  readFrom: string;
  route: Route;
  region: string;
  label: string;
  addresses: ClientAddress[];
  /** Why no public address is known, where none is. */
  addressProblem?: string;
  replicationDelaySeconds: number;
  storages: StorageSummary[];
}

/** One storage as it was measured from this machine. */
export interface Measurement {
  storage: string;
  /** Median round trip on a warm connection, milliseconds. */
  latency?: number;
  /** Bytes per second of one stream; absent where no object was given that the storage holds. */
  throughput?: number;
  error?: ErrorReport;
}

/** What is known of one object, for "Why this region?". */
export interface ExplainedObject {
  key: string;
  /** Bytes. */
  size: number;
  lastModified: number;
  ageSeconds: number;
  versionId?: string;
  /** As S3 says it; absent where no replication rule applies. */
  replicationStatus?: string;
  route: Route;
  /** Per replica: whether it holds this version, and how that is known. */
  proofs: { storage: string; holds: 'yes' | 'no' | 'unknown'; by?: 'version' | 'listing' }[];
}

/** Everything that led to a route. */
export interface RouteExplanation {
  reading: ReadingStatus;
  object?: ExplainedObject;
  measurements: Measurement[];
  /** A storage that was measured to be much faster than the one that is read from: advice, never an order. */
  advice?: string;
  /** How far the storages' clocks are ahead of this machine's, seconds. */
  clockOffsets: { storage: string; seconds: number }[];
  /** The same as text for IT; without secrets. */
  text: string;
}
