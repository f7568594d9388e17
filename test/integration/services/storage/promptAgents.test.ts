import { once } from 'node:events';
import { createServer as createHttp, request as requestHttp, type RequestListener } from 'node:http';
import { createServer as createHttps, request as requestHttps } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { promptAgents } from '../../../../electron/services/storage/promptAgents.ts';
import { createAuthority } from '../../../sandbox/certificates.ts';

const MB = 1e6;
/** More than the systems at both ends keep of it together. */
const BODY = 100 * MB;
/** Milliseconds that the server reads nothing: a line that has become slow. */
const PAUSE = 1500;

/** Bytes that arrive of a body whose request is aborted while the server reads nothing, and those that its client had let go. */
async function abortOnSlowLine(isSecure: boolean): Promise<{ arrived: number; sent: number; atAbort: number }> {
  let arrived = 0;
  const read: RequestListener = (request, response) => {
    response.on('error', () => undefined);
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => {
      arrived += chunk.length;
      if (arrived < MB || arrived - chunk.length >= MB) return;
      request.pause();
      setTimeout(() => request.resume(), PAUSE);
    });
  };
  const authority = createAuthority(Date.now());
  const { certificate: cert, key } = authority.issue(['localhost', '127.0.0.1']);
  const server = isSecure ? createHttps({ cert, key }, read) : createHttp(read);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const { httpAgent, httpsAgent } = promptAgents();
  const place = { host: '127.0.0.1', port, method: 'PUT', headers: { 'content-length': BODY } };
  const request = isSecure
    ? requestHttps({ ...place, agent: httpsAgent, ca: authority.certificate })
    : requestHttp({ ...place, agent: httpAgent });
  request.on('error', () => undefined);
  let sent = 0;
  const chunk = Buffer.alloc(64 * 1024);
  const write = () => {
    do sent += chunk.length;
    while (request.write(chunk) && sent < BODY);
    if (sent < BODY) request.once('drain', write);
  };
  write();
  await wait(PAUSE / 2);
  const atAbort = arrived;
  request.destroy();
  await wait(PAUSE * 2);
  server.closeAllConnections();
  server.close();
  httpAgent.destroy();
  httpsAgent.destroy();
  return { arrived, sent, atAbort };
}

it.each([
  ['http', false],
  ['https', true],
])('drops what is on its way when a request is aborted, over %s', async (_name, isSecure) => {
  const { arrived, sent, atAbort } = await abortOnSlowLine(isSecure);
  expect(atAbort).toBeGreaterThan(0);
  // Otherwise nothing was on its way.
  expect(sent).toBeGreaterThan(3 * MB);
  // What the server's system had taken is the server's.
  expect(sent - arrived).toBeGreaterThan(MB);
});
