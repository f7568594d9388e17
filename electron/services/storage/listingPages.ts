import { NearplayError } from '../../../shared/errors.ts';

/** Pages without anything new, one after the other: S3 may answer some (a listing that skips much); more than these go round. */
const EMPTY_PAGES = 100;

/** A listing that gives the same page again and again. */
export class SamePage extends NearplayError {
  constructor() {
    super('storage-failed', 'The storage gives the same page of a listing again and again. Ask IT.');
  }
}

/** A listing that says that another page follows, and not where. */
class NoNextPage extends NearplayError {
  constructor() {
    super('storage-failed', 'The storage gives a listing only in part: it goes on, and does not say where. Ask IT.');
  }
}

/** Whether a listing gave nothing that could be gone on with, though the storage answers. */
export function isWithoutEnd(error: unknown): boolean {
  return error instanceof SamePage || error instanceof NoNextPage;
}

/**
 * Where the page after this one begins; `undefined` when this is the last one.
 *
 * @throws NearplayError storage-failed where another one follows and nobody says where: what is missing would pass for not there
 */
export function nextMarker(isTruncated: boolean | undefined, marker: string | undefined): string | undefined {
  if (isTruncated === false) return undefined;
  if (marker !== undefined && marker !== '') return marker;
  if (isTruncated !== true) return undefined;
  throw new NoNextPage();
}

export interface Pages<Page, Marker> {
  /** @param marker `undefined`: from the beginning. */
  ask: (marker: Marker | undefined) => Promise<Page>;
  /** Where the next page begins; `undefined` when this is the last one. */
  next: (page: Page) => Marker | undefined;
  /** What tells this page's last entry from all others; `undefined` for a page without entries. */
  last: (page: Page) => string | undefined;
}

/**
 * Goes through the pages of a listing, to its end. Ends also where a storage never says that there is one: a marker, or a page,
 * that was there before means that it goes round (found by one remembered page, which moves on at each power of two: Brent's way
 * of finding cycles; it needs no memory that grows).
 *
 * @throws NearplayError storage-failed (SamePage); and what `ask` throws
 */
export async function* listingPages<Page, Marker>({
  ask,
  next,
  last,
}: Pages<Page, Marker>): AsyncGenerator<Page, void> {
  let marker: Marker | undefined;
  const markers = new Rounds();
  const entries = new Rounds();
  let empty = 0;
  do {
    const page = await ask(marker);
    const entry = last(page);
    empty = entry === undefined ? empty + 1 : 0;
    if (empty > EMPTY_PAGES || (entry !== undefined && entries.isBack(entry))) throw new SamePage();
    yield page;
    marker = next(page);
    if (marker !== undefined && markers.isBack(JSON.stringify(marker))) throw new SamePage();
  } while (marker !== undefined);
}

/** Tells when a row of values goes round. */
class Rounds {
  #kept: string | undefined;
  #until = 1;
  #steps = 0;

  isBack(value: string): boolean {
    if (value === this.#kept) return true;
    this.#steps += 1;
    if (this.#steps === this.#until) {
      this.#kept = value;
      this.#until *= 2;
      this.#steps = 0;
    }
    return false;
  }
}

/** @throws NearplayError not-a-storage for a well-formed answer of something else, which would pass for an empty listing */
export function assertListing(answer: Parameters<typeof isListing>[0]): void {
  if (!isListing(answer)) throw new NearplayError('not-a-storage');
}

/** Whether an answer is one to a listing of objects: something else may be well-formed and have none of its elements. */
function isListing(answer: {
  Name?: string | undefined;
  IsTruncated?: boolean | undefined;
  KeyCount?: number | undefined;
}): boolean {
  return answer.Name !== undefined || answer.IsTruncated !== undefined || answer.KeyCount !== undefined;
}
