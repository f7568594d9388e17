/**
 * `pending`: S3 is at it. `stuck`: pending for longer than the preferences allow. `failed`: S3 gave up (permissions,
 * mostly). `never`: no replication rule applied, as with objects that are older than the rule. `missing`: S3 says COMPLETED,
 * yet the replica does not list this version.
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
  /** Objects of the main storage that were compared. */
  compared: number;
  totals: Record<ReplicationProblem, { objects: number; bytes: number }>;
  objects: UnreplicatedObject[];
  /** True when there are more than are named one by one. */
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
  /** So many more with it, which are not named. */
  others: number;
}
