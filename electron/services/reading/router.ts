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
  /** The user's choice in force: `auto`, `main`, or the name of a replica. */
  readFrom: () => string;
  /** The addresses known at this moment; never waits. */
  addresses: () => readonly ClientAddress[];
  reachability: Pick<Reachability, 'isReachable'>;
  proof: ReplicaProof;
  /** Milliseconds since the epoch on the main storage's clock. */
  storageNow: () => number;
}

/** Supplies the route decision with its inputs: the user's choice, addresses, reachability and proofs. */
export class Router {
  readonly #options: RouterOptions;
  /** Completion times of this machine's uploads, on the main storage's clock, by key. */
  readonly #completed = new Map<string, number>();

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /**
   * Records a completed upload of this machine. S3 dates a multipart object by its initiation (S3 User Guide, "Object
   * metadata"), so after an upload of several hours the age alone would place it past the replication delay.
   */
  uploadCompleted(key: string): void {
    this.#completed.set(key, this.#options.storageNow());
  }

  /** The route from known facts only; sends no request. */
  known(version: ObjectVersion): Route {
    return this.#decide(
      version,
      this.#statesOf(version, (storage) => this.#options.proof.of(storage, version).holds),
    );
  }

  /**
   * The route with proof: a replica is returned only after it was asked for exactly this version. A replica that does
   * not answer counts as unreachable, and the decision is repeated without it.
   */
  proved(version: ObjectVersion): Promise<Route> {
    return this.#proved(version, this.#options.readFrom);
  }

  /** Whether a storage may be read from, as if it had been chosen by hand, and is main or proved to hold this version. */
  async mayRead(storage: string, version: ObjectVersion): Promise<boolean> {
    const { preferences, reachability } = this.#options;
    const { mainStorage, replication } = preferences;
    const isKnown = storage === mainStorage || replication.replicas.some((replica) => replica.storage === storage);
    if (!isKnown || !reachability.isReachable(storage)) return false;
    const decision = await this.#proved(version, () => (storage === mainStorage ? 'main' : storage));
    return decision.storage === storage;
  }

  async #proved(version: ObjectVersion, readFrom: () => string): Promise<Route> {
    const { preferences, proof, reachability } = this.#options;
    const main = preferences.mainStorage;
    if (!reachability.isReachable(main)) await this.#proveEverywhere(version);
    const asked = new Set<string>();
    for (;;) {
      const decision = this.#decide(
        version,
        this.#statesOf(version, (storage) => this.#worthAsking(storage, version)),
        readFrom,
      );
      // Choice, addresses and reachability can change during a request: the proof that counts is that of the current
      // decision.
      if (decision.storage === main || this.#provedOrNo(decision.storage, version) === 'yes') return decision;
      if (asked.has(decision.storage)) break;
      asked.add(decision.storage);
      await proof.prove(decision.storage, version);
    }
    return this.#decide(
      version,
      this.#statesOf(version, (storage) => this.#provedOrNo(storage, version)),
      readFrom,
    );
  }

  /** General route of this machine: that of an object that is old and held by every storage. */
  general(): Route {
    const version: ObjectVersion = { key: '', size: 0, etag: '', lastModified: Number.NEGATIVE_INFINITY };
    return this.#decide(
      version,
      this.#statesOf(version, () => 'unknown'),
    );
  }

  /** The replica whose listing is compared with a page of the library; undefined: main is read. */
  wantedReplica(): string | undefined {
    const { details } = this.general();
    return details.replica;
  }

  async #proveEverywhere(version: ObjectVersion): Promise<void> {
    const { preferences, proof, reachability } = this.#options;
    const reachable = preferences.replication.replicas.filter(({ storage }) => reachability.isReachable(storage));
    await Promise.all(reachable.map(({ storage }) => proof.prove(storage, version)));
  }

  /** A denial holds during its back-off; afterwards the replica may have received the version. */
  #worthAsking(storage: string, version: ObjectVersion): StorageState['holds'] {
    const { proof } = this.#options;
    const { holds } = proof.of(storage, version);
    return holds === 'no' && proof.isWorthAsking(storage, version) ? 'unknown' : holds;
  }

  #provedOrNo(storage: string, version: ObjectVersion): StorageState['holds'] {
    const { holds, by } = this.#options.proof.of(storage, version);
    return holds === 'yes' && by === 'version' ? 'yes' : 'no';
  }

  #decide(version: ObjectVersion, states: ReplicaState, readFrom = this.#options.readFrom): Route {
    const { preferences, addresses, storageNow } = this.#options;
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
