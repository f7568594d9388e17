import { resolve } from 'node:path';
import type { Transfer } from '../../shared/ipc.ts';
import type { OnConflict } from '../services/uploads.ts';
import { withServices } from './withServices.ts';
import type { CommandContext, CommonOptions } from './surroundings.ts';

export interface UploadOptions extends CommonOptions {
  to: string;
  onConflict: OnConflict;
}

/** `nearplay upload`: resolves to the exit code, 0 when every file arrived (or was left out as asked). */
export async function uploadCommand(paths: string[], options: UploadOptions, context: CommandContext): Promise<number> {
  const { cwd, signal, stderr } = context.surroundings;
  const whole = paths.map((path) => resolve(cwd, path));
  return withServices(options, context, async (services) => {
    const reported = new Set<string>();
    const finished = new Promise<Transfer[]>((resolveAll) => {
      services.on('transfers-changed', (transfers) => {
        for (const transfer of transfers) report(transfer, reported, context);
        if (transfers.every(({ state }) => state !== 'waiting' && state !== 'running')) resolveAll(transfers);
      });
    });
    const cancelAll = () => {
      for (const { id } of services.uploads.list()) services.uploads.cancel(id);
    };
    signal.addEventListener('abort', cancelAll, { once: true });
    const queued = await services.addUploads(options.to, whole);
    if (queued.length === 0) {
      stderr('nearplay: there was no file to upload\n');
      return 1;
    }
    const transfers = await finished;
    return transfers.every(({ state }) => state === 'done') ? 0 : 1;
  });
}

function report(transfer: Transfer, reported: Set<string>, context: CommandContext): void {
  const { json, surroundings } = context;
  const { id, key, size, state, error } = transfer;
  if (state === 'waiting' || state === 'running' || reported.has(id)) return;
  reported.add(id);
  if (state === 'done') {
    context.print({ key, size, state }, `${key} (${size} bytes)`);
    return;
  }
  const { code, message } = error ?? { code: 'cancelled', message: 'Cancelled.' };
  surroundings.stderr(json ? `${JSON.stringify({ code, message, key })}\n` : `nearplay: ${key}: ${message}\n`);
}
