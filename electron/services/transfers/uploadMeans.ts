import type { BandwidthRules } from '../../../shared/bandwidth.ts';
import { wholeKey } from '../keys.ts';
import { Bandwidth, UNLIMITED } from './bandwidth.ts';
import { BufferPool } from './bufferPool.ts';
import { checksumKindFor } from './checksumKind.ts';
import { ConcurrencyController } from './concurrency.ts';
import { Lanes } from './lanes.ts';
import type { QueueLimits, QueueTiming, TransferQueueOptions } from './queueOptions.ts';
import { sleep } from './sleep.ts';
import { TransferClients } from './transferClient.ts';
import { UploadCalls } from './uploadCalls.ts';
import type { UploadNeeds } from './uploadTask.ts';
import { Wire } from './wire.ts';

/** What all uploads share: the line and its limits, memory, clients of the storage. */
export class UploadMeans {
  readonly #options: TransferQueueOptions;
  readonly #limits: QueueLimits;
  readonly #timing: QueueTiming;
  readonly #clients = new TransferClients();
  readonly #bandwidth: Bandwidth;
  readonly #buffers: BufferPool;
  readonly #lanes: Lanes;

  constructor(options: TransferQueueOptions, limits: QueueLimits, timing: QueueTiming) {
    const { bandwidth: rules = UNLIMITED, now, clock = () => performance.now() } = options;
    this.#options = options;
    this.#limits = limits;
    this.#timing = timing;
    this.#bandwidth = new Bandwidth({ rules, now, clock, sleep });
    this.#buffers = new BufferPool(limits.memory);
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
    return {
      calls: this.calls(),
      wholeKey: (key) => wholeKey(configuration, key),
      lanes: this.#lanes,
      buffers: this.#buffers,
      partsPerFile: this.#limits.partsPerFile,
      storageNow: this.#options.storageNow ?? now,
      ...{ now, random, sleep, log },
      ...(uploader !== undefined && { uploader }),
    };
  }

  /** @throws NearplayError no-preferences */
  calls(): UploadCalls {
    const { client, configuration } = this.#options.target();
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
