/**
 * Calls `reload` when the set of origins differs from the one the page was loaded with: a Content-Security-Policy cannot
 * be changed under a page. Order does not matter.
 */
export class ReloadOnNewOrigins {
  #loaded: string;
  readonly #reload: () => void;

  constructor(origins: readonly string[], reload: () => void) {
    this.#loaded = identity(origins);
    this.#reload = reload;
  }

  update(origins: readonly string[]): void {
    const now = identity(origins);
    if (now === this.#loaded) return;
    this.#loaded = now;
    this.#reload();
  }
}

function identity(origins: readonly string[]): string {
  return [...new Set(origins)].sort().join(' ');
}
