import type { FaultRule } from '../../test/sandbox/faults.ts';

/** A state of the sample storage and of the user's set-up, for a look at what the window makes of it. */
export interface Scenario {
  /** For the list in the terminal. */
  about: string;
  preferences?: 'none' | 'faulty';
  /** Default: the sample media, a day old and replicated. */
  library?: 'empty' | 'many' | 'unreplicated';
  isSignedOut?: boolean;
  /** The address service reports none. */
  isAddressUnknown?: boolean;
  /** From the start. */
  uploads?: 'new' | 'conflicting';
  faults?: readonly FaultRule[];
}

const MAIN = 'us-east-1';
const SYDNEY = 'ap-southeast-2';

const DENIED = { kind: 'status', status: 403, code: 'AccessDenied' } as const;
const FILMS = { operation: 'GetObject', key: /\.mp4$/ };
const LISTING = 'ListObjectsV2';

export const USUAL = 'library';

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  [USUAL]: { about: 'the sample library, read from Sydney' },
  'first-run': { about: 'no Isolation Preferences yet', preferences: 'none' },
  faulty: { about: 'Isolation Preferences with a fault', preferences: 'faulty' },
  'signed-out': { about: 'no AWS credentials', isSignedOut: true },
  empty: { about: 'an empty library', library: 'empty' },
  many: { about: 'a folder of 20,000 files', library: 'many' },
  unreplicated: { about: 'objects that no replica holds', library: 'unreplicated' },
  'no-address': { about: 'the public address is not to be had', isAddressUnknown: true },
  offline: {
    about: 'the main region is gone, with uploads in the queue',
    uploads: 'new',
    faults: [{ region: MAIN, effect: { kind: 'down' } }],
  },
  'silent-replica': {
    about: 'Sydney takes requests and never answers',
    faults: [{ region: SYDNEY, effect: { kind: 'stall' } }],
  },
  loading: {
    about: 'every page of a listing takes 20 s',
    faults: [{ operation: LISTING, effect: { kind: 'latency', milliseconds: 20_000 } }],
  },
  denied: { about: 'listing is not allowed', faults: [{ operation: LISTING, effect: DENIED }] },
  error: {
    about: 'listing fails in the storage',
    faults: [{ operation: LISTING, effect: { kind: 'status', status: 500, code: 'InternalError' } }],
  },
  gone: {
    about: 'every file was deleted after it was listed',
    faults: [{ operation: 'HeadObject', effect: { kind: 'status', status: 404, code: 'NoSuchKey' } }],
  },
  codec: {
    about: 'videos whose bytes are no video',
    faults: [{ ...FILMS, effect: { kind: 'rewritten', rewrite: ({ body }) => ({ body: blanked(body) }) } }],
  },
  portal: {
    about: "a network's sign-in page in place of videos",
    faults: [{ ...FILMS, effect: { kind: 'answer-instead', status: 200, body: '<h1>Sign in</h1>' } }],
  },
  'read-only': { about: 'nothing may be written', faults: [{ method: 'PUT', effect: DENIED }] },
  uploading: {
    about: 'uploads at 20 kB/s',
    uploads: 'new',
    faults: [{ method: 'PUT', effect: { kind: 'bandwidth', bytesPerSecond: 20_000 } }],
  },
  conflicts: { about: 'uploads under names that are taken', uploads: 'conflicting' },
};

/** As many bytes, all of them zero. */
async function* blanked(body: string | AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of typeof body === 'string' ? [Buffer.from(body)] : body) yield Buffer.alloc(chunk.length);
}
