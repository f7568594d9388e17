import { isOver, type Transfer } from '../../shared/transfers.ts';
import type { Direction } from './moves.ts';

/** Actions that apply to one transfer. */
export interface RowActions {
  pause: boolean;
  resume: boolean;
  cancel: boolean;
  retry: boolean;
  /** Show it in the library. */
  reveal: boolean;
  /** Show it in its folder on this computer. */
  showInFolder: boolean;
  /** It waits for an answer: skip, replace or keep both. */
  answer: boolean;
}

/** A copy to this computer cannot be paused, and is no file of the library. */
export function actionsOf(transfer: Pick<Transfer, 'state' | 'direction' | 'blockedFor'>): RowActions {
  const { state, direction, blockedFor } = transfer;
  const isUpload = direction === 'upload';
  const asks = state === 'blocked' && blockedFor === 'conflict';
  return {
    pause: isUpload && !asks && (state === 'waiting' || state === 'running' || state === 'blocked'),
    resume: isUpload && state === 'paused',
    cancel: !isOver(transfer),
    retry: state === 'failed' || state === 'cancelled',
    reveal: isUpload && (state === 'done' || state === 'skipped'),
    showInFolder: !isUpload && state === 'done',
    answer: asks,
  };
}

export type RowKey =
  { kind: 'go'; to: number } | { kind: 'move'; direction: Direction } | { kind: 'pause' | 'cancel' | 'act' };

interface KeyPress {
  key: string;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
}

const MOVES: ReadonlyMap<string, Direction> = new Map([
  ['ArrowUp', 'up'],
  ['ArrowDown', 'down'],
  ['Home', 'first'],
  ['End', 'last'],
]);

/**
 * Meaning of a key on a row. Undefined for keys that mean nothing here, so that the caller leaves them alone.
 *
 * @param page how many rows the window shows.
 */
export function rowKey(press: KeyPress, current: number, count: number, page: number): RowKey | undefined {
  const { key, altKey, ctrlKey, metaKey } = press;
  if (ctrlKey || metaKey || count === 0) return undefined;
  const direction = MOVES.get(key);
  if (altKey) return direction && { kind: 'move', direction };
  const steps = new Map([
    ['ArrowUp', current - 1],
    ['ArrowDown', current + 1],
    ['PageUp', current - Math.max(1, page)],
    ['PageDown', current + Math.max(1, page)],
    ['Home', 0],
    ['End', count - 1],
  ]);
  const step = steps.get(key);
  if (step !== undefined) return { kind: 'go', to: Math.min(count - 1, Math.max(0, step)) };
  if (key === ' ') return { kind: 'pause' };
  if (key === 'Delete') return { kind: 'cancel' };
  return key === 'Enter' ? { kind: 'act' } : undefined;
}
