import type { Transfer } from '../../shared/ipc.ts';

export interface TransfersSummary {
  /** Waiting or running. */
  active: number;
  failed: number;
  finished: number;
  /** Bytes of the transfers that are active, and how many of them have gone. */
  size: number;
  sent: number;
  bytesPerSecond: number;
  /** 0 to 1; undefined while nothing is active. */
  share: number | undefined;
  /** Undefined while the speed is not known. */
  secondsLeft: number | undefined;
}

export function isActive({ state }: Transfer): boolean {
  return state === 'waiting' || state === 'running';
}

/** What all transfers come to, by bytes. */
export function summarise(transfers: readonly Transfer[]): TransfersSummary {
  const active = transfers.filter(isActive);
  const size = active.reduce((sum, transfer) => sum + transfer.size, 0);
  const sent = active.reduce((sum, transfer) => sum + Math.min(transfer.sent, transfer.size), 0);
  const bytesPerSecond = active.reduce((sum, transfer) => sum + transfer.bytesPerSecond, 0);
  return {
    active: active.length,
    failed: transfers.filter(({ state }) => state === 'failed').length,
    finished: transfers.length - active.length,
    size,
    sent,
    bytesPerSecond,
    share: active.length === 0 ? undefined : size === 0 ? 0 : sent / size,
    secondsLeft: bytesPerSecond > 0 ? (size - sent) / bytesPerSecond : undefined,
  };
}

/** Seconds until one transfer is through; undefined while that cannot be told. */
export function secondsLeft(transfer: Transfer): number | undefined {
  if (transfer.state !== 'running' || transfer.bytesPerSecond <= 0) return undefined;
  return Math.max(0, transfer.size - transfer.sent) / transfer.bytesPerSecond;
}

/** Those that ended since: what a toast tells. */
export function newlyEnded(before: readonly Transfer[], after: readonly Transfer[]): Transfer[] {
  const wasActive = new Set(before.filter(isActive).map(({ id }) => id));
  return after.filter((transfer) => wasActive.has(transfer.id) && !isActive(transfer));
}

/** Whether a transfer that was not there before is under way now: what opens the drawer. */
export function hasNewlyBegun(before: readonly Transfer[], after: readonly Transfer[]): boolean {
  const known = new Set(before.map(({ id }) => id));
  return after.some((transfer) => isActive(transfer) && !known.has(transfer.id));
}
