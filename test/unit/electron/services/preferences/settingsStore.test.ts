import { describe, expect, it } from 'vitest';
import { settingsInMemory, SettingsStore } from '../../../../../electron/services/preferences/settingsStore.ts';
import { SILENT } from '../../../../../electron/services/runtime/log.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../../../../shared/settings.ts';

function start(stored: unknown, write?: () => void) {
  const written: Settings[] = [];
  const warned: unknown[] = [];
  const backend = {
    read: () => {
      if (stored instanceof Error) throw stored;
      return stored;
    },
    write: (settings: Settings) => {
      write?.();
      written.push(settings);
    },
  };
  const store = new SettingsStore(backend, { ...SILENT, warn: (_message, fields) => void warned.push(fields) });
  return { store, written, warned };
}

describe('stored settings', () => {
  it.each([undefined, null, 'text', 7, [], {}])(
    'that are %j count as the defaults, and nothing is written',
    (stored) => {
      const { store, written } = start(stored);
      expect(store.get()).toEqual(DEFAULT_SETTINGS);
      expect(written).toEqual([]);
    },
  );

  it('that cannot be read count as the defaults, and the log says so', () => {
    const { store, warned } = start(new Error('Unexpected token'));
    expect(store.get()).toEqual(DEFAULT_SETTINGS);
    expect(warned).toHaveLength(1);
  });

  it('keep every valid field beside an invalid one, whose name alone is logged', () => {
    const stored = { readFrom: 'sydney', theme: 'ultraviolet', profile: 'studio', lastFolder: 7, future: true };
    const { store, written, warned } = start(stored);
    expect(store.get()).toEqual({ ...DEFAULT_SETTINGS, readFrom: 'sydney', profile: 'studio' });
    expect(warned).toEqual([{ name: 'theme' }, { name: 'lastFolder' }]);
    expect(written).toEqual([]);
  });

  it('keep what earlier versions stored under other names', () => {
    const folder = { id: 'a', path: '/plates', folder: 'shots/', paused: false };
    const earlier = { theme: 'light', watchedFolders: ['dailies/'], uploadFolders: [folder] };
    const { store, written, warned } = start(earlier);
    const expected = { ...DEFAULT_SETTINGS, theme: 'light', readyAlerts: ['dailies/'], watchFolders: [folder] };
    expect(store.get()).toEqual(expected);
    expect(warned).toEqual([]);
    store.change({ theme: 'dark' });
    expect(written).toEqual([{ ...expected, theme: 'dark' }]);
  });

  it('count under their present names where a file has both, also when the list is empty by now', () => {
    const folder = { id: 'a', path: '/plates', folder: 'shots/', paused: false };
    const both = { watchedFolders: ['dailies/'], readyAlerts: [], uploadFolders: [], watchFolders: [folder] };
    expect(start(both).store.get()).toEqual({ ...DEFAULT_SETTINGS, watchFolders: [folder] });
  });

  it('of an earlier name that are not valid count as the default, and are written back as they are', () => {
    const { store, written, warned } = start({ uploadFolders: 'all', watchedFolders: ['dailies/'] });
    expect(store.get()).toEqual({ ...DEFAULT_SETTINGS, readyAlerts: ['dailies/'] });
    expect(warned).toEqual([{ name: 'watchFolders' }]);
    store.change({ theme: 'light' });
    expect(written).toEqual([{ ...store.get(), watchFolders: 'all' }]);
  });

  it('do not come from a prototype', () => {
    const stored: unknown = Object.create({ readFrom: 'sydney' });
    expect(start(stored).store.get()).toEqual(DEFAULT_SETTINGS);
  });
});

describe('a change', () => {
  it('is in force and written, with everything else as it was', () => {
    const { store, written } = start({ readFrom: 'sydney' });
    expect(store.change({ theme: 'dark' })).toEqual({ ...DEFAULT_SETTINGS, readFrom: 'sydney', theme: 'dark' });
    expect(written).toEqual([store.get()]);
    expect(store.change({ readFrom: null }).readFrom).toBeNull();
    expect(store.change({ importedPreferences: '/a' }).importedPreferences).toBe('/a');
    expect(store.change({ theme: 'light' }).importedPreferences).toBe('/a');
  });

  it.each([{ theme: 'ultraviolet' }, { readFrom: '' }, { unknown: 1 }, { readFrom: undefined }])(
    '%j is refused and changes nothing',
    (patch) => {
      const { store, written } = start({ readFrom: 'sydney' });
      expect(() => store.change(patch as Parameters<SettingsStore['change']>[0])).toThrow(
        expect.objectContaining({ code: 'settings-invalid' }),
      );
      expect(store.get().readFrom).toBe('sydney');
      expect(written).toEqual([]);
    },
  );

  it('of another setting leaves one that is not valid as it is, until that very one is changed', () => {
    const { store, written } = start({ readFrom: 'sydney', theme: 'ultraviolet', readyAlerts: 'all' });
    store.change({ view: 'list' });
    expect(written.at(-1)).toMatchObject({ view: 'list', theme: 'ultraviolet', readyAlerts: 'all' });
    expect(store.get()).toMatchObject({ theme: DEFAULT_SETTINGS.theme, readyAlerts: [] });
    store.change({ theme: 'light' });
    store.change({ view: 'grid' });
    expect(written.at(-1)).toMatchObject({ theme: 'light', readyAlerts: 'all', view: 'grid' });
  });

  it('that the disk does not take says what the disk said, and guesses nothing', () => {
    for (const [code, words] of [
      ['ENOSPC', 'could not be saved (ENOSPC); nothing was changed. Make room'],
      ['EACCES', 'could not be saved (EACCES); nothing was changed.'],
    ] as const) {
      const { store } = start({}, () => {
        throw Object.assign(new Error(code), { code });
      });
      expect(() => store.change({ theme: 'dark' })).toThrow(words);
    }
  });

  it('that cannot be saved is not in force', () => {
    const { store } = start({ readFrom: 'sydney' }, () => {
      throw new Error('ENOSPC');
    });
    expect(() => store.change({ theme: 'dark' })).toThrow(/could not be saved; nothing was changed\.$/);
    expect(store.get().theme).toBe(DEFAULT_SETTINGS.theme);
  });
});

it('settings in memory last as long as the process', () => {
  const backend = settingsInMemory({ readFrom: 'sydney' });
  new SettingsStore(backend, SILENT).change({ theme: 'dark' });
  expect(new SettingsStore(backend, SILENT).get()).toMatchObject({ readFrom: 'sydney', theme: 'dark' });
});
