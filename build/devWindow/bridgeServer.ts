import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { EVENTS_PATH, FILE_PATH, REQUEST_PATH, SCENARIO_HEADER, TOKEN_HEADER } from '../../renderer/dev/wire.ts';
import type { Envelope } from '../../shared/bridge.ts';
import { reportOf } from '../../shared/errors.ts';
import type { DevStudio } from './devStudio.ts';

export interface BridgeServerOptions {
  /** What the page has to know: other pages and other users of this machine reach loopback too. */
  token: string;
  /** Of the page: `http://127.0.0.1:port`. */
  origin: string;
  /** Resolves to undefined for a scenario that does not exist. */
  studioOf: (scenario: string) => Promise<DevStudio | undefined>;
}

/** What is in it is checked by the answering code of main. */
const requestSchema = z.object({ name: z.unknown(), payload: z.unknown(), vouched: z.unknown() }).partial();

/** Whether a path is the bridge's; all others are vite's. */
export function isBridgePath(path: string): boolean {
  return path.startsWith('/bridge/');
}

/** Answers the page's requests to the bridge; 403 to whatever is not the page. */
export async function answerBridge(
  request: IncomingMessage,
  response: ServerResponse,
  options: BridgeServerOptions,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '', options.origin);
  if (!isFromPage(request, options)) {
    refuse(response, 403);
    return;
  }
  const studio = await options.studioOf(headerOf(request, SCENARIO_HEADER));
  if (!studio) refuse(response, 404);
  else if (pathname === EVENTS_PATH) sendEvents(studio, response);
  else if (pathname === REQUEST_PATH) sendJson(response, await answerRequest(studio, request));
  else if (pathname === FILE_PATH) sendJson(response, await keepFile(studio, searchParams.get('name') ?? '', request));
  else refuse(response, 404);
}

async function answerRequest(studio: DevStudio, request: IncomingMessage): Promise<unknown> {
  const asked = requestSchema.safeParse(await json(request).catch(() => undefined));
  return studio.answer(headerOf(request, 'origin'), asked.data ?? {});
}

async function keepFile(studio: DevStudio, name: string, bytes: IncomingMessage): Promise<Envelope<string>> {
  try {
    return { result: await studio.keepFile(name, bytes) };
  } catch (error) {
    return { error: reportOf(error) };
  }
}

/** POST always carries an Origin (Fetch standard), and a Host of another name is a name that was pointed at loopback. */
function isFromPage(request: IncomingMessage, { token, origin }: BridgeServerOptions): boolean {
  const { method, headers } = request;
  const isOurs = method === 'POST' && headers.origin === origin && `http://${headers.host}` === origin;
  return isOurs && timingSafeEqual(digest(headerOf(request, TOKEN_HEADER)), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function headerOf({ headers }: IncomingMessage, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}

function sendJson(response: ServerResponse, envelope: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(envelope));
}

function sendEvents(studio: DevStudio, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  response.flushHeaders();
  const end = studio.addWindow((event) => response.write(`${JSON.stringify(event)}\n`));
  response.once('close', end);
}
