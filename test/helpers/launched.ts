import type { Page } from 'playwright';
import type { DialogAnswer, PowerEvent } from './electron-stand-in/control.ts';
import type { Recorded } from './electron-stand-in/recorder.ts';

/** The first button of the question that the app asks while uploads are open. */
export const QUIT_ANYWAY = { response: 0 } satisfies DialogAnswer;

/** The app as a test sees it, in whichever of the two runtimes. */
export interface LaunchedApp {
  /** The first window. */
  page: Page;
  runtime: 'electron' | 'stand-in';
  /** `Electron 45.4.1`, `Chromium 156.0.8078.79`. */
  runtimeVersion: string;
  /** Of the main process. */
  mainPid: number;
  /** Absolute. */
  userData: string;
  /** Answers the dialog that is open, or else the next one. */
  answerDialog: (answer: DialogAnswer) => Promise<void>;
  /** What the app did to the desktop so far. */
  recorded: () => Promise<Recorded>;
  /** Emits a change of the machine's power. */
  firePower: (event: PowerEvent) => Promise<void>;
  /** Simulates the user leaving or returning to the window. */
  setFocus: (focused: boolean) => Promise<void>;
  /** What main has written to stdout and stderr so far. */
  logs: () => string;
  /** Resolves to the exit code of main when it has ended; `null` for a signal. */
  exited: Promise<number | null>;
  /** Chooses Quit, as a user would, and leaves a question that comes open. */
  askToQuit: () => Promise<void>;
  /** Quits, and confirms the question; kills what has not ended within seconds. Removes a folder made for this launch. */
  close: () => Promise<void>;
}

/** What both runtimes are started with. */
export interface LaunchPlan {
  /** Main's file, or a folder with a package.json that names it; absolute. */
  main: string;
  userData: string;
  env: NodeJS.ProcessEnv;
  args: readonly string[];
  headless: boolean;
}
