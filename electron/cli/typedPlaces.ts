import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { NearplayError } from '../../shared/errors.ts';
import { asFolder, isInForm, typedFolder, typedKey } from '../../shared/keys.ts';
import type { Studio } from '../services/reading/studio.ts';
import { listedObjects } from '../services/storage/listedNames.ts';
import { meansUnreachable } from '../services/storage/s3Errors.ts';
import { wholeKey } from '../services/storage/storageKeys.ts';

/** What of a studio is asked. */
export type Asked = Pick<Studio, 'preferences' | 'clients' | 'requests'>;

/**
 * The key that a reading command means. Other programs write keys that nobody can type by the rule (`a//b`, `/a`, `a/../b`):
 * exactly such a key is meant where it exists, and else the one in form. A key in form costs no request.
 *
 * @throws NearplayError bad-request where neither exists nor has a form; access-denied, offline …
 */
export async function keyToRead(studio: Asked, text: string): Promise<string> {
  if (isInForm(text) && text !== '' && !text.endsWith('/')) return text;
  // By a listing: in a path, storages and browsers change dots and slashes.
  return text !== '' && (await firstKeyFrom(studio, text)) === text ? text : typedKey(text);
}

/** The folder that a reading command means, with its closing slash; as keyToRead. */
export async function folderToRead(studio: Asked, text: string): Promise<string> {
  if (isInForm(text)) return typedFolder(text);
  const exact = asFolder(text);
  return (await firstKeyFrom(studio, exact)) === undefined ? typedFolder(text) : exact;
}

/** The first key that begins so, on main; on a replica while main cannot be reached. */
async function firstKeyFrom({ preferences, clients, requests }: Asked, beginning: string): Promise<string | undefined> {
  const storages = [preferences.mainStorage, ...preferences.replication.replicas.map(({ storage }) => storage)];
  let failure: unknown;
  for (const storage of storages) {
    const configuration = clients.configurationOf(storage);
    const command = new ListObjectsV2Command({
      Bucket: configuration.bucket,
      Prefix: wholeKey(configuration, beginning),
      MaxKeys: 1,
    });
    try {
      const answer = await requests.request({ storage, action: 's3:ListBucket' }, (client, send) =>
        client.send(command, send),
      );
      return listedObjects(answer, { configuration, prefix: beginning })[0]?.key;
    } catch (error) {
      if (!(error instanceof NearplayError && meansUnreachable(error))) throw error;
      failure ??= error;
    }
  }
  throw failure;
}
