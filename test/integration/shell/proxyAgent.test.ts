import { once } from 'node:events';
import { createServer as createHttp, request as requestHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps, request as requestHttps } from 'node:https';
import { type AddressInfo, connect, createServer as createTcp, type Server as TcpServer, type Socket } from 'node:net';
import { createServer as createTls, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemProxyAgent } from '../../../electron/shell/proxy.ts';
import { createAuthority } from '../../sandbox/certificates.ts';

const MB = 1e6;
/** More than the systems at both ends keep of it together. */
const BODY = 100 * MB;

const authority = createAuthority(Date.now());
const { certificate: cert, key } = authority.issue(['localhost', '127.0.0.1']);
const trusted = getCACertificates('default');
beforeAll(() => setDefaultCACertificates([...trusted, authority.certificate]));
afterAll(() => setDefaultCACertificates(trusted));

const servers: { close(): unknown }[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers.splice(0)) server.close();
});

async function listening(server: TcpServer | Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Reads everything and answers 200. */
const storage: RequestListener = (request, response) => {
  request.on('error', () => undefined);
  request.resume().on('end', () => response.end('done'));
};

type Greeting = (client: Socket, target: number) => Promise<Buffer>;

/** RFC 9110, section 9.3.6. Requests for http come in absolute form, which the storage takes as they are. */
const httpProxy: Greeting = async (client) => {
  const [head] = (await once(client, 'data')) as [Buffer];
  if (!head.toString('latin1').startsWith('CONNECT ')) return head;
  client.write('HTTP/1.1 200 Connection established\r\n\r\n');
  return Buffer.alloc(0);
};

/** RFC 1928 without authentication. */
const socksProxy: Greeting = async (client) => {
  await once(client, 'data');
  client.write(Buffer.from([5, 0]));
  await once(client, 'data');
  client.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 80]));
  return Buffer.alloc(0);
};

/** Carries bytes both ways once its greeting is over. */
function relay(client: Socket, target: number, greeting: Greeting): void {
  client.on('error', () => undefined);
  void greeting(client, target).then(
    (first) => {
      const far = connect(target, '127.0.0.1');
      sockets.add(far);
      far.on('error', () => undefined);
      far.write(first);
      client.pipe(far).pipe(client);
    },
    () => undefined,
  );
}

/** The wire outside of this machine: it can stop taking bytes, and knows how each of its connections ended. */
async function wireTo(target: number) {
  const stalled = Promise.withResolvers<Socket>();
  const ended = Promise.withResolvers<string>();
  let taken = 0;
  let stallsAt = Infinity;
  let connections = 0;
  const server = createTcp((client) => {
    connections += 1;
    const far = connect(target, '127.0.0.1');
    sockets.add(far);
    far.on('error', () => undefined);
    far.pipe(client);
    client.on('data', (chunk) => {
      taken += chunk.length;
      far.write(chunk);
      if (taken < stallsAt) return;
      stallsAt = Infinity;
      client.pause();
      stalled.resolve(client);
    });
    client.on('end', () => ended.resolve('in order'));
    client.on('error', (error: NodeJS.ErrnoException) => ended.resolve(error.code ?? error.message));
  });
  const port = await listening(server);
  return {
    port,
    stalled: stalled.promise,
    ended: ended.promise,
    stallAt: (bytes: number) => (stallsAt = bytes),
    taken: () => taken,
    connections: () => connections,
  };
}

/** How the system's proxy may be set, with the address of the wire's near end. */
const SETUPS = [
  { name: 'no proxy', answer: () => 'DIRECT', greeting: undefined, overTls: false },
  { name: 'an HTTP proxy', answer: (port: number) => `PROXY 127.0.0.1:${port}`, greeting: httpProxy, overTls: false },
  { name: 'a proxy over TLS', answer: (port: number) => `HTTPS localhost:${port}`, greeting: httpProxy, overTls: true },
  { name: 'a SOCKS proxy', answer: (port: number) => `SOCKS5 127.0.0.1:${port}`, greeting: socksProxy, overTls: false },
];

/** The agent of the app, the wire beneath it, and a function that begins a request over it. */
async function setUp({ answer, greeting, overTls }: (typeof SETUPS)[number], isSecure: boolean) {
  const target = await listening(isSecure ? createHttps({ cert, key }, storage) : createHttp(storage));
  let far = target;
  if (greeting) {
    const serve = (client: Socket) => relay(client, target, greeting);
    far = await listening(overTls ? createTls({ cert, key }, serve) : createTcp(serve));
  }
  const wire = await wireTo(far);
  const agent = systemProxyAgent({ resolveProxy: () => Promise.resolve(answer(wire.port)) });
  const place = { host: '127.0.0.1', port: greeting ? target : wire.port, agent, method: 'PUT' };
  const begin = (length: number) => {
    const options = { ...place, headers: { host: `127.0.0.1:${place.port}`, 'content-length': length } };
    return isSecure ? requestHttps(options) : requestHttp(options);
  };
  return { wire, begin };
}

const CASES = SETUPS.flatMap((setup) => [
  { setup, via: setup.name, scheme: 'http', isSecure: false },
  { setup, via: setup.name, scheme: 'https', isSecure: true },
]);

describe('a request of the app that is aborted on a slow line', () => {
  it.each(CASES)('is reset, over $scheme with $via: what was on its way is dropped', async ({ setup, isSecure }) => {
    const { wire, begin } = await setUp(setup, isSecure);
    wire.stallAt(MB);
    const request = begin(BODY);
    request.on('error', () => undefined);
    request.end(Buffer.alloc(BODY));
    const client = await wire.stalled;
    request.destroy();
    client.resume();
    // A connection that is only closed ends in order, after all that the system had taken.
    expect(await wire.ended).toBe('ECONNRESET');
    expect(wire.taken()).toBeLessThan(BODY);
  });
});

describe('requests of the app that are over', () => {
  it.each(CASES)('leave their connection to the next one, over $scheme with $via', async ({ setup, isSecure }) => {
    const { wire, begin } = await setUp(setup, isSecure);
    for (let round = 0; round < 3; round += 1) {
      const request = begin(5);
      request.end('bytes');
      const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream];
      response.resume();
      await once(response, 'end');
      // The agent takes the connection back after the response has ended.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(wire.connections()).toBe(1);
  });
});
