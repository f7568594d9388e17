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
  ['gone', { ...USUAL, linkFailure: 'no-such-key' }],
]);

export function scenarioOf(name: string | null): Scenario {
  return SCENARIOS.get(name ?? 'library') ?? USUAL;
}
