import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleX,
  IconClock,
  IconDownload,
  IconRefresh,
  IconUpload,
  IconX,
} from '@tabler/icons-react';
import { Button, ProgressBar } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { Transfer, TransferState } from '../../shared/ipc.ts';
import { IconButton } from '../shell/IconButton.tsx';
import { useSession } from '../store/context.tsx';
import { formatBytes, formatDuration, formatPercent } from '../text/format.ts';
import { splitName } from '../text/middleTruncate.ts';
import { isActive, secondsLeft, summarise } from './transfersSummary.ts';

const NO_TRANSFERS: never[] = [];
/** More lines than anyone reads; the head sums up all of them. */
const MAX_LINES = 200;

const STATE_ICONS: Record<TransferState, typeof IconUpload> = {
  waiting: IconClock,
  running: IconUpload,
  done: IconCircleCheck,
  failed: IconAlertTriangle,
  cancelled: IconCircleX,
};

/** All that goes up, beside the library; it never covers what one works with on a wide window. */
export function TransfersDrawer() {
  const { t } = useTranslation();
  const isOpen = useSession((session) => session.transfersOpen);
  const transfers = useSession((session) => session.app?.transfers) ?? NO_TRANSFERS;
  const showTransfers = useSession((session) => session.showTransfers);
  const clearTransfers = useSession((session) => session.clearTransfers);
  if (!isOpen) return null;
  const { finished } = summarise(transfers);
  return (
    <aside className="transfers" data-testid="transfers" aria-label={t('transfers.title')}>
      <div className="panel-head">
        <h2>{t('transfers.title')}</h2>
        {finished > 0 && (
          <Button className="button quiet small" onPress={() => void clearTransfers()}>
            {t('actions.clear')}
          </Button>
        )}
        <IconButton label={t('actions.close')} shortcut="T" onPress={() => showTransfers(false)}>
          <IconX size={18} aria-hidden="true" />
        </IconButton>
      </div>
      {transfers.length === 0 ? (
        <p className="transfers-none">{t('transfers.none')}</p>
      ) : (
        <>
          <Overall transfers={transfers} />
          <ul className="transfer-list">
            {activeFirst(transfers)
              .slice(0, MAX_LINES)
              .map((transfer) => (
                <TransferLine key={transfer.id} transfer={transfer} />
              ))}
          </ul>
        </>
      )}
    </aside>
  );
}

function activeFirst(transfers: readonly Transfer[]): Transfer[] {
  return [...transfers.filter(isActive), ...transfers.filter((transfer) => !isActive(transfer)).reverse()];
}

/** What those under way have in common. */
function directionOf(transfers: readonly Transfer[]): 'uploading' | 'saving' | 'both' {
  const directions = new Set(transfers.filter(isActive).map(({ direction }) => direction));
  if (directions.size > 1) return 'both';
  return directions.has('download') ? 'saving' : 'uploading';
}

function Overall({ transfers }: { transfers: readonly Transfer[] }) {
  const { t } = useTranslation();
  const { active, failed, size, sent, bytesPerSecond, share, secondsLeft: left } = summarise(transfers);
  if (active === 0) {
    return (
      <p className="transfers-overall" role="status">
        {failed > 0 ? t('transfers.finishedWithFailures', { count: failed }) : t('transfers.finished')}
      </p>
    );
  }
  return (
    <div className="transfers-overall">
      <ProgressBar
        value={share === undefined ? 0 : share * 100}
        aria-label={t(`transfers.${directionOf(transfers)}`, { count: active })}
      >
        {({ percentage }) => (
          <>
            <div className="transfers-figures">
              <strong>{t(`transfers.${directionOf(transfers)}`, { count: active })}</strong>
              <span>{formatPercent((percentage ?? 0) / 100)}</span>
            </div>
            <Bar percentage={percentage ?? 0} />
          </>
        )}
      </ProgressBar>
      <p className="muted">
        {[
          t('transfers.overall', { sent: formatBytes(sent), size: formatBytes(size) }),
          bytesPerSecond > 0 ? t('transfers.speed', { rate: formatBytes(bytesPerSecond) }) : undefined,
          left === undefined ? undefined : t('transfers.left', { duration: formatDuration(left) }),
        ]
          .filter((part) => part !== undefined)
          .join(' · ')}
      </p>
    </div>
  );
}

function Bar({ percentage }: { percentage: number }) {
  return (
    <div className="bar">
      <div className="bar-fill" style={{ width: `${percentage}%` }} />
    </div>
  );
}

function TransferLine({ transfer }: { transfer: Transfer }) {
  const { t } = useTranslation();
  const { id, name, state, size, sent, key } = transfer;
  const cancelTransfer = useSession((session) => session.cancelTransfer);
  const retryTransfer = useSession((session) => session.retryTransfer);
  const Icon = state === 'running' && transfer.direction === 'download' ? IconDownload : STATE_ICONS[state];
  const { head, tail } = splitName(name);
  return (
    <li className="transfer" data-testid="transfer" data-state={state} data-key={key}>
      <Icon className="transfer-icon" size={18} aria-hidden="true" />
      <div className="transfer-text">
        <span className="name" title={key}>
          <span className="name-head">{head}</span>
          <span className="name-tail">{tail}</span>
        </span>
        {state === 'running' && (
          <ProgressBar
            value={size === 0 ? 0 : (Math.min(sent, size) / size) * 100}
            aria-label={t('transfers.progressOf', { name })}
          >
            {({ percentage }) => <Bar percentage={percentage ?? 0} />}
          </ProgressBar>
        )}
        <span className="transfer-figures">{figuresOf(transfer, t)}</span>
      </div>
      {isActive(transfer) ? (
        <IconButton
          className="small"
          label={t('transfers.cancelOne', { name })}
          onPress={() => void cancelTransfer(id)}
        >
          <IconX size={15} aria-hidden="true" />
        </IconButton>
      ) : (
        state !== 'done' && (
          <IconButton
            className="small"
            label={t('transfers.retryOne', { name })}
            onPress={() => void retryTransfer(id)}
          >
            <IconRefresh size={15} aria-hidden="true" />
          </IconButton>
        )
      )}
    </li>
  );
}

function figuresOf(transfer: Transfer, t: ReturnType<typeof useTranslation>['t']): string {
  const { state, size, sent, bytesPerSecond, error } = transfer;
  if (state === 'failed') return error?.message ?? t('transfers.state.failed');
  if (state !== 'running') {
    const words = state === 'done' && transfer.direction === 'download' ? 'saved' : state;
    return `${t(`transfers.state.${words}`)} · ${formatBytes(size)}`;
  }
  const left = secondsLeft(transfer);
  return [
    t('transfers.overall', { sent: formatBytes(sent), size: formatBytes(size) }),
    bytesPerSecond > 0 ? t('transfers.speed', { rate: formatBytes(bytesPerSecond) }) : undefined,
    left === undefined ? undefined : t('transfers.left', { duration: formatDuration(left) }),
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}
