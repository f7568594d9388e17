import type { Transfer, TransferTotals } from '../../shared/ipc.ts';

/** What is worth interrupting somebody for. */
export type TransferNews =
  | { kind: 'arrived' | 'lost'; direction: Transfer['direction']; count: number; name: string; message: string }
  | { kind: 'needs-you'; count: number; name: string };

type Direction = Transfer['direction'];
type Ended = { count: number; name: string; message: string };
const none = (): Record<Direction, Ended> => ({
  upload: { count: 0, name: '', message: '' },
  download: { count: 0, name: '', message: '' },
});

/**
 * Turns endings into few words: what arrived is told once nothing runs or waits any more, the first failure at once and
 * the others together at the end, and a question as soon as there is one.
 */
export class Endings {
  #arrived = none();
  #lost = none();
  #needYou = 0;

  /** @param needYou how many wait for the user now, and the name of one of them. */
  take(
    ended: readonly Transfer[],
    { files }: Pick<TransferTotals, 'files'>,
    needYou: { count: number; name: string },
  ): TransferNews[] {
    const news: TransferNews[] = [];
    for (const transfer of ended) {
      if (transfer.state === 'done') add(this.#arrived[transfer.direction], transfer);
      if (transfer.state !== 'failed') continue;
      const lost = this.#lost[transfer.direction];
      add(lost, transfer);
      if (lost.count === 1) news.push({ kind: 'lost', direction: transfer.direction, ...lost });
    }
    if (needYou.count > 0 && this.#needYou === 0) news.push({ kind: 'needs-you', ...needYou });
    this.#needYou = needYou.count;
    if (files.running + files.waiting > 0) return news;
    for (const direction of ['upload', 'download'] as const) {
      const [arrived, lost] = [this.#arrived[direction], this.#lost[direction]];
      if (arrived.count > 0) news.push({ kind: 'arrived', direction, ...arrived });
      if (lost.count > 1) news.push({ kind: 'lost', direction, ...lost });
    }
    this.#arrived = none();
    this.#lost = none();
    return news;
  }
}

function add(sum: Ended, { name, error }: Transfer): void {
  sum.count += 1;
  sum.name = name;
  sum.message = error?.message ?? '';
}
