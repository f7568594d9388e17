import type { Transfer } from '../../shared/transfers.ts';

/** As much of a list as moving needs. */
export interface RowsInOrder {
  length: number;
  at: (index: number) => Transfer | undefined;
}

export type Direction = 'up' | 'down' | 'first' | 'last';

/** Only what waits its turn has a turn to change; copies are not in the queue. */
export function canMove({ state, direction }: Pick<Transfer, 'state' | 'direction'>): boolean {
  return state === 'waiting' && direction === 'upload';
}

/**
 * The transfer to go before, to move in a direction; `null`: to the end. Undefined where it is there already, or
 * cannot move.
 */
export function moveTarget(rows: RowsInOrder, index: number, direction: Direction): string | null | undefined {
  const own = rows.at(index);
  if (!own || !canMove(own)) return undefined;
  const above = movableFrom(rows, index - 1, -1);
  const below = movableFrom(rows, index + 1, 1);
  switch (direction) {
    case 'up':
      return above === undefined ? undefined : rows.at(above)?.id;
    case 'down':
      return below === undefined ? undefined : idAt(rows, movableFrom(rows, below + 1, 1));
    case 'first':
      return above === undefined ? undefined : idAt(rows, movableFrom(rows, 0, 1));
    case 'last':
      return below === undefined ? undefined : null;
  }
}

/**
 * Before which transfer something dropped in front of a row goes: the first from there that waits; `null`: to the end.
 */
export function dropTarget(rows: RowsInOrder, index: number): string | null {
  return idAt(rows, movableFrom(rows, index, 1));
}

function idAt(rows: RowsInOrder, index: number | undefined): string | null {
  return index === undefined ? null : (rows.at(index)?.id ?? null);
}

function movableFrom(rows: RowsInOrder, start: number, step: 1 | -1): number | undefined {
  for (let index = start; index >= 0 && index < rows.length; index += step) {
    const transfer = rows.at(index);
    if (transfer && canMove(transfer)) return index;
  }
  return undefined;
}
