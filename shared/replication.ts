/**
 * `pending`: in progress. `stuck`: pending for longer than the preferences allow. `failed`: S3 gave up (mostly
 * permissions). `never`: no replication rule applied, as for objects older than the rule. `missing`: S3 reports
 * COMPLETED, but the replica does not list this version.
 */
export const REPLICATION_PROBLEMS = ['pending', 'stuck', 'failed', 'never', 'missing'] as const;
export type ReplicationProblem = (typeof REPLICATION_PROBLEMS)[number];

export interface UnreplicatedObject {
  key: string;
  versionId: string | null;
  /** Bytes. */
  size: number;
  lastModified: number;
  problem: ReplicationProblem;
  /** Replicas that do not list this version. */
  missingFrom: string[];
}

export interface ReplicationReport {
  folder: string;
  /** Compared objects of the main storage. */
  compared: number;
  totals: Record<ReplicationProblem, { objects: number; bytes: number }>;
  objects: UnreplicatedObject[];
  /** True when there are more than are listed. */
  truncated: boolean;
}

export interface ReplicationProgress {
  /** Objects so far. */
  compared: number;
}

/** An object that was uploaded from here, or lies in a folder with a ready alert, is now read from a replica. */
export interface ReplicaReady {
  key: string;
  storage: string;
  label: string;
  /** Number of further objects, which are not listed. */
  others: number;
}
