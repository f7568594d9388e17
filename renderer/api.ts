import type { Bridge, Envelope } from '../shared/bridge.ts';
import type { ErrorCode, ErrorReport } from '../shared/errors.ts';
import { type EventName, type Events, type NearplayApi, REQUESTS } from '../shared/ipc.ts';

/** A failure that crossed the bridge, with main's whole report. */
export class NearplayApiError extends Error {
  readonly report: ErrorReport;

  constructor(report: ErrorReport) {
    super(report.message);
    this.name = 'NearplayApiError';
    this.report = report;
  }

  get code(): ErrorCode {
    return this.report.code;
  }
}

/** Report for a failure without a code of main: a bug, never the user's doing. */
const UNEXPECTED: ErrorReport = {
  code: 'internal',
  message: 'Something unexpected went wrong. The log has the details.',
  retryable: true,
};

export function reportOf(error: unknown): ErrorReport {
  return error instanceof NearplayApiError ? error.report : UNEXPECTED;
}

/** @throws NearplayApiError with main's code, or `internal` when the bridge itself failed. */
async function unwrap<Result>(ask: () => Promise<Envelope<Result>>): Promise<Result> {
  let envelope: Envelope<Result>;
  try {
    envelope = await ask();
  } catch {
    throw new NearplayApiError(UNEXPECTED);
  }
  if ('error' in envelope) throw new NearplayApiError(envelope.error);
  return envelope.result;
}

/**
 * The requests of the window as methods, made from the table: each resolves to its result or rejects with a
 * NearplayApiError. What only the preload may send is refused by main.
 */
export function createApi(bridge: Bridge): NearplayApi {
  const methods = Object.keys(REQUESTS).map((name) => [
    name,
    (payload?: unknown) => unwrap(() => bridge.request(name, payload)),
  ]);
  // Main binds each name to a handler of exactly this result.
  const requests = Object.fromEntries(methods) as Omit<NearplayApi, 'uploadFiles' | 'on'>;
  return {
    ...requests,
    uploadFiles: (folder, files) => unwrap(() => bridge.uploadFiles(folder, files)),
    on: <Name extends EventName>(name: Name, listener: (payload: Events[Name]) => void) =>
      bridge.on(name, (payload) => listener(payload as Events[Name])),
  };
}
