import type * as Electron from 'electron';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { _electron, type ElectronApplication } from 'playwright';
import { MINUTE_MS, SECOND_MS } from '../../shared/units.ts';
import type { DialogAnswer } from './electron-stand-in/control.ts';
import { nothingRecorded, type Recorded } from './electron-stand-in/recorder.ts';
import { type LaunchedApp, type LaunchPlan, QUIT_ANYWAY } from './launched.ts';

const LAUNCH_TIMEOUT_MS = MINUTE_MS;
const QUIT_TIMEOUT_MS = 12 * SECOND_MS;

const packageFolder = join(import.meta.dirname, '..', '..', 'node_modules', 'electron');

/** Electron's binary, if it is there. Nothing is downloaded: `require('electron')` would. */
export function electronBinary(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const pathFile = join(packageFolder, 'path.txt');
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : 'electron';
  const folder = env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(packageFolder, 'dist');
  const path = join(folder, name);
  return existsSync(path) ? path : undefined;
}

/** Starts the app in Electron. What it does to the desktop is recorded instead, and its dialogs are answered by the test. */
export async function launchElectron(executablePath: string, plan: LaunchPlan): Promise<LaunchedApp> {
  const { main, userData, env, args } = plan;
  const app = await _electron.launch({
    executablePath,
    args: [main, `--user-data-dir=${userData}`, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...args],
    env: strings({ ...process.env, ...env }),
    timeout: LAUNCH_TIMEOUT_MS,
  });
  let logs = '';
  app.process().stdout?.on('data', (text: Buffer) => (logs += text.toString()));
  app.process().stderr?.on('data', (text: Buffer) => (logs += text.toString()));
  const exited = new Promise<number | null>((resolve) => app.process().once('exit', resolve));
  await app.evaluate(recordDesktop, nothingRecorded());
  return {
    page: await app.firstWindow({ timeout: LAUNCH_TIMEOUT_MS }),
    runtime: 'electron',
    runtimeVersion: `Electron ${await app.evaluate(() => process.versions.electron)}`,
    mainPid: app.process().pid ?? 0,
    userData,
    answerDialog: (answer) =>
      app.evaluate(({ app: electronApp }, given) => void electronApp.emit('test-answer', given), answer),
    recorded: () => app.evaluate(() => Reflect.get(globalThis, 'recordedByTest') as Recorded),
    firePower: (event) => app.evaluate(({ powerMonitor }, name) => void powerMonitor.emit(name as 'resume'), event),
    setFocus: (focused) =>
      app.evaluate(({ BrowserWindow }, yes) => {
        for (const window of BrowserWindow.getAllWindows())
          if (yes) window.focus();
          else window.blur();
      }, focused),
    logs: () => logs,
    exited,
    askToQuit: () => askToQuit(app),
    close: () => quit(app, exited),
  };
}

function askToQuit(app: ElectronApplication): Promise<void> {
  return app.evaluate(({ app: electronApp }) => electronApp.quit());
}

async function quit(app: ElectronApplication, exited: Promise<unknown>): Promise<void> {
  const timer = setTimeout(() => app.process().kill('SIGKILL'), QUIT_TIMEOUT_MS);
  await askToQuit(app).catch(() => undefined);
  const yes = ({ app: electronApp }: typeof Electron, answer: DialogAnswer) =>
    void electronApp.emit('test-answer', answer);
  await app.evaluate(yes, QUIT_ANYWAY).catch(() => undefined);
  await exited;
  clearTimeout(timer);
}

/** Runs in Electron's main process, sent there as text. */
function recordDesktop(electron: typeof Electron, recorded: Recorded): void {
  const { app, BrowserWindow, dialog, Notification, powerSaveBlocker, session, shell } = electron;
  Object.assign(globalThis, { recordedByTest: recorded });
  const answers: unknown[] = [];
  const waiting: ((answer: unknown) => void)[] = [];
  app.on('test-answer' as 'activate', (answer: unknown) => {
    const first = waiting.shift();
    if (first) first(answer);
    else answers.push(answer);
  });
  const ask =
    (method: string) =>
    async (...args: unknown[]) => {
      const { title = '', message = '' } = args.at(-1) as { title?: string; message?: string };
      recorded.dialogs.push({ method, title, message });
      const answer = answers.length > 0 ? answers.shift() : await new Promise((resolve) => waiting.push(resolve));
      if (answer !== 'cancel') return { canceled: false, checkboxChecked: false, ...(answer as object) };
      return { canceled: true, filePaths: [], filePath: '', response: 0, checkboxChecked: false };
    };
  for (const method of ['showOpenDialog', 'showSaveDialog', 'showMessageBox']) Reflect.set(dialog, method, ask(method));
  shell.openExternal = (url) => Promise.resolve(void recorded.externals.push(url));
  shell.showItemInFolder = (path) => void recorded.shownItems.push(path);
  Notification.prototype.show = function (this: Electron.Notification) {
    recorded.notifications.push({ title: this.title, body: this.body });
  };
  BrowserWindow.prototype.setProgressBar = (progress) => void recorded.progress.push(progress);
  session.defaultSession.on('will-download', (event, item) => {
    recorded.downloads.push({ name: item.getFilename(), isRefused: event.defaultPrevented });
  });
  const active = new Map<number, string>();
  const start = powerSaveBlocker.start.bind(powerSaveBlocker);
  const stop = powerSaveBlocker.stop.bind(powerSaveBlocker);
  powerSaveBlocker.start = (type) => {
    const id = start(type);
    active.set(id, type);
    recorded.powerSaveBlockers = [...active.values()];
    return id;
  };
  powerSaveBlocker.stop = (id) => {
    active.delete(id);
    recorded.powerSaveBlockers = [...active.values()];
    return stop(id);
  };
}

function strings(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
