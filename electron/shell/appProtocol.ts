import type { CustomScheme, Protocol } from 'electron';
import { randomBytes } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

export const APP_SCHEME = 'nearplay';
export const APP_HOST = 'app';
export const APP_URL = `${APP_SCHEME}://${APP_HOST}/index.html`;

/** The only page that may talk to main. */
export const APP_PAGE = { protocol: `${APP_SCHEME}:`, host: APP_HOST };

/** To be registered before Electron's `ready`. */
export const APP_PRIVILEGES: CustomScheme = {
  scheme: APP_SCHEME,
  privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
};

const CONTENT_TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.mjs', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.json', 'application/json; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.jpg', 'image/jpeg'],
  ['.ico', 'image/x-icon'],
  ['.woff2', 'font/woff2'],
  ['.wasm', 'application/wasm'],
]);

const COMMON_HEADERS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

export interface AppFiles {
  /** The folder that holds index.html; absolute. */
  folder: string;
  /** Origins that media can be read from, at the time of each load. */
  mediaOrigins: () => readonly string[];
  /** A fresh unguessable text for each page; `undefined` takes a random one. */
  nonce?: () => string;
}

/** Serves the renderer's files under `nearplay://app/`, and nothing else. */
export function serveApp(protocol: Pick<Protocol, 'handle'>, files: AppFiles): void {
  protocol.handle(APP_SCHEME, (request) => respond(request, files));
}

/** Answers one request for a file of the app: 200, 404 for what is not there, 405 for anything but GET and HEAD. */
export async function respond(request: Pick<Request, 'method' | 'url'>, files: AppFiles): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'Method not allowed');
  const path = await pathInside(files.folder, request.url);
  const body = path === undefined ? undefined : await readFile(path).catch(() => undefined);
  if (path === undefined || body === undefined) return plain(404, 'Not found');
  const type = CONTENT_TYPES.get(extname(path).toLowerCase()) ?? 'application/octet-stream';
  const headers: Record<string, string> = { ...COMMON_HEADERS, 'content-type': type };
  if (!type.startsWith('text/html')) return new Response(body, { headers });
  const nonce = (files.nonce ?? randomNonce)();
  headers['content-security-policy'] = contentSecurityPolicy(files.mediaOrigins(), nonce);
  return new Response(withNonce(body.toString('utf8'), nonce), { headers });
}

/**
 * The file that a URL of the app names, with links resolved; `undefined` when there is none or it lies outside of the
 * folder. `..` that the URL parser leaves alone (encoded, with backslashes) is caught by comparing real paths.
 */
export async function pathInside(folder: string, url: string): Promise<string | undefined> {
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, pathname } = new URL(url);
  if (protocol !== APP_PAGE.protocol || host !== APP_PAGE.host) return undefined;
  try {
    const base = await realpath(folder);
    const path = await realpath(join(base, `.${decodeURIComponent(pathname)}`));
    return path.startsWith(base + sep) ? path : undefined;
  } catch {
    return undefined; // Not there, or an escape such as %00 or %zz.
  }
}

/**
 * The page's Content-Security-Policy: its own files, media from the storages, nothing inline. The nonce is for the few
 * style elements that react-aria adds, which it finds in a meta element. Trusted Types are not required: react-aria's live
 * announcer empties its own element through innerHTML.
 */
export function contentSecurityPolicy(mediaOrigins: readonly string[], nonce: string): string {
  const storages = [...new Set(mediaOrigins.filter(isOrigin))].sort();
  const media = ["'self'", ...storages].join(' ');
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "font-src 'self'",
    `img-src ${media}`,
    `media-src ${media}`,
    `connect-src ${media}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** Only a whole http(s) origin may enter the header: anything else could widen the policy. */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text;
}

function withNonce(html: string, nonce: string): string {
  return html.replace(/<head(\s[^>]*)?>/i, (head) => `${head}<meta property="csp-nonce" nonce="${nonce}" />`);
}

function randomNonce(): string {
  return randomBytes(18).toString('base64url');
}

function plain(status: number, text: string): Response {
  return new Response(text, { status, headers: { ...COMMON_HEADERS, 'content-type': 'text/plain; charset=utf-8' } });
}
