import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
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
import { createServices } from './services/application.ts';
import { createLog } from './services/log.ts';
import { APP_PAGE, APP_PRIVILEGES, serveApp } from './shell/appProtocol.ts';
import { trustSystemCertificates } from './shell/certificates.ts';
import { logCrashes } from './shell/crashes.ts';
import { FileDialogs, systemChooser } from './shell/dialogs.ts';
import { managedFiles } from './shell/locations.ts';
import { logFile } from './shell/logFile.ts';
import { menuTemplate } from './shell/menu.ts';
import { readPolicy } from './shell/policy.ts';
import { AwakeWhileTransferring, onWakeUp } from './shell/power.ts';
import { systemProxyAgent } from './shell/proxy.ts';
import { stopBeforeQuit } from './shell/quit.ts';
import { ReloadOnNewOrigins } from './shell/reload.ts';
import { shellRequests } from './shell/requests.ts';
import { confineWindows, denyPermissions, openExternal } from './shell/security.ts';
import { openSettingsFile } from './shell/settingsFile.ts';
import { storedTheme } from './shell/theme.ts';
import { watchTransfers } from './shell/transfersWatch.ts';
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
mkdirSync(userDataFolder, { recursive: true });

const writeLog = logFile(logPath);
const log = createLog((line) => {
  writeLog(line);
  if (!app.isPackaged) process.stderr.write(line);
}, now);

logCrashes(app, process, log);
app.setAppUserModelId(APP_ID);
app.enableSandbox();
protocol.registerSchemesAsPrivileged([APP_PRIVILEGES]);
const openPage = (url: string) => openExternal(shell, url);
const openFromPage = (url: string) => void openPage(url).catch((error: unknown) => log.warn('Not opened', { error }));
confineWindows(app, openFromPage, log);

// The lock belongs to the user's folder: another one is another Nearplay.
if (app.requestSingleInstanceLock()) app.whenReady().then(run, fail);
else app.quit();

async function run(): Promise<void> {
  trustSystemCertificates(log);
  const managed = managedFiles(process.platform, process.env);
  const settings = openSettingsFile({
    folder: userDataFolder,
    createStore: (options) => new ElectronStore(options),
    log,
    now,
  });
  nativeTheme.themeSource = storedTheme(settings.read());

  const preferences = app.isPackaged ? undefined : process.env['NEARPLAY_PREFERENCES'];
  const services = createServices({
    userDataFolder,
    settings,
    env: process.env,
    managedPreferencesFile: managed.preferences,
    ...(preferences !== undefined && preferences !== '' && { commandLinePreferences: preferences }),
    proxyAgent: systemProxyAgent(session.defaultSession),
    log,
    now,
    version: app.getVersion(),
    platform: process.platform,
    runtime: Object.hasOwn(process.versions, 'electron') ? `Electron ${process.versions.electron}` : 'Chromium',
  });

  let window: BrowserWindow | undefined;
  const open = () => {
    window = openWindow({
      BrowserWindow,
      nativeTheme,
      screen,
      preload: join(dist, 'preload', 'preload.cjs'),
      placeFile: join(userDataFolder, 'window.json'),
      title: app.getName(),
      devTools: !app.isPackaged,
      log,
    });
    window.on('closed', () => (window = undefined));
  };

  const dialogs = new FileDialogs(systemChooser(dialog, () => window));
  const handlers = { ...services.requests, ...shellRequests({ services, dialogs, openExternal: openPage }) };
  bindRequests({ ipcMain, handlers, page: APP_PAGE, log });
  forwardEvents(services, () => BrowserWindow.getAllWindows().map(({ webContents }) => webContents));

  const awake = new AwakeWhileTransferring(powerSaveBlocker);
  const transfersChanged = watchTransfers({
    awake,
    showProgress: (progress) => window?.setProgressBar(progress),
    notify: (notice) => new Notification(notice).show(),
    isLookedAt: () => window?.isFocused() ?? false,
  });
  services.on('transfers-changed', transfersChanged);
  services.on('settings-changed', ({ theme }) => (nativeTheme.themeSource = theme));
  onWakeUp(powerMonitor, () => services.networkChanged());

  denyPermissions(session.defaultSession);
  serveApp(protocol, { folder: join(dist, 'renderer'), mediaOrigins: () => services.mediaOrigins() });
  const developer = !app.isPackaged;
  const menu = menuTemplate({
    platform: process.platform,
    appName: app.getName(),
    developer,
    openDocumentation: () => openFromPage(REPLICATION_GUIDE),
    showLog: () => shell.showItemInFolder(logPath),
  });
  Menu.setApplicationMenu(Menu.buildFromTemplate(menu));

  await services.start();
  const origins = new ReloadOnNewOrigins(services.mediaOrigins(), () => window?.reload());
  services.on('preferences-changed', () => origins.update(services.mediaOrigins()));
  open();
  app.on('activate', () => {
    if (!window) open();
  });
  app.on('window-all-closed', () => {
    // On macOS an app stays in the dock, and its uploads go on.
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('second-instance', () => {
    if (window?.isMinimized()) window.restore();
    window?.focus();
  });

  const policy = readPolicy(managed.policy, log);
  const { isPackaged } = app;
  const endUpdates = startUpdates({ isPackaged, resourcesPath: process.resourcesPath, policy, log }, async () => {
    const { default: updater } = await import('electron-updater');
    return updater.autoUpdater;
  });
  stopBeforeQuit(
    app,
    async () => {
      endUpdates();
      awake.release();
      await services.stop();
    },
    log,
  );
}

function fail(error: unknown): void {
  log.error('Nearplay could not start', { error });
  dialog.showErrorBox('Nearplay could not start', `The log file has the details: ${logPath}`);
  app.exit(1);
}
