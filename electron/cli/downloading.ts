import { join } from 'node:path';
import type { ErrorCode } from '../../shared/errors.ts';
import type { Application } from '../services/application.ts';
import { type Machine, thisMachine } from '../services/runtime/machine.ts';
import { type Download, STOPPED } from '../services/transfers/download/download.ts';
import { DownloadNotes } from '../services/transfers/download/downloadNotes.ts';
import { downloadResources } from '../services/transfers/download/downloadResources.ts';
import type { DownloadResources } from '../services/transfers/download/receiveRanges.ts';
import type { Unproved } from '../services/transfers/download/storedObject.ts';
import { type CommandContext, reportError } from './surroundings.ts';
import { waitMinutes, Waits } from './waits.ts';
import { type ServiceNeeds, stateFolder } from './withServices.ts';

const BEGINS_AGAIN: Partial<Record<ErrorCode, string>> = {
  'object-changed': 'The file was replaced in the storage meanwhile; the download begins again.',
  damaged: 'What arrived was damaged; the download begins again.',
};

const UNPROVED: Record<Unproved, string> = {
  'no-checksum': 'the storage keeps no checksum',
  'other-etag': 'the storage keeps no checksum, and its ETag is not the MD5 of what arrived, which it need not be',
  incomparable: 'the storage keeps a checksum of parts whose sizes are not known, which cannot be compared',
};

export interface GetOptions extends ServiceNeeds {
  /** Minutes without progress after which a wait ends the command. */
  wait?: number;
}

/** What a command uses while it downloads. */
export interface Downloading {
  /** Aborted by Ctrl+C, and with the reason STOPPED after too long a wait. */
  signal: AbortSignal;
  machine: Machine;
  resources: DownloadResources;
  waits: Waits;
  /** To be called with the destination of each download that can be resumed. */
  claimed: (path: string) => void;
  beginsAgain: (key: string, why: ErrorCode) => void;
}

/**
 * Runs the work of a command that downloads: waits are reported, and one that is too long ends it so that the same
 * command continues later; parts that earlier commands left for good are removed.
 *
 * @throws NearplayError wait-ended, and what the work throws
 */
export async function whileDownloading<Result>(
  services: Pick<Application, 'awaitsCredentials'>,
  { wait }: GetOptions,
  context: CommandContext,
  work: (downloading: Downloading) => Promise<Result>,
): Promise<Result> {
  const { surroundings } = context;
  const machine = surroundings.machine ?? (await thisMachine());
  const notes = new DownloadNotes(join(stateFolder(surroundings), 'downloads'), machine);
  await notes.removeOld();
  const waits = new Waits({
    ...{ context, ...waitMinutes(wait, surroundings.isTerminal === true) },
    awaitsCredentials: () => services.awaitsCredentials(),
  });
  const tooLong = new AbortController();
  const ended = waits.ended.catch((error: unknown) => {
    tooLong.abort(STOPPED);
    throw error;
  });
  ended.catch(() => undefined);
  try {
    return await work({
      signal: AbortSignal.any([surroundings.signal, tooLong.signal]),
      ...{ machine, waits, resources: { ...downloadResources(), arrived: surroundings.arrived } },
      claimed: (path) => notes.begun(path),
      beginsAgain: (key, why) => reportError(context, why, BEGINS_AGAIN[why] ?? 'The download begins again.', key),
    });
  } catch (error) {
    if (tooLong.signal.aborted) await ended;
    throw error;
  } finally {
    waits.stop();
    await notes.over();
  }
}

/** By what a file is proved, or why it is not. */
export function proofText({
  provedBy,
  unproved,
  byWordOf,
}: Pick<Download, 'provedBy' | 'unproved' | 'byWordOf'>): string {
  if (provedBy === null) return `not proved: ${UNPROVED[unproved ?? 'no-checksum']}`;
  return `proved by ${provedBy}${byWordOf === undefined ? '' : `, by the word of ${byWordOf} alone`}`;
}
