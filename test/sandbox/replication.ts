import type { Delivery, ReplicationStatus, Version } from './records.ts';
import type { Bucket } from './store.ts';

export interface ReplicationRule {
  delayMs: number;
  /** `failed`: a fault of permissions, as S3 reports it; `never`: an outage, the status stays PENDING. */
  mode: 'normal' | 'failed' | 'never';
}

/** A rule for some keys, some destinations or both; unset fields are those of the general rule. */
export interface ReplicationException extends Partial<ReplicationRule> {
  /** The name of a replica; absent: all of them. */
  destination?: string;
  key?: RegExp;
}

export interface Destination {
  name: string;
  bucket: Bucket;
}

/**
 * Cross-Region Replication from the main bucket to all replicas: after its delay a version, with its id and creation
 * time, is in a replica. Delete markers are not replicated (S3 User Guide, "What does Amazon S3 replicate?").
 */
export class Replication {
  #rule: ReplicationRule;
  #exceptions: readonly ReplicationException[] = [];
  readonly #source: Bucket;
  readonly #destinations: readonly Destination[];
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(source: Bucket, destinations: readonly Destination[], rule: ReplicationRule) {
    this.#source = source;
    this.#destinations = destinations;
    this.#rule = rule;
  }

  /** For the versions that are written from now on, as with S3. */
  setRule(rule: Partial<ReplicationRule>): void {
    this.#rule = { ...this.#rule, ...rule };
  }

  /** For the versions that are written from now on; of several that apply the last added wins. Returns its removal. */
  addException(exception: ReplicationException): () => void {
    this.#exceptions = [exception, ...this.#exceptions];
    return () => {
      this.#exceptions = this.#exceptions.filter((other) => other !== exception);
    };
  }

  /** To be called with every new version of the main bucket. */
  schedule(version: Version): void {
    if (this.#destinations.length === 0) return;
    const deliveries: Record<string, Delivery> = {};
    for (const { name } of this.#destinations) deliveries[name] = this.#delivery(name, version.key);
    this.#settle(version, deliveries);
    this.#start(version);
  }

  /** Resumes the deliveries of an earlier process. */
  resume(): void {
    for (const version of this.#versions()) this.#start(version);
  }

  /** Replicates failed and skipped versions now, regardless of the rules, as S3 Batch Replication does. */
  repeat(key: RegExp): void {
    for (const version of this.#versions()) {
      const isDone = (delivery: Delivery | undefined) =>
        delivery?.status === 'COMPLETED' || delivery?.dueAt !== undefined;
      const left = this.#destinations.filter(({ name }) => !isDone(version.deliveries?.[name]));
      if (left.length === 0 || version.key.search(key) === -1) continue;
      const now: Delivery = { status: 'PENDING', dueAt: Date.now() };
      this.#settle(version, { ...version.deliveries, ...Object.fromEntries(left.map(({ name }) => [name, now])) });
      this.#start(version, left);
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #versions(): Version[] {
    const all = this.#source.keys().flatMap((key) => this.#source.versionsOf(key));
    return all.filter(({ isDeleteMarker }) => !isDeleteMarker);
  }

  #delivery(destination: string, key: string): Delivery {
    const exception = this.#exceptions.find(
      (candidate) =>
        (candidate.destination === undefined || candidate.destination === destination) &&
        (candidate.key === undefined || key.search(candidate.key) !== -1),
    );
    const { mode, delayMs } = { ...this.#rule, ...exception };
    if (mode === 'never') return { status: 'PENDING' };
    return { status: 'PENDING', dueAt: Date.now() + delayMs, ...(mode === 'failed' && { fails: true }) };
  }

  #start(version: Version, destinations = this.#destinations): void {
    for (const { name, bucket } of destinations) {
      const { dueAt, fails = false } = version.deliveries?.[name] ?? {};
      if (dueAt === undefined) continue;
      const timer = setTimeout(
        () => {
          this.#timers.delete(timer);
          void this.#deliver(version, { name, bucket }, fails);
        },
        Math.max(0, dueAt - Date.now()),
      );
      this.#timers.add(timer);
    }
  }

  async #deliver(version: Version, { name, bucket }: Destination, fails: boolean): Promise<void> {
    const delivered = !fails && (await copyInto(bucket, this.#source, version));
    // A version removed in the meantime has no record to update.
    if (!this.#source.versionsOf(version.key).includes(version)) return;
    const delivery: Delivery = { status: delivered ? 'COMPLETED' : 'FAILED' };
    this.#settle(version, { ...version.deliveries, [name]: delivery });
  }

  #settle(version: Version, deliveries: Record<string, Delivery>): void {
    version.deliveries = deliveries;
    version.replicationStatus = overall(Object.values(deliveries));
    this.#source.changed(version);
  }
}

/** Whether the version is there now. */
async function copyInto(replica: Bucket, source: Bucket, version: Version): Promise<boolean> {
  const { deliveries: _own, ...shared } = version;
  const pieces = await replica.adopt(source, version.pieces).catch(() => undefined);
  if (!pieces) return false;
  replica.add({ ...shared, pieces, replicationStatus: 'REPLICA' });
  return true;
}

/** With several destinations (S3 User Guide, "Getting replication status information"). */
function overall(deliveries: readonly Delivery[]): ReplicationStatus {
  if (deliveries.some(({ status }) => status === 'FAILED')) return 'FAILED';
  return deliveries.every(({ status }) => status === 'COMPLETED') ? 'COMPLETED' : 'PENDING';
}
