import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { launchApp, type LaunchedApp } from '../helpers/app.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../sandbox/sandbox.ts';
import { seed } from '../sandbox/seed.ts';

const SECOND = 1000;
const MEDIA = join(import.meta.dirname, '../fixtures/media');
const SCREENSHOTS = join(import.meta.dirname, '../../e2e-output');
export const IN_SYDNEY = '203.0.113.7';

/** The app on a sample storage, as one artist in Sydney has it. */
export interface StudioInApp {
  app: LaunchedApp;
  page: Page;
  sandbox: Sandbox;
  folder: string;
  /** Takes a picture of the window for people to look at. */
  screenshot(name: string): Promise<void>;
  /** Writes a file that can be chosen for upload; resolves to its path. */
  file(name: string, content: Buffer): Promise<string>;
  card(key: string): ReturnType<Page['locator']>;
  /** Closes the window and opens a new one on the same user's folder and storage. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface StudioInAppOptions {
  sandbox?: SandboxOptions;
  delaySeconds?: number;
  /** False: the storage is empty. Default: the sample media, a day old and replicated. */
  media?: boolean;
  /** Looks of the preferences. Default: none. */
  looks?: readonly { name: string; key: string }[];
  /** False: there are no preferences yet. */
  preferences?: boolean;
  /** Where the app reaches a storage instead of its endpoint: through a relay. */
  through?: (endpoint: string) => Promise<string>;
  env?: Record<string, string>;
}

export async function openStudioInApp(options: StudioInAppOptions = {}): Promise<StudioInApp> {
  const folder = await mkdtemp(join(tmpdir(), 'nearplay-e2e-'));
  const sandbox = await startSandbox({ replicationDelayMs: 0, ...options.sandbox });
  sandbox.addressService.setAddress(IN_SYDNEY);
  if (options.media !== false) {
    await seed(sandbox, MEDIA, { prefix: 'media', ageMs: 24 * 3600 * SECOND, replicated: true });
  }
  const preferences = join(folder, 'isolation-preferences.json');
  const { delaySeconds = 0, looks = [] } = options;
  let text = JSON.stringify({ ...sandbox.preferences({ delaySeconds }), looks }, null, 2);
  for (const { endpoint } of [sandbox.main, ...sandbox.replicas]) {
    text = text.replaceAll(endpoint, (await options.through?.(endpoint)) ?? endpoint);
  }
  await writeFile(preferences, text);
  await mkdir(SCREENSHOTS, { recursive: true });
  const launch = () =>
    launchApp({
      userData: join(folder, 'user'),
      env: {
        AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
        ...(options.preferences !== false && { NEARPLAY_PREFERENCES: preferences }),
        ...options.env,
      },
    });
  let app = await launch();
  process.stderr.write(`End to end in ${app.runtimeVersion} (${app.runtime})\n`);
  await app.page.getByTestId('app').waitFor({ timeout: 60 * SECOND });
  return {
    get app() {
      return app;
    },
    get page() {
      return app.page;
    },
    sandbox,
    folder,
    screenshot: async (name) => {
      await app.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
    },
    file: async (name, content) => {
      const path = join(folder, name);
      await writeFile(path, content);
      return path;
    },
    card: (key) => app.page.locator(`[data-testid="card"][data-key=${JSON.stringify(key)}]`),
    restart: async () => {
      await app.close();
      app = await launch();
      await app.page.getByTestId('app').waitFor({ timeout: 60 * SECOND });
    },
    stop: async () => {
      await app.close();
      await sandbox.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
