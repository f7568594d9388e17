import { resolve } from 'node:path';
import { safeFileName } from '../../shared/localNames.ts';
import type { Application } from '../services/application.ts';
import { orCancelled } from '../services/runtime/async.ts';
import { downloadFolder, type FolderFile, type FolderReport } from '../services/transfers/download/downloadFolder.ts';
import { type GetOptions, proofText, whileDownloading } from './downloading.ts';
import { type CommandContext, reportError } from './surroundings.ts';
import { folderToRead } from './typedPlaces.ts';
import { withServices } from './withServices.ts';

/**
 * `nearplay get FOLDER/`: downloads everything below a folder, each file as `get` does.
 *
 * @param destination gets what is in the folder; absent: a folder of the same name.
 * @returns the exit code: 1 when a file failed.
 */
export async function getFolderCommand(
  typed: string,
  destination: string | undefined,
  options: GetOptions,
  context: CommandContext,
): Promise<number> {
  const { cwd, signal } = context.surroundings;
  return withServices({ ...options, needsRoute: true, keepsNothing: true }, context, async (services) => {
    const folder = typed === '/' ? '' : await orCancelled(folderToRead(services.studio(), typed), signal);
    // Without a destination it gets the folder's own name, as a file does.
    const target = resolve(cwd, destination ?? (folder === '' ? '.' : safeFileName(folder)));
    const report = await getFolder(services, folder, target, options, context);
    context.print({ folder, path: target, ...report }, summaryOf(report, target));
    return report.failed === 0 ? 0 : 1;
  });
}

function getFolder(
  services: Application,
  folder: string,
  target: string,
  options: GetOptions,
  context: CommandContext,
): Promise<FolderReport> {
  return whileDownloading(services, options, context, ({ waits, beginsAgain, ...downloading }) => {
    // One line for all: bytes of any file are progress of the command.
    const line = { id: folder, key: folder, state: 'running' as const, sent: 0, confirmed: 0 };
    const received = new Map<string, number>();
    const moved = (key: string, bytes: number) => {
      const more = bytes - (received.get(key) ?? 0);
      received.set(key, bytes);
      if (more > 0) Object.assign(line, { sent: line.sent + more, confirmed: line.confirmed + more });
      waits.changed([line]);
    };
    waits.changed([line]);
    return downloadFolder(() => services.studio(), folder, target, {
      ...{ ...downloading, beginsAgain },
      progress: moved,
      done: (file) => {
        // One that was there and was compared is progress too.
        moved(file.key, file.size);
        received.delete(file.key);
        print(file, context);
      },
      failed: (key, { code, message, detail }) => {
        received.delete(key);
        reportError(context, code, message, key, detail);
      },
      waiting: (key, { for: blockedFor, error }) => {
        waits.changed([{ ...line, key, state: 'blocked', blockedFor, error: error.report() }]);
      },
    });
  });
}

function print(file: FolderFile, context: CommandContext): void {
  const { path, size, storage, wasThere } = file;
  const how = wasThere ? 'there before, the same' : `${size} bytes from ${storage}`;
  context.print(file, `${path} (${how}; ${proofText(file)})`);
}

function summaryOf({ files, saved, same, unproved, failed, bytes }: FolderReport, target: string): string {
  const parts = [
    `${saved} saved${unproved > 0 ? `, ${unproved} of these not proved` : ''}`,
    ...(same > 0 ? [`${same} there before and the same`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  return `${files} files: ${parts.join(', ')} (${bytes} bytes in ${target})`;
}
