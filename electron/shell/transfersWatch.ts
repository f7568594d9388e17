import type { TransfersDelta } from '../../shared/transfers.ts';
import { type SystemNotification, TransferNotifications } from './notifications.ts';
import type { AwakeWhileTransferring } from './power.ts';
import { openTransfers, OverallProgress } from './progress.ts';
import type { OpenTransfers } from './quitQuestion.ts';

export interface TransfersWatchOptions {
  awake: Pick<AwakeWhileTransferring, 'update'>;
  /** From 0 to 1; -1 for none. */
  showProgress: (progress: number) => void;
  notify: (notification: SystemNotification) => void;
  /** Whether the window has the focus: it then shows the result itself. */
  isLookedAt: () => boolean;
}

/** Desktop integration during transfers: progress on the icon, no sleep, a notification at the end. */
export class TransfersWatch {
  readonly #options: TransfersWatchOptions;
  readonly #notifications = new TransferNotifications();
  readonly #progress = new OverallProgress();
  #open: OpenTransfers = { uploads: 0, downloads: 0 };

  constructor(options: TransfersWatchOptions) {
    this.#options = options;
  }

  /** Transfers that run or are queued, as of the last update. */
  get open(): OpenTransfers {
    return this.#open;
  }

  update(delta: TransfersDelta): void {
    const { awake, showProgress, notify, isLookedAt } = this.#options;
    const downloads = delta.totals.openDownloads ?? 0;
    this.#open = { uploads: openTransfers(delta.totals) - downloads, downloads };
    awake.update(delta.totals);
    showProgress(this.#progress.update(delta.totals));
    const notification = this.#notifications.update(delta);
    if (notification && !isLookedAt()) notify(notification);
  }
}
