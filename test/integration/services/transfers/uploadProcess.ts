/**
 * A process to be killed: uploads a file with the journal it is given and ends when the upload has.
 * Arguments as one JSON object: preferences, credentials, journal folder, file, kind of checksum, idle time-out.
 */
import { pid } from 'node:process';
import { z } from 'zod';
import { CHECKSUM_KINDS } from '../../../../electron/services/content/checksumKind.ts';
import { SILENT } from '../../../../electron/services/runtime/log.ts';
import { StorageClients } from '../../../../electron/services/storage/storageClients.ts';
import { Journal } from '../../../../electron/services/transfers/journal/journal.ts';
import { TransferQueue } from '../../../../electron/services/transfers/queue/queue.ts';
import { preferencesSchema } from '../../../../shared/preferences.ts';

const argumentsSchema = z.strictObject({
  preferences: z.unknown(),
  credentials: z.strictObject({ accessKeyId: z.string(), secretAccessKey: z.string() }),
  journalFolder: z.string(),
  file: z.string(),
  checksumKind: z.enum(CHECKSUM_KINDS),
  idle: z.number(),
});

const { preferences, credentials, journalFolder, file, checksumKind, idle } = argumentsSchema.parse(
  JSON.parse(process.argv[2] ?? ''),
);
const clients = new StorageClients(preferencesSchema.parse(preferences), { credentials, now: () => Date.now() });
const queue = new TransferQueue({
  target: () => ({ client: clients.clientOf('main-us'), configuration: clients.configurationOf('main-us') }),
  journal: new Journal(journalFolder),
  changed: () => undefined,
  completed: () => undefined,
  storageNow: () => clients.storageNow('main-us'),
  now: () => Date.now(),
  random: Math.random,
  checksumKindFor: () => checksumKind,
  log: SILENT,
  // The file is known to be whole.
  timing: { idle, queuePause: 200, settle: 0 },
});
await queue.start();
if (queue.list().length === 0) await queue.add('', [file]);
await queue.finished();
const [transfer] = queue.list();
await queue.stop();
clients.destroy();
process.stdout.write(`${JSON.stringify({ pid, state: transfer?.state, error: transfer?.error })}\n`);
