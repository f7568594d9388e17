import { replaceFile } from '../services/files/atomicFile.ts';

/** What other programs get as well, as far as the umask lets them read it. */
const SHARED_MODE = 0o666;

/**
 * Writes a file that the user chose, whole or not at all.
 *
 * @throws NearplayError disk-full, destination-unwritable, not-a-folder, name-too-long
 */
export function writeText(file: string, text: string): Promise<void> {
  return replaceFile(file, text, { mode: SHARED_MODE });
}
