import { IconAlertTriangle, IconCircleCheck, IconInfoCircle, IconX } from '@tabler/icons-react';
import { useEffect } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { Toast, ToastText } from '../store/session.ts';
import { useSession } from '../store/context.tsx';
import type { Translate } from '../text/i18n.ts';
import type { TransferNews } from '../transfers/endings.ts';

const SHOWN_FOR = 5000;
const SHOWN_FOR_BAD = 12_000;
const ICONS = { plain: IconInfoCircle, good: IconCircleCheck, bad: IconAlertTriangle };

export function Toasts() {
  const { t } = useTranslation();
  const toasts = useSession((session) => session.toasts);
  return (
    // The region is there before the first message: a screen reader announces only what changes.
    <div className="toasts" role="region" aria-label={t('shell.notifications')} aria-live="polite">
      {toasts.map((toast) => (
        <ToastCard key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function ToastCard({ toast }: { toast: Toast }) {
  const { t } = useTranslation();
  const dismiss = useSession((session) => session.dismissToast);
  const { id, tone } = toast;
  useEffect(() => {
    const timer = setTimeout(() => dismiss(id), tone === 'bad' ? SHOWN_FOR_BAD : SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [dismiss, id, tone]);
  const Icon = ICONS[tone];
  return (
    <div className="toast" data-testid="toast" data-tone={tone}>
      <Icon size={17} aria-hidden="true" />
      <span>{wordsOf(toast.text, t)}</span>
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
