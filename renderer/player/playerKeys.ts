/** What a key does in the player, by the group that lists of keys show it in. */
const ACTIONS_BY_GROUP = {
  play: ['toggle-play', 'shuttle-back', 'pause', 'shuttle-forward', 'slower', 'faster'],
  move: ['frame-back', 'frame-forward', 'second-back', 'second-forward', 'start', 'end', 'go-to', 'previous', 'next'],
  range: ['mark-first', 'mark-last', 'clear-marks', 'repeat'],
  look: ['zoom-in', 'zoom-out', 'fit', 'pixels', 'flop', 'flip', 'mask', 'safe-areas', 'background'],
  colour: ['next-channel', 'previous-channel', 'brighter', 'darker', 'plain-colour'],
  compare: [
    'compare',
    'compare-flip',
    'compare-way',
    'compare-way-back',
    'compare-less',
    'compare-more',
    'compare-exchange',
    'offset-back',
    'offset-forward',
    'offset-none',
    'step-by',
  ],
  window: ['mute', 'full-screen', 'picture-in-picture'],
} as const;

export type PlayerKeyGroup = keyof typeof ACTIONS_BY_GROUP;
export type PlayerAction = (typeof ACTIONS_BY_GROUP)[PlayerKeyGroup][number];

interface PlayerKey {
  /** As a keyboard event names it; a letter in small. */
  key: string;
  shift?: true;
}

/** The keys of editing programs. The one place where a key of the player is given: actions, lists and hints are made from it. */
const KEYS: Readonly<Record<PlayerAction, PlayerKey>> = {
  'toggle-play': { key: ' ' },
  'shuttle-back': { key: 'j' },
  pause: { key: 'k' },
  'shuttle-forward': { key: 'l' },
  slower: { key: '[' },
  faster: { key: ']' },
  'frame-back': { key: 'ArrowLeft' },
  'frame-forward': { key: 'ArrowRight' },
  'second-back': { key: 'ArrowLeft', shift: true },
  'second-forward': { key: 'ArrowRight', shift: true },
  start: { key: 'Home' },
  end: { key: 'End' },
  'go-to': { key: 'g' },
  previous: { key: 'ArrowUp' },
  next: { key: 'ArrowDown' },
  'mark-first': { key: 'i' },
  'mark-last': { key: 'o' },
  'clear-marks': { key: 'x' },
  repeat: { key: 'l', shift: true },
  'zoom-in': { key: '+' },
  'zoom-out': { key: '-' },
  fit: { key: '0' },
  pixels: { key: '1' },
  flop: { key: 'h' },
  flip: { key: 'h', shift: true },
  mask: { key: 'n' },
  'safe-areas': { key: 'n', shift: true },
  background: { key: 'b' },
  'next-channel': { key: 'c' },
  'previous-channel': { key: 'c', shift: true },
  brighter: { key: 'e' },
  darker: { key: 'e', shift: true },
  'plain-colour': { key: 'q' },
  compare: { key: 'd' },
  'compare-flip': { key: 'a' },
  'compare-way': { key: 'y' },
  'compare-way-back': { key: 'y', shift: true },
  'compare-less': { key: 'ArrowDown', shift: true },
  'compare-more': { key: 'ArrowUp', shift: true },
  'compare-exchange': { key: 's' },
  'offset-back': { key: '<' },
  'offset-forward': { key: '>' },
  'offset-none': { key: 'z' },
  'step-by': { key: 'z', shift: true },
  mute: { key: 'm' },
  'full-screen': { key: 'f' },
  'picture-in-picture': { key: 'p' },
};

/** Other keys of the same action, by where they stand on a keyboard. */
const ALSO: Readonly<Record<string, PlayerAction>> = { '=': 'zoom-in', _: 'zoom-out' };

const LABELS: Readonly<Record<string, string>> = {
  ' ': 'Space',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
};

const BY_KEY: ReadonlyMap<string, PlayerAction> = new Map([
  ...Object.entries(ALSO),
  ...Object.values(ACTIONS_BY_GROUP)
    .flat()
    .map((action) => [nameOf(KEYS[action]), action] as const),
]);

function nameOf({ key, shift }: PlayerKey): string {
  return shift ? `Shift ${key}` : key;
}

/** Action of a key in the player. Shift counts where it has an action of its own: capitals and signs need it on some keyboards. */
export function playerAction(
  event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>,
): PlayerAction | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return (event.shiftKey ? BY_KEY.get(nameOf({ key, shift: true })) : undefined) ?? BY_KEY.get(key);
}

/** The caps to press for an action, in their order. */
export function keyCaps(action: PlayerAction): string[] {
  const { key, shift } = KEYS[action];
  const cap = LABELS[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  return shift ? ['Shift', cap] : [cap];
}

/** The same in one text, for a hint. */
export function keysOf(action: PlayerAction): string {
  return keyCaps(action).join(' ');
}

/** Groups of actions for a list of all keys. */
export const PLAYER_KEY_GROUPS: readonly { group: PlayerKeyGroup; actions: readonly PlayerAction[] }[] = (
  ['play', 'move', 'range', 'look', 'colour', 'compare', 'window'] as const
).map((group) => ({ group, actions: ACTIONS_BY_GROUP[group] }));
