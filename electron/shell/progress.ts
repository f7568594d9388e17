import type { Transfer } from '../../shared/ipc.ts';

/** Electron's value for "no bar". */
const NO_BAR = -1;

/**
 * How far the open transfers are together, from 0 to 1, for the icon in the dock or task bar; -1 when none is open. Empty
 * files count as one byte, so that a batch of them moves too.
 */
export function overallProgress(transfers: readonly Transfer[]): number {
  const open = transfers.filter(isOpen);
  if (open.length === 0) return NO_BAR;
  // What is done already belongs to the batch as long as something of it is open: the bar never jumps back.
  const batch = transfers.filter((transfer) => isOpen(transfer) || transfer.state === 'done');
  const total = batch.reduce((sum, { size }) => sum + Math.max(size, 1), 0);
  const sent = batch.reduce(
    (sum, { size, sent: bytes, state }) => sum + (state === 'done' ? Math.max(size, 1) : Math.min(bytes, size)),
    0,
  );
  return sent / total;
}

export function isOpen({ state }: Pick<Transfer, 'state'>): boolean {
  return state === 'waiting' || state === 'running';
}
