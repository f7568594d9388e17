import { GetObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Agent } from 'node:https';
import { NearplayError } from '../../../shared/errors.ts';
import type { IsolationPreferences, StorageConfiguration } from '../../../shared/preferences.ts';
import { endpointOf } from '../../../shared/storagePlace.ts';
import { SECOND_MS } from '../../../shared/units.ts';
import { steadyNow } from '../runtime/steadyClock.ts';
import { confirmSizes } from './objectSizes.ts';
import { promptAgents } from './promptAgents.ts';
import { QUIET_LOGGER } from './quietLogger.ts';
import { StorageClock } from './storageClock.ts';
import { type AnswerLimits, limitAnswers } from './wholeAnswers.ts';

/** S3 API reference, "Error responses". */
const EXPIRED_CREDENTIALS_CODES: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidToken',
  'TokenRefreshRequired',
]);
const PROBE_KEY = 'key';
const CONNECTION_TIMEOUT_MS = 10 * SECOND_MS;
/** Idle time, not total: a large part on a slow line may take minutes, but never this long without a byte. */
const SOCKET_IDLE_TIMEOUT_MS = 30 * SECOND_MS;

export type CredentialProvider = Exclude<S3ClientConfig['credentials'], undefined>;

export interface StorageClientsOptions {
  /** A provider function instead of fixed keys: a long upload outlives a token. */
  credentials: CredentialProvider;
  /** The agent for the studio's proxy; absent: direct connections. */
  proxyAgent?: Agent;
  /** Milliseconds since the epoch, of this machine. */
  now: () => number;
  /** Milliseconds of a monotonic clock, for the time between two answers of a storage. Default: steadyNow. */
  clock?: () => number;
  /** Limits for answers that are read whole; default: 16 MiB, a minute. */
  answerLimits?: AnswerLimits;
  /** The endpoint of storages whose preferences name none, as `configuredEndpoint` finds it; absent: Amazon's own. */
  endpoint?: string;
}

/**
 * One S3 client per storage, created on first use. Each records the Date header of its answers, so that ages are
 * measured on the storage's clock.
 */
export class StorageClients {
  readonly #preferences: IsolationPreferences;
  readonly #options: StorageClientsOptions;
  readonly #clock: () => number;
  readonly #clients = new Map<string, S3Client>();
  readonly #clocks = new Map<string, StorageClock>();

  constructor(preferences: IsolationPreferences, options: StorageClientsOptions) {
    this.#preferences = preferences;
    this.#options = options;
    this.#clock = options.clock ?? steadyNow;
  }

  /**
   * The storage as its client asks it: with the endpoint in force, whether the preferences or the machine name it.
   * What is decided about a storage by its host is decided by this.
   *
   * @throws NearplayError preferences-invalid for a name that is no storage.
   */
  configurationOf(storage: string): StorageConfiguration {
    const { s3Configuration } = this.#preferences;
    const configuration = Object.hasOwn(s3Configuration, storage) ? s3Configuration[storage] : undefined;
    if (!configuration) throw new NearplayError('preferences-invalid', `There is no storage named "${storage}".`);
    const { endpoint } = this.#options;
    const isNamed = endpoint === undefined || endpointOf(configuration) !== undefined;
    return isNamed ? configuration : { ...configuration, endpoint };
  }

