import { IconAlertTriangle, IconCircleCheck, IconInfoCircle, IconX } from '@tabler/icons-react';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { useToast, useToastRegion } from 'react-aria/useToast';
import { Button } from 'react-aria-components';
import type { QueuedToast, ToastState } from 'react-aria-components/Toast';
import { useTranslation } from 'react-i18next';
import type { ErrorReport } from '../../shared/errors.ts';
import { useNearplay } from '../store/context.tsx';
import type { NotificationText, ShownNotification } from '../store/notifications.ts';
import type { TransferNotification } from '../store/transferNotifications.ts';
import { folderText } from '../text/folderText.ts';
import type { Translate } from '../text/i18n.ts';
import { ErrorDetail } from '../ui/ErrorText.tsx';

const ICONS = { plain: IconInfoCircle, good: IconCircleCheck, bad: IconAlertTriangle };

/**
 * The notifications, in a row of their own under the header. React Aria keeps their clocks, their focus and their
 * roles.
 */
export function Toasts() {
  const state = useToastState();
  const place = useRef<HTMLDivElement>(null);
  useReservedHeight(place);
  // React Aria stops the clocks when the pointer or the focus arrives. What is added after that has to be stopped too.
  useEffect(() => {
    if (place.current?.matches(':hover, :focus-within')) state.pauseAll();
  }, [state]);
  return (
    // In the top layer as React Aria understands it, so that notifications can be reached while a dialog is open.
    <div ref={place} className="toasts" data-react-aria-top-layer="true">
      {state.visibleToasts.length > 0 && <ToastRegion state={state} />}
    </div>
  );
}

/** The queue as React Aria's hooks take it, oldest first. */
function useToastState(): ToastState<ShownNotification> {
  const { queue } = useNearplay().notifications;
  const newestFirst = useSyncExternalStore(
    useCallback((listener: () => void) => queue.subscribe(listener), [queue]),
    () => queue.visibleToasts,
  );
  return useMemo(
    () => ({
      visibleToasts: newestFirst.toReversed(),
      add: (content, options) => queue.add(content, options),
      close: (key) => queue.close(key),
      pauseAll: () => queue.pauseAll(),
      resumeAll: () => queue.resumeAll(),
    }),
    [queue, newestFirst],
  );
}

function ToastRegion({ state }: { state: ToastState<ShownNotification> }) {
  const { t } = useTranslation();
  const region = useRef<HTMLDivElement>(null);
  const { regionProps } = useToastRegion({ 'aria-label': t('shell.notifications') }, state, region);
  return (
    <div {...regionProps} ref={region} className="toast-region">
      {state.visibleToasts.map((toast) => (
        <Toast key={toast.key} toast={toast} state={state} />
      ))}
    </div>
  );
}

function Toast({ toast, state }: { toast: QueuedToast<ShownNotification>; state: ToastState<ShownNotification> }) {
  const { t } = useTranslation();
  const card = useRef<HTMLDivElement>(null);
  const { toastProps, contentProps, titleProps, closeButtonProps } = useToast({ toast }, state, card);
  const { tone, text, times } = toast.content;
  const failure = failureOf(text);
  const Icon = ICONS[tone];
  return (
    // The role of a dialog comes with the properties. Escape anywhere inside does what the button does.
    // eslint-disable-next-line jsx-a11y-x/no-static-element-interactions
    <div
      {...toastProps}
      ref={card}
      className="toast"
      data-testid="toast"
      data-tone={tone}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        // Escape is for this notification, not for what is below it.
        event.preventDefault();
        event.stopPropagation();
        state.close(toast.key);
      }}
    >
      <Icon size={17} aria-hidden="true" />
      <div {...contentProps} className="toast-content">
        <span {...titleProps} className="toast-words">
          {textOf(text, t)}
          {failure && <ErrorDetail report={failure} />}
        </span>
        {times > 1 && <span className="tag">{t('toasts.times', { count: times })}</span>}
      </div>
      <Button {...closeButtonProps} className="icon-button small" aria-label={t('actions.dismiss')}>
        <IconX size={14} aria-hidden="true" />
      </Button>
    </div>
  );
}

/**
 * Tells the layout the height of the notifications (`--notifications-height`), so that it makes room: they never lie on a
 * control. A list that gets lower scrolls by as much, and what is under the pointer stays there.
 */
function useReservedHeight(place: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    let reserved = 0;
    const reserve = (): void => {
      const height = element.childElementCount === 0 ? 0 : Math.ceil(element.getBoundingClientRect().height);
      if (height === reserved) return;
      document.documentElement.style.setProperty('--notifications-height', `${height}px`);
      for (const list of document.querySelectorAll('.entries')) list.scrollTop += height - reserved;
      reserved = height;
    };
    const observer = new ResizeObserver(reserve);
    observer.observe(element);
    return () => {
      observer.disconnect();
      document.documentElement.style.removeProperty('--notifications-height');
    };
  }, [place]);
}

function textOf(text: NotificationText, t: Translate): string {
  switch (text.kind) {
    case 'transfers':
      return transfersText(text.about, t);
    case 'watch-folder-added':
      return t('toasts.watchFolderAdded', { folder: folderText(text.folder, t) });
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

function transfersText(about: TransferNotification, t: Translate): string {
  const { kind, count, name } = about;
  if (kind === 'needs-you') return t('toasts.needsYou', { count, name });
  return t(`toasts.${kind}.${about.direction}`, { count, name, message: about.error?.message ?? '' });
}

/** The failure whose message the text holds. The text for several failures holds none. */
function failureOf(text: NotificationText): ErrorReport | undefined {
  if (text.kind === 'report') return text.report;
  if (text.kind !== 'transfers' || text.about.kind !== 'failed') return undefined;
  return text.about.count === 1 ? text.about.error : undefined;
}
