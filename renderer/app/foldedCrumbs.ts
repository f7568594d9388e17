/** A name longer than this is cut before another crumb folds for it, CSS pixels. */
const READABLE_CRUMB_PX = 160;

export interface CrumbWidths {
  /** Width of each crumb with its whole name and its separator; the root first. CSS pixels. */
  crumbs: readonly number[];
  /** Width of the "…" with its separator, CSS pixels. */
  fold: number;
  /** Width for all of them, CSS pixels. */
  available: number;
}

/**
 * Number of crumbs after the root that fold into the "…", so that the others can be read: none where all fit, and never
 * the root nor one of the last two. The ones nearest to the root fold first: the last ones name the folder on screen.
 */
export function foldedCrumbs({ crumbs, fold, available }: CrumbWidths): number {
  const wanted = crumbs.map((width) => Math.min(width, READABLE_CRUMB_PX));
  const most = Math.max(0, crumbs.length - 3);
  for (let folded = 0; folded < most; folded += 1) {
    const shown = [...wanted.slice(0, 1), ...(folded > 0 ? [fold] : []), ...wanted.slice(1 + folded)];
    if (shown.reduce((sum, width) => sum + width, 0) <= available) return folded;
  }
  return most;
}
