import { resolve } from 'node:path';
import { NearplayError } from '../../shared/errors.ts';
import type { Application } from '../services/application.ts';
import type { UploadTransfer } from '../services/transfers/transfer.ts';
import type { ConflictPolicy } from '../services/transfers/transferRecord.ts';
import { withServices } from './withServices.ts';
import type { CommandContext, CommonOptions } from './surroundings.ts';

export interface UploadOptions extends CommonOptions {
  to: string;
  onConflict: ConflictPolicy;
}

/** `nearplay upload`: resolves to the exit code, 0 when every file arrived (or was left out as asked). */
export async function uploadCommand(paths: string[], options: UploadOptions, context: CommandContext): Promise<number> {
  const { cwd, signal, stderr } = context.surroundings;
  return withServices(options, context, async (services) => {
    if (paths.includes('-')) return uploadStream(services, paths, options, context);
    const queue = services.uploads;
    const reported = new Set<string>();
    services.on('transfers-changed', () => reportAll(queue.list(), reported, context));
    signal.addEventListener('abort', () => queue.cancel(), { once: true });
    const whole = paths.map((path) => resolve(cwd, path));
    const ids = await queue.add(options.to, whole);
    if (ids.length === 0) {
      stderr('nearplay: there was no file to upload\n');
      return 1;
    }
    await queue.finished();
    const transfers = queue.list();
    reportAll(transfers, reported, context);
    // What waits for an answer that a terminal cannot give leaves nothing behind in the storage.
    queue.cancel();
    return transfers.every(({ state }) => state === 'done' || state === 'skipped') ? 0 : 1;
  });
}

/** `nearplay upload - --to folder/name.ext`: what a program writes, as it comes. */
async function uploadStream(
  services: Application,
  paths: readonly string[],
  { to, onConflict }: UploadOptions,
  context: CommandContext,
): Promise<number> {
  const { stdin } = context.surroundings;
  if (paths.length > 1 || to === '' || to.endsWith('/') || !stdin) {
    const message = 'Name the file that "-" becomes: nearplay upload - --to FOLDER/NAME';
    throw new NearplayError('bad-request', message);
  }
  const transfer = await services.uploads.addStream(to, stdin, { onConflict });
  reportAll([transfer], new Set(), context);
  return transfer.state === 'done' || transfer.state === 'skipped' ? 0 : 1;
}

function reportAll(transfers: readonly UploadTransfer[], reported: Set<string>, context: CommandContext): void {
  for (const transfer of transfers) {
    if (reported.has(transfer.id) || !isOver(transfer)) continue;
    reported.add(transfer.id);
    report(transfer, context);
  }
}

function isOver({ state, blockedFor }: UploadTransfer): boolean {
  return ['done', 'failed', 'cancelled', 'skipped'].includes(state) || blockedFor === 'conflict';
}

function report({ key, size, state, error, blockedFor }: UploadTransfer, context: CommandContext): void {
  const { json, surroundings } = context;
  if (state === 'done' || state === 'skipped') {
    const word = state === 'skipped' ? ', left as it is' : '';
    context.print({ key, size, state }, `${key} (${size} bytes${word})`);
    return;
  }
  const taken = {
    code: 'conflict',
    message: 'Another file with this name is there. Choose with --on-conflict skip, replace or keep-both.',
  };
  const cancelled = { code: 'cancelled', message: 'Cancelled.' };
  const { code, message } = blockedFor === 'conflict' ? taken : (error ?? cancelled);
  surroundings.stderr(json ? `${JSON.stringify({ code, message, key })}\n` : `nearplay: ${key}: ${message}\n`);
}
