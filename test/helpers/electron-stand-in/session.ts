import type { Session } from 'electron';
import { EventEmitter } from 'node:events';
import type { Page } from 'playwright';
import { PreventableEvent } from './app.ts';
import type { Chromium } from './chromium.ts';
import type { Schemes } from './schemes.ts';
import { strict } from './strict.ts';

type CheckHandler = Parameters<Session['setPermissionCheckHandler']>[0];
type RequestHandler = Parameters<Session['setPermissionRequestHandler']>[0];
type DeviceHandler = Parameters<Session['setDevicePermissionHandler']>[0];

/** Electron's name for a permission, and DevTools' for the same. */
const PERMISSIONS = [
  ['clipboard-read', 'clipboard-read'],
  ['clipboard-sanitized-write', 'clipboard-write'],
  ['geolocation', 'geolocation'],
  ['notifications', 'notifications'],
  ['midi', 'midi'],
  ['midiSysex', 'midi-sysex'],
  ['media', 'camera'],
  ['media', 'microphone'],
] as const;

/** Chromium asks before a page may read from this machine or its network; Electron does not. */
const LOCAL_NETWORK = ['local-network-access'];

export interface SessionOptions {
  schemes: Schemes;
  chromium: () => Promise<Chromium>;
  env: NodeJS.ProcessEnv;
}

/** The only session there is. */
export class SessionStandIn
  extends EventEmitter
  implements
    Pick<
      Session,
      'setDevicePermissionHandler' | 'setPermissionCheckHandler' | 'setPermissionRequestHandler' | 'resolveProxy'
    >
{
  readonly #options: SessionOptions;
  #check: CheckHandler = null;
  #request: RequestHandler = null;
  #device: DeviceHandler = null;

  constructor(options: SessionOptions) {
    super();
    this.#options = options;
  }

  get protocol(): Schemes {
    return strict('protocol', this.#options.schemes);
  }

  setPermissionCheckHandler(handler: CheckHandler): void {
    this.#check = handler;
  }

  setPermissionRequestHandler(handler: RequestHandler): void {
    this.#request = handler;
  }

  /** Only recorded: a browser without a window has no devices. */
  setDevicePermissionHandler(handler: DeviceHandler): void {
    this.#device = handler;
  }

  /** Names of the handlers that main has set. */
  handlers(): string[] {
    const set = { check: this.#check, device: this.#device, request: this.#request };
    return Object.entries(set).flatMap(([name, handler]) => (handler ? [name] : []));
  }

  /** Asks main about each download of a page; reports its decision to `decided`. */
  watchDownloads(page: Page, contents: unknown, decided: (name: string, isRefused: boolean) => void): void {
    page.on('download', (download) => {
      const name = download.suggestedFilename();
      const event = new PreventableEvent();
      this.emit('will-download', event, { getFilename: () => name, getURL: () => download.url() }, contents);
      decided(name, event.defaultPrevented);
      if (event.defaultPrevented) void download.cancel().catch(() => undefined);
    });
  }

  /**
   * The answers of the handlers for this page, as settings of the browser: it asks its settings and not main. Where main
   * has a check handler, that one decides, as it does for a page in Electron that looks before it asks; where it has
   * none at all, everything is granted (Electron docs, "Security", 5).
   */
  async applyPermissions(url: string, contents: unknown): Promise<void> {
    if (!URL.canParse(url)) return;
    const origin = new URL(this.#options.schemes.toBrowser(url)).origin;
    if (!origin.startsWith('http')) return;
    const { context } = await this.#options.chromium();
    const granted = PERMISSIONS.filter(([name]) => this.#allows(name, url, contents)).map(([, name]) => name);
    await context.grantPermissions([...LOCAL_NETWORK, ...granted], { origin });
  }

  #allows(permission: (typeof PERMISSIONS)[number][0], url: string, contents: unknown): boolean {
    const { protocol, host } = new URL(url);
    const details = { isMainFrame: true, requestingUrl: url };
    // The handlers get the stand-in's contents, which have what a handler may look at, or throw by name.
    const check = this.#check as ((contents: unknown, ...rest: unknown[]) => boolean) | null;
    if (check) return check(contents, permission, `${protocol}//${host}/`, details);
    const request = this.#request as ((contents: unknown, ...rest: unknown[]) => void) | null;
    if (!request) return true;
    let granted = false;
    request(contents, permission, (answer: boolean) => (granted = answer), details);
    return granted;
  }

  /** As a PAC result, from the environment's variables: those are what Chromium takes on a system without settings. */
  resolveProxy(url: string): Promise<string> {
    return Promise.resolve(proxyFor(new URL(url), this.#options.env));
  }
}

function proxyFor({ protocol, hostname }: URL, env: NodeJS.ProcessEnv): string {
  const read = (name: string) => (env[name] ?? env[name.toUpperCase()] ?? '').trim();
  const exceptions = ['localhost', '127.0.0.1', '[::1]', ...read('no_proxy').split(',')].map((text) => text.trim());
  const isException = (text: string) =>
    text !== '' && (text === '*' || hostname === text || hostname.endsWith(`.${text.replace(/^\*?\./, '')}`));
  const proxy = read(protocol === 'https:' ? 'https_proxy' : 'http_proxy') || read('all_proxy');
  if (proxy === '' || exceptions.some(isException)) return 'DIRECT';
  return `PROXY ${proxy.replace(/^[a-z0-9]+:\/\//i, '').replace(/\/.*$/, '')}`;
}
