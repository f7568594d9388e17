import { describe, expect, it } from 'vitest';
import { arrange, arranged, neighboursOf } from '../../../../renderer/store/arrangement.ts';
import { appendPage, noPages } from '../../../../renderer/store/libraryPages.ts';
import type { LibraryEntry, LibraryFile } from '../../../../shared/library.ts';
import { aLibraryFile } from '../../../mothers/library.ts';

const folder = (name: string): LibraryEntry => ({ type: 'folder', key: `${name}/`, name });
const file = (name: string, more: Partial<LibraryFile> = {}): LibraryFile => aLibraryFile(name, more);

describe('what is shown', () => {
  const loaded = appendPage(noPages(''), {
    folder: '',
    entries: [
      file('alpha_v001.mov', { size: 5, lastModified: 1 }),
      folder('beta'),
      file('Gamma.png', { size: 9, lastModified: 3 }),
      file('delta.png', { size: 7, lastModified: 2 }),
    ],
  });
  const names = (...args: [string, 'name' | 'newest' | 'largest']) => arrange(loaded, ...args).map(({ name }) => name);

  it('has folders first', () =>
    expect(names('', 'name')).toEqual(['beta', 'alpha_v001.mov', 'Gamma.png', 'delta.png']));
  it('can be newest or largest first', () => {
    expect(names('', 'newest')).toEqual(['beta', 'Gamma.png', 'delta.png', 'alpha_v001.mov']);
    expect(names('', 'largest')).toEqual(['beta', 'Gamma.png', 'delta.png', 'alpha_v001.mov']);
  });
  it('is filtered by every word, in any case and order', () => {
    expect(names('PNG gam', 'name')).toEqual(['Gamma.png']);
    expect(names('zzz', 'name')).toEqual([]);
  });
});

describe('the arrangement on screen', () => {
  const page = { folder: '', entries: [file('b.mov', { size: 2 }), folder('a'), file('a.mov', { size: 1 })] };
  const loaded = appendPage(noPages(''), page);

  it('is made once for library and player', () => {
    const state = { loaded, filter: '', order: 'name' as const };
    expect(arranged({ ...state })).toBe(arranged({ ...state }));
  });

  it('is made anew for other pages, another filter or another order', () => {
    const before = arranged({ loaded, filter: '', order: 'name' });
    expect(arranged({ loaded, filter: '', order: 'largest' })).not.toBe(before);
    expect(arranged({ loaded, filter: 'a', order: 'name' }).map(({ name }) => name)).toEqual(['a', 'a.mov']);
    expect(arranged({ loaded: appendPage(noPages(''), page), filter: '', order: 'name' })).not.toBe(before);
  });

  it('names the files before and after the one that is open, and passes over folders', () => {
    const entries = arranged({ loaded, filter: '', order: 'name' });
    const names = (opened: LibraryFile) => {
      const { previous, position, total, next } = neighboursOf(entries, opened);
      return [previous?.name, `${position}/${total}`, next?.name];
    };
    expect(names(file('b.mov'))).toEqual([undefined, '1/2', 'a.mov']);
    expect(names(file('a.mov'))).toEqual(['b.mov', '2/2', undefined]);
  });

  it('passes over stills for what plays on by itself', () => {
    const id = { head: 'c.', tail: '.png', padding: 4 };
    const sequence = { id, firstKey: 'c.0001.png', first: 1, last: 2, count: 2, frames: '1-2' };
    const frames = file('c.####.png', { kind: 'image', sequence });
    const entries = [file('a.mov'), file('b.png', { kind: 'image' }), file('b.nk', { kind: 'other' }), frames];
    expect(neighboursOf(entries, file('a.mov', { kind: 'video' }))).toMatchObject({
      next: { name: 'b.png' },
      nextPlayed: { name: 'c.####.png' },
    });
    expect(neighboursOf(entries, frames).nextPlayed).toBeUndefined();
  });

  it('gives the file as it is listed now, and as it was opened once it is gone', () => {
    const entries = arranged({ loaded, filter: '', order: 'name' });
    expect(neighboursOf(entries, file('a.mov', { size: 99 })).file.size).toBe(1);
    expect(neighboursOf(entries, file('gone.mov'))).toMatchObject({
      file: { name: 'gone.mov' },
      position: 0,
      total: 2,
    });
  });
});
