import type { Vouched } from '../../shared/bridge.ts';

// The wire between the development page and its server: POST to the page's own origin, the token in a header.

/** Takes a WireRequest, answers with an envelope. */
export const REQUEST_PATH = '/bridge/request';
/** Answers for as long as the page is there: a WireEvent a line, as JSON. */
export const EVENTS_PATH = '/bridge/events';
/** Takes the bytes of a file, `?name=` its name; answers with an envelope of the path that it has on the server's disk. */
export const FILE_PATH = '/bridge/file';

export const TOKEN_HEADER = 'x-nearplay-token';
export const SCENARIO_HEADER = 'x-nearplay-scenario';

export interface WireRequest {
  name: string;
  payload?: unknown;
  vouched: Vouched;
}

export interface WireEvent {
  name: string;
  payload: unknown;
}
