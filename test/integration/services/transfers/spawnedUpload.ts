import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { ChecksumKind } from '../../../../electron/services/content/checksumKind.ts';
import { MINUTE_MS, SECOND_MS } from '../../../../shared/units.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';

/** Far longer than one takes on a busy machine: nothing may hang. */
const LIMIT_MS = 3 * MINUTE_MS;
const PROGRAM = fileURLToPath(new URL('uploadProcess.ts', import.meta.url));

export interface SpawnedUploadOptions {
  file: string;
  /** The next process on the same folder goes on where this one ended. */
  journalFolder: string;
  checksumKind?: ChecksumKind;
  /** Milliseconds of a request without a byte. */
  idle?: number;
}

/** An upload in a process of its own; killed after some minutes. */
export class SpawnedUpload {
  /** What it said: with its state at the end, unless it was killed. */
  readonly output: Promise<string>;
  readonly #child: ChildProcess;

  constructor({ credentials, ...sandbox }: Sandbox, options: SpawnedUploadOptions) {
    const { checksumKind = 'FULL_OBJECT', idle = 5 * SECOND_MS } = options;
    const { file, journalFolder } = options;
    const argument = { preferences: sandbox.preferences(), credentials, journalFolder, file, checksumKind, idle };
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(argument)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const tooLong = setTimeout(() => this.kill(), LIMIT_MS);
    this.#child = child;
    this.output = Promise.all([text(child.stdout), once(child, 'close')]).then(([said]) => {
      clearTimeout(tooLong);
      return said;
    });
  }

  /** Without a word to it. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** As when a laptop is closed: it does not notice that time passes. */
  sleep(): void {
    this.#child.kill('SIGSTOP');
  }

  wake(): void {
    this.#child.kill('SIGCONT');
  }
}
