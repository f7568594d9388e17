import { execFile, execFileSync } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { dirname, posix, win32 } from 'node:path';
import { promisify } from 'node:util';
import type { Log } from '../runtime/log.ts';
import { loadedLibraries, PROGRAM_TIMEOUT_MS, programData, system32 } from '../runtime/windowsSystem.ts';

const PREFERENCES = 'isolation-preferences.json';
const POLICY = 'policy.json';
const ROOT = 0;
/** The group `admin` of macOS, to which the system gives its own folders. */
const ADMIN_OF_MACOS = 80;
const GROUP_MAY_WRITE = 0o020;
const ALL_MAY_WRITE = 0o002;
/** Stands for a user of the host that a container does not know (user_namespaces(7)). */
const OVERFLOW = 65_534;
/**
 * Well-known SIDs (Microsoft Learn, "Security identifiers"): SYSTEM, Administrators, TrustedInstaller, and of a domain or machine
 * the built-in administrator, Domain Admins and Enterprise Admins.
 */
const ADMINISTRATORS =
  /^S-1-5-(18|32-544|80-956008885-3418522649-1831038044-1853292631-2271478464|21-\d+-\d+-\d+-(500|512|519))$/;
/** .NET's own classes: a PowerShell command would come from a module, which a user's environment can replace. */
const askOwner = (kind: 'File' | 'Directory') =>
  `[System.IO.${kind}]::GetAccessControl($env:NEARPLAY_ASKED).GetOwner([System.Security.Principal.SecurityIdentifier]).Value`;

/** Files of IT for all users of a machine; docs/it.md names these. */
export interface ManagedFiles {
  preferences: string;
  policy: string;
}

/** @param windowsFolder the folder of Windows for data of all users; default: by the registry. */
export function managedFiles(platform: string, windowsFolder: () => string = programDataOfThisMachine): ManagedFiles {
  const path = platform === 'win32' ? win32 : posix;
  const folder = managedFolder(platform, windowsFolder);
  return { preferences: path.join(folder, PREFERENCES), policy: path.join(folder, POLICY) };
}

function managedFolder(platform: string, windowsFolder: () => string): string {
  if (platform === 'win32') return win32.join(windowsFolder(), 'Nearplay');
  return platform === 'darwin' ? '/Library/Application Support/Nearplay' : '/etc/nearplay';
}

function programDataOfThisMachine(): string {
  return programData(system32(loadedLibraries()), (program, args) =>
    execFileSync(program, args, { encoding: 'utf8', timeout: PROGRAM_TIMEOUT_MS, windowsHide: true }),
  );
}

/**
 * Why a managed file may not be IT's, as the end of a sentence: another user owns it or its folder, or may write there.
 * undefined: it is IT's, it is the user's own, there is none, or its owner cannot be determined, which is logged.
 */
export async function foreignOwner(file: string, log: Log): Promise<string | undefined> {
  const [folderFault, fileFault] = await Promise.all([foreignPlace(dirname(file), log), foreignPlace(file, log)]);
  const fault = folderFault === undefined ? fileFault && `the file ${fileFault}` : `its folder ${folderFault}`;
  return fault === undefined ? undefined : `is not used: ${fault}. Only administrators may write there`;
}

async function foreignPlace(place: string, log: Log): Promise<string | undefined> {
  try {
    return process.platform === 'win32' ? await foreignOnWindows(place) : await foreignOnPosix(place);
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!missing) log.warn('Owner of a managed file not determined', { place, error });
    return undefined;
  }
}

async function foreignOnPosix(place: string): Promise<string | undefined> {
  const { uid, gid, mode } = await stat(place);
  if (uid === OVERFLOW && (await isInUserNamespace())) return undefined;
  return foreignByMode({ uid, gid, mode }, process.getuid?.() ?? ROOT, process.platform);
}

/** Judges owner and mode; a file that a user wrote for themselves is no worse than an import. */
export function foreignByMode(
  { uid, gid, mode }: { uid: number; gid: number; mode: number },
  self: number,
  platform: string,
): string | undefined {
  if (uid !== ROOT && uid !== self) return `belongs to another user (${uid})`;
  if ((mode & ALL_MAY_WRITE) !== 0) return 'can be written by everybody';
  const isAdmins = gid === ROOT || (platform === 'darwin' && gid === ADMIN_OF_MACOS);
  if (uid === ROOT && !isAdmins && (mode & GROUP_MAY_WRITE) !== 0) return `can be written by a group (${gid})`;
  return undefined;
}

async function isInUserNamespace(): Promise<boolean> {
  const map = await readFile('/proc/self/uid_map', 'utf8').catch(() => '');
  return map !== '' && !/^\s*0\s+0\s+4294967295\s*$/.test(map);
}

/** PowerShell takes half a second: who owns a place is asked again when the place has changed only. */
const known = new Map<string, { changed: number; fault: string | undefined }>();

async function foreignOnWindows(place: string): Promise<string | undefined> {
  const stats = await stat(place);
  const { ctimeMs } = stats;
  const before = known.get(place);
  if (before?.changed === ctimeMs) return before.fault;
  const program = win32.join(system32(loadedLibraries()), 'WindowsPowerShell', 'v1.0', 'powershell.exe');
  const { stdout } = await promisify(execFile)(
    program,
    ['-NoProfile', '-NonInteractive', '-Command', askOwner(stats.isFile() ? 'File' : 'Directory')],
    {
      // The path is no part of the command, so that nothing in it is one.
      env: { ...process.env, NEARPLAY_ASKED: place },
      timeout: PROGRAM_TIMEOUT_MS,
      windowsHide: true,
    },
  );
  const fault = foreignBySid(stdout.trim());
  known.set(place, { changed: ctimeMs, fault });
  return fault;
}

/** @throws Error where the text is no SID */
export function foreignBySid(sid: string): string | undefined {
  if (!/^S-1-[\d-]+$/.test(sid)) throw new Error('Windows did not say who the owner is');
  return ADMINISTRATORS.test(sid) ? undefined : `belongs to a user that is no administrator (${sid})`;
}
