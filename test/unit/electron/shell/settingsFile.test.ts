import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SettingsStore } from '../../../../electron/services/preferences/settingsStore.ts';
import { SILENT } from '../../../../electron/services/runtime/log.ts';
import { MAX_SETTINGS_BYTES, openSettingsFile, type StoreOptions } from '../../../../electron/shell/settingsFile.ts';
import { DEFAULT_SETTINGS, settingsSchema } from '../../../../shared/settings.ts';
import { fifo } from '../../../helpers/oddFiles.ts';

let folder: string;
let file: string;
const notify = vi.fn();
const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nearplay-settings-'));
  file = join(folder, 'settings.json');
  vi.resetAllMocks();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Keeps what electron-store promises: one file, read when opened, each key set on its own, the mode it was given. */
function createStore({ cwd, name, configFileMode }: StoreOptions) {
  const path = join(cwd, `${name}.json`);
  const read = () => (existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>) : {});
  return {
    get store() {
      return read();
    },
    set: (values: Record<string, unknown>) => {
      writeFileSync(path, JSON.stringify({ ...read(), ...values }));
      chmodSync(path, configFileMode);
    },
  };
}

const open = () => openSettingsFile({ folder, createStore, log, notify, now: () => Date.UTC(2026, 10, 24) });
const backups = () => readdirSync(folder).filter((name) => name !== 'settings.json');

describe('the settings file', () => {
  it('keeps what was written, readable by the user alone', () => {
    open().write({ ...DEFAULT_SETTINGS, profile: 'studio' });
    expect(open().read()).toMatchObject({ profile: 'studio', settingsVersion: 1 });
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(backups()).toEqual([]);
  });

  it('sets one aside that is larger than any settings, unread', () => {
    writeFileSync(file, '{}');
    truncateSync(file, MAX_SETTINGS_BYTES + 1);
    open().write(DEFAULT_SETTINGS);
    expect(backups()[0]).toMatch(/^settings\.json\.damaged-/);
    expect(statSync(file).size).toBeLessThan(10_000);
  });

  it.skipIf(process.platform === 'win32')('is left alone, and not waited for, where a pipe has its name', async () => {
    await fifo(file);
    const settings = open();
    settings.write({ ...DEFAULT_SETTINGS, profile: 'studio' });
    expect(settings.read()).toMatchObject({ profile: 'studio' });
    expect(statSync(file).isFIFO()).toBe(true);
    expect(backups()).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('stays a link, also when what it leads to is damaged', () => {
    mkdirSync(join(folder, 'dotfiles'));
    symlinkSync('dotfiles/nearplay.json', file);
    writeFileSync(file, 'not JSON');
    open().write({ ...DEFAULT_SETTINGS, profile: 'studio' });
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(JSON.parse(readFileSync(join(folder, 'dotfiles', 'nearplay.json'), 'utf8'))).toMatchObject({
      profile: 'studio',
    });
  });

  it('holds the largest settings that are valid', () => {
    const key = '\u4e00'.repeat(1024);
    const path = '\u4e00'.repeat(32_767);
    const numbered = (count: number, text: string) => Array.from({ length: count }, (_, index) => `${index}${text}`);
    const largest = {
      ...DEFAULT_SETTINGS,
      importedPreferences: path,
      lastFolder: key,
      readyAlerts: numbered(100, key.slice(4)),
      uploadFolderByProject: Object.fromEntries(numbered(1000, key.slice(4)).map((name) => [name, key])),
      watchFolders: numbered(100, '').map((id) => ({ id, path, folder: key, paused: false })),
    };
    expect(settingsSchema.safeParse(largest).success).toBe(true);
    open().write(largest);
    expect(open().read()).toMatchObject({ lastFolder: key });
    expect(backups()).toEqual([]);
  });

  it.each<[string, Buffer]>([
    ['torn', Buffer.from('{ "theme": "dark",')],
    ['a list', Buffer.from('[]')],
    ['null', Buffer.from('null')],
    ['empty', Buffer.alloc(0)],
    ['no UTF-8 within a name', Buffer.from('{ "lastFolder": "caf\xe9/" }', 'latin1')],
    ['with a byte order mark', Buffer.from('\ufeff{ "theme": "dark" }')],
    ['UTF-16', Buffer.from('\ufeff{ "theme": "dark" }', 'utf16le')],
    ['zeroes after a power cut', Buffer.alloc(64)],
  ])('sets one aside that is %s, as it is, before it writes over it, and tells', (_is, damaged) => {
    writeFileSync(file, damaged);
    const settings = open();
    settings.write(DEFAULT_SETTINGS);
    const [backup = ''] = backups();
    expect(backup).toMatch(/^settings\.json\.damaged-2026-11-24T/);
    expect(readFileSync(join(folder, backup))).toEqual(damaged);
    expect(notify.mock.calls).toMatchObject([[{ detail: expect.stringContaining(backup) as string }]]);
    expect(open().read()).toMatchObject(DEFAULT_SETTINGS);
    expect(log.warn).toHaveBeenCalledOnce();
  });

  it('of an earlier version gives its watch folders and ready alerts, and keeps them under their present names', () => {
    const watchFolder = { id: 'a', path: '/plates', folder: 'shots/', paused: false };
    const earlier = { settingsVersion: 1, watchedFolders: ['dailies/'], uploadFolders: [watchFolder] };
    writeFileSync(file, JSON.stringify(earlier));
    new SettingsStore(open(), SILENT).change({ theme: 'light' });
    const stored: unknown = JSON.parse(readFileSync(file, 'utf8'));
    expect(stored).toMatchObject({ theme: 'light', readyAlerts: ['dailies/'], watchFolders: [watchFolder] });
    expect(new SettingsStore(open(), SILENT).get()).toMatchObject({ watchFolders: [watchFolder] });
    expect(backups()).toEqual([]);
  });

  it('copies the file of a newer version aside, and keeps the values it does not know', () => {
    writeFileSync(file, JSON.stringify({ theme: 'light', settingsVersion: 2, shortcut: 'J' }));
    const settings = open();
    expect(settings.read()).toMatchObject({ theme: 'light' });
    settings.write(DEFAULT_SETTINGS);
    expect(open().read()).toMatchObject({ shortcut: 'J' });
    expect(backups()).toEqual([expect.stringMatching(/\.newer-/)]);
  });

  it('leaves a file alone that cannot be read at all, and remembers for as long as it runs', () => {
    mkdirSync(file); // Whoever runs the test: a folder cannot be read as a file.
    const settings = open();
    settings.write({ ...DEFAULT_SETTINGS, theme: 'dark' });
    expect(settings.read()).toMatchObject({ theme: 'dark' });
    expect(statSync(file).isDirectory()).toBe(true);
    expect(log.error).toHaveBeenCalledOnce();
    expect(notify).toHaveBeenCalledOnce();
  });

  it('leaves a damaged one alone where it cannot be set aside', () => {
    writeFileSync(file, 'damaged');
    mkdirSync(`${file}.damaged-2026-11-24T00-00-00.000Z`);
    const settings = open();
    settings.write({ ...DEFAULT_SETTINGS, theme: 'dark' });
    expect(settings.read()).toMatchObject({ theme: 'dark' });
    expect(readFileSync(file, 'utf8')).toBe('damaged');
    expect(notify).toHaveBeenCalledOnce();
  });
});
