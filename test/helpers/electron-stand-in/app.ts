import type { App, CommandLine } from 'electron';
import { EventEmitter } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { NotImplemented } from './strict.ts';

/** An event that a listener may prevent, as Electron's are. */
export class PreventableEvent {
  defaultPrevented = false;

  preventDefault(): void {
    this.defaultPrevented = true;
  }
}

/** What the app ends with. */
export interface Surroundings {
  /** Asks every window to close; false when one of them refused. */
  closeWindows: () => Promise<boolean>;
  /** Ends the browser; settles within a time-out. */
  endBrowser: () => Promise<void>;
}

export interface AppOptions {
  /** As in `process.argv`: the second one is main's file. */
  argv: readonly string[];
  env: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  exit: (code: number) => void;
}

/** The switches of the command line; Electron takes both `--name=value` and `--name`. */
export class Switches implements Pick<
  CommandLine,
  'appendSwitch' | 'hasSwitch' | 'getSwitchValue' | 'removeSwitch' | 'appendArgument'
> {
  readonly #switches = new Map<string, string>();
  readonly #appended = new Set<string>();

  constructor(args: readonly string[]) {
    for (const arg of args) {
      const [, name, value = ''] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
      if (name !== undefined) this.#switches.set(name, value);
    }
  }

  appendSwitch(name: string, value = ''): void {
    this.#switches.set(name, value);
    this.#appended.add(name);
  }

  appendArgument(value: string): void {
    throw new NotImplemented(`app.commandLine.appendArgument(${value})`);
  }

  hasSwitch(name: string): boolean {
    return this.#switches.has(name);
  }

  getSwitchValue(name: string): string {
    return this.#switches.get(name) ?? '';
  }

  removeSwitch(name: string): void {
    this.#switches.delete(name);
    this.#appended.delete(name);
  }

  /** Those that main appended, for the browser's own command line. */
  forBrowser(): string[] {
    return [...this.#appended].map((name) => {
      const value = this.getSwitchValue(name);
      return value === '' ? `--${name}` : `--${name}=${value}`;
    });
  }
}

type AppMethods = Pick<
  App,
  | 'exit'
  | 'focus'
  | 'getAppPath'
  | 'getLocale'
  | 'getPath'
  | 'getName'
  | 'getVersion'
  | 'isReady'
  | 'quit'
  | 'releaseSingleInstanceLock'
  | 'requestSingleInstanceLock'
  | 'setAboutPanelOptions'
  | 'setAppUserModelId'
  | 'setAsDefaultProtocolClient'
  | 'setName'
  | 'setPath'
  | 'enableSandbox'
  | 'whenReady'
>;

/** The life of the app and its paths. */
export class AppStandIn extends EventEmitter implements AppMethods {
  /** As if installed, where a test asks for it. */
  readonly isPackaged: boolean;
  readonly dock = undefined;
  readonly commandLine: Switches;
  readonly #options: AppOptions;
  readonly #folder: string;
  readonly #paths = new Map<string, string>();
  readonly #ready = Promise.withResolvers<undefined>();
  #name: string;
  readonly #version: string;
  #surroundings: Surroundings | undefined;
  #isReady = false;
  #isSandboxEnabled = false;
  #isQuitting = false;
  #isEnding = false;
  #lockFile: string | undefined;

  constructor(options: AppOptions) {
    super();
    this.#options = options;
    this.isPackaged = options.env['STAND_IN_PACKAGED'] === '1';
    this.commandLine = new Switches(options.argv.slice(2));
    const main = resolve(options.argv[1] ?? '.');
    const { folder, name, version } = packageOf(dirname(main));
    this.#folder = folder;
    this.#name = name;
    this.#version = version;
    const userData = this.commandLine.getSwitchValue('user-data-dir') || options.env['NEARPLAY_USER_DATA'];
    if (userData) this.#paths.set('userData', resolve(userData));
  }

  /** Called once, when there is a browser to end. */
  surroundWith(surroundings: Surroundings): void {
    this.#surroundings = surroundings;
  }

