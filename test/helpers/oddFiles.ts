import { execFile } from 'node:child_process';
import { open, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A pipe with a name: to open it the usual way waits for a writer. */
export async function fifo(path: string): Promise<void> {
  await promisify(execFile)('mkfifo', [path]);
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
