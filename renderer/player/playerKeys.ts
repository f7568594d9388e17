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
  ['m', 'mute'],
  ['f', 'full-screen'],
  ['ArrowUp', 'previous'],
  ['ArrowDown', 'next'],
]);

/** Action of a key in the player: the transport keys of editing programs. Shift makes a step a second long. */
export function playerAction(
  event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>,
): PlayerAction | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const action = KEYS.get(event.key.length === 1 ? event.key.toLowerCase() : event.key);
  if (event.shiftKey && action === 'frame-back') return 'second-back';
  if (event.shiftKey && action === 'frame-forward') return 'second-forward';
  return action;
}