  /** Called once the browser runs. */
  becomeReady(): void {
    if (this.#isEnding) return;
    this.#isReady = true;
    this.emit('ready', {}, {});
    this.#ready.resolve(undefined);
  }

  /** Called when the last window has gone. */
  windowsGone(): void {
    if (this.#isQuitting || this.#isEnding) return;
    if (this.listenerCount('window-all-closed') === 0) this.quit();
    else this.emit('window-all-closed');
  }

  whenReady(): Promise<void> {
    return this.#ready.promise;
  }

  isReady(): boolean {
    return this.#isReady;
  }

  quit(): void {
    if (this.#isQuitting || this.#isEnding) return;
    const event = new PreventableEvent();
    this.emit('before-quit', event);
    if (event.defaultPrevented) return;
    this.#isQuitting = true;
    void this.#leave();
  }

  exit(code = 0): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.emit('quit', {}, code);
    this.releaseSingleInstanceLock();
    void Promise.resolve(this.#surroundings?.endBrowser()).finally(() => this.#options.exit(code));
  }

  async #leave(): Promise<void> {
    const event = new PreventableEvent();
    const closed = (await this.#surroundings?.closeWindows()) ?? true;
    if (closed) this.emit('will-quit', event);
    if (closed && !event.defaultPrevented) this.exit(0);
    else this.#isQuitting = false;
  }

  getAppPath(): string {
    return this.#folder;
  }

  getName(): string {
    return this.#name;
  }

  get name(): string {
    return this.#name;
  }

  setName(name: string): void {
    this.#name = name;
  }

  getVersion(): string {
    return this.#version;
  }

  getLocale(): string {
    return Intl.DateTimeFormat().resolvedOptions().locale;
  }

  getPath(name: Parameters<App['getPath']>[0]): string {
    const path = this.#paths.get(name) ?? this.#defaultPath(name);
    if (path === undefined) throw new NotImplemented(`app.getPath('${name}')`);
    return path;
  }

  setPath(name: string, path: string): void {
    if (resolve(path) !== path) throw new Error('Path must be absolute');
    this.#paths.set(name, path);
  }

  #defaultPath(name: Parameters<App['getPath']>[0]): string | undefined {
    const home = homedir();
    switch (name) {
      case 'home':
        return home;
      case 'temp':
        return tmpdir();
      case 'appData':
        return appDataFolder(this.#options, home);
      case 'userData':
      case 'sessionData':
        return name === 'userData' ? join(this.getPath('appData'), this.#name) : this.getPath('userData');
      case 'logs':
        return join(this.getPath('userData'), 'logs');
      case 'crashDumps':
        return join(this.getPath('userData'), 'Crashpad');
      case 'exe':
        return process.execPath;
      case 'desktop':
        return join(home, 'Desktop');
      case 'documents':
        return join(home, 'Documents');
      case 'downloads':
        return join(home, 'Downloads');
      case 'music':
        return join(home, 'Music');
      case 'pictures':
        return join(home, 'Pictures');
      case 'videos':
        return join(home, 'Videos');
      default:
        return undefined;
    }
  }

  /** Per user data folder, as Electron's is. The second instance is refused; the first is not told of it. */
  requestSingleInstanceLock(): boolean {
    if (this.#lockFile !== undefined) return true;
    const folder = this.getPath('userData');
    const file = join(folder, 'stand-in.lock');
    mkdirSync(folder, { recursive: true });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      try {
        writeFileSync(file, String(process.pid), { flag: 'wx' });
        this.#lockFile = file;
        return true;
      } catch {
        if (isRunning(file)) return false;
        rmSync(file, { force: true }); // Left by an instance that was killed.
      }
    }
    return false;
  }

  releaseSingleInstanceLock(): void {
    if (this.#lockFile !== undefined) rmSync(this.#lockFile, { force: true });
    this.#lockFile = undefined;
  }

  focus(): void {
    // One window, and a browser that puts it in front by itself.
  }

  /** The page of a stock browser is sandboxed in any case; whether main asked for it is known. */
  enableSandbox(): void {
    if (this.#isReady) throw new Error('app.enableSandbox() can only be called before app is ready');
    this.#isSandboxEnabled = true;
  }

  get isSandboxEnabled(): boolean {
    return this.#isSandboxEnabled;
  }

  setAppUserModelId(): void {
    // Groups windows in the taskbar of Windows; the window here is the browser's.
  }

  setAboutPanelOptions(): void {
    // Shown by a menu item of role `about`, which a menu that is only recorded never does.
  }

  setAsDefaultProtocolClient(): boolean {
    return false; // A checkout must not become the system's handler of links.
  }
}

interface Package {
  folder: string;
  name: string;
  version: string;
}

/** The nearest package.json above main, which Electron reads name and version from. */
function packageOf(folder: string): Package {
  try {
    const text: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const read = (key: string) => {
      const value: unknown = typeof text === 'object' && text !== null ? Reflect.get(text, key) : undefined;
      return typeof value === 'string' ? value : undefined;
    };
    const name = read('productName') ?? read('name');
    if (name !== undefined) return { folder, name, version: read('version') ?? '0.0.0' };
  } catch {
    // Not in this folder.
  }
  const parent = dirname(folder);
  return parent === folder ? { folder, name: 'Electron', version: '0.0.0' } : packageOf(parent);
}

function appDataFolder({ platform, env }: AppOptions, home: string): string {
  if (platform === 'win32') return env['APPDATA'] ?? join(home, 'AppData', 'Roaming');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  return env['XDG_CONFIG_HOME'] ?? join(home, '.config');
}

function isRunning(file: string): boolean {
  try {
    const id = Number(readFileSync(file, 'utf8'));
    return id > 0 && process.kill(id, 0);
  } catch {
    return false;
  }
}
