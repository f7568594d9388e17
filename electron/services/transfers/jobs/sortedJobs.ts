import { NearplayError } from '../../../../shared/errors.ts';
import { insertionIndex } from './insertionIndex.ts';
import { compareQueued, type Queued } from './waitingQueue.ts';

export interface Page<Member> {
  members: Member[];
  /** Cursor of the next page; absent after the last. */
  next?: string;
}

/** Removed members that stay in the list whatever their part of it is. */
const KEPT_MEMBERS = 1000;

/**
 * All jobs by id and in order. Sized for 100,000: append and lookup are O(1), a page costs its own length; after moves
 * the list is sorted once, at the next read.
 */
export class SortedJobs<Member extends Queued> {
  readonly #byId = new Map<string, Member>();
  #ordered: Member[] = [];
  #isInOrder = true;
  /** Members of the list that were removed: skipped, and taken out of it together. */
  #removed = 0;

  get(id: string): Member | undefined {
    return this.#byId.get(id);
  }

  add(member: Member): void {
    const last = this.#ordered.at(-1);
    if (last && compareQueued(last, member) > 0) this.#isInOrder = false;
    this.#byId.set(member.id, member);
    this.#ordered.push(member);
  }

  remove(ids: Iterable<string>): void {
    for (const id of ids) if (this.#byId.delete(id)) this.#removed += 1;
    if (this.#removed > Math.max(KEPT_MEMBERS, this.#byId.size)) this.#takeOutRemoved();
  }

  /** Has to be called after the order of a member has changed. */
  orderChanged(): void {
    this.#isInOrder = false;
  }

  /** All members in order, as a copy. */
  all(): Member[] {
    const ordered = this.#inOrder();
    return this.#removed > 0 ? ordered.filter(({ id }) => this.#byId.has(id)) : [...ordered];
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
      if (!this.#byId.has(member.id) || !isShown(member)) continue;
      const last = members.at(-1);
      if (last && members.length >= count) return { members, next: cursorOf(last) };
      members.push(member);
    }
  }

  #inOrder(): readonly Member[] {
    if (!this.#isInOrder) {
      this.#takeOutRemoved();
      // Nearly sorted already, which makes sorting cheap.
      this.#ordered.sort(compareQueued);
      this.#isInOrder = true;
    }
    return this.#ordered;
  }

  #takeOutRemoved(): void {
    this.#ordered = this.#ordered.filter(({ id }) => this.#byId.has(id));
    this.#removed = 0;
  }
}

/** A position in the order; a member need not exist there. */
type Position = Pick<Queued, 'order' | 'id'>;

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
  return insertionIndex(ordered, (member) => compareQueued(member, place) <= 0);
}
