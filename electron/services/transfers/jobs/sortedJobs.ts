import { NearplayError } from '../../../../shared/errors.ts';
import { insertionIndex } from './insertionIndex.ts';
import type { Queued } from './waitingQueue.ts';

export interface Page<Member> {
  members: Member[];
  /** Where the next page begins; absent after the last. */
  next?: string;
}

/**
 * All that is in the queue, by id and in its order. Made for 100,000: adding at the end and finding cost next to nothing, a page
 * costs what is on it; what was moved or removed is put in order once, when the order is asked for.
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

  /** To be told when the order of a member has changed. */
  orderChanged(): void {
    this.#isInOrder = false;
  }

  /** In order; a list of its own, whatever is added and removed meanwhile. */
  all(): Member[] {
    return [...this.#inOrder()];
  }

  /**
   * @param after `next` of the page before; it stays good when that page's members are gone by now.
   * @throws NearplayError bad-request for what never was a `next`
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
      // Nearly in order as it is, which is what makes sorting cheap.
      this.#ordered = this.#ordered.filter(({ id }) => this.#byId.has(id)).sort(compare);
      this.#isInOrder = true;
    }
    return this.#ordered;
  }
}

/** A place in the order, whether or not something is there. */
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

/** The first index behind it. */
function indexAfter(ordered: readonly Position[], place: Position): number {
  return insertionIndex(ordered, (there) => compare(there, place) <= 0);
}
