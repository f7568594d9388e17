import { GetObjectCommand } from '@aws-sdk/client-s3';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Route } from '../../shared/routing.ts';
import { NearplayError } from '../../shared/errors.ts';
import { safeFileName } from '../../shared/localNames.ts';
import { wholeKey } from './keys.ts';
import { explainS3Error, meansUnreachable } from './s3Errors.ts';
import type { ObjectVersion } from './replicaProof.ts';
import type { Studio } from './studio.ts';

const ATTEMPTS = 6;
const SECOND = 1000;

export interface Download {
  key: string;
  /** Where the file is now. */
  path: string;
  /** Bytes. */
  size: number;
  route: Route;
}

export interface DownloadOptions {
  signal?: AbortSignal;
  /** Bytes that are on disk. */
  progress?: (received: number, size: number) => void;
}

/**
 * Brings one object to disk, from the storage that its route names. The bytes go to `NAME.part` beside the
 * destination and take its name when they are all there; after a broken connection it goes on where it stopped, and from
 * another storage if the first one went away.
 *
 * @param destination a file, or a folder (existing, or with a closing slash).
 * @throws NearplayError no-such-key, offline, file-unreadable, cancelled …
 */
export async function download(
  studio: Studio,
  key: string,
  destination: string,
  options: DownloadOptions = {},
): Promise<Download> {
  const path = await targetPath(destination, key);
  const part = `${path}.part`;
  const version = await studio.identify(key);
  await mkdir(dirname(path), { recursive: true });
  await rm(part, { force: true });
  for (let attempt = 1; ; attempt++) {
    const route = await studio.router.proved(version);
    const before = await sizeOf(part);
    try {
      await receive(studio, version, route, part, options);
      await utimes(part, new Date(), new Date(version.lastModified));
      await rename(part, path);
      return { key, path, size: version.size, route };
    } catch (cause) {
      if (options.signal?.aborted) throw new NearplayError('cancelled', undefined, { cause });
      const storage = studio.clients.configurationOf(route.storage);
      const error = explainS3Error(cause, { action: 's3:GetObject', storage, key });
      // A connection that broke after some bytes says little of the storage: go on there.
      if (meansUnreachable(error) && (await sizeOf(part)) === before) studio.reachability.failed(route.storage);
      if (!error.retryable || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, (SECOND / 2) * attempt));
    }
  }
}

async function receive(
  studio: Studio,
  version: ObjectVersion,
  route: Route,
  part: string,
  { signal, progress }: DownloadOptions,
): Promise<void> {
  const configuration = studio.clients.configurationOf(route.storage);
  const have = await sizeOf(part);
  if (have === version.size && have > 0) return;
  if (have > version.size) throw new NearplayError('damaged', 'More bytes arrived than the file has.');
  const command = new GetObjectCommand({
    Bucket: configuration.bucket,
    Key: wholeKey(configuration, version.key),
    ...(version.versionId !== undefined && { VersionId: version.versionId }),
    ...(have > 0 && { Range: `bytes=${have}-` }),
  });
  const { Body: body } = await studio.clients
    .clientOf(route.storage)
    .send(command, signal ? { abortSignal: signal } : {});
  if (!(body instanceof Readable)) throw new NearplayError('storage-failed');
  let received = have;
  body.on('data', (chunk: Buffer) => {
    received += chunk.length;
    progress?.(received, version.size);
  });
  await pipeline(body, createWriteStream(part, { flags: 'a' }), signal ? { signal } : {});
  if (received !== version.size) throw new NearplayError('damaged', 'Bytes are missing at the end.');
}

async function targetPath(destination: string, key: string): Promise<string> {
  if (/[/\\]$/.test(destination)) return join(destination, safeFileName(key));
  try {
    return (await stat(destination)).isDirectory() ? join(destination, safeFileName(key)) : destination;
  } catch {
    return destination;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
