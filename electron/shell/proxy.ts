import type { Session } from 'electron';
import type { Agent } from 'node:https';
import { promptProxyAgent } from '../services/storage/promptProxyAgent.ts';

const SCHEMES: ReadonlyMap<string, string> = new Map([
  ['PROXY', 'http'],
  ['HTTPS', 'https'],
  ['SOCKS', 'socks'],
  ['SOCKS4', 'socks4'],
  ['SOCKS5', 'socks5'],
]);

/**
 * Agent for S3: asks Chromium for each new connection, which knows the system's proxy, its exceptions and the studio's
 * PAC file. The S3 SDK itself uses none of these.
 */
export function systemProxyAgent(session: Pick<Session, 'resolveProxy'>): Agent {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- a ProxyAgent serves http and https alike
  return promptProxyAgent(async (url) => proxyUrl(await session.resolveProxy(url)));
}

/**
 * The URL of the first proxy in an answer of `resolveProxy`, which has the form of a PAC result such as
 * `PROXY proxy.studio:3128; DIRECT`; empty for a direct connection.
 */
export function proxyUrl(answer: string): string {
  for (const choice of answer.split(';')) {
    const [kind = '', address = ''] = choice.trim().split(/\s+/);
    if (kind.toUpperCase() === 'DIRECT') return '';
    const scheme = SCHEMES.get(kind.toUpperCase());
    if (scheme !== undefined && address !== '') return `${scheme}://${address}`;
  }
  return '';
}
