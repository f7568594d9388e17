import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Application, createServices, type ServicesOptions } from '../../../electron/services/application.ts';
import { settingsInMemory } from '../../../electron/services/preferences/settingsStore.ts';
import { SILENT } from '../../../electron/services/runtime/log.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/sandbox.ts';

export const IN_SYDNEY = '203.0.113.7';
export const ELSEWHERE = '198.51.100.7';

/** A sample storage with the app's services on it, as one user has them. */
export interface TestStudio {
  sandbox: Sandbox;
  services: Application;
  folder: string;
  /** Another user of the same storage. */
  join(options?: Partial<ServicesOptions>): Promise<Application>;
  /** Writes a file to upload; resolves to its path. */
  file(name: string, content: string | Buffer): Promise<string>;
  /** Uploads one file and waits for it; resolves to its key. */
  upload(name: string, content: string | Buffer, folder?: string): Promise<string>;
  stop(): Promise<void>;
}

export interface TestStudioOptions {
  sandbox?: SandboxOptions;
  delaySeconds?: number;
  services?: Partial<ServicesOptions>;
}

export async function startTestStudio(options: TestStudioOptions = {}): Promise<TestStudio> {
  const sandbox = await startSandbox({ replicationDelayMs: 0, ...options.sandbox });
  const folder = await mkdtemp(join(tmpdir(), 'nearplay-services-'));
  const preferencesFile = join(folder, 'preferences.json');
  const preferences = sandbox.preferences({ delaySeconds: options.delaySeconds ?? 0, services: [] });
  await writeFile(preferencesFile, JSON.stringify(preferences));
  const running: Application[] = [];
  const joinStudio = async (overrides: Partial<ServicesOptions> = {}) => {
    const services = createServices({
      userDataFolder: folder,
      // A user each: two must not run each other's uploads.
      journalFolder: join(folder, `user-${running.length}`),
      settings: settingsInMemory(),
      env: {
        AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
      },
      commandLinePreferences: preferencesFile,
      givenAddress: IN_SYDNEY,
      log: SILENT,
      now: () => Date.now(),
      version: '0',
      platform: process.platform,
      runtime: 'test',
      firstProbeAfter: 100,
      uploadTiming: { settle: 0 },
      ...options.services,
      ...overrides,
    });
    running.push(services);
    await services.start();
    return services;
  };
  const services = await joinStudio();
  const file = async (name: string, content: string | Buffer) => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };
  return {
    sandbox,
    services,
    folder,
    join: joinStudio,
    file,
    async upload(name, content, into = '') {
      const [id] = await services.uploads.add(into, [await file(name, content)]);
      if (id === undefined) throw new Error('Nothing was queued');
      return (await settled(services, id)).key;
    },
    async stop() {
      await Promise.all(running.map((one) => one.stop()));
      await sandbox.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Waits until a transfer is done. @throws Error when it fails instead. */
export async function settled(services: Application, id: string) {
  for (;;) {
    const transfer = services.uploads.list().find((one) => one.id === id);
    if (transfer?.state === 'done') return transfer;
    // A file that was written just now settles first.
    const isOnItsWay =
      ['waiting', 'running'].includes(transfer?.state ?? '') || transfer?.blockedFor === 'file-settling';
    if (!isOnItsWay) {
      throw new Error(`The upload ended as ${transfer?.state}: ${transfer?.error?.message}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
