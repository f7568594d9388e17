import type { BandwidthRules } from '../../../../shared/bandwidth.ts';
import type { NearplayError } from '../../../../shared/errors.ts';
import type { PlaybackNeed } from '../../../../shared/playback.ts';
import type { StorageConfiguration } from '../../../../shared/preferences.ts';
import type { UploadNote } from '../../../../shared/transfers.ts';
import { SECOND_MS } from '../../../../shared/units.ts';
import { checksumKindFor } from '../../content/checksumKind.ts';
import { orCancelled, sleep } from '../../runtime/async.ts';
import { isHere, isIn, isOfAws, placeId, type UploadPlace } from '../../storage/objectPlace.ts';
import { wholeKey } from '../../storage/storageKeys.ts';
import {
  isIgnorant,
  KnownConditions,
  probeWriteConditions,
  type WriteConditions,
} from '../../storage/writeConditions.ts';
import { BandwidthLimiter, UNLIMITED } from '../http/bandwidthLimiter.ts';
import { BufferPool } from '../http/bufferPool.ts';
import { ConcurrencyController } from '../http/concurrencyController.ts';
import { GuardedRequests } from '../http/guardedRequests.ts';
import { PlaybackYield } from '../http/playbackYield.ts';
import { RequestSlots } from '../http/requestSlots.ts';
import { retrying } from '../http/retry.ts';
import { S3UploadApi } from '../http/s3UploadApi.ts';
import { TransferClients } from '../http/transferClient.ts';
import type { StorageConditions, UploadContext } from '../upload/uploadContext.ts';
import type { QueueLimits, QueueTiming, TransferQueueOptions, UploadTarget } from './queueOptions.ts';

/** Time-out of the request that decides whether the whole queue pauses. */
const STORAGE_CHECK_TIMEOUT_MS = 10 * SECOND_MS;

/** Resources that all uploads share: request slots, bandwidth, memory, and clients of the storage. */
export class UploadResources {
  readonly #options: TransferQueueOptions;
  readonly #limits: QueueLimits;
  readonly #timing: QueueTiming;
  readonly #clients = new TransferClients();
  readonly #bandwidth: BandwidthLimiter;
  readonly #playback: PlaybackYield;
  readonly #buffers: BufferPool;
  readonly #slots: RequestSlots;
  readonly #conditions: KnownConditions;
  readonly #stopping = new AbortController();
  #lastError: NearplayError | undefined;
  #shortestRoundTrip: number | undefined;

  constructor(options: TransferQueueOptions, limits: QueueLimits, timing: QueueTiming) {
    const { bandwidth: rules = UNLIMITED, now, clock = () => performance.now() } = options;
    this.#options = options;
    this.#limits = limits;
    this.#timing = timing;
    this.#playback = new PlaybackYield(clock);
    this.#bandwidth = new BandwidthLimiter({ rules, now, clock, sleep, playback: this.#playback });
    this.#buffers = new BufferPool(limits.memory);
    this.#conditions = options.conditions ?? new KnownConditions((_, found) => this.#report(found));
    this.#slots = new RequestSlots(new ConcurrencyController(limits.parts, clock()), clock, this.#playback);
  }

  /** What a question for all uploads met last, as long as it has no answer. */
  get lastError(): NearplayError | undefined {
    return this.#lastError;
  }

  /** Questions for all uploads end at once. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Concurrent requests with a body that the connection is judged to carry. */
  get requestSlots(): number {
    return this.#slots.limit;
  }

  /** Applies to the next slice of a body. */
  setBandwidth(rules: BandwidthRules): void {
    this.#bandwidth.setRules(rules);
  }

  /** Holds uploads back while a player runs short of bytes. */
  playbackNeeds(need: PlaybackNeed): void {
    this.#playback.report(need);
  }

  /** Frees the buffers of parts when nothing runs. */
  releaseBuffers(): void {
    this.#buffers.releaseFree();
  }

  /** As TransferQueue.prepare. */
  prepare(): void {
    try {
      const { client, configuration } = this.#options.target();
      const ignore = () => undefined;
      client.config.credentials().catch(ignore);
      this.#conditionsOf(configuration, this.api()).known(this.#stopping.signal).catch(ignore);
    } catch {
      // No preferences: the upload says so.
    }
  }

