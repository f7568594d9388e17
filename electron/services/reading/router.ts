import type { IsolationPreferences } from '../../../shared/preferences.ts';
import {
  type ClientAddress,
  type ReplicaState,
  type Route,
  route,
  type StorageState,
} from '../../../shared/routing.ts';
import type { ObjectVersion } from '../storage/objectVersion.ts';
import type { Reachability } from '../storage/reachability.ts';
import type { ReplicaProof } from './replicaProof.ts';

export interface RouterOptions {
  preferences: IsolationPreferences;
  /** What is in force for this user: `auto`, `main`, or the storage of a replica. */
  readFrom: () => string;
  /** Never waits: what is known of the addresses at this moment. */
  addresses: () => readonly ClientAddress[];
  reachability: Pick<Reachability, 'isReachable'>;
  proof: ReplicaProof;
  /** Milliseconds since the epoch on the main storage's clock. */
  storageNow: () => number;
}

/** Feeds the route decision with what is known at this moment: choice, addresses, health of storages, proof. */
export class Router {
  readonly #options: RouterOptions;
  /** When this machine's own uploads were complete, on the main storage's clock, by key. */
  readonly #completed = new Map<string, number>();

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /**
   * An upload of this machine is complete. S3 dates a multipart object by its initiation (S3 User Guide, "Object
   * metadata"), so after an upload of hours the age alone would say that the replication delay is long over.
   */
  uploadCompleted(key: string): void {
    this.#completed.set(key, this.#options.storageNow());
  }

  /** The route by what is known already; asks nobody. */
  known(version: ObjectVersion): Route {
    return this.#decide(
      version,
      this.#statesOf(version, (storage) => this.#options.proof.of(storage, version).holds),
    );
  }

  /**
   * The route with proof: a replica is only named after it was asked for exactly this version. A replica that does not
   * answer counts as unreachable from then on, and the decision is made again without it.
   */
  async proved(version: ObjectVersion): Promise<Route> {
    const { preferences, proof, reachability } = this.#options;
    const main = preferences.mainStorage;
    if (!reachability.isReachable(main)) await this.#proveEverywhere(version);
    const asked = new Set<string>();
    for (;;) {
      const decision = this.#decide(
        version,
        this.#statesOf(version, (storage) => this.#worthAsking(storage, version)),
      );
      // Choice, addresses and health can change during any question: what counts is the proof of what is named now.
      if (decision.storage === main || this.#provedOrNo(decision.storage, version) === 'yes') return decision;
      if (asked.has(decision.storage)) break;
      asked.add(decision.storage);
      await proof.prove(decision.storage, version);
    }
    return this.#decide(
      version,
      this.#statesOf(version, (storage) => this.#provedOrNo(storage, version)),
    );
  }

  /** Where this machine reads from in general: the route of an object that is old and everywhere. */
  general(): Route {
    const version: ObjectVersion = { key: '', size: 0, etag: '', lastModified: Number.NEGATIVE_INFINITY };
    return this.#decide(
      version,
      this.#statesOf(version, () => 'unknown'),
    );
  }

  /** The replica that a page of the library would be read from, if any: whose listing is worth asking for. */
  wantedReplica(): string | undefined {
    const { details } = this.general();
    return details.replica;
  }

  async #proveEverywhere(version: ObjectVersion): Promise<void> {
    const { preferences, proof, reachability } = this.#options;
    const reachable = preferences.replication.replicas.filter(({ storage }) => reachability.isReachable(storage));
    await Promise.all(reachable.map(({ storage }) => proof.prove(storage, version)));
  }

  /** A denial counts while its back-off runs; after that the replica may have the version by now. */
  #worthAsking(storage: string, version: ObjectVersion): StorageState['holds'] {
    const { proof } = this.#options;
    const { holds } = proof.of(storage, version);
    return holds === 'no' && proof.isWorthAsking(storage, version) ? 'unknown' : holds;
  }

  #provedOrNo(storage: string, version: ObjectVersion): StorageState['holds'] {
    const { holds, by } = this.#options.proof.of(storage, version);
    return holds === 'yes' && by === 'version' ? 'yes' : 'no';
  }

  #decide(version: ObjectVersion, states: ReplicaState): Route {
    const { preferences, readFrom, addresses, storageNow } = this.#options;
    const completed = this.#completed.get(version.key);
    const lastModified = Math.max(version.lastModified, completed ?? Number.NEGATIVE_INFINITY);
    return route({ lastModified }, preferences, readFrom(), addresses(), states, storageNow());
  }

  #statesOf(version: ObjectVersion, holds: (storage: string) => StorageState['holds']): ReplicaState {
    const { preferences, proof, reachability } = this.#options;
    const states: Record<string, StorageState> = {};
    for (const storage of Object.keys(preferences.s3Configuration)) {
      const isMain = storage === preferences.mainStorage;
      const reachable = reachability.isReachable(storage);
      const { refusedFor } = proof.of(storage, version);
      if (isMain) states[storage] = { reachable, holds: 'yes' };
      else states[storage] = { reachable, holds: holds(storage), ...(refusedFor !== undefined && { refusedFor }) };
    }
    return states;
  }
}
