import { join, resolve } from 'node:path';
import type { ErrorCode } from '../../shared/errors.ts';
import type { Application } from '../services/application.ts';
import { thisMachine } from '../services/runtime/machine.ts';
import { type Download, download, STOPPED } from '../services/transfers/download/download.ts';
import { DownloadNotes } from '../services/transfers/download/downloadNotes.ts';
import type { Unproved } from '../services/transfers/download/storedObject.ts';
import { type CommandContext, reportError } from './surroundings.ts';
import { keyToRead } from './typedPlaces.ts';
import { waitMinutes, Waits } from './waits.ts';
import { type ServiceNeeds, stateFolder, withServices } from './withServices.ts';

export const BEGINS_AGAIN: Partial<Record<ErrorCode, string>> = {
  'object-changed': 'The file was replaced in the storage meanwhile; the download begins again.',
  damaged: 'What arrived was damaged; the download begins again.',
};

export const UNPROVED: Record<Unproved, string> = {
  'no-checksum': 'the storage keeps no checksum',
  incomparable: 'the storage keeps a checksum of parts whose sizes are not known, which cannot be compared',
};

export interface GetOptions extends ServiceNeeds {
  /** Minutes without progress after which a wait ends the command. */
  wait?: number;
}

/** `nearplay get`: downloads an object from the storage of its route and proves it by the storage's checksum. */
export async function getCommand(
  typed: string,
  destination: string,
  options: GetOptions,
  context: CommandContext,
): Promise<void> {
  const { cwd } = context.surroundings;
  const target = /[/\\]$/.test(destination) ? `${resolve(cwd, destination)}/` : resolve(cwd, destination);
  await withServices({ ...options, needsRoute: true, keepsNothing: true }, context, async (services) => {
    const key = await keyToRead(services.studio(), typed);
    const { path, size, route, provedBy, unproved, resumed } = await get(services, key, target, options, context);
    const { storage, reason, details } = route;
    const proof = provedBy === null ? `not proved: ${UNPROVED[unproved ?? 'no-checksum']}` : `proved by ${provedBy}`;
    context.print(
      { key, path, size, storage, reason, details, provedBy, ...(unproved && { unproved }), resumed },
      `${path} (${size} bytes from ${storage}: ${reason}; ${proof})`,
    );
  });
}

/** Reports waits, and ends one that is too long so that the same command continues later. */
async function get(
  services: Application,
  key: string,
  target: string,
  { wait }: GetOptions,
  context: CommandContext,
): Promise<Download> {
  const { surroundings } = context;
  const machine = surroundings.machine ?? (await thisMachine());
  const notes = new DownloadNotes(join(stateFolder(surroundings), 'downloads'), machine);
  await notes.removeOld();
  const waits = new Waits({ context, ...waitMinutes(wait, surroundings.isTerminal === true) });
  const tooLong = new AbortController();
  const ended = waits.ended.catch((error: unknown) => {
    tooLong.abort(STOPPED);
    throw error;
  });
  ended.catch(() => undefined);
  const line = { id: key, key, state: 'running' as const, sent: 0, confirmed: 0 };
  const cancelled = AbortSignal.any([surroundings.signal, tooLong.signal]);
  waits.changed([line]);
  try {
    return await download(() => services.studio(), key, target, {
      ...{ signal: cancelled, machine },
      claimed: (path) => notes.begun(path),
      progress: (received) => {
        Object.assign(line, { sent: received, confirmed: received });
        waits.changed([line]);
      },
      waiting: ({ for: blockedFor, error }) => {
        waits.changed([{ ...line, state: 'blocked', blockedFor, error: error.report() }]);
      },
      beginsAgain: (why) => reportError(context, why, BEGINS_AGAIN[why] ?? 'The download begins again.', key),
    });
  } catch (error) {
    if (tooLong.signal.aborted) await ended;
    throw error;
  } finally {
    waits.stop();
    await notes.over();
  }
}
