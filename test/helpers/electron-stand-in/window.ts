import type { BrowserWindow, BrowserWindowConstructorOptions, Rectangle, WebContents } from 'electron';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { MINUTE_MS } from '../../../shared/units.ts';
import { type AppStandIn, PreventableEvent } from './app.ts';
import type { Chromium, HeldRequest, Verdict } from './chromium.ts';
import type { IpcMainStandIn, SenderFrame, Sending } from './ipcMain.ts';
import type { Recorded } from './recorder.ts';
import type { Schemes } from './schemes.ts';
import type { SessionStandIn } from './session.ts';
import { NotImplemented, strict } from './strict.ts';
import { Surface } from './surface.ts';
import { decodeWire, encodeWire } from './wire.ts';
import type { PreloadMessage } from './worlds.ts';

const LOAD_TIMEOUT_MS = MINUTE_MS;

/** What windows are made of and reported to. */
export interface Desktop {
  app: AppStandIn;
  ipcMain: IpcMainStandIn;
  schemes: Schemes;
  session: SessionStandIn;
  recorded: Recorded;
  headless: boolean;
  windows: Set<WindowStandIn>;
  chromium: () => Promise<Chromium>;
  /** Applies what is the same for every page, such as the colour scheme. */
  dress: (surface: Surface) => Promise<void>;
  log: (line: string) => void;
}

type WindowOpenHandler = Parameters<WebContents['setWindowOpenHandler']>[0];
type ContentsMethods = Pick<
  WebContents,
  | 'getURL'
  | 'getTitle'
  | 'getWebRTCIPHandlingPolicy'
  | 'isDestroyed'
  | 'isLoading'
  | 'reload'
  | 'send'
  | 'setWebRTCIPHandlingPolicy'
  | 'loadURL'
>;

let lastId = 0;

/** The page in a window. */
export class WebContentsStandIn extends EventEmitter implements ContentsMethods {
  readonly id: number;
  /** Itself, as main sees it. */
  readonly outside: this;
  readonly surface: Promise<Surface>;
  readonly #desktop: Desktop;
  #open: Surface | undefined;
  #openHandler: WindowOpenHandler | undefined;
  #url = '';
  #title = '';
  #isLoading = false;
  #isDestroyed = false;
  #webRtcPolicy: Parameters<WebContents['setWebRTCIPHandlingPolicy']>[0] = 'default';

