import { expect, it } from 'vitest';
import { keyCaps, PLAYER_KEY_GROUPS, playerAction } from '../../../../renderer/player/playerKeys.ts';
import { en } from '../../../../renderer/text/en.ts';

const press = (key: string, held: { shiftKey?: boolean; ctrlKey?: boolean; altKey?: boolean } = {}) =>
  playerAction({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...held });

const ACTIONS = PLAYER_KEY_GROUPS.flatMap(({ actions }) => actions);

it('every action has a name and a key of its own', () => {
  const caps = ACTIONS.map((action) => keyCaps(action).join(' '));
  expect(new Set(caps).size).toBe(ACTIONS.length);
  for (const action of ACTIONS) expect(en.player.actions[action]).toMatch(/\w/);
  expect(Object.keys(en.player.actions).sort()).toEqual([...ACTIONS].sort());
});

it('the caps that are shown are the keys that act', () => {
  const keys: Record<string, string> = {
    Space: ' ',
    '←': 'ArrowLeft',
    '→': 'ArrowRight',
    '↑': 'ArrowUp',
    '↓': 'ArrowDown',
  };
  for (const action of ACTIONS) {
    const caps = keyCaps(action);
    const cap = caps.at(-1) ?? '';
    const shiftKey = caps[0] === 'Shift' && caps.length > 1;
    expect([action, press(keys[cap] ?? cap, { shiftKey })]).toEqual([action, action]);
  }
});

it('shift counts where it has an action of its own', () => {
  expect(press('L', { shiftKey: true })).toBe('repeat');
  expect(press('J', { shiftKey: true })).toBe('shuttle-back');
  expect(press('ArrowLeft', { shiftKey: true })).toBe('second-back');
  expect(press('+', { shiftKey: true })).toBe('zoom-in');
  expect(press('=')).toBe('zoom-in');
  expect(press('$')).toBeUndefined();
  expect(press('j', { ctrlKey: true })).toBeUndefined();
  expect(press('ArrowLeft', { altKey: true })).toBeUndefined();
});
