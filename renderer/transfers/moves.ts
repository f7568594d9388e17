import type { Transfer } from '../../shared/ipc.ts';

/** As much of a list as moving needs. */
export interface LinesInOrder {
  length: number;
  at: (index: number) => Transfer | undefined;
}

export type Direction = 'up' | 'down' | 'first' | 'last';

/** Only what waits its turn has a turn to change; copies are not in the queue. */
export function canMove({ state, direction }: Pick<Transfer, 'state' | 'direction'>): boolean {
  return state === 'waiting' && direction === 'upload';
}

/**
 * Before which transfer one has to go to move in a direction; `null`: to the end. Undefined where it is there already, or
 * cannot move.
 */
export function moveTarget(lines: LinesInOrder, index: number, direction: Direction): string | null | undefined {
  const own = lines.at(index);
  if (!own || !canMove(own)) return undefined;
  const above = movableFrom(lines, index - 1, -1);
  const below = movableFrom(lines, index + 1, 1);
  switch (direction) {
    case 'up':
      return above === undefined ? undefined : lines.at(above)?.id;
    case 'down':
      return below === undefined ? undefined : idAt(lines, movableFrom(lines, below + 1, 1));
    case 'first':
      return above === undefined ? undefined : idAt(lines, movableFrom(lines, 0, 1));
    case 'last':
      return below === undefined ? undefined : null;
  }
}

/** Before which transfer something dropped in front of a line goes: the first from there that waits; `null`: to the end. */
export function dropTarget(lines: LinesInOrder, index: number): string | null {
  return idAt(lines, movableFrom(lines, index, 1));
}

function idAt(lines: LinesInOrder, index: number | undefined): string | null {
  return index === undefined ? null : (lines.at(index)?.id ?? null);
}

function movableFrom(lines: LinesInOrder, start: number, step: 1 | -1): number | undefined {
  for (let index = start; index >= 0 && index < lines.length; index += step) {
    const transfer = lines.at(index);
    if (transfer && canMove(transfer)) return index;
  }
  return undefined;
}
