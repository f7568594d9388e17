import { NearplayError } from '../../../../shared/errors.ts';
import { insertionIndex } from './insertionIndex.ts';
import type { Queued } from './waitingQueue.ts';

export interface Page<Member> {
  members: Member[];
  /** Cursor of the next page; absent after the last. */
  next?: string;
}

/**
 * All jobs by id and in order. Sized for 100,000: append and lookup are O(1), a page costs its own length; after moves
 * and removals the list is sorted once, at the next read.
 */
export class SortedJobs<Member extends Queued> {
  readonly #byId = new Map<string, Member>();
  #ordered: Member[] = [];
  #isInOrder = true;

  get(id: string): Member | undefined {
    return this.#byId.get(id);
  }

  add(member: Member): void {
    const last = this.#ordered.at(-1);
    if (last && compare(last, member) > 0) this.#isInOrder = false;
    this.#byId.set(member.id, member);
    this.#ordered.push(member);
  }

  remove(ids: Iterable<string>): void {
    for (const id of ids) if (this.#byId.delete(id)) this.#isInOrder = false;
  }

  /** Has to be called after the order of a member has changed. */
  orderChanged(): void {
    this.#isInOrder = false;
  }

  /** All members in order, as a copy. */
  all(): Member[] {
    return [...this.#inOrder()];
  }

  /**
   * @param after `next` of the previous page; stays valid when that page's members are gone.
   * @throws NearplayError bad-request for a value that was never a `next`
   */
  page(after: string | undefined, count: number, isShown: (member: Member) => boolean): Page<Member> {
    const ordered = this.#inOrder();
    const members: Member[] = [];
    for (let place = after === undefined ? 0 : indexAfter(ordered, positionOfCursor(after)); ; place++) {
      const member = ordered[place];
      if (!member) return { members };
      if (!isShown(member)) continue;
      const last = members.at(-1);
      if (last && members.length >= count) return { members, next: cursorOf(last) };
      members.push(member);
    }
  }

  #inOrder(): readonly Member[] {
    if (!this.#isInOrder) {
      // Nearly sorted already, which makes sorting cheap.
      this.#ordered = this.#ordered.filter(({ id }) => this.#byId.has(id)).sort(compare);
      this.#isInOrder = true;
    }
    return this.#ordered;
  }
}

/** A position in the order; a member need not exist there. */
type Position = Pick<Queued, 'order' | 'id'>;

function compare(a: Position, b: Position): number {
  return a.order - b.order || (a.id < b.id ? -1 : Number(a.id > b.id));
}

function cursorOf({ order, id }: Position): string {
  return `${order} ${id}`;
}

function positionOfCursor(cursor: string): Position {
  const [, order, id] = /^(-?[\d.e+-]+) (.+)$/.exec(cursor) ?? [];
  if (id === undefined || !Number.isFinite(Number(order))) throw new NearplayError('bad-request');
  return { order: Number(order), id };
}

/** The first index after a position. */
function indexAfter(ordered: readonly Position[], place: Position): number {
  return insertionIndex(ordered, (member) => compare(member, place) <= 0);
}
