import { win32 } from 'node:path';
import { SECOND_MS } from '../../../shared/units.ts';

/** Fallback folder of Windows; never taken from a variable of the user's environment. */
const USUAL_SYSTEM32 = 'C:\\Windows\\System32';
const PROFILE_LIST = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList';
export const PROGRAM_TIMEOUT_MS = 10 * SECOND_MS;

/** Runs a program of Windows and returns its output. @throws Error when it cannot be run, or fails */
export type RunSync = (program: string, args: readonly string[]) => string;

/**
 * The folder of Windows' own programs. Users can set `%SystemRoot%` for their own programs, but not the path from which
 * the kernel library was loaded; Node's diagnostic report has it.
 */
export function system32(sharedObjects: readonly string[]): string {
  const kernel = sharedObjects.find((path) => /^[a-z]:\\.*\\ntdll\.dll$/i.test(path));
  return kernel === undefined ? USUAL_SYSTEM32 : win32.dirname(kernel);
}

/** Paths of the libraries that this process has loaded; none where Node does not list them. */
export function loadedLibraries(): string[] {
  try {
    // Otherwise the report resolves the names of all connections, which can take seconds.
    Object.assign(process.report, { excludeNetwork: true });
    const { sharedObjects }: { sharedObjects?: unknown } = process.report.getReport();
    return Array.isArray(sharedObjects) ? sharedObjects.filter((path) => typeof path === 'string') : [];
  } catch {
    return [];
  }
}

/**
 * The known folder FOLDERID_ProgramData, from the machine's registry, which only administrators can write. The variable
 * `%ProgramData%` is not used: a user may set it and thereby choose the managed file.
 */
export function programData(system: string, run: RunSync): string {
  const drive = win32.parse(system).root.slice(0, 2);
  const usual = `${drive}\\ProgramData`;
  try {
    const output = run(win32.join(system, 'reg.exe'), ['query', PROFILE_LIST, '/v', 'ProgramData']);
    const [, value] = /\bProgramData\s+REG_(?:EXPAND_)?SZ\s+(\S[^\r\n]*)/.exec(output) ?? [];
    const folder = value?.trim().replace(/^%SystemDrive%/i, drive);
    return folder !== undefined && /^[a-z]:\\[^%]+$/i.test(folder) ? folder : usual;
  } catch {
    return usual;
  }
}
