import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { NearplayError } from '../../../shared/errors.ts';
import { httpStatusOf } from '../runtime/errorFacts.ts';
import { confirmedCause } from './confirmedCause.ts';
import type { Reachability } from './reachability.ts';
import { explainS3Error, meansUnreachable } from './s3Errors.ts';
import type { StorageClients } from './storageClients.ts';
import { wholeKey } from './storageKeys.ts';

const SECOND = 1000;
/** For answers without a body worth mentioning (HEAD, a listing): the SDK's three attempts included. */
const QUESTION_TIMEOUT = 8 * SECOND;
const PROBE_TIMEOUT = 3 * SECOND;

export interface RequestScope {
  storage: string;
  /** The S3 action, e.g. `s3:ListBucket`: what IT looks for in a policy. */
  action: string;
  key?: string;
  /** Of the object that is asked for; absent: the current one. */
  versionId?: string | undefined;
  /** Milliseconds for the whole question; default 8,000. */
  timeout?: number;
  signal?: AbortSignal;
}

type Send<Answer> = (client: S3Client, options: { abortSignal: AbortSignal }) => Promise<Answer>;

/** Short questions to storages: each with a time-out, an explained error, and a word to the circuit breaker. */
export class StorageRequests {
  readonly #clients: StorageClients;
  readonly #reachability: () => Reachability;

  constructor(clients: StorageClients, reachability: () => Reachability) {
    this.#clients = clients;
    this.#reachability = reachability;
  }

  /** @throws NearplayError whose code says what happened; `timeout` when the deadline passed. */
  async request<Answer>(asked: RequestScope, send: Send<Answer>): Promise<Answer> {
    const { storage, signal, timeout = QUESTION_TIMEOUT } = asked;
    // Before the deadline begins: a sign-in that takes its time says nothing of the storage.
    await this.#signIn(storage);
    const deadline = AbortSignal.timeout(timeout);
    const abortSignal = signal ? AbortSignal.any([signal, deadline]) : deadline;
    try {
      const answer = await send(this.#clients.clientOf(storage), { abortSignal });
      this.#reachability().succeeded(storage);
      return answer;
    } catch (cause) {
      if (signal?.aborted) throw new NearplayError('cancelled', undefined, { cause });
      const error = await this.#confirmed(this.#explain(cause, asked, deadline.aborted), asked, abortSignal);
      if (meansUnreachable(error)) this.#reachability().failed(storage);
      // Any other answer, a refusal too, comes from a storage that is there.
      else if (httpStatusOf(cause) > 0) this.#reachability().succeeded(storage);
      throw error;
    }
  }

  /** Rejects when the storage does not answer, or with 5xx, or something else in its place. A refusal (403) is an answer. */
  async probe(storage: string): Promise<void> {
    const { bucket } = this.#clients.configurationOf(storage);
    try {
      await this.#signIn(storage);
      await this.#clients
        .clientOf(storage)
        .send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: AbortSignal.timeout(PROBE_TIMEOUT) });
    } catch (error) {
      // Without credentials nobody was asked; the next question will tell.
      if (error instanceof NearplayError) return;
      const status = httpStatusOf(error);
      const failed = { action: 's3:ListBucket', storage: this.#clients.configurationOf(storage) };
      // A page of a firewall is no sign of the storage.
      if (status === 0 || status >= 500 || meansUnreachable(explainS3Error(error, failed))) throw error;
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

  /** An answer without a body does not say why: the object is asked for once more in a way that does. */
  async #confirmed(error: NearplayError, asked: RequestScope, abortSignal: AbortSignal): Promise<NearplayError> {
    const { storage, action, key, versionId } = asked;
    const isOver = () => abortSignal.aborted;
    if (key === undefined || isOver()) return error;
    const configuration = this.#clients.configurationOf(storage);
    const object = { client: this.#clients.clientOf(storage), bucket: configuration.bucket, versionId };
    const confirmed = await confirmedCause(
      error,
      { ...object, wholeKey: wholeKey(configuration, key) },
      { action, storage: configuration, key },
      (ask) => ask({ abortSignal }),
    );
    // The time was over while it was asked: what is known is the first answer.
    return isOver() ? error : confirmed;
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
