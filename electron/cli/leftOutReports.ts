import type { LeftOut } from '../../shared/leftOut.ts';
import { leftOutCode, leftOutSentence } from '../services/files/leftOut.ts';
import { type CommandContext, report, reportError } from './surroundings.ts';

/** Lines on stderr; beyond that only the count is told. */
const MAX_LINES = 100;

/** Tells on stderr what was chosen and is not sent: a line each up to a hundred, then how many more there are. */
export class LeftOutReports {
  readonly #context: CommandContext;
  #count = 0;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  get count(): number {
    return this.#count;
  }

  /** One that vanished was not chosen to be sent any more. */
  add(one: LeftOut): void {
    if (one.why === 'vanished') return;
    this.#count += 1;
    if (this.#count <= MAX_LINES)
      reportError(this.#context, leftOutCode(one), `Left out. ${leftOutSentence(one)}`, one.path);
  }

  /** At the end. */
  reportRest(): void {
    const more = this.#count - MAX_LINES;
    if (more > 0) report(this.#context, { leftOut: this.#count }, `${more} more were left out.`);
  }
}
