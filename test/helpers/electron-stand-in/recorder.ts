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
  /** What a page began to download, and whether main refused it. */
  downloads: { name: string; isRefused: boolean }[];
  /** `null` in Electron, which cannot be asked for it. */
  protections: Protections | null;
}

/** Protections that main has enabled, as the stand-in saw them. */
export interface Protections {
  /** `app.enableSandbox` was called. */
  sandbox: boolean;
  /** The `webPreferences` of each window, without its preload. */
  webPreferences: Record<string, unknown>[];
  /** Policy of each window; `default` where main set none. */
  webRtcPolicies: string[];
  /** Handlers that the session has. */
  sessionHandlers: string[];
  /** Events that main listens to, of the app and of the session. */
  appEvents: string[];
  sessionEvents: string[];
}

export const nothingRecorded = (): Recorded => ({
  externals: [],
  shownItems: [],
  notifications: [],
  menu: [],
  dialogs: [],
  progress: [],
  powerSaveBlockers: [],
  downloads: [],
  protections: null,
});
