export type PlayerAction =
  | 'toggle-play'
  | 'shuttle-back'
  | 'pause'
  | 'shuttle-forward'
  | 'frame-back'
  | 'frame-forward'
  | 'second-back'
  | 'second-forward'
  | 'start'
  | 'end'
  | 'mark-first'
  | 'mark-last'
  | 'clear-marks'
  | 'repeat'
  | 'mute'
  | 'full-screen'
  | 'previous'
  | 'next';

const KEYS: ReadonlyMap<string, PlayerAction> = new Map([
  [' ', 'toggle-play'],
  ['j', 'shuttle-back'],
  ['k', 'pause'],
  ['l', 'shuttle-forward'],
  ['ArrowLeft', 'frame-back'],
  ['ArrowRight', 'frame-forward'],
  ['Home', 'start'],
  ['End', 'end'],
  ['i', 'mark-first'],
  ['o', 'mark-last'],
  ['x', 'clear-marks'],
  ['m', 'mute'],
  ['f', 'full-screen'],
  ['ArrowUp', 'previous'],
  ['ArrowDown', 'next'],
]);

/** Action of a key in the player: the transport keys of editing programs. Shift makes a step a second long, and L the key of repeating. */
export function playerAction(
  event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>,
): PlayerAction | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const action = KEYS.get(event.key.length === 1 ? event.key.toLowerCase() : event.key);
  if (event.shiftKey && action === 'frame-back') return 'second-back';
  if (event.shiftKey && action === 'frame-forward') return 'second-forward';
  if (event.shiftKey && action === 'shuttle-forward') return 'repeat';
  return action;
}
