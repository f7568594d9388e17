import type { App, Session, Shell, WebContents } from 'electron';
import { NearplayError } from '../../shared/errors.ts';
import type { Log } from '../services/contract.ts';
import { APP_PAGE } from './appProtocol.ts';

/** What the page may do beyond the default of a web page: look at media on the whole screen, and copy a link. */
const PERMISSIONS: ReadonlySet<string> = new Set(['fullscreen', 'clipboard-sanitized-write']);

/** Where "Help" and "Learn more" lead. A host matches itself only, never its subdomains. */
const EXTERNAL_HOSTS: ReadonlySet<string> = new Set([
  'docs.aws.amazon.com',
  'console.aws.amazon.com',
  'aws.amazon.com',
]);

/** Denies every permission but the few, whether a page asks for it or only looks whether it has it. */
export function denyPermissions(
  session: Pick<Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler'>,
): void {
  session.setPermissionRequestHandler((contents, permission, callback) => {
    callback(PERMISSIONS.has(permission) && isAppUrl(contents.getURL()));
  });
  session.setPermissionCheckHandler((_contents, permission, origin) => PERMISSIONS.has(permission) && isAppUrl(origin));
}

/** No window of the app ever leaves its page, opens another or embeds a foreign one (Electron docs, "Security", 12-14). */
export function confineWindows(app: Pick<App, 'on'>, openExternal: (url: string) => void, log: Log): void {
  app.on('web-contents-created', (_event, contents) => confine(contents, openExternal, log));
}

export function confine(
  contents: Pick<WebContents, 'on' | 'setWindowOpenHandler'>,
  openExternal: (url: string) => void,
  log: Log,
): void {
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
