import type { LibraryFile } from '../../shared/library.ts';

/** A video of one byte in the main storage, but for the patch. */
export function aLibraryFile(key: string, patch: Partial<LibraryFile> = {}): LibraryFile {
  return {
    type: 'file',
    key,
    name: key,
    size: 1,
    lastModified: 0,
    etag: '',
    kind: 'video',
    route: { storage: 'main', reason: 'main-chosen', details: {} },
    ...patch,
  };
}
