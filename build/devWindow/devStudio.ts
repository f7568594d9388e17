import { createWriteStream } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { bindRequests, forwardEvents, type RequestBinding } from '../../electron/ipc.ts';
import { choosers } from '../../electron/requests/choosers.ts';
import { requestHandlers } from '../../electron/requests/requests.ts';
import { createServices } from '../../electron/services/application.ts';
import { writeUsersFile } from '../../electron/services/files/usersFile.ts';
import { settingsInMemory } from '../../electron/services/preferences/settingsStore.ts';
import type { Log } from '../../electron/services/runtime/log.ts';
import type { Services } from '../../electron/services/services.ts';
import { FileDialogs } from '../../electron/shell/dialogs.ts';
import type { WireEvent } from '../../renderer/dev/wire.ts';
import { folderOf } from '../../shared/keys.ts';
import { safeFileName } from '../../shared/localNames.ts';
import { DAY_MS } from '../../shared/units.ts';
import { type Sandbox, startSandbox } from '../../test/sandbox/sandbox.ts';
import { seed } from '../../test/sandbox/seed.ts';
import type { Bucket } from '../../test/sandbox/store.ts';
import type { Scenario } from './scenarios.ts';

const MEDIA = resolve(import.meta.dirname, '../../test/fixtures/media');
/** A film of the shots. */
const COMP = 'sq010/sh010/sq010_sh010_comp_v002.mp4';
/** Older than the replication delay, so that the library is read from the replica. */
const LIBRARY_AGE_MS = DAY_MS;
const MANY = 20_000;

type Listener = Parameters<RequestBinding['ipcMain']['handle']>[1];

/** A request as it arrives. */
interface Unchecked {
  name?: unknown;
  payload?: unknown;
  vouched?: unknown;
}

/** What main is in the app: the real services, on a sample storage in one scenario. */
export interface DevStudio {
  /** Answers as main does. @param page the address that the request came from */
  answer(page: string, request: Unchecked): Promise<unknown>;
  /** Events go there too from now on; returns the function that ends it. */
  addWindow(send: (event: WireEvent) => void): () => void;
  /** Keeps a file that was dropped on the page; resolves to its path. */
  keepFile(name: string, bytes: Readable): Promise<string>;
  close(): Promise<void>;
}

export interface DevStudioOptions {
  scenario: Scenario;
  /** Of the page that may ask: `http://127.0.0.1:port`. */
  origin: string;
  log: Log;
}

