import { NearplayError } from '../../../shared/errors.ts';

/** Consecutive pages without entries: S3 may return some (a listing that skips much); more of them indicate a loop. */
const MAX_EMPTY_PAGES = 100;

/** Error for a listing that returns the same page repeatedly. */
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
 * @throws NearplayError storage-failed where another page follows without a marker: its entries would be missing silently
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
  /** Identity of the page's last entry; `undefined` for a page without entries. */
  last: (page: Page) => string | undefined;
}

/**
 * Iterates over the pages of a listing. Ends with an error where a storage never ends it: a marker or page that repeats
 * is a cycle (found with one remembered page that moves on at each power of two, Brent's algorithm, in constant
 * memory).
 *
 * @throws NearplayError storage-failed (SamePage); and what `ask` throws
 */
export async function* listingPages<Page, Marker>({
  ask,
  next,
  last,
}: Pages<Page, Marker>): AsyncGenerator<Page, void> {
  let marker: Marker | undefined;
  const markers = new CycleDetector();
  const entries = new CycleDetector();
  let empty = 0;
  do {
    const page = await ask(marker);
    const entry = last(page);
    empty = entry === undefined ? empty + 1 : 0;
    if (empty > MAX_EMPTY_PAGES || (entry !== undefined && entries.isRepeated(entry))) throw new SamePage();
    yield page;
    marker = next(page);
    if (marker !== undefined && markers.isRepeated(JSON.stringify(marker))) throw new SamePage();
  } while (marker !== undefined);
}

/** Detects a repeated value in a series (Brent's algorithm). */
class CycleDetector {
  #kept: string | undefined;
  #until = 1;
  #steps = 0;

  isRepeated(value: string): boolean {
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

/** @throws NearplayError not-a-storage for a well-formed answer of another kind, which would look like an empty listing */
export function assertListing(answer: Parameters<typeof isListing>[0]): void {
  if (!isListing(answer)) throw new NearplayError('not-a-storage');
}

/** Whether an answer has an element of a listing of objects: a well-formed document of another kind has none. */
function isListing(answer: {
  Name?: string | undefined;
  IsTruncated?: boolean | undefined;
  KeyCount?: number | undefined;
}): boolean {
  return answer.Name !== undefined || answer.IsTruncated !== undefined || answer.KeyCount !== undefined;
}
