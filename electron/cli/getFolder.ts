import { join, resolve } from 'node:path';
import type { ErrorCode } from '../../shared/errors.ts';
import { safeFileName } from '../../shared/localNames.ts';
import { thisMachine } from '../services/runtime/machine.ts';
import { STOPPED } from '../services/transfers/download/download.ts';
import { downloadFolder, type FolderFile } from '../services/transfers/download/downloadFolder.ts';
import { DownloadNotes } from '../services/transfers/download/downloadNotes.ts';
import { BEGINS_AGAIN, type GetOptions, UNPROVED } from './get.ts';
import { type CommandContext, reportError } from './surroundings.ts';
import { folderToRead } from './typedPlaces.ts';
import { waitMinutes, Waits } from './waits.ts';
import { stateFolder, withServices } from './withServices.ts';

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
  const { surroundings } = context;
  return withServices({ ...options, needsRoute: true, keepsNothing: true }, context, async (services) => {
    const folder = typed === '/' ? '' : await folderToRead(services.studio(), typed);
    // Without a destination it gets the folder's own name, as a file does.
    const target = resolve(surroundings.cwd, destination ?? (folder === '' ? '.' : safeFileName(folder)));
    const machine = surroundings.machine ?? (await thisMachine());
    const notes = new DownloadNotes(join(stateFolder(surroundings), 'downloads'), machine);
    await notes.removeOld();
    const waits = new Waits({ context, ...waitMinutes(options.wait, surroundings.isTerminal === true) });
    const tooLong = new AbortController();
    const ended = waits.ended.catch((error: unknown) => {
      tooLong.abort(STOPPED);
      throw error;
    });
    ended.catch(() => undefined);
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
    try {
      const report = await downloadFolder(() => services.studio(), folder, target, {
        ...{ signal: AbortSignal.any([surroundings.signal, tooLong.signal]), machine },
        claimed: (path) => notes.begun(path),
        progress: moved,
        done: (file) => {
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
        beginsAgain: (key, why: ErrorCode) =>
          reportError(context, why, BEGINS_AGAIN[why] ?? 'The download begins again.', key),
      });
      const { files, saved, same, unproved, failed, bytes } = report;
      const parts = [
        `${saved} saved`,
        ...(same > 0 ? [`${same} there before and the same`] : []),
        ...(unproved > 0 ? [`${unproved} of these not proved`] : []),
        ...(failed > 0 ? [`${failed} failed`] : []),
      ];
      context.print(
        { folder, path: target, ...report },
        `${files} files: ${parts.join(', ')} (${bytes} bytes in ${target})`,
      );
      return failed === 0 ? 0 : 1;
    } catch (error) {
      if (tooLong.signal.aborted) await ended;
      throw error;
    } finally {
      waits.stop();
      await notes.over();
    }
  });
}

function print(file: FolderFile, context: CommandContext): void {
  const { path, size, storage, provedBy, unproved, wasThere } = file;
  const proof = provedBy === null ? `not proved: ${UNPROVED[unproved ?? 'no-checksum']}` : `proved by ${provedBy}`;
  const how = wasThere ? 'there before, the same' : `${size} bytes from ${storage}`;
  context.print(file, `${path} (${how}; ${proof})`);
}
