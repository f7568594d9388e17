import type { ErrorCode } from '../../../shared/errors.ts';
import { growingDelay } from '../../../shared/growingDelay.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../shared/units.ts';
import { BoundedMap } from '../runtime/boundedMap.ts';
import { type ObjectVersion, sameEtag } from '../storage/objectVersion.ts';

/** Back-off after a replica denied holding a version. */
const DENIAL_BACKOFF_MS = { first: SECOND_MS, most: MINUTE_MS };
/** Failures after which the back-off has reached its maximum. */
const MAX_COUNTED_FAILURES = 6;
/** Back-off after repeated refusals of one version: restoring an archived object or granting access takes people. */
const REFUSAL_BACKOFF_MS = { first: MINUTE_MS, most: HOUR_MS };
/** About 200 bytes each; the oldest are evicted first. */
const MAX_PROOFS = 200_000;

/** `yes` by `version`: version id and size match. `yes` by `listing`: the fields of a listing match. */
export interface Proof {
  holds: 'yes' | 'no' | 'unknown';
  by?: 'version' | 'listing';
  /** The replica lists the version and refused its bytes: archived, encrypted, access denied. */
  refusedFor?: ErrorCode;
}

interface Remembered {
  holds: 'yes' | 'no';
  by: 'version' | 'listing';
  failures: number;
  /** While `holds` is `no`: time of the next allowed request, in milliseconds on the clock. */
  askAgainAt: number;
  /** Refusals of the bytes; they override a listing or a HEAD. */
  refusal?: { code: ErrorCode; times: number };
}

/**
 * Requests one version: true when it exists with that size and, with `withBytes`, its first byte was read. Rejects when
 * the storage did not answer.
 */
export type AskForVersion = (storage: string, version: ObjectVersion, withBytes: boolean) => Promise<boolean>;

/**
 * Proof, per version, that a replica holds an object. The replication delay is a minimum chosen by people; this proof
 * keeps a missing or outdated object from the player. Replication preserves version ids and creation times, but an ETag
 * may differ where the destination encrypts otherwise (S3 User Guide, "What does Amazon S3 replicate?"), so an ETag
 * never denies.
 */
export class ReplicaProof {
  readonly #ask: AskForVersion;
  readonly #clock: () => number;
  readonly #known = new BoundedMap<string, Remembered>(MAX_PROOFS);
  readonly #running = new Map<string, Promise<Proof>>();

  /** @param clock milliseconds, never set back. */
  constructor(ask: AskForVersion, clock: () => number) {
    this.#ask = ask;
    this.#clock = clock;
  }

  /** The known proof; sends no request. */
  of(storage: string, version: ObjectVersion): Proof {
    const known = this.#known.get(cacheKey(storage, version));
    return known ? proofOf(known) : { holds: 'unknown' };
  }

  /** Whether a request may change the known proof: not during the back-off after a denial. */
  isWorthAsking(storage: string, version: ObjectVersion): boolean {
    const known = this.#known.get(cacheKey(storage, version));
    if (known?.holds !== 'no') return known?.by !== 'version';
    return known.askAgainAt <= this.#clock();
  }

  /**
   * Requests proof from the storage, unless it is proved by version or in back-off after a denial (1 s, 2 s, 4 s … 60
   * s). Resolves to `unknown` when the storage does not answer. Concurrent callers share one request.
   */
  prove(storage: string, version: ObjectVersion): Promise<Proof> {
    const name = cacheKey(storage, version);
    const known = this.#known.get(name);
    if (known && !this.isWorthAsking(storage, version)) return Promise.resolve(proofOf(known));
    const running = this.#running.get(name);
    if (running) return running;
    const asking = this.#askAndRemember(storage, version).finally(() => this.#running.delete(name));
    this.#running.set(name, asking);
    return asking;
  }

  /** Records what a listing of the replica shows of a version of the main storage. Never overrides a proof by version. */
  listed(storage: string, version: ObjectVersion, found: ObjectVersion | undefined): void {
    const known = this.#known.get(cacheKey(storage, version));
    if (known?.by === 'version' && known.holds === 'yes') return;
    // A refusal of the bytes outweighs the listing.
    if (known?.refusal && !this.isWorthAsking(storage, version)) return;
    this.#remember(storage, version, isSameVersion(version, found), 'listing');
  }

  /** Records the result of a request that another part of the app made: version id and size match, or not. */
  confirmed(storage: string, version: ObjectVersion, holds: boolean): void {
    this.#remember(storage, version, holds, 'version');
  }

  /**
   * Records that the bytes were refused, or differed, although the storage reports the version. All readers then treat
   * it as not held for a minute, doubled each further time up to an hour: a HEAD would repeat the same answer, so
   * afterwards one byte has to be read first.
   */
  refused(storage: string, version: ObjectVersion, code: ErrorCode): void {
    const name = cacheKey(storage, version);
    const times = (this.#known.get(name)?.refusal?.times ?? 0) + 1;
    const askAgainAt = this.#clock() + growingDelay(REFUSAL_BACKOFF_MS, times - 1);
    this.#known.set(name, {
      ...{ holds: 'no', by: 'version', failures: MAX_COUNTED_FAILURES, askAgainAt },
      refusal: { code, times },
    });
  }

  async #askAndRemember(storage: string, version: ObjectVersion): Promise<Proof> {
    const { refusal } = this.#known.get(cacheKey(storage, version)) ?? {};
    try {
      const holds = await this.#ask(storage, version, refusal !== undefined);
      if (!holds && refusal) this.refused(storage, version, refusal.code);
      else this.#remember(storage, version, holds, 'version');
      return this.of(storage, version);
    } catch {
      return { holds: 'unknown' };
    }
  }

  #remember(storage: string, version: ObjectVersion, holds: boolean, by: Remembered['by']): void {
    const name = cacheKey(storage, version);
    const failures = holds ? 0 : (this.#known.get(name)?.failures ?? 0) + 1;
    const backOff = growingDelay(DENIAL_BACKOFF_MS, failures - 1);
    this.#known.set(name, {
      holds: holds ? 'yes' : 'no',
      by,
      failures,
      askAgainAt: holds ? 0 : this.#clock() + backOff,
    });
  }
}

function proofOf({ holds, by, refusal }: Remembered): Proof {
  return { holds, by, ...(refusal && { refusedFor: refusal.code }) };
}

/** Whether an entry of a listing can be the same version: differing creation times (whole seconds) or ETags exclude it. */
function isSameVersion(version: ObjectVersion, found: ObjectVersion | undefined): boolean {
  if (found?.size !== version.size) return false;
  return sameEtag(found.etag, version.etag) || seconds(found.lastModified) === seconds(version.lastModified);
}

/** Cache key from fields that ListObjectsV2 and HEAD both return, so that both share entries. */
function cacheKey(storage: string, { key, size, etag, lastModified }: ObjectVersion): string {
  return `${storage}\n${key}\n${size}\n${etag}\n${seconds(lastModified)}`;
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / SECOND_MS);
}
