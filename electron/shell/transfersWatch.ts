import type { Transfer } from '../../shared/ipc.ts';
import { TransferNotices, type Notice } from './notifications.ts';
import type { AwakeWhileTransferring } from './power.ts';
import { overallProgress } from './progress.ts';

export interface TransfersWatchOptions {
  awake: Pick<AwakeWhileTransferring, 'update'>;
  /** From 0 to 1; -1 for none. */
  showProgress: (progress: number) => void;
  notify: (notice: Notice) => void;
  /** Whether the user is looking at the window: then it tells them itself. */
  isLookedAt: () => boolean;
}

/** What the desktop does while transfers run: the bar on the icon, no sleep, a word at the end. */
export function watchTransfers(options: TransfersWatchOptions): (transfers: readonly Transfer[]) => void {
  const notices = new TransferNotices();
  return (transfers) => {
    options.awake.update(transfers);
    options.showProgress(overallProgress(transfers));
    const notice = notices.update(transfers);
    if (notice && !options.isLookedAt()) options.notify(notice);
  };
}
