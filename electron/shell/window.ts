import type { BrowserWindow, BrowserWindowConstructorOptions, NativeTheme, Screen } from 'electron';
import { replaceFileSync } from '../services/files/atomicFile.ts';
import { readSmallFileSync } from '../services/files/smallFile.ts';
import type { Log } from '../services/runtime/log.ts';
import { APP_URL } from './appProtocol.ts';
import { boundsToOpen, MINIMUM_SIZE, parseRemembered, type RememberedWindow } from './windowBounds.ts';

/** The renderer's background, so that opening and resizing show no flash of another colour. */
const BACKGROUND = { dark: '#14161a', light: '#f6f7f9' };

export interface WindowOptions {
  BrowserWindow: new (options: BrowserWindowConstructorOptions) => BrowserWindow;
  nativeTheme: Pick<NativeTheme, 'shouldUseDarkColors'>;
  screen: Pick<Screen, 'getAllDisplays'>;
  /** The one CommonJS file of the preload; absolute. */
  preload: string;
  /** File of the window's bounds; absolute. */
  placeFile: string;
  title: string;
  /** Developer tools are for developers: an installed app has none. */
  isPackaged: boolean;
  log: Log;
}

/** Opens the window on the app's page; it is shown once the page is drawn. */
export function openWindow(options: WindowOptions): BrowserWindow {
  const remembered = readPlace(options.placeFile);
  const workAreas = options.screen.getAllDisplays().map(({ workArea }) => workArea);
  const window = new options.BrowserWindow({
    ...boundsToOpen(remembered, workAreas),
    minWidth: MINIMUM_SIZE.width,
    minHeight: MINIMUM_SIZE.height,
    title: options.title,
    show: false,
    backgroundColor: options.nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    webPreferences: {
      preload: options.preload,
      // Electron's defaults, set explicitly: a later default must not change them.
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      // Playback continues while another window is in front.
      backgroundThrottling: false,
      devTools: !options.isPackaged,
      spellcheck: false,
    },
  });
  window.once('ready-to-show', () => {
    if (remembered?.maximized) window.maximize();
    window.show();
  });
  window.on('close', () => writePlace(options.placeFile, window, options.log));
  // did-fail-load reports failures.
  window.loadURL(APP_URL).catch(() => undefined);
  return window;
}

function readPlace(file: string): RememberedWindow | undefined {
  try {
    return parseRemembered(JSON.parse(Buffer.from(readSmallFileSync(file).bytes ?? []).toString('utf8')));
  } catch {
    return undefined; // Never opened before, or damaged: the default place will do.
  }
}

function writePlace(file: string, window: Pick<BrowserWindow, 'getNormalBounds' | 'isMaximized'>, log: Log): void {
  const place: RememberedWindow = { bounds: window.getNormalBounds(), maximized: window.isMaximized() };
  try {
    replaceFileSync(file, JSON.stringify(place));
  } catch (error) {
    log.warn('Window bounds could not be saved', { error });
  }
}
