import type { ErrorCode } from '../../../shared/errors.ts';
import { growingDelay } from '../../../shared/growingDelay.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../shared/units.ts';
import { BoundedMap } from '../runtime/boundedMap.ts';
import { type ObjectVersion, sameEtag } from '../storage/objectVersion.ts';

/** After a replica said that it does not hold a version. */
const DENIAL_GROWTH = { first: SECOND_MS, most: MINUTE_MS };
/** As many as lead to the longest back-off. */
const MANY_FAILURES = 6;
/** A version that was refused again and again: what has to be done about it (restored, allowed) takes people. */
const REFUSAL_GROWTH = { first: MINUTE_MS, most: HOUR_MS };
/** Versions that are remembered; some 200 bytes each. The oldest go first. */
const CAPACITY = 200_000;

/** `yes` by `version`: version id and size agreed. `yes` by `listing`: what a listing tells agreed. */
export interface Proof {
  holds: 'yes' | 'no' | 'unknown';
  by?: 'version' | 'listing';
  /** It is said to be there, and its bytes were refused: archived, encrypted, not permitted. */
  refusedFor?: ErrorCode;
}

interface Remembered {
  holds: 'yes' | 'no';
  by: 'version' | 'listing';
  failures: number;
  /** While `holds` is `no`: when it is worth asking again, in milliseconds on the clock. */
  askAgainAt: number;
  /** Reading failed there, whatever the storage says it holds. */
  refusal?: { code: ErrorCode; times: number };
}

/**
 * Asks the storage for one version: true when it is there with that size, and `withBytes` when it also gives them. Rejects when
 * the storage did not answer.
 */
export type AskForVersion = (storage: string, version: ObjectVersion, withBytes: boolean) => Promise<boolean>;

/**
 * What is known of replicas, version by version. The replication delay is a floor that people set; this is what keeps a
 * missing or an old object from ever reaching the player.
 *
 * Replication preserves version ids and creation times, but an ETag may differ where the destination encrypts
 * otherwise (S3 User Guide, "What does Amazon S3 replicate?"), so it is never what denies.
 */
export class ReplicaProof {
  readonly #ask: AskForVersion;
  readonly #clock: () => number;
  readonly #known = new BoundedMap<string, Remembered>(CAPACITY);
  readonly #running = new Map<string, Promise<Proof>>();

  /** @param clock milliseconds, never set back. */
  constructor(ask: AskForVersion, clock: () => number) {
    this.#ask = ask;
    this.#clock = clock;
  }

  /** What is known without asking. */
  of(storage: string, version: ObjectVersion): Proof {
    const known = this.#known.get(nameOf(storage, version));
    return known ? proofOf(known) : { holds: 'unknown' };
  }

  /** Whether asking may tell something else than what is known: not while a denial is fresh (its back-off runs). */
  isWorthAsking(storage: string, version: ObjectVersion): boolean {
    const known = this.#known.get(nameOf(storage, version));
    if (known?.holds !== 'no') return known?.by !== 'version';
    return known.askAgainAt <= this.#clock();
  }

  /**
   * Asks the storage, unless it is already proved by version or was denied a moment ago (back-off 1 s, 2 s, 4 s … 60 s).
   * Resolves to `unknown` when the storage does not answer. Callers at the same time share one question.
   */
  prove(storage: string, version: ObjectVersion): Promise<Proof> {
    const name = nameOf(storage, version);
    const known = this.#known.get(name);
    if (known && !this.isWorthAsking(storage, version)) return Promise.resolve(proofOf(known));
    const running = this.#running.get(name);
    if (running) return running;
    const asking = this.#askAndRemember(storage, version).finally(() => this.#running.delete(name));
    this.#running.set(name, asking);
    return asking;
  }

  /** What one listing of the replica told about a version of the main storage. Never overrules a proof by version. */
  listed(storage: string, version: ObjectVersion, found: ObjectVersion | undefined): void {
    const known = this.#known.get(nameOf(storage, version));
    if (known?.by === 'version' && known.holds === 'yes') return;
    // A listing is what the storage says of itself; the player has found out otherwise.
    if (known?.refusal && !this.isWorthAsking(storage, version)) return;
    this.#remember(storage, version, isSameVersion(version, found), 'listing');
  }

  /** An answer that nobody had to ask `prove` for: version id and size agreed, or did not. */
  confirmed(storage: string, version: ObjectVersion, holds: boolean): void {
    this.#remember(storage, version, holds, 'version');
  }

  /**
   * Its bytes were refused there, or were others, although the storage says it holds the version. For every reader alike it
   * counts as not held for a minute, and for twice as long each further time, up to an hour: a HEAD would only bring the same
   * answer, so afterwards it counts again once a byte was read.
   */
  refused(storage: string, version: ObjectVersion, code: ErrorCode): void {
    const name = nameOf(storage, version);
    const times = (this.#known.get(name)?.refusal?.times ?? 0) + 1;
    const askAgainAt = this.#clock() + growingDelay(REFUSAL_GROWTH, times - 1);
    this.#known.set(name, {
      ...{ holds: 'no', by: 'version', failures: MANY_FAILURES, askAgainAt },
      refusal: { code, times },
    });
  }

  async #askAndRemember(storage: string, version: ObjectVersion): Promise<Proof> {
    const { refusal } = this.#known.get(nameOf(storage, version)) ?? {};
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
    const name = nameOf(storage, version);
    const failures = holds ? 0 : (this.#known.get(name)?.failures ?? 0) + 1;
    const backOff = growingDelay(DENIAL_GROWTH, failures - 1);
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

/** Whether a listing's line can be the same version: creation time (whole seconds) or ETag tell two versions apart. */
function isSameVersion(version: ObjectVersion, found: ObjectVersion | undefined): boolean {
  if (found?.size !== version.size) return false;
  return sameEtag(found.etag, version.etag) || seconds(found.lastModified) === seconds(version.lastModified);
}

/** Names a version by what both a listing and a HEAD tell, so that what one learned serves the other. */
function nameOf(storage: string, { key, size, etag, lastModified }: ObjectVersion): string {
  return `${storage}\n${key}\n${size}\n${etag}\n${seconds(lastModified)}`;
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / SECOND_MS);
}
