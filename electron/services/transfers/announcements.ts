import { setImmediate as nextTurn } from 'node:timers/promises';

const SECOND = 1000;
const EVERY = SECOND / 10;
/** More at once would keep whoever is told busy for longer than a frame. */
const AT_ONCE = 1000;

export interface Announced {
  changed: string[];
  removed: string[];
}

/** Gathers ids of what changed and tells of them at most ten times a second, at most 1,000 at once. */
export class Announcements {
  readonly #tell: (news: Announced) => void;
  readonly #changed = new Set<string>();
  readonly #removed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(tell: (news: Announced) => void) {
    this.#tell = tell;
  }

  changed(id: string): void {
    if (this.#stopped) return;
    this.#changed.add(id);
    this.#soon();
  }

  removed(id: string): void {
    if (this.#stopped) return;
    this.#changed.delete(id);
    this.#removed.add(id);
    this.#soon();
  }

  /** Tells what is left, some at a time, and nothing afterwards. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    while (this.#changed.size > 0 || this.#removed.size > 0) {
      this.#tellSome();
      await nextTurn();
    }
  }

  #soon(): void {
    if (this.#timer || this.#stopped) return;
    const delay = Math.max(0, this.#toldAt + EVERY - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#tellSome();
      if (this.#changed.size > 0 || this.#removed.size > 0) this.#soon();
    }, delay);
    this.#timer.unref();
  }

  #tellSome(): void {
    this.#toldAt = performance.now();
    this.#tell({ changed: takeSome(this.#changed), removed: takeSome(this.#removed) });
  }
}

function takeSome(ids: Set<string>): string[] {
  const some: string[] = [];
  for (const id of ids) {
    if (some.length >= AT_ONCE) break;
    some.push(id);
    ids.delete(id);
  }
  return some;
}
