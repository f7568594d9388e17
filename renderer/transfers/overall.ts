import type { Transfer, TransferTotals } from '../../shared/transfers.ts';

/** Course of all transfers together. `stuck`: all that is left waits for something. */
type Course = 'none' | 'moving' | 'paused' | 'stuck' | 'over';

export interface Overall {
  course: Course;
  /** Files under way or done; of them, those that are done. The same files that the bytes are of. */
  files: number;
  done: number;
  /** Not over yet. */
  open: number;
  /** Taken off the list by clearing it. */
  over: number;
  /** 0 to 1, by bytes. */
  share: number;
}

/** What is sent is not through before it is confirmed. */
const MAX_OPEN_SHARE = 0.99;

/** Figures for people from the totals of main. */
export function overallOf({ files, size, sent }: TransferTotals): Overall {
  const bytes = size > 0 ? sent / size : 0;
  const open = files.waiting + files.running + files.paused + files.blocked;
  const over = files.done + files.failed + files.cancelled + files.skipped;
  return {
    course: courseOf(files, open, over),
    files: open + files.done,
    done: files.done,
    open,
    over,
    share: open > 0 ? Math.min(MAX_OPEN_SHARE, bytes) : size > 0 ? Math.min(1, bytes) : files.done > 0 ? 1 : 0,
  };
}

function courseOf(files: TransferTotals['files'], open: number, over: number): Course {
  if (files.running > 0) return 'moving';
  if (open === 0) return over === 0 ? 'none' : 'over';
  if (files.waiting > 0) return 'moving';
  return files.blocked > 0 ? 'stuck' : 'paused';
}

/** Seconds until one transfer is through; undefined while that is not known. */
export function secondsLeft({ state, size, sent, bytesPerSecond }: Transfer): number | undefined {
  if (state !== 'running' || bytesPerSecond <= 0) return undefined;
  return Math.max(0, size - sent) / bytesPerSecond;
}

/** Percent that is certain, and percent that is certain or on the wire; of an unknown size, or of nothing, none before the end. */
export function sharesOf({ state, size, sent, confirmed }: Transfer): { confirmed: number; sent: number } {
  if (size <= 0) return state === 'done' ? { confirmed: 100, sent: 100 } : { confirmed: 0, sent: 0 };
  const percent = (bytes: number): number => Math.min(100, Math.max(0, (bytes / size) * 100));
  return { confirmed: percent(confirmed), sent: percent(Math.max(sent, confirmed)) };
}
