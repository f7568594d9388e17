import { describe, expect, it, vi } from 'vitest';
import { NearplayApiError } from '../../../../renderer/api.ts';
import { createLibrary } from '../../../../renderer/store/library.ts';
import type { NearplayApi } from '../../../../shared/ipc.ts';
import type { LibraryEntry, LibraryFile, LibraryPage } from '../../../../shared/library.ts';
import { NO_API } from '../noApi.ts';

function libraryOver(listLibrary: NearplayApi['listLibrary']) {
  return createLibrary({ ...NO_API, listLibrary });
}

const folder = (key: string): LibraryEntry => ({ type: 'folder', key, name: key });

it('goes up to the folder it came from, with that folder active', async () => {
  const store = libraryOver(({ folder: shown }) => Promise.resolve({ folder: shown, entries: [] }));
  await store.getState().show('shots/sq010/');
  await store.getState().up();
  expect(store.getState()).toMatchObject({
    loaded: { folder: 'shots/' },
    activeId: 'folder shots/sq010/',
    phase: 'ready',
  });
});

it('drops the answer of a folder that was left meanwhile', async () => {
  const answers = new Map<string, (page: LibraryPage) => void>();
  const store = libraryOver(({ folder: shown }) => new Promise((resolve) => answers.set(shown, resolve)));
  const slow = store.getState().show('slow/');
  const quick = store.getState().show('quick/');
  answers.get('quick/')?.({ folder: 'quick/', entries: [folder('quick/a/')] });
  await quick;
  answers.get('slow/')?.({ folder: 'slow/', entries: [folder('slow/b/')] });
  await slow;
  expect(store.getState().loaded).toMatchObject({ folder: 'quick/', complete: true });
});

it('keeps what is loaded when the next page fails, and can try again', async () => {
  const error = new NearplayApiError({ code: 'timeout', message: '', retryable: true });
  const listLibrary = vi
    .fn<NearplayApi['listLibrary']>()
    .mockResolvedValueOnce({ folder: '', entries: [folder('a/')], cursor: 'next' })
    .mockRejectedValueOnce(error)
    .mockResolvedValueOnce({ folder: '', entries: [folder('b/')] });
  const store = libraryOver(listLibrary);
  await store.getState().show('');
  await store.getState().loadMore();
  expect(store.getState()).toMatchObject({ more: 'failed', phase: 'ready', loaded: { next: 'next' } });
  await store.getState().loadMore();
  expect(store.getState()).toMatchObject({ more: 'idle', loaded: { complete: true } });
  expect(listLibrary).toHaveBeenLastCalledWith({ folder: '', cursor: 'next' });
});

it('says why a folder cannot be shown, and shows it when asked again', async () => {
  const error = new NearplayApiError({ code: 'access-denied', message: 'No.', retryable: false });
  const listLibrary = vi
    .fn<NearplayApi['listLibrary']>()
    .mockRejectedValueOnce(error)
    .mockResolvedValueOnce({ folder: '', entries: [] });
  const store = libraryOver(listLibrary);
  await store.getState().show('');
  expect(store.getState()).toMatchObject({ phase: 'failed', failure: { code: 'access-denied' } });
  await store.getState().refresh();
  expect(store.getState().phase).toBe('ready');
});

it('reads only the page that is in the window, and again when a change comes meanwhile', async () => {
  const pages: Record<string, LibraryPage> = {
    '': { folder: '', entries: [folder('a/')], cursor: '1' },
    '1': { folder: '', entries: [folder('b/')] },
  };
  const listLibrary = vi.fn<NearplayApi['listLibrary']>(({ cursor }) => {
    const page = pages[cursor ?? ''];
    return page ? Promise.resolve(page) : Promise.reject(new Error('no such page'));
  });
  const store = libraryOver(listLibrary);
  await store.getState().show('');
  await store.getState().loadMore();
  store.getState().sawEntries(['folder b/']);
  listLibrary.mockClear();
  await Promise.all([store.getState().refresh(), store.getState().refresh(), store.getState().refresh()]);
  expect(listLibrary.mock.calls).toEqual([[{ folder: '', cursor: '1' }], [{ folder: '', cursor: '1' }]]);
});

describe('two files to compare', () => {
  function file(key: string, kind: LibraryFile['kind'] = 'video'): LibraryFile {
    const route = { storage: 'main', reason: 'main-chosen', details: {} } as unknown as LibraryFile['route'];
    return { type: 'file', key, name: key, size: 1, lastModified: 0, etag: '"1"', kind, route };
  }
  const FOLDERS: Record<string, LibraryEntry[]> = {
    'a/': [file('a/one'), file('a/two'), file('a/sound', 'audio')],
    'b/': [folder('b/c/'), file('b/three')],
  };
  async function started() {
    const store = libraryOver(({ folder: shown }) => Promise.resolve({ folder: shown, entries: FOLDERS[shown] ?? [] }));
    await store.getState().show('a/');
    const choose = (id: string) => {
      store.getState().setActive(id);
      store.getState().markOrCompareActive();
    };
    return { store, choose };
  }

  it('are one after the other, also of two folders: the marked one is the first', async () => {
    const { store, choose } = await started();
    choose('file a/two');
    expect(store.getState()).toMatchObject({ marked: { key: 'a/two' }, opened: undefined });
    await store.getState().show('b/');
    choose('file b/three');
    const pair = { opened: { key: 'a/two' }, compared: { key: 'b/three' } };
    expect(store.getState()).toMatchObject({ ...pair, marked: undefined, activeId: 'file b/three' });
  });

  it('are never the same one, a folder, or one without pictures', async () => {
    const { store, choose } = await started();
    choose('file a/sound');
    expect(store.getState().marked).toBeUndefined();
    choose('file a/one');
    choose('file a/one');
    expect(store.getState()).toMatchObject({ marked: undefined, opened: undefined });
    choose('file a/one');
    await store.getState().show('b/');
    choose('folder b/c/');
    choose('file that/is/not/there');
    expect(store.getState()).toMatchObject({ marked: { key: 'a/one' }, opened: undefined });
    store.getState().unmark();
    expect(store.getState().marked).toBeUndefined();
  });
});
