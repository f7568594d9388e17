/** What can stand in line; smaller `order` goes first. */
export interface InLine {
  readonly id: string;
  readonly order: number;
}

/** Those that wait, by order. Made for 100,000 of them: joining at the end and leaving at the front cost next to nothing. */
export class WaitingLine<Member extends InLine> {
  #members: Member[] = [];
  #front = 0;

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
    if (this.#front > 1000 && this.#front * 2 > this.#members.length) {
      this.#members = this.#members.slice(this.#front);
      this.#front = 0;
    }
    return first;
  }

  join(member: Member): void {
    const last = this.#members.at(-1);
    if (!last || this.length === 0 || last.order <= member.order) this.#members.push(member);
    else this.#members.splice(this.#placeOf(member.order), 0, member);
  }

  /** In one go, whatever their number. */
  remove(ids: ReadonlySet<string>): void {
    this.#members = this.#members.slice(this.#front).filter(({ id }) => !ids.has(id));
    this.#front = 0;
  }

  members(): readonly Member[] {
    return this.#members.slice(this.#front);
  }

  /** The first place whose order is larger. */
  #placeOf(order: number): number {
    let [low, high] = [this.#front, this.#members.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#members[middle]?.order ?? Infinity) <= order) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
