/**
 * Calls `reload` when the set of media sources differs from that of the loaded page: the Content-Security-Policy of a
 * page cannot change. Order does not matter.
 */
export class ReloadOnNewSources {
  #loaded: string;
  readonly #reload: () => void;

  constructor(sources: readonly string[], reload: () => void) {
    this.#loaded = identity(sources);
    this.#reload = reload;
  }

  update(sources: readonly string[]): void {
    const now = identity(sources);
    if (now === this.#loaded) return;
    this.#loaded = now;
    this.#reload();
  }
}

function identity(sources: readonly string[]): string {
  return [...new Set(sources)].sort().join(' ');
}
