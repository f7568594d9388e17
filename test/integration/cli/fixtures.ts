import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCli } from '../../../electron/cli/program.ts';
import type { CliSurroundings } from '../../../electron/cli/surroundings.ts';
import { withFolder, withSandbox } from '../../helpers/fixtures.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { DownloadDesk } from '../services/transfers/download/surroundings.ts';

const PROGRAM = fileURLToPath(new URL('../../../electron/cli.ts', import.meta.url));
/** The command as a process of its own. */
export const COMMAND = [process.execPath, '--disable-warning=ExperimentalWarning', PROGRAM] as const;

/** Where the command runs. */
interface Surroundings {
  cwd: string;
  env: Record<string, string>;
}

/** Variables of the environment for a studio with these preferences. */
function variables({ credentials }: Sandbox, home: string, preferences: string): Surroundings['env'] {
  return {
    ...{ NEARPLAY_PREFERENCES: preferences, NEARPLAY_HOME: join(home, 'home') },
    ...{ AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey },
  };
}

/** The command in this process, to its end. */
const commandIn =
  (surroundings: Surroundings) =>
  async (args: string[], more: Partial<CliSurroundings> = {}) => {
    let [stdout, stderr] = ['', ''];
    const code = await runCli(args, {
      ...surroundings,
      stdout: (text) => (stdout += text),
      stderr: (text) => (stderr += text),
      now: () => Date.now(),
      platform: process.platform,
      signal: new AbortController().signal,
      ...more,
    });
    return { code, stdout, stderr };
  };

/** What a process has said so far, and its exit code once it has said all. */
export function listenTo<Child extends ChildProcess>(child: Child) {
  const said = { stdout: '', stderr: '' };
  child.stdout?.on('data', (text: Buffer) => (said.stdout += text.toString()));
  child.stderr?.on('data', (text: Buffer) => (said.stderr += text.toString()));
  const ended = once(child, 'close').then(([code]: unknown[]) => code);
  return { child, said, ended };
}

/**
 * The command in a `folder`, in a studio whose replicas have everything at once: `nearplay` in this process, `start` in one of
 * its own without a terminal. `isThere`: whether the main storage has a key.
 */
export const withCli = withSandbox
  .extend('sandboxOptions', { replicationDelayMs: 0 })
  .extend('surroundings', async ({ folder, sandbox }): Promise<Surroundings> => {
    await writeFile(join(folder, 'studio.json'), JSON.stringify(sandbox.preferences({ services: [] })));
    return { cwd: folder, env: variables(sandbox, folder, 'studio.json') };
  })
  .extend('nearplay', ({ surroundings }) => commandIn(surroundings))
  .extend('start', ({ surroundings: { cwd, env } }) => (args: string[], home = env['NEARPLAY_HOME'], more = {}) => {
    const [node, ...before] = COMMAND;
    const own = { ...env, PATH: process.env['PATH'], NEARPLAY_HOME: home, ...more };
    const started = listenTo(spawn(node, [...before, ...args], { cwd, env: own }));
    started.child.stdin.end();
    return started;
  })
  .extend(
    'isThere',
    ({ sandbox }) =>
      (key: string) =>
        sandbox.bucketOf('main-us').current(`media/${key}`) !== undefined,
  );

/** `desk`: an object of `size` bytes and a folder to save to, in which `nearplay` runs. */
export const withDownloads = withFolder
  .extend('size', 1000)
  .extend('desk', async ({ size }, { onCleanup }) => {
    const desk = await DownloadDesk.open(size);
    onCleanup(() => {
      desk.sandbox.clearFaults();
      return desk.close();
    });
    return desk;
  })
  .extend('nearplay', async ({ folder: home, desk }) => {
    const preferences = join(home, 'studio.json');
    await writeFile(preferences, JSON.stringify(desk.sandbox.preferences({ delaySeconds: 0, services: [] })));
    return commandIn({ cwd: desk.folder, env: variables(desk.sandbox, home, preferences) });
  });
