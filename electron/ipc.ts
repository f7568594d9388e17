import type { IpcMain, IpcMainInvokeEvent, WebContents } from 'electron';
import type { z } from 'zod';
import { NearplayError, reportOf } from '../shared/errors.ts';
import {
  type Envelope,
  type EventName,
  EVENTS,
  type RequestHandlers,
  type RequestName,
  type RequestPayload,
  REQUESTS,
  type Responses,
} from '../shared/ipc.ts';
import type { Log } from './services/runtime/log.ts';
import type { Services } from './services/services.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;

/** Milliseconds until a request is answered with `timeout`. Longer than any wait inside the services. */
const REPLY_TIMEOUT = 90 * SECOND;
/** Millions of objects or files take a while; progress is shown, and it can be cancelled. */
const REPORT_TIMEOUT = 2 * HOUR;
/** A system dialog waits for a person, who may be at lunch. */
const DIALOG_TIMEOUT = 12 * HOUR;

export const TIMEOUTS: Readonly<Record<RequestName, number>> = {
  'get-bootstrap': REPLY_TIMEOUT,
  'list-library': REPLY_TIMEOUT,
  'create-link': REPLY_TIMEOUT,
  'explain-route': REPLY_TIMEOUT,
  'set-settings': REPLY_TIMEOUT,
  'choose-uploads': DIALOG_TIMEOUT,
  'add-uploads': REPORT_TIMEOUT,
  'list-transfers': REPLY_TIMEOUT,
  'pause-transfers': REPLY_TIMEOUT,
  'resume-transfers': REPLY_TIMEOUT,
  'cancel-transfers': REPLY_TIMEOUT,
  'retry-transfers': REPLY_TIMEOUT,
  'clear-transfers': REPLY_TIMEOUT,
  'decide-conflicts': REPLY_TIMEOUT,
  'move-transfers': REPLY_TIMEOUT,
  'export-receipts': DIALOG_TIMEOUT,
  'verify-folder': DIALOG_TIMEOUT,
  'cancel-verify': REPLY_TIMEOUT,
  'add-upload-folder': DIALOG_TIMEOUT,
  'pause-upload-folder': REPLY_TIMEOUT,
  'remove-upload-folder': REPLY_TIMEOUT,
  'import-preferences': DIALOG_TIMEOUT,
  'refresh-address': REPLY_TIMEOUT,
  'open-external': REPLY_TIMEOUT,
  'create-sequence-links': REPLY_TIMEOUT,
  'explain-region': REPLY_TIMEOUT,
  'measure-storages': REPLY_TIMEOUT,
  'report-replication': REPORT_TIMEOUT,
  'cancel-report': REPLY_TIMEOUT,
  'save-manifest': DIALOG_TIMEOUT,
  'edit-preferences': REPLY_TIMEOUT,
  // It asks before it writes.
  'save-preferences': DIALOG_TIMEOUT,
  'read-preferences-version': REPLY_TIMEOUT,
  'export-preferences': DIALOG_TIMEOUT,
  'save-copy': DIALOG_TIMEOUT,
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
  ipcMain: Pick<IpcMain, 'handle' | 'removeHandler'>;
  handlers: RequestHandlers;
  page: TrustedPage;
  log: Log;
  /** Milliseconds; see TIMEOUTS. */
  timeouts?: Readonly<Record<RequestName, number>>;
}

/** Each schema under the type its request promises; the compiler checks every pair. */
const SCHEMAS: { [Name in RequestName]: z.ZodType<RequestPayload<Name>> } = REQUESTS;

/**
 * Answers every request of the contract: sender check, schema, handler, envelope. A reply always comes and never rejects:
 * what goes wrong is an `{ error }`. Returns the function that stops answering.
 */
export function bindRequests(binding: RequestBinding): () => void {
  const names = Object.keys(REQUESTS).filter(isRequestName);
  for (const name of names) {
    binding.ipcMain.handle(name, (event: IpcMainInvokeEvent, ...args: unknown[]) => answer(name, binding, event, args));
  }
  return () => {
    for (const name of names) binding.ipcMain.removeHandler(name);
  };
}

/** Tells the windows what changed; a window that is gone is told nothing. Returns the function that ends it. */
export function forwardEvents(
  services: Pick<Services, 'on'>,
  windows: () => Iterable<Pick<WebContents, 'isDestroyed' | 'send'>>,
): () => void {
  const ends = EVENTS.map((name: EventName) =>
    services.on(name, (payload) => {
      for (const window of windows()) if (!window.isDestroyed()) window.send(name, payload);
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

async function answer<Name extends RequestName>(
  name: Name,
  { handlers, page, log, timeouts = TIMEOUTS }: RequestBinding,
  sender: Sender,
  args: readonly unknown[],
): Promise<Envelope<Responses[Name]>> {
  try {
    if (!isTrustedSender(sender, page)) throw new NearplayError('forbidden-sender');
    const payload = parse(name, args);
    return { result: await within(timeouts[name], handlers[name](payload)) };
  } catch (error) {
    // Refusals are the everyday business of a storage app; only what nobody foresaw is logged, without its payload.
    if (!(error instanceof NearplayError))
      log.error('A request failed unexpectedly', { request: name, error, stack: stackOf(error) });
    else if (error.code === 'forbidden-sender')
      log.warn('A request from a foreign page was refused', { request: name });
    return { error: reportOf(error) };
  }
}

function parse<Name extends RequestName>(name: Name, args: readonly unknown[]): RequestPayload<Name> {
  const parsed = SCHEMAS[name].safeParse(args[0]);
  if (args.length > 1 || !parsed.success) throw new NearplayError('bad-request');
  return parsed.data;
}

async function within<Result>(milliseconds: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new NearplayError('timeout')), milliseconds);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function isRequestName(name: string): name is RequestName {
  return Object.hasOwn(REQUESTS, name);
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
