import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { ServerIdentity } from './certificates.ts';
import { closeServer, listenOnLoopback } from './loopback.ts';

/** Echo service on loopback that answers a public address, like https://checkip.amazonaws.com. */
export interface AddressService {
  /** What `publicIp.services` of the preferences lists. */
  url: string;
  /** Address that it answers, IPv4 or IPv6; `null`: it answers 503. */
  setAddress(address: string | null): void;
  /** Milliseconds before each answer. */
  setDelay(milliseconds: number): void;
  /** Mute, it takes requests and never answers. */
  setMute(mute: boolean): void;
}

export interface RunningAddressService extends AddressService {
  close(): Promise<void>;
}

/** Starts the service; with an identity it speaks HTTPS. */
export async function startAddressService(
  address: string | null,
  identity?: ServerIdentity,
): Promise<RunningAddressService> {
  let reported = address;
  let delay = 0;
  let mute = false;
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (mute) return;
    setTimeout(() => {
      response.setHeader('content-type', 'text/plain');
      if (request.method !== 'GET' || request.url !== '/') response.writeHead(404).end();
      else if (reported === null) response.writeHead(503).end('The address is not known.\n');
      else response.writeHead(200).end(`${reported}\n`);
    }, delay).unref();
  };
  const server = identity ? createHttps({ key: identity.key, cert: identity.certificate }, answer) : createHttp(answer);
  const port = await listenOnLoopback(server, 0);
  return {
    url: `${identity ? 'https' : 'http'}://127.0.0.1:${port}/`,
    setAddress: (next) => {
      reported = next;
    },
    setDelay: (milliseconds) => {
      delay = milliseconds;
    },
    setMute: (next) => {
      mute = next;
    },
    close: () => closeServer(server),
  };
}
