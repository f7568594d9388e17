/** A name longer than this is cut before another crumb folds for it, CSS pixels. */
const READABLE_CRUMB_PX = 160;

export interface CrumbWidths {
  /** What each crumb takes with its whole name and what stands before it; the root first. CSS pixels. */
  crumbs: readonly number[];
  /** What the "…" takes with what stands before it, CSS pixels. */
  fold: number;
  /** What there is for all of them, CSS pixels. */
  available: number;
}

/**
 * How many crumbs after the root fold into the "…", so that the others can be read: none where all fit, and never the root
 * nor one of the last two. The ones nearest to the root fold first: the last ones name the folder on screen.
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
