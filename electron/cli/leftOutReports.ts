import type { LeftOut } from '../../shared/leftOut.ts';
import { leftOutCode, leftOutSentence } from '../services/files/leftOut.ts';
import { type CommandContext, report, reportError } from './surroundings.ts';

/** Lines on stderr; further files are only counted. */
const MAX_LINES = 100;

/** Reports chosen files that are not sent on stderr: one line each up to a hundred, then the number of further ones. */
export class LeftOutReports {
  readonly #context: CommandContext;
  #count = 0;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  get count(): number {
    return this.#count;
  }

  /** A vanished file is not reported: it is not part of the choice any more. */
  add(one: LeftOut): void {
    if (one.why === 'vanished') return;
    this.#count += 1;
    if (this.#count <= MAX_LINES)
      reportError(this.#context, leftOutCode(one), `Left out. ${leftOutSentence(one)}`, one.path);
  }

  /** To be called at the end. */
  reportRest(): void {
    const more = this.#count - MAX_LINES;
    if (more > 0) report(this.#context, { leftOut: this.#count }, `${more} more were left out.`);
  }
}
