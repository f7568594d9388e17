import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { NearplayError } from '../../shared/errors.ts';
import { asFolder, isInForm, typedFolder, typedKey } from '../../shared/keys.ts';
import type { Studio } from '../services/reading/studio.ts';
import { listedObjects } from '../services/storage/listedNames.ts';
import { meansUnreachable } from '../services/storage/s3Errors.ts';
import { wholeKey } from '../services/storage/storageKeys.ts';

/** The parts of a studio that are used here. */
export type Asked = Pick<Studio, 'preferences' | 'clients' | 'requests'>;

/**
 * Resolves the key of a reading command. Other programs write keys that the rules of typing exclude (`a//b`, `/a`,
 * `a/../b`): exactly such a key is used where it exists, else the normalised one. A normalised key costs no request.
 *
 * @throws NearplayError bad-request where neither exists nor has a form; access-denied, offline …
 */
export async function keyToRead(studio: Asked, text: string): Promise<string> {
  if (isInForm(text) && text !== '' && !text.endsWith('/')) return text;
  // By a listing: storages and HTTP clients change dots and slashes in a path.
  return text !== '' && (await firstKeyFrom(studio, text)) === text ? text : typedKey(text);
}

/** Resolves the folder of a reading command, with its closing slash; as keyToRead. */
export async function folderToRead(studio: Asked, text: string): Promise<string> {
  if (isInForm(text)) return typedFolder(text);
  const exact = asFolder(text);
  return (await firstKeyFrom(studio, exact)) === undefined ? typedFolder(text) : exact;
}

/** The first key with this prefix, on main; on a replica while main is unreachable. */
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
