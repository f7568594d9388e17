import type { Dialog, OpenDialogOptions, SaveDialogOptions } from 'electron';
import { dirname, join } from 'node:path';
import { NearplayError } from '../../shared/errors.ts';
import { safeFileName } from '../../shared/localNames.ts';

/** Shows an open dialog; an empty list when the user cancelled. */
export type Chooser = (options: OpenDialogOptions) => Promise<string[]>;

/** Options of a save dialog. */
export interface Destination {
  title: string;
  /** Proposed file name. */
  name: string;
}

/** Shows a save dialog; `undefined` when the user cancelled. */
export type DestinationChooser = (options: SaveDialogOptions) => Promise<string | undefined>;

/**
 * The system's file dialogs, one at a time. Each opens in the folder used last: Electron would open in Downloads every
 * time.
 *
 * @throws NearplayError bad-request while another one is open.
 */
export class FileDialogs {
  readonly #choose: Chooser;
  readonly #chooseDestination: DestinationChooser;
  #lastFolder: string | undefined;
  #isOpen = false;

  constructor(choose: Chooser, chooseDestination: DestinationChooser) {
    this.#choose = choose;
    this.#chooseDestination = chooseDestination;
  }

  /** Files or a folder to upload; none when the user cancelled. Only macOS could ask for both in one dialog. */
  chooseUploads(what: 'files' | 'folder'): Promise<string[]> {
    return this.#ask({
      title: what === 'files' ? 'Choose files to upload' : 'Choose folders to upload',
      buttonLabel: 'Upload',
      properties: [what === 'files' ? 'openFile' : 'openDirectory', 'multiSelections'],
    });
  }

  /** A local folder; `undefined` when the user cancelled. */
  async chooseFolder(title: string, buttonLabel: string): Promise<string | undefined> {
    const [folder] = await this.#ask({ title, buttonLabel, properties: ['openDirectory'] });
    return folder;
  }

  /** An Isolation Preferences file; `undefined` when the user cancelled. */
  async choosePreferences(): Promise<string | undefined> {
    const [file] = await this.#ask({
      title: 'Import Isolation Preferences',
      buttonLabel: 'Import',
      properties: ['openFile'],
      filters: [
        { name: 'Isolation Preferences', extensions: ['json', 'jsonc', 'txt'] },
        { name: 'All files', extensions: ['*'] },
      ],
    });
    return file;
  }

  /** Destination of a download; the system asks before it replaces a file. `undefined` when the user cancelled. */
  async chooseDestination({ title, name }: Destination): Promise<string | undefined> {
    // A name with slashes or colons would open another folder, or save into an alternate data stream.
    const safe = safeFileName(name);
    const defaultPath = this.#lastFolder === undefined ? safe : join(this.#lastFolder, safe);
    const file = await this.#alone(() => this.#chooseDestination({ title, defaultPath }));
    if (file !== undefined) this.#lastFolder = dirname(file);
    return file;
  }

  async #ask(options: OpenDialogOptions): Promise<string[]> {
    const place = this.#lastFolder === undefined ? {} : { defaultPath: this.#lastFolder };
    const paths = await this.#alone(() => this.#choose({ ...options, ...place }));
    const [first] = paths;
    if (first !== undefined) this.#lastFolder = dirname(first);
    return paths;
  }

  async #alone<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    if (this.#isOpen) throw new NearplayError('bad-request', 'Another dialog is open. Close it first.');
    this.#isOpen = true;
    try {
      return await ask();
    } finally {
      this.#isOpen = false;
    }
  }
}

/** Electron's open dialog, as a sheet of the window if any. */
export function systemChooser<Window>(
  dialog: { showOpenDialog(window: Window, options: OpenDialogOptions): ReturnType<Dialog['showOpenDialog']> },
  window: () => Window,
): Chooser {
  return async (options) => {
    const { canceled, filePaths } = await dialog.showOpenDialog(window(), options);
    return canceled ? [] : filePaths;
  };
}

/** Electron's save dialog, as a sheet of the window if any. */
export function systemDestinationChooser<Window>(
  dialog: { showSaveDialog(window: Window, options: SaveDialogOptions): ReturnType<Dialog['showSaveDialog']> },
  window: () => Window,
): DestinationChooser {
  return async (options) => {
    const { canceled, filePath } = await dialog.showSaveDialog(window(), options);
    return canceled || filePath === '' ? undefined : filePath;
  };
}
