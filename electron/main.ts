// First: Node takes the size of its pool of threads when it needs one.
import './services/runtime/threadPool.ts';
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  type MessageBoxOptions,
  nativeTheme,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  screen,
  session,
  shell,
} from 'electron';
import ElectronStore from 'electron-store';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bindRequests, forwardEvents } from './ipc.ts';
import { choosers } from './requests/choosers.ts';
import { requestHandlers } from './requests/requests.ts';
import { createServices } from './services/application.ts';
import { foreignOwner, managedFiles } from './services/files/managedFile.ts';
import { writeUsersFile } from './services/files/usersFile.ts';
import type { SettingsBackend } from './services/preferences/settingsStore.ts';
import { createLog } from './services/runtime/log.ts';
import type { Services } from './services/services.ts';
import { APP_PAGE, APP_PRIVILEGES, serveApp } from './shell/appProtocol.ts';
import { trustSystemCertificates } from './shell/certificates.ts';
import { installCrashHandlers } from './shell/crashes.ts';
import { DeadWindow } from './shell/deadWindow.ts';
import { FileDialogs, systemChooser, systemDestinationChooser } from './shell/dialogs.ts';
import { logFile } from './shell/logFile.ts';
import { menuTemplate } from './shell/menu.ts';
import { readyNotification } from './shell/notifications.ts';
import { oneAtATime } from './shell/oneAtATime.ts';
import { readPolicy } from './shell/policy.ts';
import { AwakeWhileTransferring, onWakeUp } from './shell/power.ts';
import { privateFolder } from './shell/privateFolder.ts';
import { systemProxyAgent } from './shell/proxy.ts';
import { stopBeforeQuit } from './shell/quit.ts';
import { QuitQuestion } from './shell/quitQuestion.ts';
import { ReloadOnNewSources } from './shell/reload.ts';
import { SAVE, saveQuestion } from './shell/saveQuestion.ts';
import { closeSession, confineWindows, giveNoCertificates, openExternal, SWITCHES } from './shell/security.ts';
import { openSettingsFile, type StoreOptions } from './shell/settingsFile.ts';
import { storedTheme } from './shell/theme.ts';
import { TransfersWatch } from './shell/transfersWatch.ts';
import { startUpdates } from './shell/updates.ts';
import { openWindow } from './shell/window.ts';

const APP_ID = 'app.nearplay.desktop';
const REPLICATION_GUIDE = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html';
const dist = join(import.meta.dirname, '..');
const now = () => Date.now();

const chosenUserData = app.commandLine.getSwitchValue('user-data-dir');
if (chosenUserData !== '') app.setPath('userData', chosenUserData);
const userDataFolder = app.getPath('userData');
const logPath = join(userDataFolder, 'logs', 'nearplay.log');
// A folder that was named may be one of other things, whose modes are not ours to change.
if (chosenUserData === '') privateFolder(userDataFolder);
else mkdirSync(userDataFolder, { recursive: true, mode: 0o700 });

const writeLog = logFile(logPath);
const log = createLog((line) => {
  writeLog(line);
  if (!app.isPackaged) process.stderr.write(line);
}, now);

installCrashHandlers(app, process, log);
app.setAppUserModelId(APP_ID);
app.enableSandbox();
protocol.registerSchemesAsPrivileged([APP_PRIVILEGES]);
const openPage = (url: string) => openExternal(shell, url);
const openFromPage = (url: string) =>
  void openPage(url).catch((error: unknown) => log.warn('External URL refused', { error }));
confineWindows(app, openFromPage, log);
giveNoCertificates(app, log);
for (const [name, value] of SWITCHES) app.commandLine.appendSwitch(name, value);

let window: BrowserWindow | undefined;

// The lock belongs to the user's folder: another one is another Nearplay.
if (app.requestSingleInstanceLock()) app.whenReady().then(run).catch(fail);
else app.quit();

async function run(): Promise<void> {
  trustSystemCertificates(log);
  const managed = managedFiles(process.platform);
  const createStore = (options: StoreOptions) => new ElectronStore(options);
  const notices: MessageBoxOptions[] = [];
  const settings = openSettingsFile({
    folder: userDataFolder,
    createStore,
    log,
    now,
    notify: (one) => notices.push(one),
  });
  nativeTheme.themeSource = storedTheme(settings.read());
  const services = servicesWith(settings, managed.preferences);

  bind(services);
  closeSession(session.defaultSession, log);
  serveApp(protocol, { folder: join(dist, 'renderer'), mediaSources: () => services.mediaSources() });
  Menu.setApplicationMenu(Menu.buildFromTemplate(menu()));
  const awake = new AwakeWhileTransferring(powerSaveBlocker);
  const transfers = mindTheDesktop(services, awake);
  const quitting = askBeforeQuitting(transfers);

  await services.start();
  const sources = new ReloadOnNewSources(services.mediaSources(), () => window?.reload());
  services.on('preferencesChanged', () => sources.update(services.mediaSources()));
  open(quitting);
  reopenWhenAsked(quitting);
  for (const notice of notices) void ask(notice);

  const { isPackaged } = app;
  const { platform, resourcesPath } = process;
  const policy = readPolicy(managed.policy, log, await foreignOwner(managed.policy, log));
  const endUpdates = startUpdates({ isPackaged, platform, resourcesPath, policy, log }, async () => {
    const { default: updater } = await import('electron-updater');
    return updater.autoUpdater;
  });
  const stop = async () => {
    endUpdates();
    awake.release();
    await services.stop();
  };
  stopBeforeQuit(app, stop, log);
}

