import type { WebContents } from 'electron';
import { z } from 'zod';
import { type Envelope, EVENT_CHANNEL, REQUEST_CHANNEL, type Vouched } from '../shared/bridge.ts';
import { NearplayError, reportOf } from '../shared/errors.ts';
import {
  type EventName,
  EVENTS,
  type Events,
  type RequestHandlers,
  type RequestName,
  type RequestOptions,
  type RequestPayload,
  type RequestResponse,
  REQUESTS,
  type TimeLimit,
} from '../shared/ipc.ts';
import { HOUR_MS, SECOND_MS } from '../shared/units.ts';
import { deadline } from './services/runtime/async.ts';
import { stackOf } from './services/runtime/errorFacts.ts';
import type { Log } from './services/runtime/log.ts';

/** Milliseconds until a request is answered with `timeout`. */
const LIMITS_MS: Readonly<Record<TimeLimit, number>> = {
  // Longer than any wait inside the services.
  reply: 90 * SECOND_MS,
  // Millions of objects or files take a while; progress is shown, and it can be cancelled.
  report: 2 * HOUR_MS,
  // A system dialog waits for a person, who may be at lunch.
  dialog: 12 * HOUR_MS,
};

/** The page that may ask. Compared by protocol and host: the origin of a custom scheme is the string 'null'. */
export interface TrustedPage {
  /** With its colon, as in `URL.protocol`. */
  protocol: string;
  host: string;
}

/** What of an invoke event decides whether its sender is trusted. */
export interface Sender {
  senderFrame: { url: string; parent: unknown } | null;
}

export interface RequestBinding {
  /** Electron's, or what stands for it. */
  ipcMain: {
    handle(channel: string, listener: (event: Sender, ...wire: unknown[]) => Promise<unknown>): void;
    removeHandler(channel: string): void;
  };
  handlers: RequestHandlers;
  page: TrustedPage;
  log: Log;
  /** Milliseconds; default LIMITS_MS. */
  limits?: Readonly<Record<TimeLimit, number>>;
}

/** Where events come from; `on` returns the function that ends the subscription. */
export interface EventSource {
  on<Name extends EventName>(name: Name, listener: (payload: Events[Name]) => void): () => void;
}

/** Name, payload, and what the preload vouches for. */
const wireSchema = z.tuple([
  z.custom<RequestName>((name) => typeof name === 'string' && Object.hasOwn(REQUESTS, name)),
  z.unknown(),
  z.strictObject({ gesture: z.boolean(), fromPage: z.boolean() }),
]);

/** The rows of the table under the types that they promise; the compiler checks every pair. */
const ROWS: {
  [Name in RequestName]: { schema: z.ZodType<RequestPayload<Name>>; options: RequestOptions | undefined };
} = REQUESTS;

/**
 * Answers every request of the contract: sender check, name, schema, handler, envelope. A reply always comes and never
 * rejects: what goes wrong is an `{ error }`. Returns the function that stops answering.
 */
export function bindRequests(binding: RequestBinding): () => void {
  const { ipcMain } = binding;
  ipcMain.handle(REQUEST_CHANNEL, (event, ...wire) => answer(binding, event, wire));
  return () => ipcMain.removeHandler(REQUEST_CHANNEL);
}

/** Sends the windows what changed; a window that is gone gets nothing. Returns the function that ends it. */
export function forwardEvents(
  source: EventSource,
  windows: () => Iterable<Pick<WebContents, 'isDestroyed' | 'send'>>,
): () => void {
  const ends = Object.keys(EVENTS)
    .filter(isEventName)
    .map((name) =>
      source.on(name, (payload) => {
        for (const window of windows()) if (!window.isDestroyed()) window.send(EVENT_CHANNEL, name, payload);
      }),
    );
  return () => {
    for (const end of ends) end();
  };
}

/** Whether a request came from the top frame of our own page. The frame is null once it has navigated or is gone. */
export function isTrustedSender({ senderFrame }: Sender, page: TrustedPage): boolean {
  if (senderFrame?.parent !== null || !URL.canParse(senderFrame.url)) return false;
  const { protocol, host } = new URL(senderFrame.url);
  return protocol === page.protocol && host === page.host;
}

async function answer(
  { handlers, page, log, limits = LIMITS_MS }: RequestBinding,
  sender: Sender,
  wire: readonly unknown[],
): Promise<Envelope<unknown>> {
  const { data: [name, payload, vouched] = [] } = wireSchema.safeParse(wire);
  try {
    if (!isTrustedSender(sender, page)) throw new NearplayError('forbidden-sender');
    if (name === undefined || vouched === undefined) throw new NearplayError('bad-request');
    assertAllowed(ROWS[name].options, vouched);
    const milliseconds = limits[ROWS[name].options?.limit ?? 'reply'];
    return { result: await deadline<unknown>(run(name, payload, handlers), milliseconds, timedOut) };
  } catch (error) {
    // Refusals are the everyday business of a storage app; only what nobody foresaw is logged, without its payload.
    if (!(error instanceof NearplayError))
      log.error('A request failed unexpectedly', { request: name, error, stack: stackOf(error) });
    else if (error.code === 'forbidden-sender')
      log.warn('A request from a foreign page was refused', { request: name });
    return { error: reportOf(error) };
  }
}

/** @throws NearplayError bad-request */
function assertAllowed({ takesGesture, onlyPreload }: RequestOptions = {}, { gesture, fromPage }: Vouched): void {
  if (onlyPreload && fromPage) throw new NearplayError('bad-request');
  if (takesGesture && !gesture) throw new NearplayError('bad-request', 'That takes a click or a key.');
}

/** @throws NearplayError bad-request for a payload that does not fit; and what the handler throws */
async function run<Name extends RequestName>(
  name: Name,
  payload: unknown,
  handlers: RequestHandlers,
): Promise<RequestResponse<Name>> {
  const parsed = ROWS[name].schema.safeParse(payload);
  if (!parsed.success) throw new NearplayError('bad-request');
  return handlers[name](parsed.data);
}

function timedOut(): never {
  throw new NearplayError('timeout');
}

function isEventName(name: string): name is EventName {
  return Object.hasOwn(EVENTS, name);
}
