import type { App, Session, Shell, WebContents } from 'electron';
import { NearplayError } from '../../shared/errors.ts';
import type { Log } from '../services/runtime/log.ts';
import { APP_PAGE } from './appProtocol.ts';

/** What the page may do beyond the default of a web page: look at media on the whole screen, and copy a link. */
const PERMISSIONS: ReadonlySet<string> = new Set(['fullscreen', 'clipboard-sanitized-write']);

/** Where "Help" and "Learn more" lead. A host matches itself only, never its subdomains. */
const EXTERNAL_HOSTS: ReadonlySet<string> = new Set([
  'docs.aws.amazon.com',
  'console.aws.amazon.com',
  'aws.amazon.com',
]);

/** What main closes in the session before the first page is loaded. */
export type SessionDoors = Pick<
  Session,
  'on' | 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'
>;

/**
 * Denies every permission but the few, whether a page asks for it or only looks whether it has it; every device; and every
 * download: main itself writes what users save.
 */
export function closeSession(session: SessionDoors, log: Log): void {
  session.setPermissionRequestHandler((contents, permission, callback) => {
    callback(PERMISSIONS.has(permission) && isAppUrl(contents.getURL()));
  });
  session.setPermissionCheckHandler((_contents, permission, origin) => PERMISSIONS.has(permission) && isAppUrl(origin));
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event) => {
    event.preventDefault();
    log.warn('A download was refused');
  });
}

/**
 * No certificate of the user's goes to a server: Electron would take the first one of the system's store for whichever
 * server asks. Requests for a password are refused by Electron itself where nobody listens (Electron docs, "app", login).
 */
export function giveNoCertificates(app: Pick<App, 'on'>, log: Log): void {
  app.on('select-client-certificate', (event, _contents, url, _certificates, callback) => {
    event.preventDefault();
    log.warn('A client certificate was not given', { to: originOf(url) });
    callback();
  });
}

/** How Chromium calls the strictest handling of WebRTC: datagrams through a proxy that carries them, or none (RFC 8828). */
const WEBRTC_POLICY = 'disable_non_proxied_udp';

/**
 * Switches for Chromium, to be appended before Electron's `ready`: of WebRTC for pages that no `confine` was told of. The
 * first is the name of today's Chromium, the second the one of its content layer before.
 */
export const SWITCHES: readonly (readonly [name: string, value: string])[] = [
  ['webrtc-ip-handling-policy', WEBRTC_POLICY],
  ['force-webrtc-ip-handling-policy', WEBRTC_POLICY],
];

/**
 * No window of the app ever leaves its page, opens another or embeds a foreign one (Electron docs, "Security", 12-14), or
 * sends datagrams past the policy of its page.
 */
export function confineWindows(app: Pick<App, 'on'>, openExternal: (url: string) => void, log: Log): void {
  app.on('web-contents-created', (_event, contents) => confine(contents, openExternal, log));
}

export function confine(
  contents: Pick<WebContents, 'on' | 'setWindowOpenHandler' | 'setWebRTCIPHandlingPolicy'>,
  openExternal: (url: string) => void,
  log: Log,
): void {
  contents.setWebRTCIPHandlingPolicy(WEBRTC_POLICY);
  contents.on('will-navigate', (event) => {
    if (isAppUrl(event.url)) return;
    event.preventDefault();
    log.warn('A navigation was refused', { to: originOf(event.url) });
  });
  contents.on('will-frame-navigate', (event) => {
    if (event.isMainFrame && isAppUrl(event.url)) return;
    event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    openExternal(url);
    return { action: 'deny' };
  });
}

/**
 * Opens a page in the user's browser.
 * @throws NearplayError bad-request for anything but https on the list.
 */
export async function openExternal(shell: Pick<Shell, 'openExternal'>, url: string): Promise<void> {
  if (!mayOpenExternally(url)) throw new NearplayError('bad-request', 'Nearplay does not open that address.');
  await shell.openExternal(new URL(url).href);
}

/** Judged on the parsed URL: text can be made to look like anything. */
export function mayOpenExternally(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, port, username, password } = new URL(text);
  return protocol === 'https:' && EXTERNAL_HOSTS.has(hostname) && port === '' && username === '' && password === '';
}

function isAppUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, host } = new URL(text);
  return protocol === APP_PAGE.protocol && host === APP_PAGE.host;
}

/** Enough for the log: the rest of a URL may be a secret. */
function originOf(url: string): string {
  if (!URL.canParse(url)) return 'something that is no URL';
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
