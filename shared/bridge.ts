import type { ErrorReport } from './errors.ts';
import type { Added } from './uploads.ts';

// The wire between window and main. It knows no request by name: those stand in ipc.ts, which the preload does not load.

/** The one channel of all requests: name, payload and what the preload vouches for. */
export const REQUEST_CHANNEL = 'nearplay:request';
/** The one channel of all events: name and payload. */
export const EVENT_CHANNEL = 'nearplay:event';

/** What the preload knows of a request by itself. It is made in an isolated world, so that page script cannot forge it. */
export interface Vouched {
  /** A click or a key came within the last seconds (HTML, "transient activation"). */
  gesture: boolean;
  /** The page named the request and its payload; false: the preload did. */
  fromPage: boolean;
}

/** What comes back over IPC: Electron would flatten a thrown error to a string, so that the code would be lost. */
export type Envelope<Result> = { result: Result } | { error: ErrorReport };

/** `window.nearplay`. Results are envelopes: contextBridge loses custom fields of errors as well. renderer/api.ts unwraps them. */
export interface Bridge {
  request: (name: string, payload?: unknown) => Promise<Envelope<unknown>>;
  /** Paths are looked up in the preload: the page never learns or names one. */
  uploadFiles: (folder: string, files: readonly unknown[]) => Promise<Envelope<Added>>;
  /** Returns the function that ends the subscription. */
  on: (name: string, listener: (payload: unknown) => void) => () => void;
}
