// @vitest-environment jsdom
import { act, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { WatchFolderDialog } from '../../../../renderer/uploads/WatchFolderDialog.tsx';
import { aBootstrap } from '../../../mothers/bootstrap.ts';
import { draw } from '../drawn.tsx';

async function openDialog() {
  const addWatchFolder = vi.fn(() => Promise.resolve(null));
  const drawn = await draw(<WatchFolderDialog />, { addWatchFolder });
  act(() => drawn.nearplay.session.setState({ app: aBootstrap(), panel: 'watch-folder' }));
  return { ...drawn, addWatchFolder };
}

const isOpen = () => screen.queryByRole('dialog') !== null;

it('asks for the folder with what was chosen, and closes', async () => {
  const { user, addWatchFolder } = await openDialog();
  await user.click(screen.getByRole('checkbox'));
  await user.click(screen.getByTestId('watch-folder-choose'));
  expect(addWatchFolder).toHaveBeenCalledExactlyOnceWith({ folder: '', existing: true });
  expect(isOpen()).toBe(false);
});

it('leaves the files that are already there alone unless they are wanted', async () => {
  const { user, addWatchFolder } = await openDialog();
  await user.click(screen.getByTestId('watch-folder-choose'));
  expect(addWatchFolder).toHaveBeenCalledExactlyOnceWith({ folder: '', existing: false });
});

it('is closed by Escape and by its button, and asks for nothing', async () => {
  const { user, nearplay, addWatchFolder } = await openDialog();
  expect(screen.getByRole('dialog').contains(document.activeElement)).toBe(true);
  await user.keyboard('{Escape}');
  expect(isOpen()).toBe(false);
  act(() => nearplay.session.getState().showPanel('watch-folder'));
  await user.click(screen.getByRole('button', { name: 'Close' }));
  expect(isOpen()).toBe(false);
  expect(addWatchFolder).not.toHaveBeenCalled();
});
