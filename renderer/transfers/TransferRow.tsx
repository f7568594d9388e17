import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleX,
  IconClock,
  IconDownload,
  IconFolderOpen,
  IconFolderSearch,
  IconGripVertical,
  IconHelpCircle,
  IconHourglass,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerSkipForward,
  IconRefresh,
  IconUpload,
  IconX,
} from '@tabler/icons-react';
import { memo, type PointerEvent, type ReactNode } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { shownDetail } from '../../shared/errorText.ts';
import { CONFLICT_ANSWERS, type Transfer, type TransferState } from '../../shared/transfers.ts';
import { useNearplay, useTransfer } from '../store/context.tsx';
import { parentFolder } from '../store/libraryPages.ts';
import { CutName } from '../ui/CutName.tsx';
import { canMove } from './moves.ts';
import { sharesOf } from './overall.ts';
import { actionsOf } from './rowActions.ts';
import { rowText } from './rowText.ts';

const ICONS: Record<TransferState, typeof IconUpload> = {
  waiting: IconClock,
  running: IconUpload,
  paused: IconPlayerPause,
  blocked: IconHourglass,
  done: IconCircleCheck,
  failed: IconAlertTriangle,
  cancelled: IconCircleX,
  skipped: IconPlayerSkipForward,
};

interface TransferRowProps {
  id: string;
  /** 0-based, in the list that is shown. */
  index: number;
  /** Pixels from the list's beginning. */
  start: number;
  height: number;
  isActive: boolean;
  /** Place of the dragged row: in front of this row, or behind it as the last one. */
  drop: 'before' | 'after' | undefined;
  isDragged: boolean;
  onGrip: (id: string, event: PointerEvent) => void;
}

/**
 * One transfer. It subscribes to its own transfer: progress of another row, or of a hundred thousand, does not draw it.
 */
export const TransferRow = memo(function TransferRow(props: TransferRowProps) {
  const { id, index, start, height, isActive, drop, isDragged, onGrip } = props;
  const { t } = useTranslation();
  const { transfers } = useNearplay();
  const transfer = useTransfer(id);
  if (!transfer) return null;
  const { name, state, key, direction, blockedFor } = transfer;
  const Icon =
    blockedFor === 'conflict'
      ? IconHelpCircle
      : direction === 'download' && state === 'running'
        ? IconDownload
        : ICONS[state];
  const status = rowText(transfer, t);
  const shows = state === 'running' || ((state === 'paused' || state === 'waiting') && transfer.sent > 0);
  return (
    <div
      role="row"
      aria-rowindex={index + 1}
      aria-label={t('transfers.row', { name, status })}
      tabIndex={isActive ? 0 : -1}
      className="transfer"
      style={{ transform: `translateY(${start}px)`, height }}
      data-testid="transfer"
      data-id={id}
      data-state={state}
      data-blocked-for={blockedFor}
      data-key={key}
      data-drop={drop}
      data-dragged={isDragged || undefined}
      onFocus={() => transfers.getState().setActive(id)}
    >
      {/* By pointer only: with the keyboard the row itself moves. */}
      <span
        className="transfer-grip"
        role="presentation"
        title={canMove(transfer) ? t('transfers.dragOne', { name }) : undefined}
        onPointerDown={canMove(transfer) ? (event) => onGrip(id, event) : undefined}
        data-grip={canMove(transfer)}
      >
        <Icon className="transfer-icon" size={18} aria-hidden="true" />
        {canMove(transfer) && <IconGripVertical className="transfer-handle" size={18} aria-hidden="true" />}
      </span>
      <div className="transfer-text" role="gridcell">
        <span className="name" title={key}>
          <CutName name={name} />
        </span>
        {shows && <TwoTone transfer={transfer} />}
        <span className="transfer-figures" title={titleOf(transfer, status)}>
          {status}
        </span>
        {actionsOf(transfer).answer && <Answers transfer={transfer} isActive={isActive} />}
      </div>
      <RowButtons transfer={transfer} isActive={isActive} />
    </div>
  );
});

