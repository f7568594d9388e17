import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NearplayError } from '../../shared/errors.ts';

/** Writes a file whole or not at all. @throws NearplayError disk-full, file-unreadable */
export async function writeText(file: string, text: string): Promise<void> {
  const part = join(dirname(file), `.${basename(file)}.part`);
  try {
    await writeFile(part, text, { flush: true });
    await rename(part, file);
  } catch (cause) {
    await rm(part, { force: true }).catch(() => undefined);
    const full = cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
    if (full) throw new NearplayError('disk-full', undefined, { cause });
    throw new NearplayError('file-unreadable', `"${basename(file)}" could not be written there.`, { cause });
  }
}
