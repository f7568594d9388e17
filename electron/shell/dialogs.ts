import type { Dialog, OpenDialogOptions } from 'electron';
import { dirname } from 'node:path';

/** Asks for files; an empty list when the user cancelled. */
export type Chooser = (options: OpenDialogOptions) => Promise<string[]>;

/** The system's choosers. Each opens where the user was last, since Electron opens in Downloads every time. */
export class FileDialogs {
  readonly #choose: Chooser;
  #lastFolder: string | undefined;

  constructor(choose: Chooser) {
    this.#choose = choose;
  }

  /** The files to upload; none when the user cancelled. */
  chooseUploads(): Promise<string[]> {
    return this.#ask({
      title: 'Choose files to upload',
      buttonLabel: 'Upload',
      properties: ['openFile', 'multiSelections'],
    });
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

  async #ask(options: OpenDialogOptions): Promise<string[]> {
    const paths = await this.#choose({
      ...options,
      ...(this.#lastFolder !== undefined && { defaultPath: this.#lastFolder }),
    });
    const [first] = paths;
    if (first !== undefined) this.#lastFolder = dirname(first);
    return paths;
  }
}

/** The chooser of Electron, as a sheet of the window where there is one. */
export function systemChooser<Window>(
  dialog: { showOpenDialog(window: Window, options: OpenDialogOptions): ReturnType<Dialog['showOpenDialog']> },
  window: () => Window,
): Chooser {
  return async (options) => {
    const { canceled, filePaths } = await dialog.showOpenDialog(window(), options);
    return canceled ? [] : filePaths;
  };
}
