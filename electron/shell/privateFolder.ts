import { chmodSync, mkdirSync, statSync } from 'node:fs';

const PRIVATE_FOLDER_MODE = 0o700;
const OTHERS_MODE_BITS = 0o077;

/**
 * Creates a folder that only its user can enter, and closes an existing one of that user. On Windows a folder inherits
 * the rights of its parent, which in a user's profile are that user's.
 *
 * @throws the error of mkdir
 */
export function privateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER_MODE });
  if (process.getuid === undefined) return;
  try {
    const { mode, uid } = statSync(folder);
    if (uid === process.getuid() && (mode & OTHERS_MODE_BITS) !== 0) chmodSync(folder, PRIVATE_FOLDER_MODE);
  } catch {
    // A drive without modes, or one administered elsewhere.
  }
}