/** Starts the sample storage and the services of one scenario, with a home that `close` removes. */
export async function startDevStudio(options: DevStudioOptions): Promise<DevStudio> {
  const { scenario, log } = options;
  const home = await mkdtemp(join(tmpdir(), 'nearplay-dev-'));
  const sandbox = await startSandbox(scenario.isAddressUnknown === true ? { publicAddress: null } : {});
  await fill(sandbox, scenario);
  for (const fault of scenario.faults ?? []) sandbox.addFault(fault);
  const preferences = await writePreferences(sandbox, scenario, home);
  await mkdir(join(home, 'saved'));
  await cp(join(MEDIA, 'shots'), join(home, 'render'), { recursive: true });

  const services = createServices({
    userDataFolder: home,
    settings: settingsInMemory(),
    env: environment(sandbox, scenario),
    ...(scenario.preferences !== 'none' && { commandLinePreferences: preferences }),
    log,
    now: () => Date.now(),
    version: 'development',
    platform: process.platform,
    runtime: 'a development page',
  });
  await services.start();
  if (scenario.uploads) await addUploads(services, scenario.uploads, home);
  return {
    ...bind(services, dialogsWithout(home, preferences, log), options),
    async keepFile(name, bytes) {
      const path = join(await mkdtemp(join(home, 'dropped-')), safeFileName(basename(name)));
      await pipeline(bytes, createWriteStream(path, { flags: 'wx' }));
      return path;
    },
    async close() {
      await services.stop();
      await sandbox.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** The handlers and the answering code of main, with a wire of their own in place of Electron's. */
function bind(services: Services, dialogs: FileDialogs, { origin, log }: DevStudioOptions) {
  let listener: Listener | undefined;
  const windows = new Set<{
    isDestroyed: () => boolean;
    send: (channel: string, name: string, data: unknown) => void;
  }>();
  const handlers = requestHandlers(services, choosers(dialogs, writeUsersFile), {
    openExternal: (url) => {
      log.info('Would open a page in the browser', { url });
      return Promise.resolve();
    },
    showInFolder: (file) => log.info('Would show a file in its folder', { file }),
  });
  const ipcMain = {
    handle: (_channel: string, given: Listener) => void (listener = given),
    removeHandler: () => void (listener = undefined),
  };
  bindRequests({ ipcMain, handlers, page: new URL(origin), log });
  forwardEvents(services, () => windows);
  return {
    answer: async (page: string, { name, payload, vouched }: Unchecked) =>
      listener?.({ senderFrame: { url: page, parent: null } }, name, payload, vouched),
    addWindow: (send: (event: WireEvent) => void) => {
      const window = {
        isDestroyed: () => false,
        send: (_channel: string, name: string, payload: unknown) => send({ name, payload }),
      };
      windows.add(window);
      return () => void windows.delete(window);
    },
  };
}

/** Answers in place of a person; each answer is told in the terminal. */
function dialogsWithout(home: string, preferences: string, log: Log): FileDialogs {
  const told = <Answer>(title: string | undefined, answer: Answer): Promise<Answer> => {
    log.info('A dialog was answered', { title, answer });
    return Promise.resolve(answer);
  };
  return new FileDialogs(
    ({ title, properties = [], filters }) => {
      if (properties.includes('openDirectory')) return told(title, [join(home, 'render')]);
      return told(title, [filters ? preferences : join(home, 'render', COMP)]);
    },
    ({ title, defaultPath = 'copy' }) => told(title, join(home, 'saved', basename(defaultPath))),
  );
}

async function fill(sandbox: Sandbox, { library }: Scenario): Promise<void> {
  if (library === 'empty') return;
  const replicated = library !== 'unreplicated';
  await seed(sandbox, MEDIA, { prefix: 'media', ageMs: LIBRARY_AGE_MS, replicated });
  if (library === 'many') for (const { name } of [sandbox.main, ...sandbox.replicas]) addMany(sandbox.bucketOf(name));
}

/** One film under many names, in a folder of its own. */
function addMany(bucket: Bucket): void {
  const { order: _order, ...film } = bucket.find(`media/shots/${COMP}`, null);
  for (let index = 0; index < MANY; index++) {
    const key = `media/many/shot_${String(index).padStart(6, '0')}_comp_v001.mp4`;
    bucket.add({ ...film, key, versionId: `many-${index}` });
  }
}

async function writePreferences(sandbox: Sandbox, { preferences }: Scenario, home: string): Promise<string> {
  const file = join(home, 'isolation-preferences.json');
  const fault = preferences === 'faulty' && { mainStorage: 'virginia' };
  await writeFile(file, JSON.stringify({ ...sandbox.preferences(), ...fault }, undefined, 2));
  return file;
}

function environment({ credentials }: Sandbox, { isSignedOut = false }: Scenario): Record<string, string> {
  // A profile that does not exist: without one, the developer's own would be taken.
  if (isSignedOut) return { AWS_PROFILE: 'nearplay-signed-out' };
  return { AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey };
}

async function addUploads(services: Services, uploads: 'new' | 'conflicting', home: string): Promise<void> {
  if (uploads === 'new') {
    await services.addUploads('renders/', [join(home, 'render')]);
    return;
  }
  const changed = join(home, basename(COMP));
  await writeFile(changed, 'another film');
  await services.addUploads(folderOf(`shots/${COMP}`), [changed]);
}
