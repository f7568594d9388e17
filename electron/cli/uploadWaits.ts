import type { Application } from '../services/application.ts';
import type { CommandContext } from './surroundings.ts';
import { waitMinutes, Waits } from './waits.ts';

type Watched = Parameters<Waits['changed']>[0][number];

export interface UploadWaitsOptions {
  /** Minutes without progress after which a wait ends the command; absent: 30 without a terminal. */
  wait?: number | undefined;
  /** Maps an upload before it is judged, where it does not wait for the storage. */
  seenAs?: (transfer: Watched) => Watched;
  /** What the user can do after a wait has ended; default: the same command resumes. */
  afterwards?: string;
}

/** Reports waits of uploads; its `ended` rejects when one takes too long. */
export function watchWaits(
  services: Application,
  context: CommandContext,
  { wait, seenAs = (transfer) => transfer, afterwards }: UploadWaitsOptions,
): Waits {
  const waits = new Waits({
    ...{ context, ...waitMinutes(wait, context.surroundings.isTerminal === true) },
    ...(afterwards !== undefined && { afterwards }),
    awaitsCredentials: () => services.awaitsCredentials(),
    lastErrorOf: (id) => services.uploads.lastErrorOf(id),
  });
  waits.changed(services.uploads.list().map(seenAs));
  services.on('transfersChanged', ({ changed }) => waits.changed(changed.map(seenAs)));
  return waits;
}
