import { describe, expect, it, vi } from 'vitest';
import { choosers } from '../../../../electron/requests/choosers.ts';
import { requestHandlers } from '../../../../electron/requests/requests.ts';
import type { Services } from '../../../../electron/services/services.ts';
import { REQUESTS } from '../../../../shared/ipc.ts';

function setUp(destination?: string) {
  const services = {
    addUploads: vi.fn(() => Promise.resolve({ files: 2 })),
    addWatchFolder: vi.fn(),
    importPreferences: vi.fn(),
    receipts: vi.fn(() => '[]'),
    downloads: { add: vi.fn(), savedFile: vi.fn(() => Promise.resolve('/media/a.mov')) },
    reports: { manifest: vi.fn(() => 'bucket,key') },
    verifications: { verify: vi.fn() },
    editor: {},
  };
  const writeText = vi.fn(() => Promise.resolve());
  const desktop = { openExternal: vi.fn(() => Promise.resolve()), showInFolder: vi.fn() };
  const nobody = () => Promise.resolve(undefined);
  const dialogs = {
    chooseUploads: () => Promise.resolve([]),
    choosePreferences: nobody,
    chooseFolder: nobody,
    chooseDestination: () => Promise.resolve(destination),
  };
  const handlers = requestHandlers(services as unknown as Services, choosers(dialogs, writeText), desktop);
  return { services, writeText, desktop, handlers };
}

it('is a handler for every request of the table, and no other', () => {
  expect(Object.keys(setUp().handlers).sort()).toEqual(Object.keys(REQUESTS).sort());
});

it('shows a finished download in the file manager, by the path that main knows', async () => {
  const { services, desktop, handlers } = setUp();
  await handlers.showDownload({ id: 't1' });
  expect(services.downloads.savedFile).toHaveBeenCalledExactlyOnceWith('t1');
  expect(desktop.showInFolder).toHaveBeenCalledExactlyOnceWith('/media/a.mov');
});

describe('the choosers', () => {
  it('lead to uploads and preferences only when something was chosen', async () => {
    const { services, writeText, handlers } = setUp();
    expect(await handlers.chooseUploads({ folder: '', what: 'folder' })).toEqual({ files: 0 });
    expect(await handlers.exportReceipts(undefined)).toBeNull();
    expect(await handlers.importPreferences(undefined)).toBeNull();
    expect(await handlers.saveManifest({ problems: ['failed'] })).toBeNull();
    expect(await handlers.exportPreferences({ text: '{}' })).toBeNull();
    expect(await handlers.download({ key: 'a/b.mov' })).toBeNull();
    expect(await handlers.verifyFolder({ folder: 'a/' })).toBeNull();
    expect(await handlers.addWatchFolder({ folder: 'a/', existing: true })).toBeNull();
    const { addUploads, addWatchFolder, importPreferences, downloads, verifications } = services;
    for (const untouched of [addUploads, addWatchFolder, importPreferences, downloads.add, verifications.verify])
      expect(untouched).not.toHaveBeenCalled();
    expect(writeText).not.toHaveBeenCalled();
  });

  it('lead to the file that was chosen, of which the page learns the name only', async () => {
    const { services, writeText, handlers } = setUp('/tickets/chosen.csv');
    expect(await handlers.saveManifest({ problems: ['failed'] })).toEqual({ name: 'chosen.csv' });
    expect(writeText).toHaveBeenCalledWith('/tickets/chosen.csv', 'bucket,key');
    await handlers.download({ key: 'a/b.mov' });
    expect(services.downloads.add).toHaveBeenCalledWith('a/b.mov', '/tickets/chosen.csv');
  });
});
