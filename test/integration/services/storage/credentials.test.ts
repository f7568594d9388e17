import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settingsInMemory } from '../../../../electron/services/preferences/settingsStore.ts';
import { startTestStudio, type TestStudio } from '../studio.ts';

const KEYS = { accessKeyId: 'ASIASAMPLE', secretAccessKey: 'sample-secret' };
let issued: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
let file: string;
let studio: TestStudio;

/** What a sign-in tool does: writes keys that tell no end into the credentials file. */
const signIn = (token: string) =>
  writeFile(
    file,
    `[artist]\naws_access_key_id = ${KEYS.accessKeyId}\naws_secret_access_key = ${KEYS.secretAccessKey}\naws_session_token = ${token}\n`,
  );

beforeEach(async () => {
  file = join(tmpdir(), `nearplay-aws-${process.pid}-${Math.random()}`);
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file);
  vi.stubEnv('AWS_CONFIG_FILE', `${file}.none`);
  await signIn('first-token');
  issued = { ...KEYS, sessionToken: 'first-token' };
  studio = await startTestStudio({
    sandbox: { credentials: issued },
    services: { env: {}, settings: settingsInMemory({ profile: 'artist' }) },
  });
});
afterEach(async () => {
  await studio.stop();
  vi.unstubAllEnvs();
  await rm(file, { force: true });
});

describe('a token that ends in mid work', () => {
  it.each(['listLibrary', 'createLink'] as const)(
    'is told by %s, and after signing in it goes on without a restart',
    async (name) => {
      const { services } = studio;
      await studio.upload('shot.txt', 'bytes');
      const work = () =>
        name === 'listLibrary' ? services.studio().library.list('') : services.studio().createLink('shot.txt', 'play');
      await work();
      issued.sessionToken = 'second-token';
      await expect(work()).rejects.toThrow();
      // The storage is there; only the credentials are not good any more.
      const { reading } = await services.bootstrap();
      expect(reading?.storages.every(({ reachable }) => reachable)).toBe(true);
      await signIn('second-token');
      await work().catch(() => undefined);
      await expect(work()).resolves.toBeDefined();
    },
  );

  it('does not lose what the upload is called, and a retry after signing in succeeds', async () => {
    const { services } = studio;
    issued.sessionToken = 'second-token';
    const [upload] = await services.uploads.add('', [await studio.file('new.txt', 'bytes')]);
    const state = () => services.uploads.list().find(({ id }) => id === upload);
    await signIn('second-token');
    await expect.poll(() => state()?.state, { timeout: 50_000 }).toBe('done');
    expect(state()?.key).toBe('new.txt');
  });
});

describe('a profile that the user chooses', () => {
  it('is in force at once, and one that does not exist is told, never replaced by another identity', async () => {
    const { services } = studio;
    services.changeSettings({ profile: 'nobody' });
    await expect(services.studio().library.list('')).rejects.toMatchObject({
      code: 'credentials-missing',
    });
    const { credentials } = await services.bootstrap();
    expect(credentials).toMatchObject({ source: null, profiles: ['artist'], problem: { code: 'credentials-missing' } });
    services.changeSettings({ profile: 'artist' });
    await expect(services.studio().library.list('')).resolves.toMatchObject({ entries: [] });
  });
});
