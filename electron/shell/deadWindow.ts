import type { BrowserWindow, MessageBoxOptions } from 'electron';
import { SECOND_MS } from '../../shared/units.ts';
import type { Log } from '../services/runtime/log.ts';
import { APP_URL } from './appProtocol.ts';

/** A page that fails again within this time would fail for ever. */
const MIN_LOAD_INTERVAL_MS = 10 * SECOND_MS;
/** net::ERR_ABORTED: a load was refused or replaced by another one. The previous page stays. */
const ERR_ABORTED = -3;
const QUIT = 1;
const LOAD_AGAIN = 1;

const CHOICES = { type: 'warning', noLink: true, defaultId: 0 } as const;
const STILL_RUNS = 'Uploads and downloads run apart from the window and are not affected.';

export interface DeadWindowOptions {
  /** Shows a system dialog; resolves to the index of the button. */
  ask: (options: MessageBoxOptions) => Promise<number>;
  quit: () => void;
  log: Log;
  /** Milliseconds of a monotonic clock. */
  now: () => number;
}

/** The parts of a window that are used here. */
export type WatchedWindow = Pick<BrowserWindow, 'on' | 'isDestroyed'> & {
  webContents: Pick<BrowserWindow['webContents'], 'on' | 'reload' | 'loadURL' | 'forcefullyCrashRenderer'>;
};

/**
 * Restores a failed window. A page that crashed or failed to load is loaded again; after two failures within ten
 * seconds, or when it does not respond, the user is asked.
 */
export class DeadWindow {
  readonly #options: DeadWindowOptions;
  readonly #window: WatchedWindow;
  #loadedAt = -Infinity;
  #isAsking = false;

  constructor(window: WatchedWindow, options: DeadWindowOptions) {
    const { webContents } = window;
    this.#options = options;
    this.#window = window;
    webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
      if (reason === 'clean-exit') return;
      options.log.error('Renderer process gone', { reason, exitCode });
      void this.#revive("Nearplay's window has stopped working twice", () => webContents.reload());
    });
    webContents.on('did-fail-load', (_event, code, description, _url, isMainFrame) => {
      if (!isMainFrame || code === ERR_ABORTED) return;
      options.log.error('Page load failed', { code, description });
      void this.#revive("Nearplay's window could not be loaded", () => this.#loadPage());
    });
    this.#watchAnswers();
  }

  async #revive(message: string, load: () => void): Promise<void> {
    if (this.#isAsking) return;
    const isSoon = this.#options.now() - this.#loadedAt < MIN_LOAD_INTERVAL_MS;
    if (
      isSoon &&
      (await this.#ask({ ...CHOICES, message, detail: STILL_RUNS, buttons: ['Load Again', 'Quit'] })) === QUIT
    ) {
      this.#options.quit();
      return;
    }
    if (this.#window.isDestroyed()) return;
    this.#loadedAt = this.#options.now();
    load();
  }

  /** Loads the app's page, whichever URL failed. did-fail-load reports its failure. */
  #loadPage(): void {
    this.#window.webContents.loadURL(APP_URL).catch(() => undefined);
  }

  #watchAnswers(): void {
    let answers = new AbortController();
    this.#window.on('unresponsive', () => {
      this.#options.log.warn('Window unresponsive');
      answers = new AbortController();
      void this.#offerToLoad(answers.signal);
    });
    this.#window.on('responsive', () => answers.abort());
  }

  /** The dialog closes by itself when the window responds again. */
  async #offerToLoad(signal: AbortSignal): Promise<void> {
    if (this.#isAsking) return;
    const message = "Nearplay's window does not answer";
    const answer = await this.#ask({
      ...CHOICES,
      message,
      detail: STILL_RUNS,
      buttons: ['Wait', 'Load Again'],
      signal,
    });
    if (answer !== LOAD_AGAIN || signal.aborted || this.#window.isDestroyed()) return;
    // A page that does not respond cannot be reloaded; a crashed one is (Electron docs, "webContents").
    this.#loadedAt = -Infinity;
    this.#window.webContents.forcefullyCrashRenderer();
  }

  async #ask(options: MessageBoxOptions): Promise<number> {
    this.#isAsking = true;
    try {
      return await this.#options.ask(options);
    } finally {
      this.#isAsking = false;
    }
  }
}
