import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { listedObjects } from './listedNames.ts';
import { assertListing, listingPages, nextMarker } from './listingPages.ts';
import type { ObjectVersion } from './objectVersion.ts';
import type { StorageClients } from './storageClients.ts';
import { OWN_FOLDER, wholeKey } from './storageKeys.ts';
import type { StorageRequests } from './storageRequests.ts';

export interface ListingAccess {
  clients: Pick<StorageClients, 'configurationOf'>;
  requests: Pick<StorageRequests, 'request'>;
}

/**
 * Every object below a folder of a storage, subfolders included, in the order of UTF-8 bytes; one request per 1,000.
 * Folder markers (a name that ends with a slash, and no bytes) and Nearplay's own folder are omitted.
 *
 * @throws NearplayError storage-failed where it does not end, not-a-storage, offline, access-denied, cancelled …
 */
export async function* wholeListing(
  { clients, requests }: ListingAccess,
  storage: string,
  folder: string,
  signal?: AbortSignal,
): AsyncGenerator<ObjectVersion, void> {
  const configuration = clients.configurationOf(storage);
  const pages = listingPages({
    ask: async (token: string | undefined) => {
      const command = new ListObjectsV2Command({
        Bucket: configuration.bucket,
        Prefix: wholeKey(configuration, folder),
        ...(token !== undefined && { ContinuationToken: token }),
      });
      const asked = { storage, action: 's3:ListBucket', ...(signal && { signal }) };
      const answer = await requests.request(asked, (client, send) => client.send(command, send));
      assertListing(answer);
      return answer;
    },
    next: ({ IsTruncated, NextContinuationToken }) => nextMarker(IsTruncated, NextContinuationToken),
    last: (answer) => answer.Contents?.at(-1)?.Key,
  });
  /** Of the page before: where one overlaps the next, nothing comes twice. */
  let before = new Set<string>();
  for await (const answer of pages) {
    const versions = listedObjects(answer, { configuration, prefix: folder });
    for (const version of versions) {
      const { key, size } = version;
      if (key === '' || (key.endsWith('/') && size === 0) || key.startsWith(OWN_FOLDER) || before.has(key)) continue;
      yield version;
    }
    before = new Set(versions.map(({ key }) => key));
  }
}
