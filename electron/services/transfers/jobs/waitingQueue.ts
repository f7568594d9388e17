import { insertionIndex } from './insertionIndex.ts';

/** A member of the queue; a smaller `order` goes first. */
export interface Queued {
  readonly id: string;
  readonly order: number;
}

/** Waiting jobs sorted by `order`. Append and pop-front are O(1); sized for 100,000 jobs. */
export class WaitingQueue<Member extends Queued> {
  #members: Member[] = [];
  #front = 0;
  readonly #ids = new Set<string>();

  get length(): number {
    return this.#members.length - this.#front;
  }

  first(): Member | undefined {
    return this.#members[this.#front];
  }

  takeFirst(): Member | undefined {
    const first = this.#members[this.#front];
    if (!first) return undefined;
    this.#front += 1;
    this.#ids.delete(first.id);
    if (this.#front > 1000 && this.#front * 2 > this.#members.length) {
      this.#members = this.#members.slice(this.#front);
      this.#front = 0;
    }
    return first;
  }

  /** Has no effect for a member that is waiting already. */
  add(member: Member): void {
    if (this.#ids.has(member.id)) return;
    this.#ids.add(member.id);
    const last = this.#members.at(-1);
    if (!last || this.length === 0 || last.order <= member.order) this.#members.push(member);
    else this.#members.splice(this.#indexAfter(member.order), 0, member);
  }

  /** In one step for any number of members. */
  addAll(members: readonly Member[]): void {
    const joining = members.filter(({ id }) => !this.#ids.has(id));
    if (joining.length === 0) return;
    for (const { id } of joining) this.#ids.add(id);
    // Nearly in order as they are, which is what makes sorting cheap.
    this.#members = [...this.members(), ...joining].sort((a, b) => a.order - b.order);
    this.#front = 0;
  }

  /** In one step for any number of members. */
  remove(ids: ReadonlySet<string>): void {
    if (ids.size === 0) return;
    for (const id of ids) this.#ids.delete(id);
    this.#members = this.#members.slice(this.#front).filter(({ id }) => !ids.has(id));
    this.#front = 0;
  }

  members(): readonly Member[] {
    return this.#members.slice(this.#front);
  }

  /** The first place whose order is larger. */
  #indexAfter(order: number): number {
    return insertionIndex(this.#members, (member) => member.order <= order, this.#front);
  }
}
