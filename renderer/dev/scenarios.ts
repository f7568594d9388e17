import type { ErrorCode } from '../../shared/errors.ts';
import type { FakeQueue } from './fakeTransfers.ts';

/** What there is to look at. */
export interface Scenario {
  preferences: 'good' | 'none' | 'faulty';
  library: 'sample' | 'empty' | 'many';
  /** What every listing answers with, instead of a folder. */
  failure?: ErrorCode;
  /** What every link answers with. */
  linkFailure?: ErrorCode;
  readFrom: string;
  /** What is in the queue at the start. */
  queue?: FakeQueue;
  /** Local folders are watched. */
  watchFolders?: boolean;
  /** The studio's ceiling for each machine, bytes per second. */
  ceiling?: number;
  /** Where uploads of a project go: the settings' own form. */
  uploadFolderByProject?: Readonly<Record<string, string>>;
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
  ['uploading', { ...USUAL, queue: 'mixed' }],
  ['many-transfers', { ...USUAL, queue: 'many' }],
  ['conflicts', { ...USUAL, queue: 'conflicts' }],
  ['paused', { ...USUAL, queue: 'paused' }],
  ['blocked', { ...USUAL, queue: 'offline' }],
  ['over', { ...USUAL, queue: 'over' }],
  ['upload-folders', { ...USUAL, queue: 'mixed', watchFolders: true, ceiling: 25_000_000 }],
  ['project', { ...USUAL, uploadFolderByProject: { 'shots/': 'shots/sq010/' } }],
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
