/**
 * The transfer engine as a process of its own, to be measured from outside: uploads a path and ends.
 * Argument: one JSON object, see the schema.
 */
import { z } from 'zod';
import { SILENT } from '../../electron/services/log.ts';
import { StorageClients } from '../../electron/services/storageClients.ts';
import { Journal } from '../../electron/services/transfers/journal.ts';
import { TransferQueue } from '../../electron/services/transfers/queue.ts';
import { preferencesSchema } from '../../shared/preferences.ts';

const argumentsSchema = z.strictObject({
  preferences: z.unknown(),
  credentials: z.strictObject({ accessKeyId: z.string(), secretAccessKey: z.string() }),
  journalFolder: z.string(),
  path: z.string(),
});

const { preferences, credentials, journalFolder, path } = argumentsSchema.parse(JSON.parse(process.argv[2] ?? ''));
const document = preferencesSchema.parse(preferences);
const clients = new StorageClients(document, { credentials, now: () => Date.now() });
const main = document.mainStorage;
const queue = new TransferQueue({
  target: () => ({ client: clients.clientOf(main), configuration: clients.configurationOf(main) }),
  journal: new Journal(journalFolder),
  changed: () => undefined,
  completed: () => undefined,
  storageNow: () => clients.storageNow(main),
  now: () => Date.now(),
  random: Math.random,
  log: SILENT,
});
await queue.start();
await queue.add('', [path]);
await queue.finished();
const { files } = queue.totals();
await queue.stop();
clients.destroy();
process.exitCode = files.done > 0 && files.failed + files.blocked === 0 ? 0 : 1;
