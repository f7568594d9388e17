import { errorText } from '../../shared/errorText.ts';
import type { Transfer } from '../../shared/transfers.ts';
import { formatBytes, formatDuration, formatPercent } from '../text/format.ts';
import type { Translate } from '../text/i18n.ts';
import { secondsLeft } from './overall.ts';

/** State of one transfer in words; a failure's message also says what to do, and has the other side's own words behind it. */
export function rowText(transfer: Transfer, t: Translate): string {
  const { state, size, error, blockedFor } = transfer;
  switch (state) {
    case 'running':
      return runningText(transfer, t);
    case 'blocked':
      return blockedFor === 'conflict'
        ? t(transfer.contentUnknown ? 'transfers.conflict.questionUnknown' : 'transfers.conflict.question')
        : t(`transfers.blocked.${blockedFor ?? 'offline'}`);
    case 'failed':
      return error ? errorText(error) : t('transfers.state.failed');
    case 'paused':
    case 'waiting':
      return transfer.sent > 0
        ? `${t(`transfers.state.${state}`)} · ${sentOf(transfer, t)}`
        : isSizeKnown(transfer)
          ? withSize(t(`transfers.state.${state}`), size)
          : t(`transfers.state.${state}`);
    case 'done':
      if (transfer.direction === 'upload') return withSize(t('transfers.state.done'), size);
      return withSize(t(transfer.unproved ? 'transfers.state.savedUnproved' : 'transfers.state.saved'), size);
    case 'skipped':
      return t(transfer.skippedFor === 'identical' ? 'transfers.state.identical' : 'transfers.state.skipped');
    case 'cancelled':
      return isSizeKnown(transfer) ? withSize(t('transfers.state.cancelled'), size) : t('transfers.state.cancelled');
  }
}

/** What was sent is no upload before the storage has confirmed it, and what came no download before it is checked. */
function runningText(transfer: Transfer, t: Translate): string {
  // Of nothing, nothing is under way that could be told.
  if (transfer.size === 0) return t('transfers.state.starting');
  if (transfer.sent < transfer.size) return figuresOf(transfer, t);
  return withSize(
    t(transfer.direction === 'upload' ? 'transfers.state.sent' : 'transfers.state.received'),
    transfer.size,
  );
}

/** Of a download the storage tells it. */
function isSizeKnown({ direction, size }: Transfer): boolean {
  return direction === 'upload' || size > 0;
}

function figuresOf(transfer: Transfer, t: Translate): string {
  const { size, sent, bytesPerSecond } = transfer;
  const left = secondsLeft(transfer);
  return [
    formatPercent(Math.floor((sent / size) * 100) / 100),
    sentOf(transfer, t),
    bytesPerSecond > 0 ? t('transfers.speed', { rate: formatBytes(bytesPerSecond) }) : undefined,
    left === undefined ? undefined : t('transfers.left', { duration: formatDuration(left) }),
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}

function sentOf({ sent, size }: Transfer, t: Translate): string {
  return t('transfers.overall', { sent: formatBytes(Math.min(sent, size)), size: formatBytes(size) });
}

function withSize(words: string, size: number): string {
  return `${words} · ${formatBytes(size)}`;
}
