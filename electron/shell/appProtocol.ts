import type { CustomScheme, Protocol } from 'electron';
import { randomBytes } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

const APP_SCHEME = 'nearplay';
const APP_HOST = 'app';
export const APP_URL = `${APP_SCHEME}://${APP_HOST}/index.html`;

/** The only page with access to main. */
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
  // A DNS lookup would carry data to the name's server.
  'x-dns-prefetch-control': 'off',
};

/**
 * The policy of a worker, which has the one that its script comes with and not the page's (CSP level 3, section 4.2; HTML Standard,
 * "run a worker"): it may compile WebAssembly, which decodes what the browser cannot, and reach nothing at all. The page itself
 * may not compile any.
 */
const WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'";

export interface AppFiles {
  /** The folder that holds index.html; absolute. */
  folder: string;
  /** URL prefixes of links to media at the time of a load: `https://bucket.host/`, `https://host/bucket/`. */
  mediaSources: () => readonly string[];
  /** A fresh unguessable text for each page; `undefined` takes a random one. */
  nonce?: () => string;
}

/** Serves the renderer's files under `nearplay://app/`, and nothing else. */
export function serveApp(protocol: Pick<Protocol, 'handle'>, files: AppFiles): void {
  protocol.handle(APP_SCHEME, (request) => respond(request, files));
}

/** Answers one request for a file of the app: 200; 404 for a missing file; 405 for anything but GET and HEAD. */
export async function respond(request: Pick<Request, 'method' | 'url'>, files: AppFiles): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'Method not allowed');
  const path = await pathInside(files.folder, request.url);
  const body = path === undefined ? undefined : await readFile(path).catch(() => undefined);
  if (path === undefined || body === undefined) return plain(404, 'Not found');
  const type = CONTENT_TYPES.get(extname(path).toLowerCase()) ?? 'application/octet-stream';
  const headers: Record<string, string> = { ...COMMON_HEADERS, 'content-type': type };
  if (type.startsWith('text/javascript')) headers['content-security-policy'] = WORKER_POLICY;
  if (!type.startsWith('text/html')) return new Response(body, { headers });
  const nonce = (files.nonce ?? randomNonce)();
  const sources = files.mediaSources();
  headers['content-security-policy'] = contentSecurityPolicy(sources, nonce);
  headers['connection-allowlist'] = connectionAllowlist(sources);
  return new Response(withNonce(body.toString('utf8'), nonce), { headers });
}

/**
 * The file of a URL of the app, with links resolved; `undefined` when it is missing or outside the folder. `..` that
 * the URL parser leaves (encoded, with backslashes) is caught by comparing real paths.
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
 * The page's Content-Security-Policy: its own files, media from the storages' buckets, nothing inline. The nonce is for the
 * few style elements that react-aria adds, which it finds in a meta element. Trusted Types are not required: react-aria's
 * live announcer empties its own element through innerHTML. A path that ends with a slash covers what is below it, and is
 * not looked at after a redirect (CSP level 3, section 6.7.2.12).
 */
export function contentSecurityPolicy(mediaSources: readonly string[], nonce: string): string {
  const media = ["'self'", ...sourcesOf(mediaSources).map(cspSource)].join(' ');
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

/**
 * The page's Connection-Allowlist (WICG, "Connection Allowlists"), for what the Content-Security-Policy has no word for:
 * WebRTC, names looked up and connections opened ahead of time, redirects.
 */
export function connectionAllowlist(mediaSources: readonly string[]): string {
  const own = `${APP_SCHEME}://${APP_HOST}/*`;
  const patterns = [own, ...sourcesOf(mediaSources).map(urlPattern)];
  return `(${['response-origin', ...patterns.map((pattern) => JSON.stringify(pattern))].join(' ')});webrtc=block`;
}

/** Whole http(s) addresses of folders: anything else could widen the policies. */
function sourcesOf(texts: readonly string[]): URL[] {
  const isSource = ({ protocol, pathname, href }: URL, text: string) =>
    /^https?:$/.test(protocol) && pathname.endsWith('/') && href === text && !/[?#@]/.test(text);
  const sources = [...new Set(texts)].sort().filter((text) => URL.canParse(text) && isSource(new URL(text), text));
  return sources.map((text) => new URL(text));
}

/** A semicolon, a comma or a quote would end the source or the policy; paths are compared decoded. */
function cspSource({ origin, pathname }: URL): string {
  const path = pathname.replace(/[;,']/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return path === '/' ? origin : origin + path;
}

/** As a URLPattern, with what has a meaning in one escaped (URL Pattern Standard, section 1). */
function urlPattern({ protocol, hostname, port, pathname }: URL): string {
  const escaped = (text: string) => text.replace(/[+*?:{}()\\]/g, '\\$&');
  return `${protocol}//${escaped(hostname)}${port === '' ? '' : `:${port}`}${escaped(pathname)}*`;
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
