import type { OpenDialogOptions } from 'electron';
import { EventEmitter } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SILENT } from '../../../../electron/services/runtime/log.ts';
import { trustSystemCertificates } from '../../../../electron/shell/certificates.ts';
import { FileDialogs, systemChooser } from '../../../../electron/shell/dialogs.ts';
import { logFile } from '../../../../electron/shell/logFile.ts';
import { readPolicy } from '../../../../electron/shell/policy.ts';
import { proxyUrl } from '../../../../electron/shell/proxy.ts';
import { stopBeforeQuit } from '../../../../electron/shell/quit.ts';
import { ReloadOnNewSources } from '../../../../electron/shell/reload.ts';
import { storedTheme } from '../../../../electron/shell/theme.ts';
import { mayUpdate, startUpdates } from '../../../../electron/shell/updates.ts';
import { DEFAULT_SETTINGS } from '../../../../shared/settings.ts';
import { device, fifo, skipped } from '../../../helpers/oddFiles.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'nearplay-shell-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the files that IT manages', () => {
  it.each([
    [undefined, 'on'],
    ['{}', 'on'],
    ['{ "updates": "off" }', 'off'],
    ['{ "updates": "maybe" }', 'off'],
    ['{ "update": "on" }', 'off'],
    ['not JSON', 'off'],
    ['{ "updates": "off", "updates": "on" }', 'off'],
  ])('a policy of %j means updates %s', (text, updates) => {
    const file = join(folder, 'policy.json');
    if (text !== undefined) writeFileSync(file, text);
    expect(readPolicy(file, SILENT)).toEqual({ updates });
  });

  it('a policy of PowerShell is read; one that is no text, too large, a folder or not ITs means updates off', () => {
    const file = join(folder, 'policy.json');
    writeFileSync(file, '\ufeff{ "updates": "on" }', 'utf16le');
    expect(readPolicy(file, SILENT)).toEqual({ updates: 'on' });
    expect(readPolicy(file, SILENT, 'belongs to mallory')).toEqual({ updates: 'off' });
    for (const content of [Buffer.from([0xe9]), Buffer.alloc(1_000_001, ' ')]) {
      writeFileSync(file, content);
      expect(readPolicy(file, SILENT)).toEqual({ updates: 'off' });
    }
    expect(readPolicy(folder, SILENT)).toEqual({ updates: 'off' });
  });
});

describe('updates', () => {
  const FEED = 'provider: generic\nurl: https://updates.studio.example/\npublisherName:\n  - Studio\n';
  const surroundings = (
    feed: string | null,
    updates: 'on' | 'off' = 'on',
    isPackaged = true,
    platform: NodeJS.Platform = 'win32',
  ) => {
    if (feed !== null) writeFileSync(join(folder, 'app-update.yml'), feed);
    return { isPackaged, platform, resourcesPath: folder, policy: { updates }, log: SILENT };
  };

  it('need an installed app, a feed in the build and no word against them', () => {
    expect(mayUpdate(surroundings(null))).toBe(false);
    expect(mayUpdate(surroundings(FEED))).toBe(true);
    expect(mayUpdate(surroundings(FEED, 'off'))).toBe(false);
    expect(mayUpdate(surroundings(FEED, 'on', false))).toBe(false);
  });

  it.each([
    ['provider: generic\nurl: http://updates.studio.example/\npublisherName: Studio\n', 'win32', false],
    ['provider: generic\nurl: http://127.0.0.1:8080/\npublisherName: Studio\n', 'win32', false],
    ["provider: generic\nurl: 'http://localhost/'\n", 'darwin', false],
    ['provider: generic\nurl: https://updates.studio.example/\n', 'darwin', true],
    ['provider: generic\nurl: https://a.example/\nurl: http://b.example/\n', 'darwin', false],
    ['provider: generic\n', 'darwin', false],
    ['{provider: generic, url: http://updates.studio.example}', 'darwin', false],
    ['provider: generic\nurl: >-\n  http://updates.studio.example\n', 'darwin', false],
    ['provider: s3\nbucket: b\nregion: us-east-1\n', 'darwin', true],
    ['provider: s3\nbucket: b\nendpoint: http://minio:9000\n', 'darwin', false],
    ['provider: github\nowner: a\nrepo: b\n', 'darwin', false],
    // Nobody would be named whose signature an update has to bear: electron-updater then verifies nothing.
    ['provider: generic\nurl: https://updates.studio.example/\n', 'win32', false],
    ['provider: generic\nurl: https://updates.studio.example/\npublisherName: Studio\n', 'linux', false],
    ['', 'darwin', false],
  ] as const)('come over https and are verified, or do not come: %j on %s', (feed, platform, may) =>
    expect(mayUpdate(surroundings(feed, 'on', true, platform))).toBe(may),
  );

  it('are not even loaded where they are off, and may fail without harm', async () => {
    const load = vi.fn(() => Promise.reject(new Error('no network')));
    startUpdates(surroundings(null), load)();
    expect(load).not.toHaveBeenCalled();
    const end = startUpdates(surroundings(FEED), load);
    await vi.waitFor(() => expect(load).toHaveBeenCalledOnce());
    end();
  });
});

