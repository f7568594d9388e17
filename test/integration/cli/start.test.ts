import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { withFolder } from '../../helpers/fixtures.ts';
import { COMMAND } from './fixtures.ts';

const run = promisify(execFile);
const COMPILED = 'compiled-code';

/** The command in a process of its own, with this folder of its own. Rejects when it fails. */
async function nearplay(home: string, ...args: string[]): Promise<string> {
  const [program, ...rest] = COMMAND;
  const env = { ...process.env, NEARPLAY_HOME: home };
  return (await run(program, [...rest, ...args], { env })).stdout;
}

describe('the version', () => {
  withFolder.for(['--version', '-V'])('%s is that of the package, and leaves no trace', async (option, { folder }) => {
    const home = join(folder, 'home');
    expect(await nearplay(home, option)).toBe(`${manifest.version}\n`);
    expect(await readdir(folder)).toEqual([]);
  });

  withFolder('is among the options of --help', async ({ folder }) => {
    expect(await nearplay(folder, '--help')).toContain('--version');
  });
});

describe.skipIf(process.platform === 'win32')('compiled code', () => {
  withFolder('is kept in a folder that no other user can read or write', async ({ folder }) => {
    const home = join(folder, 'home');
    await nearplay(home, '--help');
    expect(await readdir(join(home, COMPILED))).toEqual([manifest.version]);
    for (const own of ['', COMPILED]) expect((await stat(join(home, own))).mode & 0o077).toBe(0);
    expect(await readdir(join(home, COMPILED, manifest.version))).not.toEqual([]);
  });

  withFolder('is neither kept nor used where another user could write', async ({ folder }) => {
    for (const shared of ['', COMPILED, join(COMPILED, manifest.version)]) {
      const home = join(folder, `home-${shared.length}`);
      await mkdir(join(home, COMPILED, manifest.version), { recursive: true });
      await chmod(join(home, shared), 0o777);
      expect(await nearplay(home, '--help')).toContain('Usage');
      expect(await readdir(join(home, COMPILED, manifest.version))).toEqual([]);
    }
  });

  withFolder('is done without where the folder cannot be made', async ({ folder }) => {
    const home = join(folder, 'home');
    await writeFile(home, '');
    expect(await nearplay(home, '--help')).toContain('Usage');
  });
});
