// What `import 'electron'` gives in the stand-in: main's side of Electron, over an installed Chromium.
import type {
  BrowserWindowConstructorOptions,
  MenuItemConstructorOptions,
  NotificationConstructorOptions,
} from 'electron';
import { join } from 'node:path';
import { hasDisplay } from '../browser.ts';
import { AppStandIn } from './app.ts';
import { type Chromium, type HeldRequest, launchChromium, type Verdict } from './chromium.ts';
import { attachControl, type DialogAnswer, type PowerEvent } from './control.ts';
import { Dialogs } from './dialogs.ts';
import { IpcMainStandIn } from './ipcMain.ts';
import type { Question } from './question.ts';
import { nothingRecorded, type Protections } from './recorder.ts';
import { Schemes } from './schemes.ts';
import { SessionStandIn } from './session.ts';
import { absent, strict } from './strict.ts';
import type { Surface } from './surface.ts';
import * as system from './system.ts';
import { type Desktop, type WebContentsStandIn, WindowStandIn } from './window.ts';

const recorded = nothingRecorded();
const headless = process.env['NEARPLAY_HEADLESS'] === '1' || !hasDisplay();
const log = (line: string) => void process.stderr.write(`${line}\n`);

let launched: Promise<Chromium> | undefined;
const browser = (): Promise<Chromium> => launched ?? Promise.reject(new Error('Not before the app is ready'));

const theApp = new AppStandIn({
  argv: process.argv,
  env: process.env,
  platform: process.platform,
  exit: (code) => process.exit(code),
});
const schemes = new Schemes();
const theIpcMain = new IpcMainStandIn();
const theSession = new SessionStandIn({ schemes, chromium: browser, env: process.env });
const thePowerMonitor = new system.PowerMonitorStandIn();
const theTheme = new system.NativeThemeStandIn(() => {
  for (const window of desktop.windows) window.contents.surface.then(dress).catch(() => undefined);
});

const desktop: Desktop = {
  app: theApp,
  ipcMain: theIpcMain,
  schemes,
  session: theSession,
  recorded,
  headless,
  windows: new Set(),
  chromium: browser,
  dress,
  log,
};

/** Tests answer dialogs; where a person uses the app, dialogs are shown in the page. */
const askInPage = process.send === undefined ? !headless : process.env['STAND_IN_DIALOGS'] === 'page';
const dialogs = new Dialogs({ recorded, ask: askInPage ? ask : undefined, log });

async function ask(question: Question): Promise<DialogAnswer> {
  const [window] = desktop.windows;
  return window ? (await window.contents.surface).ask(question) : 'cancel';
}

async function dress(surface: Surface): Promise<void> {
  const source = theTheme.themeSource;
  await surface.page.emulateMedia({ colorScheme: source === 'system' ? null : source });
}

async function judge(request: HeldRequest): Promise<Verdict> {
  let verdict: Verdict | undefined;
  for (const window of desktop.windows) verdict ??= window.contents.judge(request);
  // A document in a page that main did not open is a window that the page opened.
  verdict ??= request.isDocument ? 'abort' : 'network';
  if (request.isIcon) return new Response(null, { status: 204 });
  if (verdict === 'abort' || schemes.toApp(request.url) === request.url) return verdict;
  return (await schemes.answer(request)) ?? 'fail';
}

function protections(): Protections {
  return {
    sandbox: theApp.isSandboxEnabled,
    webPreferences: [...desktop.windows].map(({ preferences }) => preferences),
    webRtcPolicies: [...desktop.windows].map(({ contents }) => contents.getWebRTCIPHandlingPolicy()),
    sessionHandlers: theSession.handlers(),
    appEvents: theApp.eventNames().map(String),
    sessionEvents: theSession.eventNames().map(String),
  };
}

const control = attachControl(
  {
    'answer-dialog': (answer) => {
      dialogs.answer(answer);
      return null;
    },
    recorded: () => ({ ...recorded, protections: protections() }),
    'fire-power': (event: PowerEvent) => {
      thePowerMonitor.emit(event);
      return null;
    },
    'set-focus': (focused) => {
      for (const window of desktop.windows) {
        if (focused) window.focus();
        else window.blur();
      }
      return null;
    },
    quit: () => {
      theApp.quit();
      return null;
    },
  },
  // The test has ended: nothing else would end this app.
  () => theApp.exit(1),
);