  constructor(desktop: Desktop, preload: string | undefined) {
    super();
    this.outside = strict('webContents', this);
    this.#desktop = desktop;
    lastId += 1;
    this.id = lastId;
    this.surface = this.#openSurface(preload);
    this.surface.catch((error: unknown) => this.#desktop.log(`No page could be opened: ${String(error)}`));
  }

  get session(): SessionStandIn {
    return this.#desktop.session;
  }

  get mainFrame(): SenderFrame {
    return this.#frame(this.#url);
  }

  async #openSurface(preload: string | undefined): Promise<Surface> {
    const source = preload === undefined ? undefined : readFileSync(preload, 'utf8');
    const chromium = await this.#desktop.chromium();
    const surface = await Surface.open({
      page: await chromium.openPage(),
      preload: source,
      platform: process.platform,
      events: {
        message: (message) => this.#receive(message),
        navigated: (url) => this.#navigated(url),
        unreachable: (url) => this.#unreachable(url),
        navigatedInPage: (url) => this.#navigatedInPage(url),
        titled: (title) => this.#titled(title),
        domReady: () => this.emit('dom-ready', {}),
        loaded: () => this.#loaded(),
        popup: (url, frameName) => this.#popup(url, frameName),
        crashed: () => this.#crashed(),
        closed: () => this.#closed(),
      },
    });
    this.#open = surface;
    this.#desktop.session.watchDownloads(surface.page, this.outside, (name, isRefused) =>
      this.#desktop.recorded.downloads.push({ name, isRefused }),
    );
    await this.#desktop.dress(surface);
    return surface;
  }

  async loadURL(url: string): Promise<void> {
    const surface = await this.surface;
    this.#isLoading = true;
    this.emit('did-start-loading', {});
    await this.#desktop.session.applyPermissions(url, this.outside);
    try {
      await surface.load(this.#desktop.schemes.toBrowser(url), LOAD_TIMEOUT_MS);
    } catch (error) {
      if (this.#isDestroyed) return;
      throw new Error(`ERR_FAILED (-2) loading '${url}'`, { cause: error });
    } finally {
      this.#isLoading = false;
    }
  }

  reload(): void {
    this.surface
      .then((surface) => surface.reload())
      .catch((error: unknown) => this.#desktop.log(`The page could not be loaded again: ${String(error)}`));
  }

  send(channel: string, ...args: unknown[]): void {
    this.#open?.send({ kind: 'event', channel, args: encodeWire(args) });
  }

  setWindowOpenHandler(handler: WindowOpenHandler): void {
    this.#openHandler = handler;
  }

  getURL(): string {
    return this.#url;
  }

  /** Told only: what holds in the browser is its command line and the policies of the page. */
  setWebRTCIPHandlingPolicy(policy: Parameters<WebContents['setWebRTCIPHandlingPolicy']>[0]): void {
    this.#webRtcPolicy = policy;
  }

  getWebRTCIPHandlingPolicy(): string {
    return this.#webRtcPolicy;
  }

  getTitle(): string {
    return this.#title;
  }

  isLoading(): boolean {
    return this.#isLoading;
  }

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  /** Decides on a request of this page; `undefined` when it is not of this page. */
  judge(request: HeldRequest): Verdict | undefined {
    const surface = this.#open;
    if (!surface?.owns(request.frameId)) return undefined;
    if (!request.isDocument) return 'network';
    const isMainFrame = surface.isMain(request.frameId);
    if (isMainFrame && surface.takeExpected(request.url)) return 'network';
    const url = this.#desktop.schemes.toApp(request.url);
    const event = Object.assign(new PreventableEvent(), { url, isMainFrame, isSameDocument: false });
    this.emit(request.isRedirect ? 'will-redirect' : 'will-frame-navigate', event);
    if (isMainFrame && !request.isRedirect) this.emit('will-navigate', event, url);
    return event.defaultPrevented ? 'abort' : 'network';
  }

  #receive(message: PreloadMessage): void {
    switch (message.kind) {
      case 'hello':
        return;
      case 'failed':
        this.#desktop.log(`Unable to load preload script\n${message.message}`);
        this.emit('preload-error', {}, '', new Error(message.message));
        return;
      case 'send':
        this.#desktop.ipcMain.emit(message.channel, this.#sending(message.url), ...argsOf(message));
        return;
      case 'invoke':
        void this.#answer(message);
    }
  }

  async #answer(message: PreloadMessage & { kind: 'invoke' }): Promise<void> {
    const { id, channel } = message;
    try {
      const result = await this.#desktop.ipcMain.answer(channel, this.#sending(message.url), argsOf(message));
      this.#open?.send({ kind: 'reply', id, result: encodeWire(result) });
    } catch (error) {
      this.#open?.send({ kind: 'failure', id, message: error instanceof Error ? error.message : String(error) });
    }
  }

  #sending(url: string): Sending {
    const senderFrame = this.#frame(this.#desktop.schemes.toApp(url));
    return { sender: this.outside, senderFrame, reply: (channel, ...args) => this.send(channel, ...args) };
  }

  #frame(url: string): SenderFrame {
    const frame: SenderFrame = { url, parent: null, top: null, isDestroyed: () => this.#isDestroyed };
    frame.top = frame;
    return strict('webFrameMain', frame);
  }

  #navigated(url: string): void {
    this.#url = this.#desktop.schemes.toApp(url);
    this.emit('did-navigate', {}, this.#url, 200, 'OK');
  }

  /** The browser shows a page of its own instead, as it does in Electron. */
  #unreachable(url: string): void {
    this.emit('did-fail-load', {}, -2, 'ERR_FAILED', this.#desktop.schemes.toApp(url), true);
  }

  #navigatedInPage(url: string): void {
    this.#url = this.#desktop.schemes.toApp(url);
    this.emit('did-navigate-in-page', {}, this.#url, true);
  }

  #titled(title: string): void {
    this.#title = title;
    this.emit('page-title-updated', new PreventableEvent(), title, true);
  }

  #loaded(): void {
    this.#isLoading = false;
    this.emit('did-finish-load', {});
    this.emit('did-stop-loading', {});
  }

  /** The browser has opened a page by now, which `closeForeignPages` closes; its document was never asked for. */
  #popup(browserUrl: string, frameName: string): void {
    const url = this.#desktop.schemes.toApp(browserUrl);
    const details = {
      url,
      frameName,
      features: '',
      disposition: 'foreground-tab',
      referrer: { url: '', policy: 'default' },
    } as const;
    const action = this.#openHandler?.(details).action;
    if (action !== 'deny') this.#desktop.log(new NotImplemented(`a window opened by the page (${url})`).message);
  }

  #crashed(): void {
    const details = { reason: 'crashed', exitCode: 1 };
    this.emit('render-process-gone', {}, details);
    this.#desktop.app.emit('render-process-gone', {}, this.outside, details);
  }

  #closed(): void {
    this.#isDestroyed = true;
    this.emit('destroyed', {});
  }
}

function argsOf(message: PreloadMessage & { kind: 'invoke' | 'send' }): unknown[] {
  const args = decodeWire(message.args);
  return Array.isArray(args) ? args : [];
}

type WindowMethods = Pick<
  BrowserWindow,
  | 'blur'
  | 'close'
  | 'destroy'
  | 'focus'
  | 'getBounds'
  | 'getNormalBounds'
  | 'getTitle'
  | 'hide'
  | 'isDestroyed'
  | 'isFocused'
  | 'isMaximized'
  | 'isMinimized'
  | 'isVisible'
  | 'loadURL'
  | 'maximize'
  | 'minimize'
  | 'reload'
  | 'restore'
  | 'setBounds'
  | 'setProgressBar'
  | 'setTitle'
  | 'show'
  | 'unmaximize'
