import type { CustomScheme, Protocol } from 'electron';
import { NotImplemented } from './strict.ts';

type Handler = (request: Request) => Response | Promise<Response>;

/** A request as the browser reports it; `url` in the browser's form. */
export interface BrowserRequest {
  url: string;
  method: string;
  headers: Record<string, string>;
  body?: string | undefined;
}

/**
 * Custom schemes such as `nearplay://app/index.html`. A stock Chromium knows none, so that in the browser they are https
 * origins under `.invalid`, which no name server answers (RFC 6761): `https://app.nearplay.invalid/index.html`. Such an
 * origin is secure and standard, as the scheme is in Electron. Main sees only the scheme; the page sees only https.
 */
export class Schemes implements Pick<Protocol, 'registerSchemesAsPrivileged' | 'isProtocolHandled'> {
  readonly #privileged = new Set<string>();
  readonly #handlers = new Map<string, Handler>();

  registerSchemesAsPrivileged(schemes: CustomScheme[]): void {
    for (const { scheme, privileges } of schemes) {
      if (!privileges?.standard || !privileges.secure)
        throw new NotImplemented('a scheme that is not standard and secure');
      this.#privileged.add(scheme);
    }
  }

  handle(scheme: string, handler: Handler): void {
    if (!this.#privileged.has(scheme))
      throw new NotImplemented(`protocol.handle for a scheme without privileges (${scheme})`);
    if (this.#handlers.has(scheme)) throw new Error(`Failed to register protocol: ${scheme}`);
    this.#handlers.set(scheme, handler);
  }

  unhandle(scheme: string): void {
    this.#handlers.delete(scheme);
  }

  isProtocolHandled(scheme: string): boolean {
    return this.#handlers.has(scheme);
  }

  /** What the browser has to ask main for, as patterns of DevTools' `Fetch.enable`. */
  patterns(): string[] {
    return [...this.#privileged].map((scheme) => `https://*.${scheme}.invalid/*`);
  }

  /** `nearplay://app/x` → `https://app.nearplay.invalid/x`; other URLs stay as they are. */
  toBrowser(url: string): string {
    const [, scheme = '', host = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)(.*)$/is.exec(url) ?? [];
    return this.#privileged.has(scheme.toLowerCase()) ? `https://${host}.${scheme.toLowerCase()}.invalid${rest}` : url;
  }

  /** `https://app.nearplay.invalid/x` → `nearplay://app/x`; other URLs stay as they are. */
  toApp(url: string): string {
    const [, host = '', scheme = '', rest = ''] =
      /^https:\/\/([^/?#]+)\.([a-z0-9+-]+)\.invalid(?=[/?#]|$)(.*)$/is.exec(url) ?? [];
    return this.#privileged.has(scheme) ? `${scheme}://${host}${rest}` : url;
  }

  /** The app's own answer; `undefined` when the URL is of no scheme that the app answers for. */
  async answer({ url, method, headers, body }: BrowserRequest): Promise<Response | undefined> {
    const appUrl = this.toApp(url);
    const handler = appUrl === url ? undefined : this.#handlers.get(new URL(appUrl).protocol.slice(0, -1));
    return handler?.(new Request(appUrl, { method, headers, ...(body !== undefined && { body }) }));
  }
}
