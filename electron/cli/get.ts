import { resolve } from 'node:path';
import type { Application } from '../services/application.ts';
import { orCancelled } from '../services/runtime/async.ts';
import { type Download, download } from '../services/transfers/download/download.ts';
import { type GetOptions, proofText, whileDownloading } from './downloading.ts';
import type { CommandContext } from './surroundings.ts';
import { keyToRead } from './typedPlaces.ts';
import { withServices } from './withServices.ts';

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
    const key = await orCancelled(keyToRead(services.studio(), typed), context.surroundings.signal);
    const { path, size, route, provedBy, unproved, byWordOf, resumed } = await get(
      services,
      key,
      target,
      options,
      context,
    );
    const { storage, reason, details } = route;
    const proof = { provedBy, ...(unproved && { unproved }), ...(byWordOf !== undefined && { byWordOf }) };
    context.print(
      { key, path, size, storage, reason, details, ...proof, resumed },
      `${path} (${size} bytes from ${storage}: ${reason}; ${proofText(proof)})`,
    );
  });
}

function get(
  services: Application,
  key: string,
  target: string,
  options: GetOptions,
  context: CommandContext,
): Promise<Download> {
  return whileDownloading(services, options, context, ({ waits, beginsAgain, ...downloading }) => {
    const line = { id: key, key, state: 'running' as const, sent: 0, confirmed: 0 };
    waits.changed([line]);
    return download(() => services.studio(), key, target, {
      ...downloading,
      progress: (received) => {
        Object.assign(line, { sent: received, confirmed: received });
        waits.changed([line]);
      },
      waiting: ({ for: blockedFor, error }) => {
        waits.changed([{ ...line, state: 'blocked', blockedFor, error: error.report() }]);
      },
      beginsAgain: (why) => beginsAgain(key, why),
    });
  });
}
