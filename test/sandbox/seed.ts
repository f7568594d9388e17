import mime from 'mime';
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { MIB } from '../../shared/units.ts';
import { wholeSeconds } from './call.ts';
import { startChecksum } from './checksums.ts';
import { storeBytes } from './receive.ts';
import type { Delivery, Version } from './records.ts';
import type { Sandbox } from './sandbox.ts';
import type { Bucket, NewVersion } from './store.ts';

export interface SeedOptions {
  /** The folder of the bucket that the files go to, without slashes at its ends. Default: the bucket itself. */
  prefix?: string;
  /** How old the objects are on the storage's clock, in milliseconds. Default 0. */
  ageMs?: number;
  /**
   * `true`: the replicas hold them too. `false`: in main alone and without a replication status, as objects that are
   * older than the replication rule. Default `true`.
   */
  replicated?: boolean;
}

const READ_CHUNK_BYTES = MIB;

/**
 * Puts every file below a folder into the main bucket, past HTTP and past the replication's delay, with content types
 * and CRC32 checksums as an upload would give them. What is there already with the same bytes stays as it is. Resolves
 * to the versions of the main bucket, in the order of their keys.
 */
export async function seed(sandbox: Sandbox, folder: string, options: SeedOptions = {}): Promise<Version[]> {
  const { prefix = '', ageMs = 0, replicated = true } = options;
  const main = sandbox.bucketOf(sandbox.main.name);
  const replicas = replicated ? sandbox.replicas.map(({ name }) => ({ name, bucket: sandbox.bucketOf(name) })) : [];
  const lastModified = wholeSeconds(sandbox.now() - ageMs);
  const versions: Version[] = [];
  for (const file of await filesBelow(folder)) {
    const key = [...(prefix === '' ? [] : [prefix]), ...relative(folder, file).split(sep)].join('/');
    versions.push(await seedFile(main, replicas, { file, key, lastModified }));
  }
  return versions;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function seedFile(
  main: Bucket,
  replicas: readonly { name: string; bucket: Bucket }[],
  { file, key, lastModified }: { file: string; key: string; lastModified: number },
): Promise<Version> {
  const crc = startChecksum('CRC32');
  const source: AsyncIterable<Buffer> = createReadStream(file, { highWaterMark: READ_CHUNK_BYTES });
  const { piece, md5 } = await storeBytes(main, source, (chunk) => crc.update(chunk));
  const known = main.current(key);
  if (known?.etag === md5) {
    await main.discard([piece]);
    return known;
  }
  const checksum = { algorithm: 'CRC32', value: await crc.digest(), type: 'FULL_OBJECT' } as const;
  const shared: Omit<NewVersion, 'pieces'> = {
    ...{ key, versionId: randomUUID(), isDeleteMarker: false, size: piece.size, etag: md5, lastModified, checksum },
    headers: { 'content-type': mime.getType(file) ?? 'binary/octet-stream' },
  };
  const pieces = [{ ...piece, checksum }];
  const completed: Delivery = { status: 'COMPLETED' };
  const deliveries = Object.fromEntries(replicas.map(({ name }) => [name, completed]));
  const placed = main.add({
    ...{ ...shared, pieces },
    ...(replicas.length > 0 && { replicationStatus: 'COMPLETED', deliveries }),
  });
  for (const { bucket } of replicas) {
    const { order } = placed;
    bucket.add({ ...shared, order, pieces: await bucket.adopt(main, pieces), replicationStatus: 'REPLICA' });
  }
  return placed;
}
