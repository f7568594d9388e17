import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import type { LibraryEntry, LibraryFile, LibraryPage } from '../../shared/ipc.ts';
import { NearplayError } from '../../shared/errors.ts';
import { mediaKind } from '../../shared/media.ts';
import { nameOfKey, OWN_FOLDER, relativeKey, wholeKey } from './keys.ts';
import { meansUnreachable } from './s3Errors.ts';
import type { ObjectVersion, ReplicaProof } from './replicaProof.ts';
import type { Reachability } from './reachability.ts';
import type { Router } from './router.ts';
import type { StorageClients } from './storageClients.ts';
import type { StorageRequests } from './storageRequests.ts';

/** S3 gives 1,000 keys a page at most (ListObjectsV2). */
const PAGE_SIZE = 1000;

export interface LibraryOptions {
  mainStorage: string;
  replicas: readonly string[];
  clients: StorageClients;
  requests: StorageRequests;
  reachability: Pick<Reachability, 'isReachable'>;
  proof: ReplicaProof;
  router: Router;
  /** Told of every version that a listing of the main storage names. */
  seen: (version: ObjectVersion) => void;
}

/** What one page begins after. The whole key is there so that another storage can list the same stretch of keys. */
interface Cursor {
  storage: string;
  token: string;
  after: string;
}

interface Listing {
  folders: string[];
  versions: ObjectVersion[];
  next: Omit<Cursor, 'storage'> | undefined;
}

/** Folders and files, page by page, each file with its route: one listing of main and one of the replica a page. */
export class Library {
  readonly #options: LibraryOptions;

  constructor(options: LibraryOptions) {
    this.#options = options;
  }

  /**
   * One page of a folder ('' for the top). Lists the main storage; while that is unreachable, the first replica that
   * answers.
   *
   * @throws NearplayError bad-request for a cursor that is none of ours; offline, access-denied …
   */
  async list(folder: string, cursor?: string): Promise<LibraryPage> {
    const { mainStorage, router, reachability } = this.#options;
    const from = cursor === undefined ? undefined : parseCursor(cursor);
    if (from !== undefined && from.storage !== mainStorage) return this.#page(folder, from.storage, from);
    if (!reachability.isReachable(mainStorage)) return this.#pageOfReplica(folder);
    const replica = router.wantedReplica();
    try {
      return await this.#page(folder, mainStorage, from, replica);
    } catch (error) {
      const failedOver = error instanceof NearplayError && meansUnreachable(error) && from === undefined;
      if (failedOver && this.#options.replicas.length > 0) return this.#pageOfReplica(folder, error);
      throw error;
    }
  }

  async #pageOfReplica(folder: string, cause?: NearplayError): Promise<LibraryPage> {
    let failure = cause;
    for (const storage of this.#options.replicas) {
      if (!this.#options.reachability.isReachable(storage)) continue;
      try {
        return await this.#page(folder, storage, undefined);
      } catch (error) {
        failure ??= error instanceof NearplayError ? error : new NearplayError('internal', undefined, { cause: error });
      }
    }
    throw failure ?? new NearplayError('offline');
  }

  async #page(folder: string, storage: string, from: Cursor | undefined, replica?: string): Promise<LibraryPage> {
    const { mainStorage, proof, router, reachability, seen } = this.#options;
    const compare = replica !== undefined && reachability.isReachable(replica) ? replica : undefined;
    const [listing, there] = await Promise.all([
      this.#listing(storage, folder, from),
      compare === undefined
        ? undefined
        : this.#listing(compare, folder, from && { after: from.after }).catch(() => undefined),
    ]);
    if (compare !== undefined && there) learn(proof, compare, listing, there);
    if (storage === mainStorage) for (const version of listing.versions) seen(version);
    // What a replica lists, it holds; that it is what main holds can only be known when main answers.
    if (storage !== mainStorage) for (const version of listing.versions) proof.listed(storage, version, version);
    const entries: LibraryEntry[] = [
      ...listing.folders.map((key) => ({ type: 'folder' as const, key, name: nameOfKey(key) })),
      ...listing.versions.map((version) => toFile(version, router)),
    ];
    return {
      folder,
      entries,
      ...(listing.next && { cursor: Buffer.from(JSON.stringify({ storage, ...listing.next })).toString('base64url') }),
    };
  }

  async #listing(storage: string, folder: string, from?: { token?: string; after: string }): Promise<Listing> {
    const { clients, requests } = this.#options;
    const configuration = clients.configurationOf(storage);
    const prefix = wholeKey(configuration, folder);
    const command = new ListObjectsV2Command({
      Bucket: configuration.bucket,
      Prefix: prefix,
      Delimiter: '/',
      MaxKeys: PAGE_SIZE,
      ...(from?.token !== undefined && { ContinuationToken: from.token }),
      ...(from && from.token === undefined && { StartAfter: wholeKey(configuration, from.after) }),
    });
    const answer = await requests.ask({ storage, action: 's3:ListBucket' }, (client, options) =>
      client.send(command, options),
    );
    return toListing(answer, prefix, (whole) => relativeKey(configuration, whole));
  }
}

function toListing(answer: ListObjectsV2CommandOutput, prefix: string, relative: (whole: string) => string): Listing {
  const folders = (answer.CommonPrefixes ?? [])
    .flatMap(({ Prefix }) => (Prefix === undefined ? [] : [relative(Prefix)]))
    .filter((folder) => folder !== OWN_FOLDER);
  const versions = (answer.Contents ?? []).flatMap(({ Key, Size, ETag, LastModified }): ObjectVersion[] =>
    // A key that ends in a slash is what consoles leave behind when somebody makes an empty folder.
    Key === undefined || Key === prefix || Key.endsWith('/')
      ? []
      : [{ key: relative(Key), size: Size ?? 0, etag: ETag ?? '', lastModified: LastModified?.getTime() ?? 0 }],
  );
  const token = answer.NextContinuationToken;
  const last = [answer.Contents?.at(-1)?.Key ?? '', answer.CommonPrefixes?.at(-1)?.Prefix ?? ''].sort().at(-1);
  const next = answer.IsTruncated && token !== undefined && last ? { token, after: relative(last) } : undefined;
  return { folders, versions, next };
}

/** Compares the page of main with the same stretch of keys on the replica. Beyond its end, nothing is known. */
function learn(proof: ReplicaProof, replica: string, main: Listing, there: Listing): void {
  const found = new Map(there.versions.map((version) => [version.key, version]));
  for (const version of main.versions) {
    // S3 lists in the order of UTF-8 bytes.
    const beyond = there.next && Buffer.compare(Buffer.from(version.key), Buffer.from(there.next.after)) > 0;
    if (!beyond) proof.listed(replica, version, found.get(version.key));
  }
}

function toFile(version: ObjectVersion, router: Router): LibraryFile {
  const { key, size, lastModified, etag } = version;
  const name = nameOfKey(key);
  return { type: 'file', key, name, size, lastModified, etag, kind: mediaKind(name), route: router.known(version) };
}

function parseCursor(text: string): Cursor {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (typeof value === 'object' && value !== null && 'storage' in value && 'token' in value && 'after' in value) {
      const { storage, token, after } = value;
      if (typeof storage === 'string' && typeof token === 'string' && typeof after === 'string') {
        return { storage, token, after };
      }
    }
  } catch {
    // Falls through to the refusal.
  }
  throw new NearplayError('bad-request', 'The list changed. Open the folder again.');
}
