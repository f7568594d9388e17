import { type BlockedFor, isOver, type Transfer } from '../../shared/transfers.ts';
import { OrderedRows, type Row } from './orderedRows.ts';

export const FILTERS = ['all', 'active', 'waiting', 'need-you', 'failed', 'done'] as const;
export type Filter = (typeof FILTERS)[number];
type Kind = Exclude<Filter, 'all'>;

const ENDS_WITHOUT_YOU: ReadonlySet<BlockedFor> = new Set(['offline', 'storage', 'file-settling']);

/** Which of the filters, apart from `all`, shows a transfer. */
export function kindOf({ state, blockedFor }: Pick<Transfer, 'state' | 'blockedFor'>): Kind {
  switch (state) {
    case 'running':
      return 'active';
    case 'blocked':
      return blockedFor !== undefined && ENDS_WITHOUT_YOU.has(blockedFor) ? 'waiting' : 'need-you';
    case 'waiting':
    case 'paused':
      return 'waiting';
    case 'failed':
      return 'failed';
    case 'done':
    case 'skipped':
    case 'cancelled':
      return 'done';
  }
}

/** Size of a row: a question with answers, a reason, or figures only. */
export type RowSize = 'plain' | 'reason' | 'question';

export function rowSizeOf({ state, blockedFor }: Pick<Transfer, 'state' | 'blockedFor'>): RowSize {
  if (state === 'blocked') return blockedFor === 'conflict' ? 'question' : 'reason';
  return state === 'failed' ? 'reason' : 'plain';
}

/** The effect of some changes. */
export interface IndexChange {
  /** Transfers whose rows look different now. */
  ids: string[];
  /** Lists with other rows, another order or other heights. */
  lists: ReadonlySet<Filter>;
  /** Transfers that were under way, and are over. */
  ended: Transfer[];
}

/**
 * All transfers, by id and in the order of each filter. Changes cost what they bring: nothing is sorted anew, and
 * progress alone moves no row.
 */
export class TransferIndex {
  readonly #rows = new Map<string, Row>();
  readonly #lists: Readonly<Record<Filter, OrderedRows>> = {
    all: new OrderedRows(),
    active: new OrderedRows(),
    waiting: new OrderedRows(),
    'need-you': new OrderedRows(),
    failed: new OrderedRows(),
    done: new OrderedRows(),
  };

  #conflicts = 0;
  /** Number of rows of each kind that are taller than usual. */
  readonly #tall: Record<Kind, number> = { active: 0, waiting: 0, 'need-you': 0, failed: 0, done: 0 };

  /** Number of transfers that wait for an answer about a taken name. */
  get conflicts(): number {
    return this.#conflicts;
  }

  get(id: string): Transfer | undefined {
    return this.#rows.get(id)?.transfer;
  }

  ids(): Iterable<string> {
    return this.#rows.keys();
  }

  count(filter: Filter): number {
    return this.#lists[filter].length;
  }

  at(filter: Filter, index: number): Transfer | undefined {
    return this.#lists[filter].at(index)?.transfer;
  }

  /** True where all rows of the filter have the usual height, so that none has to be looked at on its own. */
  isEven(filter: Filter): boolean {
    if (filter !== 'all') return this.#tall[filter] === 0;
    return Object.values(this.#tall).every((count) => count === 0);
  }

  /** -1 for a transfer that the filter does not show. */
  indexOf(filter: Filter, id: string): number {
    const row = this.#rows.get(id);
    return row ? this.#lists[filter].indexOf(row) : -1;
  }

  apply(changed: Iterable<Transfer>, removed: Iterable<string>): IndexChange {
    const ids: string[] = [];
    const ended: Transfer[] = [];
    const lists = new Set<Filter>();
    for (const transfer of changed) {
      const before = this.#rows.get(transfer.id);
      if (before && !isOver(before.transfer) && isOver(transfer)) ended.push(transfer);
      ids.push(transfer.id);
      if (before) this.#weigh(before.transfer, -1);
      this.#weigh(transfer, 1);
      this.#put(before, transfer, lists);
    }
    for (const id of removed) {
      const row = this.#rows.get(id);
      if (!row) continue;
      this.#weigh(row.transfer, -1);
      this.#takeOut(row, lists);
      this.#rows.delete(id);
      ids.push(id);
    }
    return { ids, lists, ended };
  }

  #weigh(transfer: Transfer, by: 1 | -1): void {
    const room = rowSizeOf(transfer);
    if (room === 'question') this.#conflicts += by;
    if (room !== 'plain') this.#tall[kindOf(transfer)] += by;
  }

  #put(row: Row | undefined, transfer: Transfer, lists: Set<Filter>): void {
    if (!row) {
      const added: Row = { id: transfer.id, order: transfer.order, transfer };
      this.#rows.set(transfer.id, added);
      this.#putIn(added, lists);
    } else if (row.order !== transfer.order) {
      this.#takeOut(row, lists);
      row.order = transfer.order;
      row.transfer = transfer;
      this.#putIn(row, lists);
    } else {
      const [was, is] = [kindOf(row.transfer), kindOf(transfer)];
      const resized = rowSizeOf(row.transfer) !== rowSizeOf(transfer);
      row.transfer = transfer;
      if (resized) lists.add('all').add(is);
      if (was === is) return;
      this.#lists[was].remove(row);
      this.#lists[is].insert(row);
      lists.add(was).add(is);
    }
  }

  #putIn(row: Row, lists: Set<Filter>): void {
    const kind = kindOf(row.transfer);
    this.#lists.all.insert(row);
    this.#lists[kind].insert(row);
    lists.add('all').add(kind);
  }

  #takeOut(row: Row, lists: Set<Filter>): void {
    const kind = kindOf(row.transfer);
    this.#lists.all.remove(row);
    this.#lists[kind].remove(row);
    lists.add('all').add(kind);
  }
}
