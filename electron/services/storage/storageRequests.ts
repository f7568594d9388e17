import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { explainStorage } from '../../../shared/causes.ts';
import { NO_FACTS } from '../../../shared/causes/cause.ts';
import { NearplayError } from '../../../shared/errors.ts';
import { MINUTE_MS, SECOND_MS } from '../../../shared/units.ts';
import { httpStatusOf, isWithoutWords } from '../runtime/errorFacts.ts';
import { steadyNow } from '../runtime/steadyClock.ts';
import { confirmedCause } from './confirmedCause.ts';
import type { Reachability } from './reachability.ts';
import { explainS3Error, type FailedAction, meansUnreachable } from './s3Errors.ts';
import type { StorageClients } from './storageClients.ts';
import { wholeKey } from './storageKeys.ts';

/** For answers with a small body (HEAD, a listing), the SDK's three attempts included. */
const REQUEST_TIMEOUT_MS = 8 * SECOND_MS;
const PROBE_TIMEOUT_MS = 3 * SECOND_MS;
/** A bucket that was there may be gone; a folder of files that are missing must not cost two requests each. */
const BUCKET_KNOWN_FOR_MS = MINUTE_MS;

export interface RequestScope {
  storage: string;
  /** The S3 action, e.g. `s3:ListBucket`: the name to look for in a policy. */
  action: string;
  key?: string;
  /** Version of the requested object; absent: the current one. */
  versionId?: string | undefined;
  /** Milliseconds for the whole request; default 8,000. */
  timeout?: number;
  signal?: AbortSignal;
}

type Send<Answer> = (client: S3Client, options: { abortSignal: AbortSignal }) => Promise<Answer>;

/** Short requests to storages, each with a time-out, an explained error and a report to the circuit breaker. */
export class StorageRequests {
  readonly #clients: StorageClients;
  readonly #reachability: () => Reachability;
  readonly #now: () => number;
  /** When each storage last showed that its bucket is there; milliseconds of the steady clock. */
  readonly #bucketSeenAt = new Map<string, number>();

  constructor(clients: StorageClients, reachability: () => Reachability, now: () => number = steadyNow) {
    this.#clients = clients;
    this.#reachability = reachability;
    this.#now = now;
  }

  /** @throws NearplayError whose code says what happened; `timeout` when the deadline passed. */
  async request<Answer>(asked: RequestScope, send: Send<Answer>): Promise<Answer> {
    const { storage, signal, timeout = REQUEST_TIMEOUT_MS } = asked;
    // Before the deadline begins: a slow sign-in is no sign of the storage's health.
    await this.#signIn(storage);
    const deadline = AbortSignal.timeout(timeout);
    const abortSignal = signal ? AbortSignal.any([signal, deadline]) : deadline;
    try {
      const answer = await send(this.#clients.clientOf(storage), { abortSignal });
      this.#reachability().succeeded(storage);
      this.#bucketSeenAt.set(storage, this.#now());
      return answer;
    } catch (cause) {
      if (signal?.aborted) throw new NearplayError('cancelled', undefined, { cause });
      const error = await this.#confirmed(this.#explain(cause, asked, deadline.aborted), asked, abortSignal);
      if (meansUnreachable(error)) this.#reachability().failed(storage, error);
      // Any other answer, including a refusal, shows that the storage is reachable.
      else if (httpStatusOf(cause) > 0) this.#reachability().succeeded(storage);
      throw error;
    }
  }

  /**
   * Rejects when the storage does not answer, or with 5xx, or something else in its place. A refusal (403) is an answer.
   *
   * @throws NearplayError that says what was heard
   */
  async probe(storage: string): Promise<void> {
    const { bucket } = this.#clients.configurationOf(storage);
    try {
      await this.#signIn(storage);
    } catch {
      // Without credentials no request was sent; the next request decides.
      return;
    }
    const deadline = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    try {
      const command = new HeadBucketCommand({ Bucket: bucket });
      await this.#clients.clientOf(storage).send(command, { abortSignal: deadline });
    } catch (cause) {
      const error = this.#explain(cause, { storage, action: 's3:ListBucket' }, deadline.aborted);
      const status = httpStatusOf(cause);
      // The page of a firewall does not show that the storage is reachable.
      if (status === 0 || status >= 500 || meansUnreachable(error)) throw error;
    }
  }

  async #signIn(storage: string): Promise<void> {
    try {
      await this.#clients.clientOf(storage).config.credentials();
    } catch (error) {
      if (error instanceof NearplayError) throw error;
      const configuration = this.#clients.configurationOf(storage);
      const role = configuration.aws_role_arn;
      const failed = { action: 'sts:AssumeRole', storage: configuration, ...(role !== undefined && { role }) };
      throw explainS3Error(error, failed);
    }
  }

  /** An answer without a body has no cause: the object is requested once more in a way that returns one. */
  async #confirmed(error: NearplayError, asked: RequestScope, abortSignal: AbortSignal): Promise<NearplayError> {
    const { storage, action, key, versionId } = asked;
    const isOver = () => abortSignal.aborted;
    if (key === undefined || isOver()) return error;
    const configuration = this.#clients.configurationOf(storage);
    const failed = { action, storage: configuration, key };
    if (error.code === 'no-such-key' && this.#isBucketKnown(storage)) return missingFile(error, failed);
    const object = { client: this.#clients.clientOf(storage), bucket: configuration.bucket, versionId };
    const confirmed = await confirmedCause(
      error,
      { ...object, wholeKey: wholeKey(configuration, key) },
      failed,
      (ask) => ask({ abortSignal }),
    );
    if (confirmed.code === 'no-such-key' && !isWithoutWords(confirmed.cause))
      this.#bucketSeenAt.set(storage, this.#now());
    if (confirmed.code === 'no-such-bucket') this.#bucketSeenAt.delete(storage);
    // The deadline passed during the second request: the first answer is all that is known.
    return isOver() ? error : confirmed;
  }

  #isBucketKnown(storage: string): boolean {
    const seenAt = this.#bucketSeenAt.get(storage);
    return seenAt !== undefined && this.#now() - seenAt < BUCKET_KNOWN_FOR_MS;
  }

  #explain(cause: unknown, { storage, action, key }: RequestScope, timedOut: boolean): NearplayError {
    const configuration = this.#clients.configurationOf(storage);
    if (timedOut) {
      const message = `The storage in ${configuration.region} did not answer in time.`;
      return new NearplayError('timeout', message, { cause });
    }
    return explainS3Error(cause, { action, storage: configuration, ...(key !== undefined && { key }) });
  }
}

/** A 404 without words, of a bucket that is there: what is missing is the file. */
function missingFile(error: NearplayError, failed: FailedAction): NearplayError {
  if (!isWithoutWords(error.cause)) return error;
  const { message } = explainStorage({ ...NO_FACTS, name: 'NoSuchKey' }, { ...failed, ...failed.storage });
  return new NearplayError('no-such-key', message, { cause: error.cause });
}