theApp.surroundWith({
  closeWindows: async () => {
    for (const window of [...desktop.windows]) if (!(await window.closeUnlessRefused())) return false;
    return true;
  },
  endBrowser: async () => (await launched?.catch(() => undefined))?.close(),
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => theApp.quit());

// Main's own file runs first, to its end: it names the schemes and the folder of the user's data.
setImmediate(() => void start());

async function start(): Promise<void> {
  try {
    launched = launchChromium(
      {
        profile: join(theApp.getPath('userData'), 'stand-in-browser'),
        headless,
        patterns: schemes.patterns(),
        switches: theApp.commandLine.forBrowser(),
        env: process.env,
      },
      judge,
    );
    const { endpoint, installed, context } = await launched;
    context.on('close', () => theApp.quit());
    control?.send({ kind: 'browser', endpoint, name: installed.name, version: installed.version });
    theApp.becomeReady();
  } catch (error) {
    log(error instanceof Error ? error.message : String(error));
    theApp.exit(1);
  }
}

export class BrowserWindow extends WindowStandIn {
  constructor(options: BrowserWindowConstructorOptions = {}) {
    super(options, desktop);
    return this.outside;
  }

  static getAllWindows(): WindowStandIn[] {
    return [...desktop.windows].map(({ outside }) => outside);
  }

  static getFocusedWindow(): WindowStandIn | null {
    return BrowserWindow.getAllWindows().find((window) => window.isFocused()) ?? null;
  }

  static fromWebContents(contents: WebContentsStandIn): WindowStandIn | null {
    return BrowserWindow.getAllWindows().find((window) => window.id === contents.id) ?? null;
  }

  static fromId(id: number): WindowStandIn | null {
    return BrowserWindow.getAllWindows().find((window) => window.id === id) ?? null;
  }
}

export class Menu extends system.MenuStandIn {
  static #application: system.MenuStandIn | null = null;

  static buildFromTemplate(template: MenuItemConstructorOptions[]): system.MenuStandIn {
    return strict('Menu', system.menuOf(template));
  }

  static setApplicationMenu(menu: system.MenuStandIn | null): void {
    Menu.#application = menu;
    recorded.menu = menu?.paths() ?? [];
  }

  static getApplicationMenu(): system.MenuStandIn | null {
    return Menu.#application;
  }
}

export class MenuItem extends system.MenuItemStandIn {}

export class Notification extends system.NotificationStandIn {
  constructor(options: NotificationConstructorOptions = {}) {
    super(options, recorded);
    return strict('Notification', this);
  }

  static isSupported(): boolean {
    return true;
  }
}

export const app = strict('app', theApp);
export const ipcMain = strict('ipcMain', theIpcMain);
export const protocol = strict('protocol', schemes);
export const session = strict('session', { defaultSession: strict('session.defaultSession', theSession) });
export const dialog = strict('dialog', dialogs);
export const nativeTheme = strict('nativeTheme', theTheme);
export const powerMonitor = strict('powerMonitor', thePowerMonitor);
export const powerSaveBlocker = strict('powerSaveBlocker', system.powerSaveBlockerOf(recorded));
export const shell = strict('shell', system.shellOf(recorded));
export const safeStorage = strict('safeStorage', system.safeStorage);
export const clipboard = strict('clipboard', system.clipboardInMemory());
export const net = strict('net', system.net);
export const screen = strict('screen', new system.ScreenStandIn());
export const webContents = strict('webContents', {
  getAllWebContents: () => [...desktop.windows].map(({ webContents: contents }) => contents),
});

export const autoUpdater = absent('autoUpdater');
export const BaseWindow = absent('BaseWindow');
export const contentTracing = absent('contentTracing');
export const crashReporter = absent('crashReporter');
export const desktopCapturer = absent('desktopCapturer');
export const globalShortcut = absent('globalShortcut');
export const inAppPurchase = absent('inAppPurchase');
export const MessageChannelMain = absent('MessageChannelMain');
export const nativeImage = absent('nativeImage');
export const netLog = absent('netLog');
export const pushNotifications = absent('pushNotifications');
export const ShareMenu = absent('ShareMenu');
export const systemPreferences = absent('systemPreferences');
export const TouchBar = absent('TouchBar');
export const Tray = absent('Tray');
export const utilityProcess = absent('utilityProcess');
export const View = absent('View');
export const WebContentsView = absent('WebContentsView');
export const webFrameMain = absent('webFrameMain');

const electron = strict('electron', {
  app,
  autoUpdater,
  BaseWindow,
  BrowserWindow,
  clipboard,
  contentTracing,
  crashReporter,
  desktopCapturer,
  dialog,
  globalShortcut,
  inAppPurchase,
  ipcMain,
  Menu,
  MenuItem,
  MessageChannelMain,
  nativeImage,
  nativeTheme,
  net,
  netLog,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  pushNotifications,
  safeStorage,
  screen,
  session,
  ShareMenu,
  shell,
  systemPreferences,
  TouchBar,
  Tray,
  utilityProcess,
  View,
  webContents,
  WebContentsView,
  webFrameMain,
});

export default electron;
/** What CommonJS gets from `require('electron')`. */
export { electron as 'module.exports' };
