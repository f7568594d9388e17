import type { CachedFrame } from '../frameCache.ts';
import type { LoadedFrame } from '../frameLoader.ts';
import type { Line } from './alignment.ts';

/** What a side shows at a place. */
export type SidePicture =
  | LoadedFrame
  /** Of a film. Without an image it could not be decoded; `number` is the one that its own time says. */
  | { is: 'film'; image: ImageBitmap | undefined; number: number | undefined };

/** Pictures of one item, decoded around a position. */
export interface SideSource extends Line {
  want(index: number, direction: 1 | -1, isPlaying: boolean): void;
  /** Undefined while it is not there. */
  get(index: number): SidePicture | undefined;
  /** The last picture that is there without a gap from a position on. */
  readyUntil(index: number): number;
  readonly isFull: boolean;
}

/** What both sides show at one place: never one side without the other. */
export interface PairFrame extends CachedFrame {
  lead: { source: SideSource; index: number; picture: SidePicture };
  /** Without an index the other item has no picture at this place; without a picture it cannot be had. */
  other: { source: SideSource | null; index: number | undefined; picture: SidePicture | undefined };
}

export interface PairCacheOptions {
  lead: SideSource;
  /** Undefined while it is being opened; null where it cannot be had. */
  other: () => SideSource | null | undefined;
  /** The place of the other item for one of the leading one. */
  place: (index: number, other: SideSource) => number | undefined;
  isPlaying: () => boolean;
}

/** Pictures of two items as one: a place is there when both have theirs, or it is known that the other has none. */
export class PairCache {
  readonly #options: PairCacheOptions;
  #position: { index: number; direction: 1 | -1 } = { index: 0, direction: 1 };

  constructor(options: PairCacheOptions) {
    this.#options = options;
  }

  want(index: number, direction: 1 | -1): void {
    this.#position = { index, direction };
    const isPlaying = this.#options.isPlaying();
    this.#options.lead.want(index, direction, isPlaying);
    const other = this.#options.other();
    if (!other) return;
    const place = this.#options.place(index, other);
    if (place !== undefined) other.want(place, direction, isPlaying);
  }

  /** The other item came, or lies elsewhere now. */
  renew(): void {
    this.want(this.#position.index, this.#position.direction);
  }

  get(index: number): PairFrame | undefined {
    const other = this.#options.other();
    const { lead } = this.#options;
    const picture = lead.get(index);
    if (!picture || other === undefined) return undefined;
    const place = other === null ? undefined : this.#options.place(index, other);
    const beside = place === undefined ? undefined : other?.get(place);
    if (place !== undefined && beside === undefined) return undefined;
    return {
      lead: { source: lead, index, picture },
      other: { source: other, index: place, picture: beside },
      // Memory is that of the sources.
      bytes: 0,
      close: () => undefined,
    };
  }

  get isFull(): boolean {
    return this.#options.lead.isFull && (this.#options.other()?.isFull ?? true);
  }

  readyUntil(index: number): number {
    const last = this.#options.lead.readyUntil(index);
    let until = index;
    while (until < last && this.get(until + 1)) until += 1;
    return until;
  }
}
