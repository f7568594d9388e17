import type { Bridge, Envelope } from '../../shared/bridge.ts';
import { NearplayError, reportOf } from '../../shared/errors.ts';
import {
  EVENTS_PATH,
  FILE_PATH,
  REQUEST_PATH,
  SCENARIO_HEADER,
  TOKEN_HEADER,
  type WireEvent,
  type WireRequest,
} from './wire.ts';

export interface DevBridgeOptions {
  /** What the server gave this page. */
  token: string;
  /** A name of build/devWindow/scenarios.ts; empty: the usual one. */
  scenario: string;
  /** A click or a key came within the last seconds. */
  hasGesture: () => boolean;
  /** Posts to the page's own origin. */
  post: (path: string, init: RequestInit) => Promise<Response>;
}

interface Subscription {
  name: string;
  listener: (payload: unknown) => void;
}

/**
 * What the preload is in the app, over HTTP: resolves when events flow. The browser keeps the paths of files for itself, so
 * that the bytes of dropped files are sent to the server, which uploads its copies.
 * @throws Error when the server refuses this page.
 */
export async function openDevBridge(options: DevBridgeOptions): Promise<Bridge> {
  const subscriptions = new Set<Subscription>();
  const events = await post(options, EVENTS_PATH);
  if (!events.ok || !events.body) throw new Error(`The development server answers ${events.status}`);
  void followEvents(events.body, ({ name, payload }) => {
    for (const subscription of subscriptions) if (subscription.name === name) subscription.listener(payload);
  });
  return {
    request: (name, payload) => send(options, { name, payload }, true),
    uploadFiles: async (folder, files) => {
      const paths: string[] = [];
      for (const file of files) {
        const kept = await keepFile(options, file);
        if ('error' in kept) return kept;
        paths.push(kept.result);
      }
      return send(options, { name: 'addUploads', payload: { folder, paths } }, false);
    },
    on: (name, listener) => {
      const subscription = { name, listener };
      subscriptions.add(subscription);
      return () => void subscriptions.delete(subscription);
    },
  };
}

function send<Result>(
  options: DevBridgeOptions,
  { name, payload }: Pick<WireRequest, 'name' | 'payload'>,
  fromPage: boolean,
): Promise<Envelope<Result>> {
  const request: WireRequest = { name, payload, vouched: { gesture: options.hasGesture(), fromPage } };
  return ask(options, REQUEST_PATH, JSON.stringify(request));
}

async function keepFile(options: DevBridgeOptions, file: unknown): Promise<Envelope<string>> {
  if (!(file instanceof File)) return { error: new NearplayError('bad-request', 'That is not a file.').report() };
  return ask(options, `${FILE_PATH}?name=${encodeURIComponent(file.name)}`, file);
}

/** A reply always comes, and always as an envelope, as from the preload. */
async function ask<Result>(options: DevBridgeOptions, path: string, body: string | File): Promise<Envelope<Result>> {
  try {
    const response = await post(options, path, body);
    if (!response.ok) throw new Error(`The development server answers ${response.status}`);
    // The server binds each name to a handler of exactly this result, as main does.
    return (await response.json()) as Envelope<Result>;
  } catch (error) {
    return { error: reportOf(error) };
  }
}

function post(options: DevBridgeOptions, path: string, body: string | File = ''): Promise<Response> {
  const headers = { [TOKEN_HEADER]: options.token, [SCENARIO_HEADER]: options.scenario };
  return options.post(path, { method: 'POST', headers, body });
}

/** Resolves when the server ends the stream. */
async function followEvents(body: ReadableStream<Uint8Array>, tell: (event: WireEvent) => void): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
    if (done) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) tell(JSON.parse(line) as WireEvent);
  }
}
