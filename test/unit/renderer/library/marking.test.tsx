// @vitest-environment jsdom
import { act, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { Entry } from '../../../../renderer/library/Entry.tsx';
import { LibraryScreen } from '../../../../renderer/library/LibraryScreen.tsx';
import { en } from '../../../../renderer/text/en.ts';
import { nameOfKey } from '../../../../shared/keys.ts';
import type { LibraryFile } from '../../../../shared/library.ts';
import { mediaKind } from '../../../../shared/media.ts';
import { draw } from '../drawn.tsx';

/** Too large for a small picture of it: nothing is asked for. */
const SIZE_BYTES = 1e12;

function file(key: string): LibraryFile {
  const route = { storage: 'main', reason: 'main-chosen', details: {} } as unknown as LibraryFile['route'];
  const name = nameOfKey(key);
  const kind = mediaKind(name);
  return { type: 'file', key, name, size: SIZE_BYTES, lastModified: 0, etag: '"1"', kind, route };
}

const FILES = [file('a/x.exr'), file('a/y.exr'), file('a/sound.wav')];

async function drawCards() {
  const onOpen = vi.fn();
  const drawn = await draw(
    <div role="listbox">
      {FILES.map((entry, index) => (
        <Entry
          key={entry.key}
          {...{ entry, view: 'grid', isActive: false, position: index + 1, total: FILES.length, now: 0, onOpen }}
        />
      ))}
    </div>,
  );
  const marks = () => screen.getAllByTestId('card-compare');
  const titles = () => marks().map(({ title }) => title);
  return { ...drawn, onOpen, marks, titles };
}

it('a card with a picture is marked by its sign, and says with what it would be compared', async () => {
  const { user, marks, titles, onOpen, nearplay } = await drawCards();
  expect(titles()).toEqual([en.library.compareWith, en.library.compareWith]);
  const [first, second] = marks();
  if (!first || !second) throw new Error('There are two pictures');
  await user.click(first);
  expect(titles()).toEqual([en.library.compareNot, 'Compare with x.exr (D)']);
  expect(screen.getByRole('option', { name: /^x\.exr, .*, to be compared$/ }).dataset['marked']).toBe('true');
  await user.click(first);
  expect(nearplay.library.getState().marked).toBeUndefined();
  await user.click(first);
  await user.click(second);
  expect(nearplay.library.getState()).toMatchObject({ opened: FILES[0], compared: FILES[1], marked: undefined });
  expect(onOpen).not.toHaveBeenCalled();
});

it('the library says which file is marked, also in another folder, until it is no more', async () => {
  const listLibrary = ({ folder }: { folder: string }) => Promise.resolve({ folder, entries: [] });
  const { user, nearplay } = await draw(<LibraryScreen />, { listLibrary });
  const { markOrCompare, show } = nearplay.library.getState();
  act(() => markOrCompare(file('a/x.exr')));
  await act(() => show('b/'));
  const bar = screen.getByTestId('marked-bar');
  expect(bar.textContent).toBe(`${en.library.marked}x.exr${en.library.markedNext}`);
  await user.click(screen.getByTestId('unmark'));
  expect(nearplay.library.getState().marked).toBeUndefined();
  expect(bar.textContent).toBe('');
});
