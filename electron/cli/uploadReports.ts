import type { ErrorReport } from '../../shared/errors.ts';
import type { Transfer } from '../../shared/transfers.ts';
import { type CommandContext, reportError } from './surroundings.ts';

type ReportedTransfer = Pick<
  Transfer,
  'id' | 'key' | 'size' | 'state' | 'blockedFor' | 'contentUnknown' | 'skippedFor' | 'error'
> & {
  /** Of uploads of this process. */
  changedWhileSent?: true;
};

const CHOOSE = 'Choose with --on-conflict skip, replace or keep-both.';
const NAME_TAKEN = { code: 'conflict', message: `Another file with this name is there. ${CHOOSE}` } as const;
const NAME_TAKEN_BY_UNKNOWN = {
  code: 'conflict',
  message: `A file with this name is there; it is not known whether it is the same, since the storage keeps no checksum to compare with. ${CHOOSE}`,
} as const;
const CANCELLED = { code: 'cancelled', message: 'Cancelled.' } as const;

/** Reports each finished upload once, on one line. */
export class UploadReports {
  readonly #context: CommandContext;
  /** Whether conflicts are asked about at the terminal. */
  readonly #asks: boolean;
  readonly #reported = new Set<string>();

  constructor(context: CommandContext, asks: boolean) {
    this.#context = context;
    this.#asks = asks && context.surroundings.ask !== undefined;
  }

  /** Reports those that have ended. */
  report(transfers: readonly ReportedTransfer[]): void {
    for (const transfer of transfers) {
      const isTaken = transfer.blockedFor === 'conflict' && !this.#asks;
      if (isTaken || ['done', 'failed', 'cancelled', 'skipped'].includes(transfer.state)) this.#reportOne(transfer);
    }
  }

  /** To be called at the end: includes uploads whose question had no answer. */
  reportAll(transfers: readonly ReportedTransfer[]): void {
    this.report(transfers);
    for (const transfer of transfers) if (transfer.blockedFor === 'conflict') this.#reportOne(transfer);
  }

  #reportOne(transfer: ReportedTransfer): void {
    const { id, key, size, state, blockedFor, contentUnknown, skippedFor, error, changedWhileSent } = transfer;
    if (this.#reported.has(id)) return;
    this.#reported.add(id);
    if (state === 'done' || state === 'skipped') {
      const words = { identical: ', the same is there', 'asked-for': ', left as it is' };
      const changed = changedWhileSent ? ', changed while it was sent: as it was at the end' : '';
      const word = skippedFor ? words[skippedFor] : changed;
      this.#context.print(
        { key, size, state, ...(skippedFor && { skippedFor }), ...(changedWhileSent && { changedWhileSent }) },
        `${key} (${size} bytes${word})`,
      );
      return;
    }
    const taken = contentUnknown ? NAME_TAKEN_BY_UNKNOWN : NAME_TAKEN;
    const { code, message, detail }: Pick<ErrorReport, 'code' | 'message' | 'detail'> =
      blockedFor === 'conflict' ? taken : (error ?? CANCELLED);
    reportError(this.#context, code, message, key, detail);
  }
}
