import type { ErrorCode } from '../../shared/errors.ts';

/** What there is to look at. */
export interface Scenario {
  preferences: 'good' | 'none' | 'faulty';
  library: 'sample' | 'empty' | 'many';
  /** What every listing answers with, instead of a folder. */
  failure?: ErrorCode;
  /** What every link answers with. */
  linkFailure?: ErrorCode;
  readFrom: string;
  uploading?: boolean;
  /** A video that has just been uploaded: seconds of delay left when it is first seen. */
  freshSeconds?: number;
  slow?: boolean;
  brokenMedia?: boolean;
  /** Who edits the preferences: may not write, or is one of two who write at once. */
  editing?: 'read-only' | 'conflict';
  /** Everything is replicated. */
  clean?: boolean;
  /** A file in a watched folder reaches its replica after some seconds. */
  watching?: boolean;
}

const USUAL: Scenario = { preferences: 'good', library: 'sample', readFrom: 'auto' };

const SCENARIOS: ReadonlyMap<string, Scenario> = new Map<string, Scenario>([
  ['first-run', { ...USUAL, preferences: 'none' }],
  ['faulty', { ...USUAL, preferences: 'faulty' }],
  ['empty', { ...USUAL, library: 'empty' }],
  ['library', USUAL],
  ['many', { ...USUAL, library: 'many' }],
  ['uploading', { ...USUAL, uploading: true }],
  ['source', { ...USUAL, freshSeconds: 14 }],
  ['quick', { ...USUAL, freshSeconds: 4 }],
  ['replica', USUAL],
  ['settings', USUAL],
  ['loading', { ...USUAL, slow: true }],
  ['codec', { ...USUAL, brokenMedia: true }],
  ['error', { ...USUAL, failure: 'storage-failed' }],
  ['denied', { ...USUAL, failure: 'access-denied' }],
  ['offline', { ...USUAL, failure: 'offline' }],
  ['signed-out', { ...USUAL, failure: 'credentials-missing' }],
  ['read-only', { ...USUAL, editing: 'read-only' }],
  ['conflict', { ...USUAL, editing: 'conflict' }],
  ['clean', { ...USUAL, clean: true }],
  ['watching', { ...USUAL, watching: true }],
  ['from-main', { ...USUAL, readFrom: 'main' }],
  ['gone', { ...USUAL, linkFailure: 'no-such-key' }],
]);

export function scenarioOf(name: string | null): Scenario {
  return SCENARIOS.get(name ?? 'library') ?? USUAL;
}
