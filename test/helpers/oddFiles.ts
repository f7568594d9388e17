import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { open, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A pipe with a name: to open it the usual way waits for a writer. */
export async function fifo(path: string): Promise<void> {
  await promisify(execFile)('mkfifo', [path]);
}

/** Kinds of devices by their numbers (Linux, devices.txt): one as /dev/null, and a loop device that no system has made. */
const DEVICES = { null: ['c', '1', '3'], disk: ['b', '7', '200'] } as const;

/**
 * Makes a device node of the test's own: as root, a test that went wrong would replace one below /dev for the whole machine.
 *
 * @returns why there can be none here; `undefined`: it is there.
 */
export async function device(path: string, kind: keyof typeof DEVICES): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'mknod makes such devices on Linux only';
  try {
    await promisify(execFile)('mknod', [path, ...DEVICES[kind]]);
    if (kind === 'null') await (await open(path, 'r+')).close();
    return undefined;
  } catch (error) {
    return `no device can be made or opened here: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** A socket with a name, which listens until it is closed. */
export async function socket(path: string): Promise<Server> {
  const server = createServer().listen(path);
  await once(server, 'listening');
  return server;
}

/** A file whose name is Latin-1, `caf\xE9.exr`, as old shares have them. */
async function latin1File(folder: string, content = 'latin'): Promise<void> {
  const path = Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9]), Buffer.from('.exr')]);
  const handle = await open(path, 'w');
  await handle.writeFile(content);
  await handle.close();
}

/** What may lie in a folder and is no regular file with a name of UTF-8; five things. */
export async function oddThings(folder: string): Promise<void> {
  await latin1File(folder);
  await writeFile(join(folder, 'good.mov'), 'good');
  await symlink(join(folder, 'good.mov'), join(folder, 'latest.mov'));
  await symlink(folder, join(folder, 'loop'));
  await symlink(join(folder, 'nowhere'), join(folder, 'broken.mov'));
  await fifo(join(folder, 'pipe.mov'));
}

/** Reports why a test cannot run on this machine. */
export function skipped(why: string): void {
  process.stderr.write(`Not shown here: ${why}\n`);
}
