import { type BigIntStats, fstat } from 'node:fs';
import { NearplayError } from '../../shared/errors.ts';
import { typedKey } from '../../shared/keys.ts';
import type { Application } from '../services/application.ts';
import type { UploadTransfer } from '../services/transfers/jobs/transfer.ts';
import type { ConflictPolicy } from '../services/transfers/journal/uploadRecord.ts';
import { reportStorageNotes } from './storageNotes.ts';
import type { CliSurroundings, CommandContext } from './surroundings.ts';
import { UploadReports } from './uploadReports.ts';
import { watchWaits } from './uploadWaits.ts';
import { prefixOf } from './withServices.ts';

/** Only the writing program can produce the input again. */
const NOTHING_KEPT = 'What came in is not kept: run the program that writes it again.';

export interface StreamUploadOptions {
  to: string;
  onConflict: ConflictPolicy;
  allowEmpty?: boolean;
  /** Minutes without progress of the storage after which the command ends. */
  wait?: number;
}

/**
 * `nearplay upload - --to folder/name.ext`: uploads the output of a program; resolves to the exit code. Ctrl+C takes
 * precedence over the end of input, since it ends the writing program as well.
 *
 * @throws NearplayError empty-file, not-a-file for a folder in place of a stream, cancelled, wait-ended
 */
export async function uploadStream(
  services: Application,
  paths: readonly string[],
  { to, onConflict, allowEmpty = false, wait }: StreamUploadOptions,
  context: CommandContext,
): Promise<number> {
  const { surroundings } = context;
  const { stdin } = surroundings;
  if (paths.length > 1 || to === '' || to.endsWith('/') || !stdin) {
    const message = 'Name the file that "-" becomes: nearplay upload - --to FOLDER/NAME';
    throw new NearplayError('bad-request', message);
  }
  if ((await statInput(surroundings))?.isDirectory() === true) {
    throw new NearplayError('not-a-file', 'What comes in is a folder and no stream. Name it instead of "-".');
  }
  const key = typedKey(to.normalize('NFC'), prefixOf(services));
  reportStorageNotes(services, context);
  let awaitsStorage = true;
  // A slow program is no wait for the storage.
  const waits = watchWaits(services, context, {
    ...{ wait, afterwards: NOTHING_KEPT },
    seenAs: (transfer) => (awaitsStorage || transfer.state !== 'running' ? transfer : { ...transfer, state: 'paused' }),
  });
  const tooLong = new AbortController();
  const ended = waits.ended.catch((error: unknown) => {
    tooLong.abort();
    throw error;
  });
  ended.catch(() => undefined);
  try {
    const sending = services.uploads.addStream(key, stdin, {
      ...{ onConflict, allowsEmpty: allowEmpty },
      signal: AbortSignal.any([surroundings.signal, tooLong.signal]),
      asks: (isStorage) => {
        awaitsStorage = isStorage;
        waits.changed(services.uploads.list().map((one) => (isStorage ? one : { ...one, state: 'paused' })));
      },
    });
    const transfer = await sending.catch(async (error: unknown): Promise<UploadTransfer> => {
      if (tooLong.signal.aborted) await ended;
      throw error;
    });
    new UploadReports(context, false).reportAll([transfer]);
    return transfer.state === 'done' || transfer.state === 'skipped' ? 0 : 1;
  } finally {
    waits.stop();
  }
}

/** The input; `undefined` where it has no file descriptor. */
export function statInput({ stdin }: CliSurroundings): Promise<BigIntStats | undefined> {
  const descriptor = stdin && 'fd' in stdin && typeof stdin.fd === 'number' ? stdin.fd : undefined;
  return new Promise((resolve) => {
    if (descriptor === undefined) resolve(undefined);
    else fstat(descriptor, { bigint: true }, (error, found) => resolve(error ? undefined : found));
  });
}
