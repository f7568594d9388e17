import { basename, dirname } from 'node:path';
import { NearplayError, type ErrorCode } from '../../../shared/errors.ts';

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/**
 * What an error of the disk means for a file that is being written, as a NearplayError whose message names the place. The
 * system's own words go with it.
 */
export function writeFailure(cause: unknown, file: string): NearplayError {
  if (cause instanceof NearplayError) return cause;
  const system = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  const code = codeFor(system);
  const detail = cause instanceof Error && system !== '' ? systemWords(cause.message) : undefined;
  return new NearplayError(code, messageFor(code, system, file), { cause, detail });
}

function codeFor(system: string): ErrorCode {
  if (FULL.has(system)) return 'disk-full';
  // `mkdir` says EEXIST where a file has the name of a folder.
  if (system === 'ENOTDIR' || system === 'EEXIST') return 'not-a-folder';
  if (system === 'ENAMETOOLONG') return 'name-too-long';
  return system === '' ? 'internal' : 'destination-unwritable';
}

function messageFor(code: ErrorCode, system: string, file: string): string | undefined {
  const [name, folder] = [basename(file), dirname(file)];
  switch (code) {
    case 'disk-full':
      return `There is no space left for "${name}" in ${folder}. Make room there.`;
    case 'not-a-folder':
      return `"${folder}" is not a folder. Choose another destination.`;
    case 'name-too-long':
      return `The name "${name}" is too long for the disk at ${folder}. Choose a shorter one.`;
    case 'destination-unwritable':
      return `"${name}" cannot be written to ${folder}: ${reasonFor(system)}. Choose another place.`;
    default:
      return undefined;
  }
}

function reasonFor(system: string): string {
  switch (system) {
    case 'ENOENT':
      return 'there is no such folder, or it takes no files';
    case 'EACCES':
    case 'EPERM':
      return 'you may not write there, or another program has the file open';
    case 'EROFS':
      return 'it is read-only';
    case 'EISDIR':
      return 'a folder has this name';
    case 'EBUSY':
    case 'ETXTBSY':
      return 'another program has the file open';
    default:
      return `the disk answered ${system}`;
  }
}

/** Node's message without the call and the paths, which the sentence has. */
function systemWords(message: string): string {
  return /^[A-Z0-9]+: [^,]+/.exec(message)?.[0] ?? message;
}