function servicesWith(settings: SettingsBackend, managedPreferencesFile: string): Services {
  // In development only: what is installed reads what IT manages.
  const preferences = app.isPackaged ? undefined : process.env['NEARPLAY_PREFERENCES'];
  return createServices({
    userDataFolder,
    settings,
    env: process.env,
    managedPreferencesFile,
    foreignManagedFile: (file) => foreignOwner(file, log),
    ...(preferences !== undefined && preferences !== '' && { commandLinePreferences: preferences }),
    agreeToSave: oneAtATime(async (question) => (await ask(saveQuestion(question))) === SAVE, false),
    proxyAgent: systemProxyAgent(session.defaultSession),
    log,
    now,
    version: app.getVersion(),
    platform: process.platform,
    runtime: Object.hasOwn(process.versions, 'electron') ? `Electron ${process.versions.electron}` : 'Chromium',
  });
}

function bind(services: Services): void {
  const dialogs = new FileDialogs(
    systemChooser(dialog, () => window),
    systemDestinationChooser(dialog, () => window),
  );
  const handlers = requestHandlers(services, choosers(dialogs, writeUsersFile), {
    openExternal: openPage,
    showInFolder: (file) => shell.showItemInFolder(file),
  });
  bindRequests({ ipcMain, handlers, page: APP_PAGE, log });
  forwardEvents(services, () => BrowserWindow.getAllWindows().map(({ webContents }) => webContents));
}

/** Theme, power, progress and notifications. */
function mindTheDesktop(services: Services, awake: AwakeWhileTransferring): TransfersWatch {
  const transfers = new TransfersWatch({
    awake,
    showProgress: (progress) => window?.setProgressBar(progress),
    notify: (notice) => new Notification(notice).show(),
    isLookedAt: () => window?.isFocused() ?? false,
  });
  services.on('transfersChanged', (delta) => transfers.update(delta));
  services.on('replicaReady', (ready) => {
    if (!window?.isFocused()) new Notification(readyNotification(ready)).show();
  });
  services.on('settingsChanged', ({ theme }) => (nativeTheme.themeSource = theme));
  onWakeUp(powerMonitor, () => services.networkChanged());
  return transfers;
}

/** Resolves to the number of the button; as a sheet of the window where there is one. */
async function ask(options: MessageBoxOptions): Promise<number> {
  const answer = window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options);
  return (await answer).response;
}

function askBeforeQuitting(transfers: TransfersWatch): QuitQuestion {
  const question = new QuitQuestion({ app, open: () => transfers.open, ask, log });
  powerMonitor.on('shutdown', () => question.quitsAnyway());
  return question;
}

function menu(): ReturnType<typeof menuTemplate> {
  return menuTemplate({
    platform: process.platform,
    appName: app.getName(),
    developer: !app.isPackaged,
    openDocumentation: () => openFromPage(REPLICATION_GUIDE),
    showLog: () => shell.showItemInFolder(logPath),
  });
}

function open(quitting: QuitQuestion): void {
  window = openWindow({
    BrowserWindow,
    nativeTheme,
    screen,
    preload: join(dist, 'preload', 'preload.cjs'),
    placeFile: join(userDataFolder, 'window.json'),
    title: app.getName(),
    isPackaged: app.isPackaged,
    log,
  });
  // Without a parent: a window that is dead may never have been shown.
  const ask = async (options: MessageBoxOptions) => (await dialog.showMessageBox(options)).response;
  new DeadWindow(window, { ask, quit: () => app.quit(), log, now: () => performance.now() });
  // Elsewhere than on macOS the app ends with its window.
  if (process.platform !== 'darwin') window.on('close', (event) => quitting.beforeClose(event));
  window.on('closed', () => (window = undefined));
}

function reopenWhenAsked(quitting: QuitQuestion): void {
  app.on('activate', () => {
    if (!window) open(quitting);
  });
  app.on('window-all-closed', () => {
    // On macOS an app stays in the dock, and its uploads go on.
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('second-instance', () => {
    if (window?.isMinimized()) window.restore();
    window?.focus();
  });
}

function fail(error: unknown): void {
  log.error('Nearplay could not start', { error });
  dialog.showErrorBox('Nearplay could not start', `The log file has the details: ${logPath}`);
  app.exit(1);
}
