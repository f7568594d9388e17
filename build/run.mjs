// Every npm script starts here. Plain JavaScript for any installed Node: it makes sure the dependencies
// are there (a fresh clone has none), then runs the given TypeScript file on the pinned Node 24 of node_modules,
// which strips types natively. Its own words go to stderr, so that stdout belongs to the script alone.
//
//   node build/run.mjs [--from-caller] FILE [ARGUMENT...]
//
// --from-caller runs FILE in the folder the user typed the command in, so that relative paths mean what they say.
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lockfile = join(root, 'package-lock.json');
// The lockfile of the last install: when it differs, the dependencies have changed.
const installedLockfile = join(root, 'node_modules', '.nearplay-lock.json');
const pinnedNode = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

function isInstalled() {
  return (
    existsSync(pinnedNode) &&
    existsSync(installedLockfile) &&
    readFileSync(lockfile).equals(readFileSync(installedLockfile))
  );
}

function install() {
  process.stderr.write('Installing the dependencies of package-lock.json (npm ci)...\n');
  // npm hands its own options to the scripts it runs as npm_config_*; a nested npm must not inherit them.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_(ignore|global|silent|loglevel)|lifecycle|package)/i.test(name),
    ),
  );
  const result = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    env,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0 || !existsSync(pinnedNode)) {
    process.stderr.write(
      'Could not install the dependencies: "npm ci" failed (its message is above). Check the network and the npm registry, then run the command again.\n',
    );
    process.exit(result.status || 1);
  }
  copyFileSync(lockfile, installedLockfile);
}

const args = process.argv.slice(2);
const fromCaller = args[0] === '--from-caller' && args.shift() !== undefined;
const file = args.shift();
if (file === undefined) {
  process.stderr.write('Usage: node build/run.mjs [--from-caller] FILE [ARGUMENT...]\n');
  process.exit(2);
}
if (!isInstalled()) install();

const child = spawn(pinnedNode, ['--disable-warning=ExperimentalWarning', join(root, file), ...args], {
  cwd: fromCaller ? (process.env.INIT_CWD ?? process.cwd()) : root,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  process.stderr.write(`Could not start Node at ${pinnedNode}: ${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
