import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  foreignByMode,
  foreignBySid,
  foreignOwner,
  managedFiles,
} from '../../../../../electron/services/files/managedFile.ts';
import { SILENT } from '../../../../../electron/services/runtime/log.ts';
import { loadedLibraries, programData, system32 } from '../../../../../electron/services/runtime/windowsSystem.ts';

const SYSTEM = 'D:\\WINDOWS\\SYSTEM32';

describe('the files that IT manages', () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    ['win32', 'D:\\ProgramData\\Nearplay\\isolation-preferences.json', 'D:\\ProgramData\\Nearplay\\policy.json'],
    [
      'darwin',
      '/Library/Application Support/Nearplay/isolation-preferences.json',
      '/Library/Application Support/Nearplay/policy.json',
    ],
    ['linux', '/etc/nearplay/isolation-preferences.json', '/etc/nearplay/policy.json'],
    ['freebsd', '/etc/nearplay/isolation-preferences.json', '/etc/nearplay/policy.json'],
  ])('are where docs/it.md says, on %s', (platform, preferences, policy) => {
    expect(managedFiles(platform, () => 'D:\\ProgramData')).toEqual({ preferences, policy });
  });

  it('are not where a user says: variables of the environment have no say', () => {
    for (const name of ['ProgramData', 'ALLUSERSPROFILE', 'SystemRoot', 'SystemDrive', 'windir']) {
      vi.stubEnv(name, 'C:\\Users\\me');
    }
    expect(managedFiles('win32').preferences).not.toContain('me');
  });
});

describe('the folder of Windows for all users', () => {
  it('is asked of the registry, with the program of the Windows that runs', () => {
    const run = vi.fn(
      () => `\r\nHKEY_LOCAL_MACHINE\\x\r\n    ProgramData    REG_EXPAND_SZ    %SystemDrive%\\All Users\r\n\r\n`,
    );
    expect(programData(SYSTEM, run)).toBe('D:\\All Users');
    expect(run).toHaveBeenCalledWith(`${SYSTEM}\\reg.exe`, expect.arrayContaining(['query', '/v', 'ProgramData']));
  });

  it.each([
    ['says nothing', () => ''],
    ['names a variable', () => '  ProgramData  REG_EXPAND_SZ  %USERPROFILE%\\x'],
    ['names a share', () => '  ProgramData  REG_SZ  \\\\server\\x'],
    [
      'cannot be asked',
      () => {
        throw new Error('ENOENT');
      },
    ],
  ])('is the usual one of the drive of Windows where the registry %s', (_name, run) => {
    expect(programData(SYSTEM, run)).toBe('D:\\ProgramData');
  });

  it('is on the drive that the kernel was loaded from', () => {
    expect(system32(['C:\\app\\Nearplay.exe', 'D:\\WINDOWS\\SYSTEM32\\ntdll.dll'])).toBe(SYSTEM);
    expect(system32(['\\\\server\\share\\ntdll.dll', '/lib/ntdll.dll'])).toBe('C:\\Windows\\System32');
    expect(loadedLibraries().length).toBeGreaterThan(0);
  });
});

describe('who owns a managed file', () => {
  const file = (uid: number, gid: number, mode: number) => ({ uid, gid, mode: 0o100000 | mode });

  it.each([
    ['root', file(0, 0, 0o644), 'linux'],
    ['the user', file(501, 20, 0o664), 'linux'],
    ['admins of macOS', file(0, 80, 0o664), 'darwin'],
    ['root, for its group', file(0, 0, 0o664), 'linux'],
  ])('%s: it is used', (_name, stats, platform) => {
    expect(foreignByMode(stats, 501, platform)).toBeUndefined();
  });

  it.each([
    ['another user', file(502, 20, 0o644), 'belongs to another user (502)'],
    ['root, but all may write', file(0, 0, 0o666), 'written by everybody'],
    ['the user, but all may write', file(501, 20, 0o646), 'written by everybody'],
    ['root, but a group may write', file(0, 100, 0o664), 'written by a group (100)'],
  ])('%s: it is not', (_name, stats, words) => {
    expect(foreignByMode(stats, 501, 'linux')).toContain(words);
  });

  it.each(['S-1-5-18', 'S-1-5-32-544', 'S-1-5-21-1-2-3-500', 'S-1-5-21-1-2-3-512'])('%s is IT', (sid) => {
    expect(foreignBySid(sid)).toBeUndefined();
  });

  it.each(['S-1-5-21-1-2-3-1001', 'S-1-5-32-545', 'S-1-1-0', 'S-1-5-180'])('%s is anybody', (sid) => {
    expect(foreignBySid(sid)).toContain('no administrator');
  });

  it('is not guessed where Windows does not say', () => {
    expect(() => foreignBySid('')).toThrow();
  });

  it.skipIf(process.platform === 'win32')('is looked at for the file and for its folder', async () => {
    const top = mkdtempSync(join(tmpdir(), 'nearplay-managed-'));
    const folder = join(top, 'nearplay');
    mkdirSync(folder, { mode: 0o755 });
    const managed = join(folder, 'isolation-preferences.json');
    try {
      expect(await foreignOwner(managed, SILENT)).toBeUndefined();
      writeFileSync(managed, '{}');
      chmodSync(managed, 0o644);
      expect(await foreignOwner(managed, SILENT)).toBeUndefined();
      chmodSync(managed, 0o666);
      expect(await foreignOwner(managed, SILENT)).toContain('the file can be written by everybody');
      chmodSync(managed, 0o644);
      chmodSync(folder, 0o777);
      expect(await foreignOwner(managed, SILENT)).toContain('its folder can be written by everybody');
    } finally {
      rmSync(top, { recursive: true, force: true });
    }
  });
});
