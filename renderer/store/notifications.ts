import { UNSTABLE_ToastQueue as ToastQueue } from 'react-aria-components/Toast';
import type { ErrorReport } from '../../shared/errors.ts';
import { SECOND_MS } from '../../shared/units.ts';
import type { TransferNotification } from './transferNotifications.ts';

/** Content of a notification; its words are in text/en.ts. */
export type NotificationText =
  | { kind: 'transfers'; about: TransferNotification }
  | { kind: 'watch-folder-added'; folder: string }
  | { kind: 'replica-ready'; name: string; place: string; others: number }
  | { kind: 'imported' }
  | { kind: 'not-copied' }
  | { kind: 'preferences-saved' }
  | { kind: 'saved-file'; name: string }
  | { kind: 'report'; report: ErrorReport };

export interface ShownNotification {
  tone: 'plain' | 'good' | 'bad';
  text: NotificationText;
  /** Number of times that it came while it was on screen. */
  times: number;
}

/** Milliseconds on screen, without the time in which the pointer or the keyboard is in the notifications. */
const SHOWN_MS: Record<ShownNotification['tone'], number> = {
  plain: 5 * SECOND_MS,
  good: 5 * SECOND_MS,
  bad: 12 * SECOND_MS,
};
const MAX_SHOWN = 3;

export type Notify = (text: NotificationText, tone?: ShownNotification['tone']) => void;

/** The notifications on screen: at most three, the newest; a repeated one is counted instead of shown twice. */
export class Notifications {
  /** Newest first. */
  readonly queue = new ToastQueue<ShownNotification>({ maxVisibleToasts: MAX_SHOWN });

  readonly notify: Notify = (text, tone = 'plain') => {
    const shown = this.queue.visibleToasts;
    const words = JSON.stringify(text);
    const alike = shown.find(({ content }) => content.tone === tone && JSON.stringify(content.text) === words);
    const replaced = alike ?? shown[MAX_SHOWN - 1];
    if (replaced) this.queue.close(replaced.key);
    this.queue.add({ tone, text, times: (alike?.content.times ?? 0) + 1 }, { timeout: SHOWN_MS[tone] });
  };

  /** Closes the notifications that ask for a look at the transfers. */
  closeTransferQuestions(): void {
    for (const { key, content } of this.queue.visibleToasts)
      if (isTransferQuestion(content.text)) this.queue.close(key);
  }
}

function isTransferQuestion(text: NotificationText): boolean {
  return text.kind === 'transfers' && text.about.kind === 'needs-you';
}
