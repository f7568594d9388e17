import { randomUUID } from 'node:crypto';
import { NearplayError } from '../../../shared/errors.ts';
import { httpStatusOf } from '../runtime/errorFacts.ts';
import { OWN_FOLDER } from './storageKeys.ts';

/**
 * How a storage treats a condition on a write (`If-None-Match`; S3 User Guide, "Conditional writes"): `ignored`: it
 * writes anyway; `unsupported`: it refuses the request (501); `unknown`: this account may not try it.
 */
export type WriteConditions = 'honoured' | 'ignored' | 'unsupported' | 'unknown';

/** Whether a prior HEAD is the only protection against overwriting. */
export function isIgnorant(conditions: WriteConditions): boolean {
  return conditions === 'ignored' || conditions === 'unsupported';
}

/** An ETag that no object has: a write on the condition of it changes nothing. */
export const IMPOSSIBLE_ETAG = '"00000000000000000000000000000000"';

export interface Condition {
  IfMatch?: string;
  IfNoneMatch?: string;
}

/** The answer to a write of the probe. */
export interface ProbeWrite {
  versionId?: string | undefined;
  /** Whether the answer itself proves that the empty object was written, by its checksum or its MD5. */
  isProved: boolean;
}

/** The requests of a probe, with keys relative to the storage's prefix. @throws NearplayError */
export interface ConditionProbe {
  /** Writes an empty object. */
  put: (key: string, condition: Condition) => Promise<ProbeWrite>;
  /** Whether the object is there. */
  has: (key: string, versionId: string | undefined) => Promise<boolean>;
  remove: (key: string, versionId: string | undefined) => Promise<void>;
}

/** An answer of success to a write that left nothing. */
export const NOT_WRITTEN_MESSAGE =
  'What answered said that it wrote a file, and the storage does not have it: something in front of the storage answers in its place. Ask IT.';

type ProbeOutcome = 'written' | 'refused' | 'unsupported';

/**
 * Probes the conditions of a storage: writes an empty object under an unused name, on a condition that cannot hold. A
 * storage that honours conditions writes nothing; elsewhere the object is removed again. An answer of success without
 * proof says nothing about conditions unless the object is there: a firewall answers anything with 200.
 *
 * @throws NearplayError offline, not-a-storage, credentials-expired …: nothing is known then
 */
export async function probeWriteConditions({ put, has, remove }: ConditionProbe): Promise<WriteConditions> {
  const key = `${OWN_FOLDER}conditions-${randomUUID()}`;
  const written: (string | undefined)[] = [];
  const ask = async (condition: Condition): Promise<ProbeOutcome> => {
    try {
      const { versionId, isProved } = await put(key, condition);
      written.push(versionId);
      if (!isProved && !(await has(key, versionId))) throw new NearplayError('not-a-storage', NOT_WRITTEN_MESSAGE);
      return 'written';
    } catch (error) {
      const outcome = error instanceof NearplayError ? outcomeOf(error) : undefined;
      if (outcome === undefined) throw error;
      return outcome;
    }
  };
  try {
    return await verdictOf(ask);
  } catch (error) {
    if (error instanceof NearplayError && error.code === 'access-denied') return 'unknown';
    throw error;
  } finally {
    // An account without permission to delete leaves an empty object; the result stays valid.
    for (const versionId of written) await remove(key, versionId).catch(() => undefined);
  }
}

async function verdictOf(ask: (condition: Condition) => Promise<ProbeOutcome>): Promise<WriteConditions> {
  const impossible = await ask({ IfMatch: IMPOSSIBLE_ETAG });
  if (impossible === 'refused') return 'honoured';
  // Some servers support only the condition that uploads use; testing it needs a name that is taken.
  if (impossible === 'unsupported' && (await ask({ IfNoneMatch: '*' })) === 'unsupported') return 'unsupported';
  const taken = await ask({ IfNoneMatch: '*' });
  if (taken === 'written') return 'ignored';
  return taken === 'refused' ? 'honoured' : 'unsupported';
}

function outcomeOf(error: NearplayError): ProbeOutcome | undefined {
  // If-Match on an unused name answers 404.
  if (error.code === 'conflict' || error.code === 'no-such-key') return 'refused';
  return isUnsupported(error) ? 'unsupported' : undefined;
}

/** 501 NotImplemented: the server does not support a part of the request (S3 API Reference, "Error responses"). */
export function isUnsupported(error: unknown): boolean {
  return error instanceof NearplayError && httpStatusOf(error.cause) === 501;
}

/** Known condition support of each storage, probed once and shared by all writers. */
export class KnownConditions {
  readonly #known = new Map<string, Promise<WriteConditions>>();
  readonly #verdicts = new Map<string, WriteConditions>();
  readonly #found: (place: string, conditions: WriteConditions) => void;

  /** @param found called once per storage. */
  constructor(found: (place: string, conditions: WriteConditions) => void = () => undefined) {
    this.#found = found;
  }

  /**
   * @param place the endpoint and the bucket.
   *
   * @param find asked only once, unless it rejects.
   */
  of(place: string, find: () => Promise<WriteConditions>): Promise<WriteConditions> {
    const known = this.#known.get(place);
    if (known) return known;
    const asked = find();
    this.#known.set(place, asked);
    asked.then(
      (conditions) => this.#record(place, conditions),
      () => {
        if (this.#known.get(place) === asked) this.#known.delete(place);
      },
    );
    return asked;
  }

  /** Records a behaviour that differs from the probe. */
  learn(place: string, conditions: WriteConditions): void {
    this.#known.set(place, Promise.resolve(conditions));
    this.#record(place, conditions);
  }

  /** The result of the probe; `undefined` while there is none. */
  verdictOn(place: string): WriteConditions | undefined {
    return this.#verdicts.get(place);
  }

  #record(place: string, conditions: WriteConditions): void {
    this.#verdicts.set(place, conditions);
    this.#found(place, conditions);
  }
}
