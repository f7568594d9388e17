import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { typedFolder } from '../../shared/keys.ts';
import { nameOfChosen } from '../services/files/findFiles.ts';
import { verifyFolder } from '../services/verify/verifyFolder.ts';
import type { CommandContext, CommonOptions } from './surroundings.ts';
import { withServices } from './withServices.ts';

/** `nearplay verify`: resolves to the exit code, 0 when every file is in the storage unchanged. */
export async function verifyCommand(
  path: string,
  folder: string | undefined,
  options: CommonOptions,
  context: CommandContext,
): Promise<number> {
  const { cwd, signal } = context.surroundings;
  const local = resolve(cwd, path);
  return withServices({ ...options, keepsNothing: true }, context, async (services) => {
    const studio = services.studio();
    const isFile = (await stat(local).catch(() => undefined))?.isFile() === true;
    // The key prefix that an upload to the top gives: a folder's name, none for a file.
    const itself = isFile ? '' : nameOfChosen(local).normalize('NFC');
    const there = folder === undefined ? itself : typedFolder(folder.normalize('NFC'));
    const report = await verifyFolder(studio, { path: local, folder: there, signal });
    const { compared, same, bytes, files } = report;
    const lines = files.map(({ key, finding, detail }) => `${finding.padEnd(10)} ${key}: ${detail}`);
    const summary = `${same} of ${compared} files are the same (${bytes} bytes read)`;
    context.print(report, [...lines, summary]);
    return compared > 0 && same === compared && files.length === 0 ? 0 : 1;
  });
}