  /** Context of an upload to the current main storage. @throws NearplayError no-preferences */
  context(): UploadContext {
    const { log, now, random, uploader } = this.#options;
    const { configuration } = this.#options.target();
    const api = this.api();
    return {
      api,
      storage: configuration,
      conditions: this.#conditionsOf(configuration, api),
      wholeKey: (key) => wholeKey(configuration, key),
      apiAt: (place) => this.apiAt(place),
      isHere: (place, key) => isHere(place, configuration, key),
      slots: this.#slots,
      buffers: this.#buffers,
      partsPerFile: this.#limits.partsPerFile,
      storageNow: this.#options.storageNow ?? now,
      ...{ now, random, sleep, log },
      ...(uploader !== undefined && { uploader }),
    };
  }

  /** AWS honours conditions (S3 User Guide, "Conditional writes"); other storages are probed once. */
  #conditionsOf(configuration: StorageConfiguration, api: S3UploadApi): StorageConditions {
    const id = placeId(configuration);
    if (isOfAws(configuration)) return { known: () => Promise.resolve('honoured'), areUnsupported: () => undefined };
    const failed = (error: NearplayError) => (this.#lastError = error);
    const retryOptions = { random: this.#options.random, sleep, slots: this.#slots, failed };
    // Shared by all callers, so that no caller's cancellation ends it.
    const { signal: always } = this.#stopping;
    const find = async () => {
      const found = await retrying(retryOptions, always, () =>
        probeWriteConditions({
          put: (key, condition) => api.putEmpty(wholeKey(configuration, key), condition, always),
          has: async (key, versionId) => (await api.head(wholeKey(configuration, key), always, versionId)) !== null,
          remove: (key, versionId) => api.remove(wholeKey(configuration, key), versionId, always),
        }),
      );
      this.#lastError = undefined;
      return found;
    };
    return {
      known: (signal) => orCancelled(this.#conditions.of(id, find), signal),
      areUnsupported: () => this.#conditions.learn(id, 'unsupported'),
    };
  }

  uploadNote(): UploadNote | undefined {
    try {
      const verdict = this.#conditions.verdictOn(placeId(this.#options.target().configuration));
      return verdict !== undefined && isIgnorant(verdict) ? 'no-conditions' : undefined;
    } catch {
      // No preferences: no main storage.
      return undefined;
    }
  }

  #report(found: WriteConditions): void {
    if (!isIgnorant(found)) return;
    const message = 'Storage does not honour conditional writes: each name is looked up before it is written';
    this.#options.log.warn(message, { conditions: found });
  }

  /** Sends a request whose answer has a body. @throws NearplayError when the storage does not answer properly */
  async checkStorage(): Promise<void> {
    const { configuration } = this.#options.target();
    const timeout = Math.min(this.#timing.idle, STORAGE_CHECK_TIMEOUT_MS);
    await this.api().listOne(configuration.prefix, timeout, this.#stopping.signal);
  }

  /** Identifies the current destination of uploads, prefix included. @throws NearplayError no-preferences */
  destination(): string {
    const { configuration } = this.#options.target();
    return `${placeId(configuration)} ${configuration.prefix}`;
  }

  apiAt(place: UploadPlace): S3UploadApi | undefined {
    const target = this.#targetAt(place);
    return target && this.#apiFor(target);
  }

  #targetAt(place: UploadPlace): UploadTarget | undefined {
    try {
      const main = this.#options.target();
      return isIn(place, main.configuration) ? main : this.#options.targetAt?.(place);
    } catch {
      // No preferences: no storage to ask.
      return undefined;
    }
  }

  /** The first answer comes with its connection, and on a busy machine late: the shortest of several counts. */
  #roundTrip(milliseconds: number): void {
    const isFirst = this.#shortestRoundTrip === undefined;
    this.#shortestRoundTrip = Math.min(this.#shortestRoundTrip ?? milliseconds, milliseconds);
    if (!isFirst) this.#slots.roundTrip(this.#shortestRoundTrip);
  }

  /** @throws NearplayError no-preferences */
  api(): S3UploadApi {
    return this.#apiFor(this.#options.target());
  }

  #apiFor({ client, configuration }: UploadTarget): S3UploadApi {
    const kindFor = this.#options.checksumKindFor ?? checksumKindFor;
    return new S3UploadApi({
      client: this.#clients.clientFor(client, configuration),
      configuration,
      checksumKind: kindFor(configuration),
      requests: new GuardedRequests({
        ...{ bandwidth: this.#bandwidth, idleTimeout: this.#timing.idle },
        roundTrip: (milliseconds) => this.#roundTrip(milliseconds),
      }),
      completeTimeout: this.#timing.complete,
    });
  }
}
