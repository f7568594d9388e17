import type { VerifyProgress, VerifyReport } from '../../../shared/verify.ts';
import type { Studio } from '../reading/studio.ts';
import { verifyFolder } from './verifyFolder.ts';

export interface VerificationsOptions {
  /** @throws NearplayError no-preferences, preferences-invalid */
  studio: () => Studio;
  progress: (progress: VerifyProgress) => void;
}

/** Comparisons of a folder of this computer with the storage, one at a time: a new one ends the one before. */
export class Verifications {
  readonly #options: VerificationsOptions;
  #running: AbortController | undefined;

  constructor(options: VerificationsOptions) {
    this.#options = options;
  }

  /** @throws NearplayError cancelled; file-unreadable, no-preferences, offline … */
  async verify(folder: string, path: string): Promise<VerifyReport> {
    this.cancel();
    this.#running = new AbortController();
    const { signal } = this.#running;
    return verifyFolder(this.#options.studio(), { folder, path, signal, progress: this.#options.progress });
  }

  cancel(): void {
    this.#running?.abort();
  }
}
