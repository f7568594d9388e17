import type {
  Clipboard,
  Display,
  MenuItemConstructorOptions,
  NativeTheme,
  Net,
  NotificationConstructorOptions,
  PowerMonitor,
  PowerSaveBlocker,
  SafeStorage,
  Shell,
} from 'electron';
import { EventEmitter } from 'node:events';
import type { Recorded } from './recorder.ts';
import { NotImplemented, strict } from './strict.ts';

/** The system's appearance is taken to be light; `changed` is told what pages shall show. */
export class NativeThemeStandIn
  extends EventEmitter
  implements Pick<NativeTheme, 'shouldUseDarkColors' | 'themeSource'>
{
  readonly #changed: () => void;
  #source: NativeTheme['themeSource'] = 'system';

  constructor(changed: () => void) {
    super();
    this.#changed = changed;
  }

  get themeSource(): NativeTheme['themeSource'] {
    return this.#source;
  }

  set themeSource(source: NativeTheme['themeSource']) {
    if (source === this.#source) return;
    this.#source = source;
    this.#changed();
    this.emit('updated', {});
  }

  get shouldUseDarkColors(): boolean {
    return this.#source === 'dark';
  }
}

/** A test fires its events. */
export class PowerMonitorStandIn extends EventEmitter implements Pick<PowerMonitor, 'isOnBatteryPower'> {
  isOnBatteryPower(): boolean {
    return false;
  }
}

export function powerSaveBlockerOf(recorded: Recorded): PowerSaveBlocker {
  const active = new Map<number, string>();
  let last = 0;
  const record = () => (recorded.powerSaveBlockers = [...active.values()]);
  return {
    start(type) {
      last += 1;
      active.set(last, type);
      record();
      return last;
    },
    stop(id) {
      const known = active.delete(id);
      record();
      return known;
    },
    isStarted: (id) => active.has(id),
  };
}

/** Nothing leaves the app: what would have opened is recorded. */
export function shellOf(recorded: Recorded): Pick<Shell, 'beep' | 'openExternal' | 'showItemInFolder'> {
  return {
    openExternal(url) {
      recorded.externals.push(url);
      return Promise.resolve();
    },
    showItemInFolder: (path) => void recorded.shownItems.push(path),
    beep: () => undefined,
  };
}

/** As on a Linux desktop without a keyring: secrets would lie there unprotected, and the app is told so. */
const asynchronous: Pick<
  SafeStorage,
  'decryptStringAsync' | 'encryptStringAsync' | 'getSelectedStorageBackend' | 'isAsyncEncryptionAvailable'
> = {
  isAsyncEncryptionAvailable: () => Promise.resolve(false),
  getSelectedStorageBackend: () => 'basic_text',
  encryptStringAsync: () => Promise.reject(refusal('encrypting')),
  decryptStringAsync: () => Promise.reject(refusal('decrypting')),
};

/** Deprecated in Electron 45, and still there. */
const synchronous = {
  isEncryptionAvailable: () => false,
  encryptString: () => refuse('encrypting'),
  decryptString: () => refuse('decrypting'),
};

export const safeStorage = { ...asynchronous, ...synchronous };

const refusal = (verb: string) =>
  new Error(`Error while ${verb} the text provided to safeStorage. Encryption is not available.`);

function refuse(verb: string): never {
  throw refusal(verb);
}

/** The app's own clipboard, so that a test neither reads nor overwrites the developer's. */
export function clipboardInMemory(): Pick<Clipboard, 'readText' | 'writeText'> {
  let text = '';
  return {
    readText: () => Promise.resolve(text),
    writeText(written) {
      text = written;
      return Promise.resolve();
    },
  };
}

export const net: Pick<Net, 'fetch' | 'isOnline'> = {
  isOnline: () => true, // Only `false` is to be trusted, in Electron too.
  fetch: (input, init) => {
    if (new URL(typeof input === 'string' ? input : input.url).protocol === 'file:')
      throw new NotImplemented('net.fetch of a file');
    return fetch(input, init);
  },
};

const bounds = { x: 0, y: 0, width: 1920, height: 1080 };

/** One display of a usual size. */
const display = strict('Display', {
  id: 1,
  bounds,
  workArea: bounds,
  size: bounds,
  workAreaSize: bounds,
  scaleFactor: 1,
});

export class ScreenStandIn extends EventEmitter {
  getAllDisplays(): Pick<Display, keyof typeof display>[] {
    return [display];
  }

  getPrimaryDisplay(): Pick<Display, keyof typeof display> {
    return display;
  }
}

/** A menu keeps its items; the browser shows none. */
export class MenuStandIn {
  readonly items: MenuItemStandIn[] = [];

  append(item: MenuItemStandIn): void {
    this.items.push(item);
  }

  /** Labels with their path, such as `File > Close`; an item without a label goes by its role. */
  paths(prefix = ''): string[] {
    return this.items.flatMap((item) => {
      const path = `${prefix}${item.label || (item.role ?? item.type)}`;
      return [path, ...(item.submenu?.paths(`${path} > `) ?? [])];
    });
  }
}

export class MenuItemStandIn {
  readonly label: string;
  readonly role: MenuItemConstructorOptions['role'];
  readonly type: NonNullable<MenuItemConstructorOptions['type']>;
  readonly submenu: MenuStandIn | undefined;
  readonly click: MenuItemConstructorOptions['click'];
  enabled: boolean;
  visible: boolean;
  checked: boolean;

  constructor(options: MenuItemConstructorOptions) {
    this.label = options.label ?? '';
    this.role = options.role;
    this.submenu = Array.isArray(options.submenu) ? menuOf(options.submenu) : undefined;
    this.type = options.type ?? (this.submenu ? 'submenu' : 'normal');
    this.click = options.click;
    this.enabled = options.enabled ?? true;
    this.visible = options.visible ?? true;
    this.checked = options.checked ?? false;
  }
}

export function menuOf(template: readonly MenuItemConstructorOptions[]): MenuStandIn {
  const menu = new MenuStandIn();
  for (const options of template) menu.append(new MenuItemStandIn(options));
  return menu;
}

/** What `show` would have shown is recorded. */
export class NotificationStandIn extends EventEmitter {
  readonly title: string;
  readonly body: string;
  readonly #recorded: Recorded;

  constructor(options: NotificationConstructorOptions, recorded: Recorded) {
    super();
    this.title = options.title ?? '';
    this.body = options.body ?? '';
    this.#recorded = recorded;
  }

  show(): void {
    this.#recorded.notifications.push({ title: this.title, body: this.body });
    this.emit('show', {});
  }

  close(): void {
    this.emit('close', {});
  }
}
