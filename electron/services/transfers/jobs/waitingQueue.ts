import { BinaryHeap } from './binaryHeap.ts';

/** A member of the queue; a smaller `order` goes first. */
export interface Queued {
  readonly id: string;
  readonly order: number;
}

/** The order of a queue; ids decide where `order` is equal. */
export function compareQueued(a: Queued, b: Queued): number {
  return a.order - b.order || (a.id < b.id ? -1 : Number(a.id > b.id));
}

/** A place of a member. Its order is a copy: a heap does not see when the member's own changes. */
interface Place<Member> extends Queued {
  readonly member: Member;
  /** Given up; it stays in the heap until it comes first or too many such places are there. */
  isGivenUp: boolean;
}

/** Places given up that are kept whatever their part in the heap is. */
const KEPT_PLACES = 1000;

/** Waiting jobs in order. A member joins, leaves and moves in O(log n), so that 100,000 can do so in time slices. */
export class WaitingQueue<Member extends Queued> {
  readonly #heap = new BinaryHeap<Place<Member>>(compareQueued);
  readonly #places = new Map<string, Place<Member>>();

  get length(): number {
    return this.#places.size;
  }

  has({ id }: Member): boolean {
    return this.#places.has(id);
  }

  first(): Member | undefined {
    while (this.#heap.first()?.isGivenUp === true) this.#heap.takeFirst();
    return this.#heap.first()?.member;
  }

  takeFirst(): Member | undefined {
    const first = this.first();
    if (!first) return undefined;
    this.#heap.takeFirst();
    this.#places.delete(first.id);
    return first;
  }

  /** Has no effect for a member that is waiting already. */
  add(member: Member): void {
    const { id, order } = member;
    if (this.#places.has(id)) return;
    const place = { id, order, member, isGivenUp: false };
    this.#places.set(id, place);
    this.#heap.push(place);
  }

  /** Has no effect for a member that is not waiting. */
  remove({ id }: Member): void {
    const place = this.#places.get(id);
    if (!place) return;
    place.isGivenUp = true;
    this.#places.delete(id);
    const givenUp = this.#heap.size - this.#places.size;
    if (givenUp > Math.max(KEPT_PLACES, this.#places.size)) this.#heap.keep(({ isGivenUp }) => !isGivenUp);
  }

  /** Has to be called after the order of a member has changed. */
  orderChanged(member: Member): void {
    if (!this.has(member)) return;
    this.remove(member);
    this.add(member);
  }
}
