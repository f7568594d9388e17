// `npm run dist`: installers in release/ for this system, or for those that are named.
//
//   npm run dist -- [--windows] [--mac] [--linux] [--folder]
//
// --folder makes the unpacked app only. Signing and updates come from the environment; see docs/it.md.
import { build, type Configuration, Platform } from 'electron-builder';
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.ts';
import { packagingConfiguration, refusedFeed, signingSentence, type System } from './electron-builder.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const PLATFORMS: Record<System, Platform> = { windows: Platform.WINDOWS, mac: Platform.MAC, linux: Platform.LINUX };

function thisSystem(): System {
  if (process.platform === 'win32') return 'windows';
  return process.platform === 'darwin' ? 'mac' : 'linux';
}

/** Without rpmbuild the other Linux packages are still worth having. */
function withoutMissingTools(config: Configuration): Configuration {
  if (spawnSync('rpmbuild', ['--version'], { timeout: 10_000 }).status === 0) return config;
  print('rpmbuild is not installed: the rpm package is left out.');
  return { ...config, linux: { ...config.linux, target: ['AppImage', 'deb'] } };
}

interface Pass {
  targets: ReturnType<Platform['createTarget']>;
  config: Configuration;
}

/** An MSI is deployed by IT and never updates itself: it is made in a pass of its own, without a feed inside. */
function passesOf(system: System): Pass[] {
  const platform = PLATFORMS[system];
  if (values.folder) return [{ targets: platform.createTarget('dir'), config }];
  if (system !== 'windows') return [{ targets: platform.createTarget(), config }];
  return [
    { targets: platform.createTarget('nsis'), config },
    { targets: platform.createTarget('msi'), config: { ...config, publish: null } },
  ];
}

function print(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}

const { values } = parseArgs({
  options: {
    windows: { type: 'boolean', default: false },
    mac: { type: 'boolean', default: false },
    linux: { type: 'boolean', default: false },
    folder: { type: 'boolean', default: false },
  },
});
const named = (['windows', 'mac', 'linux'] as const).filter((system) => values[system]);
const systems = named.length > 0 ? named : [thisSystem()];

/** Makes the installers. @throws Error of electron-builder */
async function make(): Promise<void> {
  await bundle({ mode: 'production' });
  for (const system of systems) print(signingSentence(system, process.env));
  for (const pass of systems.flatMap(passesOf)) {
    for (const file of await build({ projectDir: root, publish: 'never', ...pass })) print(file);
  }
}

const complete = packagingConfiguration(process.env);
const config = systems.includes('linux') && !values.folder ? withoutMissingTools(complete) : complete;
const refused = refusedFeed(systems, process.env);
try {
  if (refused.length > 0) throw new Error(refused.join('\n'));
  await make();
} catch (error) {
  print(`The installers could not be made: ${error instanceof Error ? error.message : String(error)}`);
  if (refused.length === 0)
    print('electron-builder downloads the Electron runtime and the tools of each format; check the network.');
  process.exitCode = 1;
}