  clientOf(storage: string): S3Client {
    const known = this.#clients.get(storage);
    if (known) return known;
    const client = new S3Client(this.#configFor(this.configurationOf(storage)));
    this.#watchClock(client, storage);
    renewRefusedCredentials(client);
    limitAnswers(client, this.#options.answerLimits);
    // The logger middleware redacts all inputs and outputs first, although no logger is set.
    client.middlewareStack.remove('loggerMiddleware');
    confirmSizes(client);
    this.#clients.set(storage, client);
    return client;
  }

  /** Offset of this storage's clock from this machine's, in milliseconds; 0 until its first answer. */
  clockOffsetOf(storage: string): number {
    const isKnown = this.#clocks.get(storage)?.offset() !== undefined;
    return isKnown ? this.storageNow(storage) - this.#options.now() : 0;
  }

  /**
   * The time on this storage's clock, in milliseconds since the epoch: from its answers and a monotonic clock. This
   * machine's own time, which may be set, replaces it until the first answer.
   */
  storageNow(storage: string): number {
    const offset = this.#clocks.get(storage)?.offset();
    return offset === undefined ? this.#options.now() : Math.round(this.#clock() + offset);
  }

  /** Base URL of the objects of this storage: `https://bucket.host/`. Sends no request, needs no credentials. */
  async baseOf(storage: string): Promise<URL> {
    const configuration = this.configurationOf(storage);
    // The SDK resolves the host (virtual-host or path style, VPC or custom endpoint): a URL signed with placeholder
    // keys shows it.
    const placeholder = { accessKeyId: 'placeholder', secretAccessKey: 'placeholder' };
    const client = new S3Client({ ...this.#configFor(configuration), credentials: placeholder });
    try {
      const probe = new GetObjectCommand({ Bucket: configuration.bucket, Key: PROBE_KEY });
      const { origin, pathname } = new URL(await getSignedUrl(client, probe));
      return new URL(pathname.slice(0, -PROBE_KEY.length), origin);
    } finally {
      client.destroy();
    }
  }

  destroy(): void {
    for (const client of this.#clients.values()) client.destroy();
    this.#clients.clear();
  }

  #configFor(storage: StorageConfiguration): S3ClientConfig {
    const { credentials, proxyAgent } = this.#options;
    const endpoint = endpointOf(storage);
    return {
      region: storage.region,
      ...(endpoint !== undefined && { endpoint }),
      // `configurationOf` has it: what is decided by the host must hold for the requests.
      ignoreConfiguredEndpointUrls: true,
      // A wildcard certificate does not cover a bucket name with dots (S3 User Guide, "Virtual hosting of buckets").
      forcePathStyle: storage.forcePathStyle ?? storage.bucket.includes('.'),
      credentials: credentialsFor(storage, credentials),
      // "Expect: 100-continue" opens a connection of its own for every part.
      expectContinueHeader: false,
      // Only where S3 requires one: otherwise checksum parameters appear in signed URLs. Uploads set theirs.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      logger: QUIET_LOGGER,
      requestHandler: new NodeHttpHandler({
        logger: QUIET_LOGGER,
        connectionTimeout: CONNECTION_TIMEOUT_MS,
        socketTimeout: SOCKET_IDLE_TIMEOUT_MS,
        ...(proxyAgent ? { httpAgent: proxyAgent, httpsAgent: proxyAgent } : promptAgents()),
      }),
    };
  }

  #watchClock(client: S3Client, storage: string): void {
    const clock = new StorageClock();
    this.#clocks.set(storage, clock);
    client.middlewareStack.add(
      (next) => async (args) => {
        const askedAt = this.#clock();
        const answer = await next(args);
        const { response } = answer as { response?: { headers?: Record<string, string> } };
        const date = Date.parse(response?.headers?.['date'] ?? '');
        if (!Number.isNaN(date)) clock.observe(date, askedAt, this.#clock());
        return answer;
      },
      { step: 'deserialize', name: 'nearplayStorageClock', priority: 'low' },
    );
  }
}

/**
 * The SDK keeps credentials without an expiry as long as the client. When the storage reports them as expired, they are
 * requested again, so that the next attempt uses a sign-in made in the meantime. Concurrent refusals share one request.
 * HEAD has no body with that code: see `confirmedCause`.
 */
function renewRefusedCredentials(client: S3Client): void {
  let renewal: Promise<unknown> | undefined;
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if (error instanceof Error && EXPIRED_CREDENTIALS_CODES.has(error.name)) {
          renewal ??= client.config
            .credentials({ forceRefresh: true })
            .catch(() => undefined)
            .finally(() => (renewal = undefined));
          await renewal;
        }
        throw error;
      }
    },
    { step: 'initialize', name: 'nearplayRenewRefusedCredentials' },
  );
}

function credentialsFor(storage: StorageConfiguration, credentials: CredentialProvider): CredentialProvider {
  if (storage.aws_role_arn === undefined) return credentials;
  return fromTemporaryCredentials({
    masterCredentials: credentials,
    params: { RoleArn: storage.aws_role_arn, RoleSessionName: 'nearplay' },
    clientConfig: { region: storage.region, logger: QUIET_LOGGER },
  });
}