/** The whole status, since a line of a row is cut; for one that waits, with the other side's own words, too. */
function titleOf({ state, error }: Transfer, status: string): string {
  const words = state === 'failed' ? undefined : shownDetail(error?.detail);
  return words === undefined ? status : `${status}\n“${words}”`;
}

/** Confirmed bytes, and bytes on their way. */
function TwoTone({ transfer }: { transfer: Transfer }) {
  const { t } = useTranslation();
  const { confirmed, sent } = sharesOf(transfer);
  return (
    <div
      className="bar two-tone"
      role="progressbar"
      aria-label={t('transfers.progressOf', { name: transfer.name })}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(sent)}
      title={t('transfers.confirmed', { confirmed: `${Math.floor(confirmed)} %` })}
    >
      {/* Scaled, not sized: that costs no layout, ten times a second. */}
      <div className="bar-sent" style={{ transform: `scaleX(${sent / 100})` }} />
      <div className="bar-confirmed" style={{ transform: `scaleX(${confirmed / 100})` }} />
    </div>
  );
}

function Answers({ transfer: { id, name }, isActive }: { transfer: Transfer; isActive: boolean }) {
  const { t } = useTranslation();
  const { transfers } = useNearplay();
  return (
    <span className="answers" role="group" aria-label={t('transfers.conflict.answers', { name })}>
      {CONFLICT_ANSWERS.map((answer) => (
        <Button
          key={answer}
          className="button small"
          excludeFromTabOrder={!isActive}
          onPress={() => void transfers.getState().decide(answer, [id])}
          data-testid="conflict-answer"
          data-value={answer}
        >
          {t(`transfers.conflict.${answer}`)}
        </Button>
      ))}
    </span>
  );
}

function RowButtons({ transfer, isActive }: { transfer: Transfer; isActive: boolean }) {
  const { t } = useTranslation();
  const { library, transfers } = useNearplay();
  const { id, name, key } = transfer;
  const can = actionsOf(transfer);
  const { pause, resume, cancel, retry, showDownload } = transfers.getState();
  const act = (label: string, testId: string, icon: ReactNode, onPress: () => void) => (
    <RowButton label={label} testId={testId} isActive={isActive} onPress={onPress}>
      {icon}
    </RowButton>
  );
  return (
    <span className="transfer-buttons" role="gridcell">
      {can.pause &&
        act(t('transfers.pauseOne', { name }), 'transfer-pause', <IconPlayerPause size={15} />, () => void pause([id]))}
      {can.resume &&
        act(
          t('transfers.resumeOne', { name }),
          'transfer-resume',
          <IconPlayerPlay size={15} />,
          () => void resume([id]),
        )}
      {can.retry &&
        act(t('transfers.retryOne', { name }), 'transfer-retry', <IconRefresh size={15} />, () => void retry([id]))}
      {can.reveal &&
        act(t('transfers.revealOne', { name }), 'transfer-reveal', <IconFolderSearch size={15} />, () => {
          void library.getState().show(parentFolder(key), key);
        })}
      {can.showInFolder &&
        act(
          t('transfers.showInFolderOne', { name }),
          'transfer-show',
          <IconFolderOpen size={15} />,
          () => void showDownload(id),
        )}
      {can.cancel &&
        act(t('transfers.cancelOne', { name }), 'transfer-cancel', <IconX size={15} />, () => void cancel([id]))}
    </span>
  );
}

interface RowButtonProps {
  label: string;
  testId: string;
  isActive: boolean;
  onPress: () => void;
  children: ReactNode;
}

/**
 * Tab reaches the buttons of the active row only: a hundred thousand others are no stops. A plain button, because rows
 * come and go ten times a second: a tooltip of our own for each costs more than all the rest of the row.
 */
function RowButton({ label, testId, isActive, onPress, children }: RowButtonProps) {
  return (
    <button
      type="button"
      className="icon-button small"
      aria-label={label}
      title={label}
      tabIndex={isActive ? 0 : -1}
      onClick={onPress}
      data-testid={testId}
    >
      {children}
    </button>
  );
}