describe('the proxy of the system', () => {
  it.each([
    ['DIRECT', ''],
    ['', ''],
    ['PROXY proxy.studio:3128', 'http://proxy.studio:3128'],
    ['HTTPS proxy.studio:443; DIRECT', 'https://proxy.studio:443'],
    ['SOCKS5 10.0.0.1:1080', 'socks5://10.0.0.1:1080'],
    ['SOCKS 10.0.0.1:1080', 'socks://10.0.0.1:1080'],
    ['PROXY [2001:db8::1]:3128;PROXY b:1', 'http://[2001:db8::1]:3128'],
    ['QUIC q:1; PROXY p:2', 'http://p:2'],
    ['DIRECT; PROXY p:2', ''],
  ])('%s is %s', (answer, url) => expect(proxyUrl(answer)).toBe(url));
});

describe("the system's certificates", () => {
  it("are trusted beside Node's own", () => {
    const setDefaultCACertificates = vi.fn();
    const getCACertificates = vi.fn((kind = 'default') => (kind === 'system' ? ['studio', 'b'] : ['a', 'b']));
    trustSystemCertificates(SILENT, { getCACertificates, setDefaultCACertificates });
    expect(setDefaultCACertificates).toHaveBeenCalledExactlyOnceWith(['a', 'b', 'studio']);
  });

  it("leave Node's own in force when they cannot be read", () => {
    const setDefaultCACertificates = vi.fn();
    const getCACertificates = () => {
      throw new Error('no store');
    };
    expect(() => trustSystemCertificates(SILENT, { getCACertificates, setDefaultCACertificates })).not.toThrow();
    expect(setDefaultCACertificates).not.toHaveBeenCalled();
  });
});

describe('the choosers', () => {
  it('open where the user was last', async () => {
    const asked: OpenDialogOptions[] = [];
    const answers = [['/media/shots/a.mov', '/media/shots/b.mov'], [], ['/etc/preferences.json']];
    const savedAs = vi.fn(() => Promise.resolve('/tickets/list.csv'));
    const dialogs = new FileDialogs((options) => {
      asked.push(options);
      return Promise.resolve(answers[asked.length - 1] ?? []);
    }, savedAs);
    expect(await dialogs.chooseUploads('files')).toEqual(['/media/shots/a.mov', '/media/shots/b.mov']);
    expect(await dialogs.choosePreferences()).toBeUndefined();
    expect(await dialogs.choosePreferences()).toBe('/etc/preferences.json');
    expect(asked.map(({ defaultPath }) => defaultPath)).toEqual([undefined, '/media/shots', '/media/shots']);
    expect(await dialogs.chooseDestination({ title: 'Save', name: 'list.csv' })).toBe('/tickets/list.csv');
    expect(savedAs).toHaveBeenCalledWith({ title: 'Save', defaultPath: join('/etc', 'list.csv') });
  });

  it('are one at a time, of whatever kind', async () => {
    const answers: ((paths: string[]) => void)[] = [];
    const choose = vi.fn(() => new Promise<string[]>((resolve) => answers.push(resolve)));
    const saveAs = vi.fn(() => Promise.reject(new Error('the dialog failed')));
    const dialogs = new FileDialogs(choose, saveAs);
    const first = dialogs.chooseUploads('files');
    for (const ask of [
      () => dialogs.chooseUploads('folder'),
      () => dialogs.chooseFolder('Watch', 'Watch'),
      () => dialogs.choosePreferences(),
      () => dialogs.chooseDestination({ title: 'Save', name: 'a' }),
    ])
      await expect(ask()).rejects.toMatchObject({ code: 'bad-request' });
    expect(choose).toHaveBeenCalledOnce();
    expect(saveAs).not.toHaveBeenCalled();
    answers[0]?.(['/a.mov']);
    expect(await first).toEqual(['/a.mov']);
    await expect(dialogs.chooseDestination({ title: 'Save', name: 'a' })).rejects.toThrow('the dialog failed');
    // One that failed is closed too.
    await expect(dialogs.chooseDestination({ title: 'Save', name: 'a' })).rejects.toThrow('the dialog failed');
  });

  it('give nothing when the user cancels, and work without a window', async () => {
    const showOpenDialog = vi.fn(() => Promise.resolve({ canceled: true, filePaths: ['/a'] }));
    expect(await systemChooser({ showOpenDialog }, () => undefined)({})).toEqual([]);
  });
});

describe('the page', () => {
  it('is loaded again when the set of media sources changed, and only then', () => {
    const reload = vi.fn();
    const watch = new ReloadOnNewSources(['https://a', 'https://b'], reload);
    watch.update(['https://b', 'https://a', 'https://a']);
    expect(reload).not.toHaveBeenCalled();
    watch.update(['https://a']);
    watch.update(['https://a']);
    expect(reload).toHaveBeenCalledOnce();
  });

  it.each([
    [{ theme: 'light', other: 1 }, 'light'],
    [{ theme: 'pink' }, DEFAULT_SETTINGS.theme],
    [undefined, DEFAULT_SETTINGS.theme],
  ])('has for %j the theme %s', (stored, theme) => expect(storedTheme(stored)).toBe(theme));
});

