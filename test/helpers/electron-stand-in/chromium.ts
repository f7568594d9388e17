import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BrowserContext, type CDPSession, chromium, type Page } from 'playwright';
import { MINUTE_MS, SECOND_MS } from '../../../shared/units.ts';
import { findBrowser, type InstalledBrowser } from '../browser.ts';
import type { BrowserRequest } from './schemes.ts';

const LAUNCH_TIMEOUT_MS = MINUTE_MS;
const CLOSE_TIMEOUT_MS = 5 * SECOND_MS;

export interface ChromiumOptions {
  /** The browser's own profile; absolute. */
  profile: string;
  headless: boolean;
  /** Patterns of the app's own schemes. */
  patterns: readonly string[];
  /** Switches that main appended. */
  switches: readonly string[];
  env: NodeJS.ProcessEnv;
}

/** A request that the browser holds back until main has decided. */
export interface HeldRequest extends BrowserRequest {
  frameId: string;
  isDocument: boolean;
  isRedirect: boolean;
  /** The browser looks for an icon to show in its own frame, which Electron has none of. */
  isIcon: boolean;
}

/** Fate of a held request: an answer of main's, the network's, or none. */
export type Verdict = Response | 'network' | 'abort' | 'fail';

/** A running browser. */
export interface Chromium {
  readonly installed: InstalledBrowser;
  /** Where DevTools listens, on the loopback interface: `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  readonly context: BrowserContext;
  /** The first page is the one that the browser opens by itself. */
  openPage(): Promise<Page>;
  /** Settles within seconds in every case. */
  close(): Promise<void>;
}

/**
 * Starts an installed browser. Every document and every request of the app's own schemes is held until `judge` has
 * decided; media and other requests go straight to the network.
 */
export async function launchChromium(
  options: ChromiumOptions,
  judge: (request: HeldRequest) => Promise<Verdict>,
): Promise<Chromium> {
  const installed = await findBrowser();
  const context = await chromium.launchPersistentContext(options.profile, {
    executablePath: installed.executablePath,
    headless: options.headless,
    viewport: null,
    // Chromium's own sandbox refuses to run for root (crbug.com/638180).
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      '--remote-debugging-port=0',
      '--autoplay-policy=no-user-gesture-required',
      '--no-first-run',
      ...(options.headless ? [] : ['--app=about:blank']),
      ...options.switches,
    ],
    env: { ...defined(options.env), ...utf8Locale(options.env) },
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    timeout: LAUNCH_TIMEOUT_MS,
  });
  const browser = context.browser();
  if (!browser) throw new Error('The browser has no DevTools session');
  await holdRequests(await browser.newBrowserCDPSession(), options.patterns, judge);
  const [port = ''] = (await readFile(join(options.profile, 'DevToolsActivePort'), 'utf8')).split('\n');
  const openPage = pageOpener(context);
  return {
    installed,
    endpoint: `http://127.0.0.1:${port}`,
    context,
    openPage,
    close: async () => {
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_TIMEOUT_MS)));
      await Promise.race([context.close().catch(() => undefined), timeout]);
      clearTimeout(timer);
    },
  };
}

/** Opens pages for main, and closes those that a page opened: in Electron these need main's permission. */
function pageOpener(context: BrowserContext): () => Promise<Page> {
  let unused = context.pages()[0];
  const opened = new Set<Page>(context.pages());
  let opening: Promise<unknown> = Promise.resolve();
  context.on('page', (page) => {
    const close = () => (opened.has(page) ? undefined : page.close());
    void opening.then(close, close).catch(() => undefined);
  });
  const open = async () => {
    const page = await context.newPage();
    opened.add(page);
    return page;
  };
  return () => {
    const first = unused;
    unused = undefined;
    if (first) return Promise.resolve(first);
    const page = open();
    opening = Promise.allSettled([opening, page]);
    return page;
  };
}

async function holdRequests(
  session: CDPSession,
  patterns: readonly string[],
  judge: (request: HeldRequest) => Promise<Verdict>,
): Promise<void> {
  session.on('Fetch.requestPaused', ({ requestId, request, frameId, resourceType, redirectedRequestId }) => {
    const held: HeldRequest = {
      url: request.url,
      method: request.method,
      headers: request.headers,
      body: request.postData,
      frameId,
      isDocument: resourceType === 'Document',
      isRedirect: redirectedRequestId !== undefined,
      isIcon: resourceType === 'Other' && new URL(request.url).pathname === '/favicon.ico',
    };
    judge(held)
      .then((verdict) => carryOut(session, requestId, verdict))
      // The page may have gone in the meantime, and the request with it.
      .catch(() => session.send('Fetch.failRequest', { requestId, errorReason: 'Failed' }).catch(() => undefined));
  });
  await session.send('Fetch.enable', {
    patterns: [...patterns.map((urlPattern) => ({ urlPattern })), { urlPattern: '*', resourceType: 'Document' }],
  });
}

async function carryOut(session: CDPSession, requestId: string, verdict: Verdict): Promise<void> {
  if (verdict === 'network') {
    await session.send('Fetch.continueRequest', { requestId });
    return;
  }
  if (verdict === 'abort' || verdict === 'fail' || verdict.status === 0) {
    await session.send('Fetch.failRequest', { requestId, errorReason: verdict === 'abort' ? 'Aborted' : 'Failed' });
    return;
  }
  const body = Buffer.from(await verdict.arrayBuffer()).toString('base64');
  const responseHeaders = [...verdict.headers].map(([name, value]) => ({ name, value }));
  await session.send('Fetch.fulfillRequest', { requestId, responseCode: verdict.status, responseHeaders, body });
}

/** Without a locale Chromium on Linux takes the names of files for ASCII: a minimal system has none set, and has C.UTF-8. */
function utf8Locale(env: NodeJS.ProcessEnv): Record<string, string> {
  const names = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']];
  const locale = names.find((name) => name !== undefined && name !== '') ?? '';
  return process.platform === 'linux' && !/utf-?8/i.test(locale) ? { LC_ALL: 'C.UTF-8' } : {};
}

function defined(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
