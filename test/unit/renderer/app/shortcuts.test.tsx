// @vitest-environment jsdom
import { act, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { ShortcutsDialog } from '../../../../renderer/app/ShortcutsDialog.tsx';
import { PLAYER_KEY_GROUPS } from '../../../../renderer/player/playerKeys.ts';
import { en } from '../../../../renderer/text/en.ts';
import { draw } from '../drawn.tsx';

it('the list of keys has each action of the player with its caps', async () => {
  const { nearplay } = await draw(<ShortcutsDialog />);
  act(() => nearplay.session.getState().showPanel('shortcuts'));
  const lines = screen.getAllByRole('term').map((term) => [term.textContent, term.nextSibling?.textContent]);
  for (const { actions } of PLAYER_KEY_GROUPS)
    for (const action of actions) expect(lines.map(([name]) => name)).toContain(en.player.actions[action]);
  expect(lines).toContainEqual([en.player.actions.repeat, 'ShiftL']);
  expect(lines).toContainEqual([en.player.actions['toggle-play'], 'Space']);
  expect(lines).toContainEqual([en.shortcuts.compare, 'D']);
});
