/** What the app did to the desktop, in order. Plain values: it crosses to the test's process. */
export interface Recorded {
  /** What `shell.openExternal` was given. */
  externals: string[];
  /** What `shell.showItemInFolder` was given. */
  shownItems: string[];
  notifications: { title: string; body: string }[];
  /** The application menu, each item with its path of labels, such as `File > Close`. */
  menu: string[];
  dialogs: { method: string; title: string; message: string }[];
  /** Each value given to `setProgressBar`. */
  progress: number[];
  /** Types of the power save blockers that are active now. */
  powerSaveBlockers: string[];
}

export const nothingRecorded = (): Recorded => ({
  externals: [],
  shownItems: [],
  notifications: [],
  menu: [],
  dialogs: [],
  progress: [],
  powerSaveBlockers: [],
});
