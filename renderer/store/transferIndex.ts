import { isOver, type BlockedFor, type Transfer } from '../../shared/ipc.ts';
import { OrderedLines, type Line } from './orderedRows.ts';

export const FILTERS = ['all', 'active', 'waiting', 'need-you', 'failed', 'done'] as const;
export type Filter = (typeof FILTERS)[number];
type Kind = Exclude<Filter, 'all'>;

const ENDS_WITHOUT_YOU: ReadonlySet<BlockedFor> = new Set(['offline', 'storage', 'file-growing']);

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

/** How much there is to say about a transfer: a question with answers, a reason, or figures only. */
export type Room = 'plain' | 'reason' | 'question';

export function roomOf({ state, blockedFor }: Pick<Transfer, 'state' | 'blockedFor'>): Room {
  if (state === 'blocked') return blockedFor === 'conflict' ? 'question' : 'reason';
  return state === 'failed' ? 'reason' : 'plain';
}

/** What came of some news. */
export interface IndexChange {
  /** Transfers whose lines look different now. */
  ids: string[];
  /** Lists with other lines, another order or other heights. */
  lists: ReadonlySet<Filter>;
  /** Transfers that were under way, and are over. */
  ended: Transfer[];
}

/**
 * All transfers, by id and in the order of each filter. News costs what it brings: nothing is sorted anew, and what only
 * got on moves no line.
 */
export class TransferIndex {
  readonly #lines = new Map<string, Line>();
  readonly #lists: Readonly<Record<Filter, OrderedLines>> = {
    all: new OrderedLines(),
    active: new OrderedLines(),
    waiting: new OrderedLines(),
    'need-you': new OrderedLines(),
    failed: new OrderedLines(),
    done: new OrderedLines(),
  };

  #conflicts = 0;
  /** How many lines of each kind take more room than the usual. */
  readonly #tall: Record<Kind, number> = { active: 0, waiting: 0, 'need-you': 0, failed: 0, done: 0 };

  /** How many ask what to do about a taken name. */
  get conflicts(): number {
    return this.#conflicts;
  }

  get(id: string): Transfer | undefined {
    return this.#lines.get(id)?.transfer;
  }

  ids(): Iterable<string> {
    return this.#lines.keys();
  }

  count(filter: Filter): number {
    return this.#lists[filter].length;
  }

  at(filter: Filter, index: number): Transfer | undefined {
    return this.#lists[filter].at(index)?.transfer;
  }

  /** Whether all lines of the filter have the usual height, so that nobody needs to look at each. */
  isEven(filter: Filter): boolean {
    if (filter !== 'all') return this.#tall[filter] === 0;
    return Object.values(this.#tall).every((count) => count === 0);
  }

  /** -1 for a transfer that the filter does not show. */
  indexOf(filter: Filter, id: string): number {
    const line = this.#lines.get(id);
    return line ? this.#lists[filter].indexOf(line) : -1;
  }

  apply(changed: Iterable<Transfer>, removed: Iterable<string>): IndexChange {
    const ids: string[] = [];
    const ended: Transfer[] = [];
    const lists = new Set<Filter>();
    for (const transfer of changed) {
      const before = this.#lines.get(transfer.id);
      if (before && !isOver(before.transfer) && isOver(transfer)) ended.push(transfer);
      ids.push(transfer.id);
      if (before) this.#weigh(before.transfer, -1);
      this.#weigh(transfer, 1);
      this.#put(before, transfer, lists);
    }
    for (const id of removed) {
      const line = this.#lines.get(id);
      if (!line) continue;
      this.#weigh(line.transfer, -1);
      this.#takeOut(line, lists);
      this.#lines.delete(id);
      ids.push(id);
    }
    return { ids, lists, ended };
  }

  #weigh(transfer: Transfer, by: 1 | -1): void {
    const room = roomOf(transfer);
    if (room === 'question') this.#conflicts += by;
    if (room !== 'plain') this.#tall[kindOf(transfer)] += by;
  }

  #put(line: Line | undefined, transfer: Transfer, lists: Set<Filter>): void {
    if (!line) {
      const added: Line = { id: transfer.id, order: transfer.order, transfer };
      this.#lines.set(transfer.id, added);
      this.#putIn(added, lists);
    } else if (line.order !== transfer.order) {
      this.#takeOut(line, lists);
      line.order = transfer.order;
      line.transfer = transfer;
      this.#putIn(line, lists);
    } else {
      const [was, is] = [kindOf(line.transfer), kindOf(transfer)];
      const resized = roomOf(line.transfer) !== roomOf(transfer);
      line.transfer = transfer;
      if (resized) lists.add('all').add(is);
      if (was === is) return;
      this.#lists[was].remove(line);
      this.#lists[is].insert(line);
      lists.add(was).add(is);
    }
  }

  #putIn(line: Line, lists: Set<Filter>): void {
    const kind = kindOf(line.transfer);
    this.#lists.all.insert(line);
    this.#lists[kind].insert(line);
    lists.add('all').add(kind);
  }

  #takeOut(line: Line, lists: Set<Filter>): void {
    const kind = kindOf(line.transfer);
    this.#lists.all.remove(line);
    this.#lists[kind].remove(line);
    lists.add('all').add(kind);
  }
}
