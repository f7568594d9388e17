import { IconAlertTriangle, IconCircleCheck, IconInfoCircle, IconX } from '@tabler/icons-react';
import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { Toast, ToastText } from '../store/session.ts';
import { useSession } from '../store/context.tsx';
import type { Translate } from '../text/i18n.ts';
import type { TransferNews } from '../store/transferNotices.ts';

const SHOWN_FOR = 5000;
const SHOWN_FOR_BAD = 12_000;
const ICONS = { plain: IconInfoCircle, good: IconCircleCheck, bad: IconAlertTriangle };

export function Toasts() {
  const { t } = useTranslation();
  const toasts = useSession((session) => session.toasts);
  const region = useRef<HTMLDivElement>(null);
  const [isHeld, hold] = useState(false);
  useReservedHeight(region);
  return (
    // The region is there before the first message: a screen reader announces only what changes. React Aria lets elements
    // of its top layer be reached while a dialog is open. Pointer and focus only keep the messages for longer.
    // eslint-disable-next-line jsx-a11y-x/no-noninteractive-element-interactions
    <div
      ref={region}
      className="toasts"
      role="region"
      aria-label={t('shell.notifications')}
      aria-live="polite"
      data-react-aria-top-layer="true"
      onPointerEnter={() => hold(true)}
      onPointerLeave={() => hold(false)}
      onFocus={() => hold(true)}
      onBlur={() => hold(false)}
    >
      {toasts.map((toast) => (
        <ToastCard key={toast.id} toast={toast} isHeld={isHeld && toasts.length > 0} />
      ))}
    </div>
  );
}

/**
 * Tells the layout how high the notices are (`--notices`), so that it makes room: they never lie on a control. A list that
 * gets lower scrolls by as much, and what is under the pointer stays there.
 */
function useReservedHeight(region: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const element = region.current;
    if (!element) return undefined;
    let reserved = 0;
    const reserve = (): void => {
      const height = element.childElementCount === 0 ? 0 : Math.ceil(element.getBoundingClientRect().height);
      if (height === reserved) return;
      document.documentElement.style.setProperty('--notices', `${height}px`);
      for (const list of document.querySelectorAll('.entries')) list.scrollTop += height - reserved;
      reserved = height;
    };
    const observer = new ResizeObserver(reserve);
    observer.observe(element);
    return () => {
      observer.disconnect();
      document.documentElement.style.removeProperty('--notices');
    };
  }, [region]);
}

/** It goes by itself, but not while somebody points at the notices or has the keyboard in them. */
function ToastCard({ toast, isHeld }: { toast: Toast; isHeld: boolean }) {
  const { t } = useTranslation();
  const dismiss = useSession((session) => session.dismissToast);
  const { id, tone, times } = toast;
  useEffect(() => {
    if (isHeld) return undefined;
    const timer = setTimeout(() => dismiss(id), tone === 'bad' ? SHOWN_FOR_BAD : SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [dismiss, id, tone, isHeld]);
  const Icon = ICONS[tone];
  return (
    // Escape anywhere inside does what the button does.
    // eslint-disable-next-line jsx-a11y-x/no-static-element-interactions
    <div
      className="toast"
      data-testid="toast"
      data-tone={tone}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        // It is about this notice, and not about what is below it.
        event.preventDefault();
        event.stopPropagation();
        dismiss(id);
      }}
    >
      <Icon size={17} aria-hidden="true" />
      <span className="toast-words">{wordsOf(toast.text, t)}</span>
      {times > 1 && <span className="tag">{t('toasts.times', { count: times })}</span>}
      <Button className="icon-button small" aria-label={t('actions.dismiss')} onPress={() => dismiss(id)}>
        <IconX size={14} aria-hidden="true" />
      </Button>
    </div>
  );
}

function wordsOf(text: ToastText, t: Translate): string {
  switch (text.kind) {
    case 'transfers':
      return newsWords(text.news, t);
    case 'upload-folder-added':
      return t('toasts.uploadFolderAdded', { folder: text.folder === '' ? t('uploads.library') : text.folder });
    case 'replica-ready':
      return text.others === 0
        ? t('toasts.replicaReady', { name: text.name, place: text.place })
        : t('toasts.replicasReady', { name: text.name, place: text.place, others: text.others });
    case 'imported':
      return t('toasts.preferencesImported');
    case 'not-copied':
      return t('toasts.notCopied');
    case 'preferences-saved':
      return t('toasts.preferencesSaved');
    case 'saved-file':
      return t('toasts.savedFile', { name: text.name });
    case 'report':
      return text.report.message;
  }
}

function newsWords(news: TransferNews, t: Translate): string {
  const { kind, count, name } = news;
  if (kind === 'needs-you') return t('toasts.needsYou', { count, name });
  return t(`toasts.${kind}.${news.direction}`, { count, name, message: news.message });
}
