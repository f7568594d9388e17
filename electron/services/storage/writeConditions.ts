import { randomUUID } from 'node:crypto';
import { NearplayError } from '../../../shared/errors.ts';
import { httpStatusOf } from '../runtime/errorFacts.ts';
import { OWN_FOLDER } from './storageKeys.ts';

/**
 * What a storage makes of a condition on a write (`If-None-Match`; S3 User Guide, "Conditional writes"): `ignored`: it writes all
 * the same; `unsupported`: it refuses the request (501); `unknown`: this account may not try it.
 */
export type WriteConditions = 'honoured' | 'ignored' | 'unsupported' | 'unknown';

/** Whether only looking keeps what has the name from being overwritten. */
export function isIgnorant(conditions: WriteConditions): boolean {
  return conditions === 'ignored' || conditions === 'unsupported';
}

/** No object has it, so a write on the condition that it has changes nothing. */
const IMPOSSIBLE_ETAG = '"00000000000000000000000000000000"';

export interface Condition {
  IfMatch?: string;
  IfNoneMatch?: string;
}

/** Both with a key that is relative to the storage's prefix. @throws NearplayError */
export interface ConditionProbe {
  /** Writes an empty object; resolves to its version where the storage keeps any. */
  put: (key: string, condition: Condition) => Promise<string | undefined>;
  remove: (key: string, versionId: string | undefined) => Promise<void>;
}

type Heard = 'written' | 'refused' | 'unsupported';

/**
 * Finds out what a storage makes of conditions: by a write of an empty object under a name that nobody has, on a condition that
 * cannot hold. Where conditions are honoured nothing is written; elsewhere what was written is removed again.
 *
 * @throws NearplayError offline, not-a-storage, credentials-expired …: nothing is known then
 */
export async function probeWriteConditions({ put, remove }: ConditionProbe): Promise<WriteConditions> {
  const key = `${OWN_FOLDER}conditions-${randomUUID()}`;
  const written: (string | undefined)[] = [];
  const ask = async (condition: Condition): Promise<Heard> => {
    try {
      written.push(await put(key, condition));
      return 'written';
    } catch (error) {
      const heard = error instanceof NearplayError ? heardOf(error) : undefined;
      if (heard === undefined) throw error;
      return heard;
    }
  };
  try {
    return await verdictOf(ask);
  } catch (error) {
    if (error instanceof NearplayError && error.code === 'access-denied') return 'unknown';
    throw error;
  } finally {
    // Whoever may write and not delete leaves an empty object; the verdict is not worth less for it.
    for (const versionId of written) await remove(key, versionId).catch(() => undefined);
  }
}

async function verdictOf(ask: (condition: Condition) => Promise<Heard>): Promise<WriteConditions> {
  const impossible = await ask({ IfMatch: IMPOSSIBLE_ETAG });
  if (impossible === 'refused') return 'honoured';
  // Some servers know only the condition that uploads use: for it, the name has to be taken.
  if (impossible === 'unsupported' && (await ask({ IfNoneMatch: '*' })) === 'unsupported') return 'unsupported';
  const taken = await ask({ IfNoneMatch: '*' });
  if (taken === 'written') return 'ignored';
  return taken === 'refused' ? 'honoured' : 'unsupported';
}

function heardOf(error: NearplayError): Heard | undefined {
  // If-Match on a name that is free answers 404.
  if (error.code === 'conflict' || error.code === 'no-such-key') return 'refused';
  return isUnsupported(error) ? 'unsupported' : undefined;
}

/** 501 NotImplemented: the server does not know something that the request asks for (S3 API Reference, "Error responses"). */
export function isUnsupported(error: unknown): boolean {
  return error instanceof NearplayError && httpStatusOf(error.cause) === 501;
}

/** What is known of the conditions of each storage, found out once and shared by all that write to it. */
export class KnownConditions {
  readonly #known = new Map<string, Promise<WriteConditions>>();
  readonly #verdicts = new Map<string, WriteConditions>();
  readonly #found: (place: string, conditions: WriteConditions) => void;

  /** @param found told once of each storage. */
  constructor(found: (place: string, conditions: WriteConditions) => void = () => undefined) {
    this.#found = found;
  }

  /**
   * @param place the endpoint and the bucket.
   * @param find asked only once, unless it rejects.
   */
  of(place: string, find: () => Promise<WriteConditions>): Promise<WriteConditions> {
    const known = this.#known.get(place);
    if (known) return known;
    const asked = find();
    this.#known.set(place, asked);
    asked.then(
      (conditions) => this.#heard(place, conditions),
      () => {
        if (this.#known.get(place) === asked) this.#known.delete(place);
      },
    );
    return asked;
  }

  /** Something else was met than what was found out. */
  learn(place: string, conditions: WriteConditions): void {
    this.#known.set(place, Promise.resolve(conditions));
    this.#heard(place, conditions);
  }

  /** What was found out of it; `undefined` while nothing was. */
  verdictOn(place: string): WriteConditions | undefined {
    return this.#verdicts.get(place);
  }

  #heard(place: string, conditions: WriteConditions): void {
    this.#verdicts.set(place, conditions);
    this.#found(place, conditions);
  }
}
