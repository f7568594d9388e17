import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { HOUR_MS, KIB, MIB, SECOND_MS } from '../../shared/units.ts';

export const LOADS = ['large', 'small', 'tiny'] as const;
export type LoadName = (typeof LOADS)[number];

/** What is transferred: random bytes on disk. */
export interface Load {
  kind: LoadName;
  title: string;
  /** Below the prefix of the storage. */
  name: string;
  path: string;
  isFolder: boolean;
  bytes: number;
  objects: number;
  /** SHA-256 of each file, by its base name. */
  digests: ReadonlyMap<string, string>;
}

export interface LoadSizes {
  largeBytes: number;
  smallFiles: number;
  tinyFiles: number;
}

const FILE_BYTES = { small: 256 * KIB, tiny: 8 * KIB };

/** A file that was just written is waited for, by its date of status change, which no program can set back. */
const SETTLED_AFTER_MS = 3 * SECOND_MS;

/** Last changed an hour ago, and untouched for some seconds: no client waits for a file to settle. */
export async function makeLoad(kind: LoadName, folder: string, sizes: LoadSizes): Promise<Load> {
  const load =
    kind === 'large'
      ? await makeLarge(folder, sizes.largeBytes)
      : await makeFiles(kind, folder, kind === 'small' ? sizes.smallFiles : sizes.tinyFiles);
  const [digests] = await Promise.all([digestsOf(load.path), wait(SETTLED_AFTER_MS)]);
  return { ...load, digests };
}

async function makeLarge(folder: string, bytes: number): Promise<Omit<Load, 'digests'>> {
  const mebibytes = Math.ceil(bytes / MIB);
  const name = `large-${mebibytes}.bin`;
  const path = join(folder, name);
  const handle = await open(path, 'w');
  for (let written = 0; written < mebibytes; written++) await handle.write(randomBytes(MIB));
  await handle.close();
  await makeOld(path);
  const title = `1 x ${mebibytes} MiB`;
  return { kind: 'large', title, name, path, isFolder: false, bytes: mebibytes * MIB, objects: 1 };
}

async function makeFiles(kind: 'small' | 'tiny', folder: string, files: number): Promise<Omit<Load, 'digests'>> {
  const path = join(folder, kind);
  await mkdir(path);
  const size = FILE_BYTES[kind];
  for (let index = 0; index < files; index++) {
    const file = join(path, `${String(index).padStart(5, '0')}.bin`);
    await writeFile(file, randomBytes(size));
    await makeOld(file);
  }
  const title = `${files.toLocaleString('en')} x ${size / KIB} KiB`;
  return { kind, title, name: kind, path, isFolder: true, bytes: files * size, objects: files };
}

async function makeOld(path: string): Promise<void> {
  const anHourAgo = Math.floor((Date.now() - HOUR_MS) / SECOND_MS);
  await utimes(path, anHourAgo, anHourAgo);
}

/** @throws Error when the folder has other files than the load, by number and bytes, and by content where asked */
export async function assertFetched(folder: string, load: Load, byContent: boolean): Promise<void> {
  const paths = await filesBelow(folder);
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (paths.length !== load.objects || bytes !== load.bytes) {
    throw new Error(`it fetched ${paths.length} files of ${bytes} bytes instead of ${load.objects} of ${load.bytes}`);
  }
  if (!byContent) return;
  for (const [name, digest] of await digestsOf(folder)) {
    if (load.digests.get(name) !== digest) throw new Error(`what it fetched as ${name} is not what was stored`);
  }
}

async function digestsOf(path: string): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  for (const file of await filesBelow(path)) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(file, { highWaterMark: MIB }), hash);
    digests.set(basename(file), hash.digest('hex'));
  }
  return digests;
}

/** Of a file: itself. */
async function filesBelow(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