describe('quitting', () => {
  class FakeApp extends EventEmitter {
    readonly exit = vi.fn();
    quit() {
      const preventDefault = vi.fn();
      this.emit('will-quit', { preventDefault });
      return preventDefault;
    }
  }
  const bind = (app: FakeApp, stop: () => Promise<void>, timeout: number) =>
    stopBeforeQuit(app as unknown as Parameters<typeof stopBeforeQuit>[0], stop, SILENT, timeout);

  it.each([
    ['stop', () => Promise.resolve()],
    ['fail to stop', () => Promise.reject(new Error('stuck'))],
    ['never stop', () => new Promise<never>(() => undefined)],
  ])('ends the app once when the services %s', async (_name, stop) => {
    const app = new FakeApp();
    const stopping = vi.fn(stop);
    bind(app, stopping, 30);
    expect(app.quit()).toHaveBeenCalledOnce();
    expect(app.quit()).toHaveBeenCalledOnce();
    await vi.waitFor(() => expect(app.exit).toHaveBeenCalledExactlyOnceWith(0));
    expect(stopping).toHaveBeenCalledOnce();
  });
});

describe('the log file', () => {
  it('is set aside when it is full, and one older file is kept', () => {
    const file = join(folder, 'logs', 'nearplay.log');
    const write = logFile(file, 10);
    for (const line of ['first line\n', 'second line\n', 'third line\n']) write(line);
    expect(readFileSync(file, 'utf8')).toBe('third line\n');
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('second line\n');
  });

  it('goes on in the file while the older one cannot be replaced, up to twice its size', () => {
    const file = join(folder, 'logs', 'nearplay.log');
    let isHeld = true;
    const rename = vi.fn((from: string, to: string) => {
      if (isHeld) throw Object.assign(new Error('held by a viewer'), { code: 'EPERM' });
      renameSync(from, to);
    }) as unknown as typeof renameSync;
    const write = logFile(file, 1000, rename);
    const sizes = Array.from({ length: 200 }, (_, index) => {
      write(`line ${String(index).padStart(14, '0')}\n`);
      expect(readFileSync(file, 'utf8')).toMatch(new RegExp(`line 0*${index}\\n$`));
      return statSync(file).size;
    });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2200);
    expect(vi.mocked(rename).mock.calls.length).toBeLessThan(60);
    isHeld = false;
    for (let index = 0; index < 200; index += 1) write(`line ${index}\n`);
    expect(existsSync(`${file}.1`)).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('and its folder are for the user alone, also where they were not', () => {
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    const old = join(folder, 'old');
    mkdirSync(old, { mode: 0o755 });
    logFile(join(old, 'nearplay.log'))('line\n');
    logFile(join(folder, 'new', 'nearplay.log'))('line\n');
    expect([mode(old), mode(join(folder, 'new')), mode(join(old, 'nearplay.log'))]).toEqual(['700', '700', '600']);
  });

  it.skipIf(process.platform === 'win32')('may be a link: what is set aside lies where it leads', () => {
    const file = join(folder, 'logs', 'nearplay.log');
    const elsewhere = join(folder, 'elsewhere.log');
    mkdirSync(join(folder, 'logs'));
    symlinkSync(elsewhere, file);
    const write = logFile(file, 10);
    for (const line of ['first line\n', 'second line\n', 'third line\n']) write(line);
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readFileSync(elsewhere, 'utf8')).toBe('third line\n');
    expect(readFileSync(`${elsewhere}.1`, 'utf8')).toBe('second line\n');
  });

  it.skipIf(process.platform === 'win32')('holds nothing up where it is a pipe', async () => {
    const file = join(folder, 'logs', 'nearplay.log');
    mkdirSync(join(folder, 'logs'));
    await fifo(file);
    expect(() => logFile(file, 10)('a line of more than ten bytes\n')).not.toThrow();
    expect(lstatSync(file).isFIFO()).toBe(true);
  });

  it('never moves a device away', async () => {
    const file = join(folder, 'logs', 'nearplay.log');
    mkdirSync(join(folder, 'logs'));
    const why = await device(file, 'null');
    if (why !== undefined) {
      skipped(why);
      return;
    }
    const write = logFile(file, 10);
    for (let index = 0; index < 5; index += 1) write(`line ${index} of more than ten bytes\n`);
    expect(lstatSync(file).isCharacterDevice()).toBe(true);
    expect(readdirSync(join(folder, 'logs'))).toEqual(['nearplay.log']);
  });

  it('costs lines, never the app, when the disk takes no more', () => {
    writeFileSync(join(folder, 'logs'), 'a file where the folder should be');
    expect(() => logFile(join(folder, 'logs', 'nearplay.log'))('line\n')).not.toThrow();
    expect(existsSync(join(folder, 'logs', 'nearplay.log'))).toBe(false);
  });
});
