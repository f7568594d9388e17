import type { BandwidthRules } from '../../../shared/bandwidth.ts';
import type { UploadNote } from '../../../shared/ipc.ts';
import type { StorageConfiguration } from '../../../shared/preferences.ts';
import { wholeKey } from '../keys.ts';
import { Bandwidth, UNLIMITED } from './bandwidth.ts';
import { BufferPool } from './bufferPool.ts';
import { checksumKindFor } from './checksumKind.ts';
import { isHere, isIn, isOfAws, placeId, type UploadPlace } from './uploadPlace.ts';
import { retrying } from './retrying.ts';
import { isIgnorant, KnownConditions, probeWriteConditions, type WriteConditions } from '../writeConditions.ts';
import { ConcurrencyController } from './concurrency.ts';
import { Lanes } from './lanes.ts';
import type { QueueLimits, QueueTiming, TransferQueueOptions, UploadTarget } from './queueOptions.ts';
import { orCancelled, sleep } from './sleep.ts';
import { TransferClients } from './transferClient.ts';
import { UploadCalls } from './uploadCalls.ts';
import type { StorageConditions, UploadNeeds } from './uploadTask.ts';
import { Wire } from './wire.ts';

/** Milliseconds for a question that decides whether all uploads wait. */
const ASKED_WITHIN = 10_000;

/** What all uploads share: the line and its limits, memory, clients of the storage. */
export class UploadMeans {
  readonly #options: TransferQueueOptions;
  readonly #limits: QueueLimits;
  readonly #timing: QueueTiming;
  readonly #clients = new TransferClients();
  readonly #bandwidth: Bandwidth;
  readonly #buffers: BufferPool;
  readonly #lanes: Lanes;
  readonly #conditions: KnownConditions;

  constructor(options: TransferQueueOptions, limits: QueueLimits, timing: QueueTiming) {
    const { bandwidth: rules = UNLIMITED, now, clock = () => performance.now() } = options;
    this.#options = options;
    this.#limits = limits;
    this.#timing = timing;
    this.#bandwidth = new Bandwidth({ rules, now, clock, sleep });
    this.#buffers = new BufferPool(limits.memory);
    this.#conditions = options.conditions ?? new KnownConditions((_, found) => this.#told(found));
    this.#lanes = new Lanes(new ConcurrencyController(limits.parts, clock()), clock);
  }

  /** Requests with a body at once, as many as the line is thought to take. */
  get lanes(): number {
    return this.#lanes.limit;
  }

  /** In force with the next slice on the wire. */
  setBandwidth(rules: BandwidthRules): void {
    this.#bandwidth.setRules(rules);
  }

  /** Nothing runs: the memory of parts is of no use. */
  rest(): void {
    this.#buffers.forget();
  }

  /** For the main storage of this moment. @throws NearplayError no-preferences */
  needs(): UploadNeeds {
    const { log, now, random, uploader } = this.#options;
    const { configuration } = this.#options.target();
    const calls = this.calls();
    return {
      calls,
      conditions: this.#conditionsOf(configuration, calls),
      wholeKey: (key) => wholeKey(configuration, key),
      callsAt: (place) => this.callsAt(place),
      isHere: (place, key) => isHere(place, configuration, key),
      lanes: this.#lanes,
      buffers: this.#buffers,
      partsPerFile: this.#limits.partsPerFile,
      storageNow: this.#options.storageNow ?? now,
      ...{ now, random, sleep, log },
      ...(uploader !== undefined && { uploader }),
    };
  }

  /** AWS honours them (S3 User Guide, "Conditional writes"); all others are asked once. */
  #conditionsOf(configuration: StorageConfiguration, calls: UploadCalls): StorageConditions {
    const id = placeId(configuration);
    if (isOfAws(configuration)) return { known: () => Promise.resolve('honoured'), areUnsupported: () => undefined };
    const repeating = { random: this.#options.random, sleep, lanes: this.#lanes };
    // For all that wait for it, whichever of them is cancelled.
    const { signal: always } = new AbortController();
    const find = () =>
      retrying(repeating, always, () =>
        probeWriteConditions({
          put: (key, condition) => calls.putEmpty(wholeKey(configuration, key), condition, always),
          remove: (key, versionId) => calls.remove(wholeKey(configuration, key), versionId, always),
        }),
      );
    return {
      known: (signal) => orCancelled(this.#conditions.of(id, find), signal),
      areUnsupported: () => this.#conditions.learn(id, 'unsupported'),
    };
  }

  note(): UploadNote | undefined {
    try {
      const verdict = this.#conditions.verdictOn(placeId(this.#options.target().configuration));
      return verdict !== undefined && isIgnorant(verdict) ? 'no-conditions' : undefined;
    } catch {
      // Without preferences there is no such storage.
      return undefined;
    }
  }

  #told(found: WriteConditions): void {
    if (!isIgnorant(found)) return;
    const message = 'The storage does not keep conditions on writing: each name is looked up before it is written';
    this.#options.log.warn(message, { conditions: found });
  }

  /** A question whose answer has a body. @throws NearplayError where the storage does not answer as it should */
  async askStorage(): Promise<void> {
    const { configuration } = this.#options.target();
    await this.calls().listOne(configuration.prefix, Math.min(this.#timing.idle, ASKED_WITHIN));
  }

  /** One word for where uploads go now, prefix included. @throws NearplayError no-preferences */
  destination(): string {
    const { configuration } = this.#options.target();
    return `${placeId(configuration)} ${configuration.prefix}`;
  }

  callsAt(place: UploadPlace): UploadCalls | undefined {
    const target = this.#targetAt(place);
    return target && this.#callsTo(target);
  }

  #targetAt(place: UploadPlace): UploadTarget | undefined {
    try {
      const main = this.#options.target();
      return isIn(place, main.configuration) ? main : this.#options.targetAt?.(place);
    } catch {
      // Without preferences nobody is asked.
      return undefined;
    }
  }

  /** @throws NearplayError no-preferences */
  calls(): UploadCalls {
    return this.#callsTo(this.#options.target());
  }

  #callsTo({ client, configuration }: UploadTarget): UploadCalls {
    const kindFor = this.#options.checksumKindFor ?? checksumKindFor;
    return new UploadCalls({
      client: this.#clients.clientFor(client, configuration),
      configuration,
      checksumKind: kindFor(configuration),
      wire: new Wire({ bandwidth: this.#bandwidth, idleTimeout: this.#timing.idle }),
      completeTimeout: this.#timing.complete,
    });
  }
}
