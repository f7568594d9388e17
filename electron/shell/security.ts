import type { App, Session, Shell, WebContents } from 'electron';
import { NearplayError } from '../../shared/errors.ts';
import type { Log } from '../services/runtime/log.ts';
import { APP_PAGE } from './appProtocol.ts';

/** Permissions of the page: media in full screen, and copying a link. */
const PERMISSIONS: ReadonlySet<string> = new Set(['fullscreen', 'clipboard-sanitized-write']);

/** Hosts behind "Help" and "Learn more". A host matches only itself, not its subdomains. */
const EXTERNAL_HOSTS: ReadonlySet<string> = new Set([
  'docs.aws.amazon.com',
  'console.aws.amazon.com',
  'aws.amazon.com',
]);

/** The parts of the session that main restricts before the first page loads. */
export type SessionDoors = Pick<
  Session,
  'on' | 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'
>;

/**
 * Denies every permission except the allowed ones, requested or checked; every device; and every download: main itself
 * writes downloads.
 */
export function closeSession(session: SessionDoors, log: Log): void {
  session.setPermissionRequestHandler((contents, permission, callback) => {
    callback(PERMISSIONS.has(permission) && isAppUrl(contents.getURL()));
  });
  session.setPermissionCheckHandler((_contents, permission, origin) => PERMISSIONS.has(permission) && isAppUrl(origin));
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event) => {
    event.preventDefault();
    log.warn('Download refused');
  });
}

/**
 * Withholds client certificates: Electron would send the first one of the system's store to any server that asks.
 * Electron refuses password requests by default (Electron docs, "app", login).
 */
export function giveNoCertificates(app: Pick<App, 'on'>, log: Log): void {
  app.on('select-client-certificate', (event, _contents, url, _certificates, callback) => {
    event.preventDefault();
    log.warn('Client certificate withheld', { to: originOf(url) });
    callback();
  });
}

/** Chromium's strictest WebRTC policy: UDP only through a proxy that supports it (RFC 8828). */
const WEBRTC_POLICY = 'disable_non_proxied_udp';

/**
 * Chromium switches, to be appended before Electron's `ready`: WebRTC policy for pages that `confine` has not seen. The
 * first is the current name, the second that of Chromium's older content layer.
 */
export const SWITCHES: readonly (readonly [name: string, value: string])[] = [
  ['webrtc-ip-handling-policy', WEBRTC_POLICY],
  ['force-webrtc-ip-handling-policy', WEBRTC_POLICY],
];

/**
 * Keeps every window on the app's page: no navigation, no new window, no embedded page (Electron docs, "Security",
 * 12-14), no UDP beyond the policy.
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
    log.warn('Navigation refused', { to: originOf(event.url) });
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

/** Checks the parsed URL: its text can be disguised. */
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

/** The origin only: the rest of a URL may be a secret. */
function originOf(url: string): string {
  if (!URL.canParse(url)) return 'invalid URL';
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
