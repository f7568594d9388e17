import type { Bucket, Version } from './store.ts';

export interface ReplicationRule {
  delayMs: number;
  /** `failed`: a fault of permissions, as S3 reports it; `never`: an outage, the status stays PENDING. */
  mode: 'normal' | 'failed' | 'never';
}

/**
 * Cross-Region Replication from the main bucket to all replicas: after the delay the version, with its id and creation
 * time, is in every replica. Delete markers are not replicated (S3 User Guide, "What does Amazon S3 replicate?").
 */
export class Replication {
  #rule: ReplicationRule;
  readonly #replicas: readonly Bucket[];
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(replicas: readonly Bucket[], rule: ReplicationRule) {
    this.#replicas = replicas;
    this.#rule = rule;
  }

  /** For the versions that are written from now on. */
  setRule(rule: Partial<ReplicationRule>): void {
    this.#rule = { ...this.#rule, ...rule };
  }

  /** To be called with every new version of the main bucket. */
  schedule(version: Version): void {
    if (this.#replicas.length === 0) return;
    version.replicationStatus = 'PENDING';
    const { delayMs, mode } = this.#rule;
    if (mode === 'never') return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#finish(version, mode);
    }, delayMs);
    this.#timers.add(timer);
  }

  #finish(version: Version, mode: 'normal' | 'failed'): void {
    version.replicationStatus = mode === 'failed' ? 'FAILED' : 'COMPLETED';
    if (mode === 'failed') return;
    // The bytes of a version never change, so the replica can share the file.
    for (const replica of this.#replicas) replica.add({ ...version, replicationStatus: 'REPLICA' });
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
