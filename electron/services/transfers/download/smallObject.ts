import { open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  digestFor,
  etagFingerprint,
  type Fingerprint,
  fingerprintOf,
  isSameFingerprint,
} from '../../content/fingerprint.ts';
import { NEW_FILE_FLAGS, renameReplacing } from '../../files/atomicFile.ts';
import { atDestination } from '../../files/destinationDisk.ts';
import { explainFileError } from '../../files/fileErrors.ts';
import type { FolderSyncs } from '../../files/folderSyncs.ts';
import { writeFully } from '../../files/writeFully.ts';
import type { ObjectVersion } from '../../storage/objectVersion.ts';
import { newPartName } from './destinationClaim.ts';
import { type BytesAsked, objectBytes } from './objectBytes.ts';
import { ONE_REQUEST_MAX_BYTES } from './ranges.ts';
import type { DownloadResources } from './receiveRanges.ts';
import type { Proved, ProvedBy, StoredObject } from './storedObject.ts';

/** Mode of a new file, before the umask. */
const NEW_FILE_MODE = 0o666;

export interface SmallObject extends Pick<BytesAsked, 'client' | 'configuration' | 'idleMs' | 'signal'> {
  /** As a listing has it; with its ETag, to which the answer is pinned. */
  object: StoredObject;
  /** A name that nothing has yet, in an existing folder. */
  path: string;
  owner: string;
  resources: DownloadResources;
  folderSyncs: FolderSyncs;
  /** For an object of a replica: what main keeps. */
  main?: {
    /** By the listing; '' where main was not listed. */
    etag: string;
    /** By HEAD; `undefined` where main does not say. */
    fingerprint: () => Promise<Fingerprint | undefined>;
  };
  written: (bytes: number) => void;
}

/** Whether an object can be read and proved in one request. */
export function isSmall({ size, etag }: ObjectVersion): boolean {
  return size > 0 && size <= ONE_REQUEST_MAX_BYTES && etag !== '';
}

/**
 * Downloads a small object in one request: its answer has the bytes and the checksum that proves them. The file gets its
 * name once it is proved and on disk. `undefined` where the answer alone does not prove it: it has to be downloaded like
 * a large one then.
 *
 * @throws NearplayError as objectBytes; disk-full, destination-unwritable …
 */
export async function downloadSmall(asked: SmallObject): Promise<Proved | undefined> {
  const { resources, signal, object } = asked;
  const buffer = await resources.buffers.take(object.version.size, signal);
  let isUnused = false;
  try {
    const fingerprint = await read(asked, buffer);
    isUnused = true;
    const proved = fingerprint && (await provedBy(asked, buffer, fingerprint));
    if (!proved) return undefined;
    isUnused = false;
    await save(asked, buffer);
    isUnused = true;
    asked.written(object.version.size);
    return proved;
  } finally {
    // A write that failed may go on behind it.
    resources.buffers.giveBack(buffer, isUnused);
  }
}

/** Fills the buffer. @returns what the answer says of the content */
async function read(asked: SmallObject, whole: Buffer): Promise<Fingerprint | undefined> {
  const { resources, owner, signal, object, client, configuration, idleMs } = asked;
  const release = await resources.slots.acquire(owner, signal);
  let fingerprint: Fingerprint | undefined;
  try {
    const batches = objectBytes({
      ...{ client, configuration, object, from: 0, to: object.version.size, idleMs, signal, whole },
      answered: (answer) => (fingerprint = fingerprintOf(answer)),
    });
    for await (const { bytes } of batches) {
      resources.slots.addBytes(bytes.length);
      resources.arrived?.(bytes.length);
      await resources.bandwidth.take(bytes.length, signal);
    }
    return fingerprint;
  } finally {
    release();
  }
}

/** A replica that gives other bytes has their checksum too: what main keeps counts, where main says it. */
async function provedBy({ main, object }: SmallObject, bytes: Buffer, own: Fingerprint): Promise<Proved | undefined> {
  if (!(await isProvedBy(bytes, own))) return undefined;
  const by = (fingerprint: Fingerprint) => fingerprint.algorithm.toLowerCase() as ProvedBy;
  if (!main) return { by: by(own) };
  const listed = etagFingerprint(main.etag);
  if (listed && (await isProvedBy(bytes, listed))) return { by: by(listed) };
  const kept = await main.fingerprint();
  if (!kept) return { by: by(own), byWordOf: object.storage };
  return isSameFingerprint(kept, own) || (await isProvedBy(bytes, kept)) ? { by: by(kept) } : undefined;
}

async function isProvedBy(bytes: Buffer, { algorithm, of, value, encoding }: Fingerprint) {
  // Sizes of parts are not in the answer.
  if (of === 'parts') return false;
  const digest = digestFor(algorithm);
  digest.update(bytes);
  return Buffer.from(await digest.digest()).toString(encoding) === value;
}

/** The file has its name and is on disk when it resolves. @throws NearplayError disk-full, destination-unwritable … */
async function save({ path, object, folderSyncs }: SmallObject, bytes: Buffer): Promise<void> {
  const part = join(dirname(path), newPartName(path));
  let isGivenUp = false;
  // One turn for all of it: each has its wait.
  const write = async () => {
    const handle = await open(part, NEW_FILE_FLAGS, NEW_FILE_MODE);
    try {
      await writeFully(handle, bytes, 0);
      // Drives without dates refuse this; it is not essential.
      await handle.utimes(new Date(), new Date(object.version.lastModified)).catch(() => undefined);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // The buffer may have other bytes by now.
    if (!isGivenUp) await renameReplacing(part, path);
  };
  try {
    await atDestination(path, write);
    await folderSyncs.after(dirname(path));
  } catch (cause) {
    isGivenUp = true;
    await atDestination(path, () => rm(part, { force: true })).catch(() => undefined);
    throw explainFileError(cause, { path, doing: 'write' });
  }
}
