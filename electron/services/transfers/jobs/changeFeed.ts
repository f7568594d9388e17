import { setImmediate as nextTurn } from 'node:timers/promises';
import { SECOND_MS } from '../../../../shared/units.ts';

const EMIT_INTERVAL_MS = SECOND_MS / 10;
/** A larger batch keeps the window busy for longer than a frame. */
const BATCH_IDS = 1000;

export interface Changes {
  changed: string[];
  removed: string[];
}

/** Throttle for change events: collects ids and emits them at most ten times a second, at most 1,000 at once. */
export class ChangeFeed {
  readonly #emit: (changes: Changes) => void;
  readonly #changed = new Set<string>();
  readonly #removed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #emittedAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(emit: (changes: Changes) => void) {
    this.#emit = emit;
  }

  changed(id: string): void {
    if (this.#stopped) return;
    this.#changed.add(id);
    this.#schedule();
  }

  removed(id: string): void {
    if (this.#stopped) return;
    this.#changed.delete(id);
    this.#removed.add(id);
    this.#schedule();
  }

  /** Emits the rest in batches, and nothing afterwards. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    while (this.#changed.size > 0 || this.#removed.size > 0) {
      this.#emitBatch();
      await nextTurn();
    }
  }

  #schedule(): void {
    if (this.#timer || this.#stopped) return;
    const delay = Math.max(0, this.#emittedAt + EMIT_INTERVAL_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#emitBatch();
      if (this.#changed.size > 0 || this.#removed.size > 0) this.#schedule();
    }, delay);
    this.#timer.unref();
  }

  #emitBatch(): void {
    this.#emittedAt = performance.now();
    this.#emit({ changed: takeBatch(this.#changed), removed: takeBatch(this.#removed) });
  }
}

function takeBatch(ids: Set<string>): string[] {
  const some: string[] = [];
  for (const id of ids) {
    if (some.length >= BATCH_IDS) break;
    some.push(id);
    ids.delete(id);
  }
  return some;
}
