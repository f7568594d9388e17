// @vitest-environment jsdom
import { act, screen, waitFor } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { NearplayApiError } from '../../../../../renderer/api.ts';
import { CompareMenu } from '../../../../../renderer/player/compare/CompareMenu.tsx';
import { en } from '../../../../../renderer/text/en.ts';
import type { NearplayApi } from '../../../../../shared/ipc.ts';
import { nameOfKey } from '../../../../../shared/keys.ts';
import type { LibraryEntry, LibraryFile } from '../../../../../shared/library.ts';
import { draw } from '../../drawn.tsx';

const { compare: TEXT } = en.player;

function file(key: string): LibraryFile {
  const route = { storage: 'main', reason: 'replica-by-ip', details: {} } as unknown as LibraryFile['route'];
  return { type: 'file', key, name: nameOfKey(key), size: 1, lastModified: 0, etag: '"1"', kind: 'image', route };
}
const folder = (key: string): LibraryEntry => ({ type: 'folder', key, name: nameOfKey(key) });

const FOLDERS: Record<string, LibraryEntry[]> = {
  'sh010/': ['v001/', 'v002/', 'v003/'].map((name) => folder(`sh010/${name}`)),
  'sh010/v001/': [file('sh010/v001/comp_v001.exr')],
  'sh010/v002/': [file('sh010/v002/comp_v002.exr'), file('sh010/v002/notes.exr')],
  'sh010/v003/': [file('sh010/v003/comp_v003.exr')],
};
const listed: NearplayApi['listLibrary'] = ({ folder: asked }) =>
  Promise.resolve({ folder: asked, entries: FOLDERS[asked] ?? [] });

/** The menu of a file in its folder, opened by its key. */
async function openMenu(key: string, shown: string, listLibrary: NearplayApi['listLibrary']) {
  const drawn = await draw(<CompareMenu file={file(key)} />, { listLibrary });
  await act(() => drawn.nearplay.library.getState().show(shown));
  await drawn.user.keyboard('d');
  await screen.findByRole('menu');
  return drawn;
}
const choices = () => screen.getAllByRole('menuitem').map((item) => item.textContent);
const state = () => screen.queryByTestId('version-search');

it('offers the versions of other folders before the rest of the folder, and says that it looks for them', async () => {
  const answers: (() => void)[] = [];
  const slow = vi.fn<NearplayApi['listLibrary']>(listed);
  const { nearplay, user } = await openMenu('sh010/v002/comp_v002.exr', 'sh010/v002/', (asked) => {
    if (asked.folder !== 'sh010/') return slow(asked);
    return new Promise((resolve) => answers.push(() => resolve(listed(asked))));
  });
  expect(state()?.textContent).toBe(TEXT.searching);
  expect(choices()).toEqual(['notes.exr']);
  act(() => answers.forEach((answer) => answer()));
  await waitFor(() => expect(state()?.dataset['phase']).toBe('done'));
  expect(state()?.textContent).toBe('2 files of other versions in other folders.');
  expect(choices()).toEqual(['comp_v003.exrv003/', 'comp_v001.exrv001/', 'notes.exr']);
  await user.keyboard('{ArrowUp}{Enter}');
  expect(nearplay.library.getState().compared?.key).toBe('sh010/v001/comp_v001.exr');
});

it('begins with the first version where the folder has nothing else', async () => {
  const { nearplay, user } = await openMenu('sh010/v001/comp_v001.exr', 'sh010/v001/', listed);
  await waitFor(() => expect(state()?.dataset['phase']).toBe('done'));
  await waitFor(() => expect(document.activeElement?.textContent).toBe('comp_v003.exrv003/'));
  await user.keyboard('{Enter}');
  expect(nearplay.library.getState().compared?.key).toBe('sh010/v003/comp_v003.exr');
});

it('says why no versions are known, and looks again', async () => {
  const failure = new NearplayApiError({ code: 'access-denied', message: 'Listing is refused.', retryable: false });
  let isRefused = true;
  const { user } = await openMenu('sh010/v001/comp_v001.exr', 'sh010/v001/', (asked) =>
    isRefused && asked.folder === 'sh010/' ? Promise.reject(failure) : listed(asked),
  );
  expect((await screen.findByRole('alert')).textContent).toBe(`${TEXT.searchFailed} Listing is refused.`);
  expect(choices()).toEqual([TEXT.lookAgain]);
  isRefused = false;
  await user.click(screen.getByTestId('look-again'));
  await waitFor(() => expect(choices()).toEqual(['comp_v003.exrv003/', 'comp_v002.exrv002/']));
  expect(state()?.dataset['phase']).toBe('done');
});

it('lists nothing more once it is closed', async () => {
  const list = vi.fn<NearplayApi['listLibrary']>(listed);
  let answer: () => void = () => undefined;
  const { user } = await openMenu('sh010/v001/comp_v001.exr', 'sh010/v001/', (asked) => {
    if (asked.folder !== 'sh010/') return list(asked);
    return new Promise((resolve) => (answer = () => resolve(listed(asked))));
  });
  list.mockClear();
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByRole('menu')).toBeNull());
  await act(async () => {
    answer();
    await Promise.resolve();
  });
  expect(list).not.toHaveBeenCalled();
});

it('looks for none where no folder is that of a version', async () => {
  const list = vi.fn<NearplayApi['listLibrary']>(listed);
  await openMenu('sh010/comp_v001.exr', 'sh010/', list);
  expect(list).toHaveBeenCalledTimes(1);
  expect(state()).toBeNull();
});
