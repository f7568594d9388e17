import { join } from 'node:path';
import { bundleCli } from '../../build/bundle.ts';

/** Our command line as users have it: bundled, away from the sources and from node_modules. @returns its path */
export async function installCli(folder: string): Promise<string> {
  await bundleCli(folder, 'production');
  return join(folder, 'cli', 'cli.js');
}
