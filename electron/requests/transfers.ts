import type { RequestHandlers } from '../../shared/ipc.ts';
import { safeFileName } from '../../shared/localNames.ts';
import type { Services } from '../services/services.ts';
import type { Choosers } from './choosers.ts';
import type { Shell } from './shell.ts';

type TransferServices = Pick<
  Services,
  'transfers' | 'downloads' | 'watchFolders' | 'verifications' | 'addUploads' | 'addWatchFolder' | 'receipts'
>;

/** Uploads, downloads, watch folders, and the comparison of a folder with the storage. */
export function transferRequests(
  services: TransferServices,
  { dialogs, saveText }: Choosers,
  { showInFolder }: Pick<Shell, 'showInFolder'>,
) {
  const { transfers, downloads, watchFolders, verifications } = services;
  return {
    chooseUploads: async ({ folder, what }) => {
      const paths = await dialogs.chooseUploads(what);
      return paths.length === 0 ? { files: 0 } : services.addUploads(folder, paths);
    },
    addUploads: ({ folder, paths }) => services.addUploads(folder, paths),
    listTransfers: ({ cursor }) => transfers.page(cursor),
    pauseTransfers: ({ ids }) => transfers.pause(ids),
    resumeTransfers: ({ ids }) => transfers.resume(ids),
    cancelTransfers: ({ ids }) => transfers.cancel(ids),
    retryTransfers: ({ ids }) => transfers.retry(ids),
    clearTransfers: () => transfers.clear(),
    decideConflicts: ({ answer, ids }) => transfers.decide(answer, ids),
    moveTransfers: ({ ids, before }) => transfers.move(ids, before),
    exportReceipts: () => saveText({ title: 'Export receipts', name: 'upload-receipts.json' }, services.receipts()),
    download: async ({ key }) => {
      const file = await dialogs.chooseDestination({ title: 'Save a copy', name: safeFileName(key) });
      return file === undefined ? null : downloads.add(key, file);
    },
    showDownload: async ({ id }) => showInFolder(await downloads.savedFile(id)),
    addWatchFolder: async ({ folder, existing }) => {
      const path = await dialogs.chooseFolder('Choose a folder whose new files are uploaded', 'Watch');
      return path === undefined ? null : services.addWatchFolder(folder, path, existing);
    },
    pauseWatchFolder: ({ id, paused }) => watchFolders.pause(id, paused),
    removeWatchFolder: ({ id }) => watchFolders.remove(id),
    verifyFolder: async ({ folder }) => {
      const path = await dialogs.chooseFolder('Choose a folder to check against the bucket', 'Check');
      return path === undefined ? null : verifications.verify(folder, path);
    },
    cancelVerify: () => verifications.cancel(),
  } satisfies Partial<RequestHandlers>;
}