>;

/** A window: a page of the browser, with a state that the browser's own window need not share. */
export class WindowStandIn extends EventEmitter implements WindowMethods {
  readonly outside: this;
  readonly id: number;
  readonly contents: WebContentsStandIn;
  /** As main gave them, without the preload. */
  readonly preferences: Record<string, unknown>;
  readonly #desktop: Desktop;
  #bounds: Rectangle;
  #title: string;
  #state: 'normal' | 'maximized' | 'minimized' = 'normal';
  #isVisible = false;
  #isFocused = false;
  #isClosing = false;
  #isDestroyed = false;

  constructor(options: BrowserWindowConstructorOptions, desktop: Desktop) {
    super();
    this.outside = strict('BrowserWindow', this);
    const { preload, ...preferences } = options.webPreferences ?? {};
    this.preferences = preferences;
    this.#desktop = desktop;
    this.#bounds = { x: options.x ?? 0, y: options.y ?? 0, width: options.width ?? 800, height: options.height ?? 600 };
    this.#title = options.title ?? desktop.app.getName();
    this.contents = new WebContentsStandIn(desktop, preload);
    this.id = this.contents.id;
    desktop.windows.add(this);
    desktop.app.emit('web-contents-created', {}, this.contents.outside);
    desktop.app.emit('browser-window-created', {}, this.outside);
    this.contents.once('did-finish-load', () => this.emit('ready-to-show', {}));
    this.contents.once('destroyed', () => this.#closedByPerson());
    this.#resize();
    if (options.show !== false) this.show();
  }

  get webContents(): WebContentsStandIn {
    return this.contents.outside;
  }

  loadURL(url: string): Promise<void> {
    return this.contents.loadURL(url);
  }

  reload(): void {
    this.contents.reload();
  }

  /** Asks the window's listeners; one may refuse. */
  close(): void {
    void this.closeUnlessRefused();
  }

  async closeUnlessRefused(): Promise<boolean> {
    if (this.#isDestroyed) return true;
    const event = new PreventableEvent();
    this.emit('close', event);
    if (event.defaultPrevented) return false;
    await this.#closePage();
    return true;
  }

  destroy(): void {
    void this.#closePage();
  }

  async #closePage(): Promise<void> {
    this.#isClosing = true;
    const surface = await this.contents.surface.catch(() => undefined);
    await surface?.page.close();
    this.#gone();
  }

  /** The browser's window is gone by now: a listener can still save, and cannot refuse. */
  #closedByPerson(): void {
    if (!this.#isDestroyed && !this.#isClosing) this.emit('close', new PreventableEvent());
    this.#gone();
  }

  #gone(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#desktop.windows.delete(this);
    this.emit('closed', {});
    if (this.#desktop.windows.size === 0) this.#desktop.app.windowsGone();
  }

  show(): void {
    this.#isVisible = true;
    this.emit('show', {});
    this.focus();
  }

  hide(): void {
    this.#isVisible = false;
    this.emit('hide', {});
    this.blur();
  }

  focus(): void {
    if (this.#isFocused) return;
    this.#isFocused = true;
    if (!this.#desktop.headless)
      void this.contents.surface.then(({ page }) => page.bringToFront()).catch(() => undefined);
    this.emit('focus', {});
    this.#desktop.app.emit('browser-window-focus', {}, this.outside);
  }

  blur(): void {
    if (!this.#isFocused) return;
    this.#isFocused = false;
    this.emit('blur', {});
    this.#desktop.app.emit('browser-window-blur', {}, this.outside);
  }

  maximize(): void {
    this.#become('maximized', 'maximize');
  }

  unmaximize(): void {
    this.#become('normal', 'unmaximize');
  }

  minimize(): void {
    this.#become('minimized', 'minimize');
  }

  restore(): void {
    this.#become('normal', 'restore');
  }

  #become(state: 'normal' | 'maximized' | 'minimized', event: string): void {
    if (this.#state === state) return;
    this.#state = state;
    this.emit(event, {});
  }

  setBounds(bounds: Partial<Rectangle>): void {
    this.#bounds = { ...this.#bounds, ...bounds };
    this.#resize();
    this.emit('resize', {});
  }

  #resize(): void {
    const { width, height } = this.#bounds;
    this.contents.surface.then((surface) => surface.resize(width, height)).catch(() => undefined);
  }

  getBounds(): Rectangle {
    return { ...this.#bounds };
  }

  getNormalBounds(): Rectangle {
    return { ...this.#bounds };
  }

  setTitle(title: string): void {
    this.#title = title;
  }

  getTitle(): string {
    return this.#title;
  }

  setProgressBar(progress: number): void {
    this.#desktop.recorded.progress.push(progress);
  }

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  isFocused(): boolean {
    return this.#isFocused;
  }

  isMaximized(): boolean {
    return this.#state === 'maximized';
  }

  isMinimized(): boolean {
    return this.#state === 'minimized';
  }

  isVisible(): boolean {
    return this.#isVisible;
  }
}
