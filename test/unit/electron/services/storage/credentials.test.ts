import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCredentials } from '../../../../../electron/services/storage/credentials.ts';

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDENVIRONMENT', AWS_SECRET_ACCESS_KEY: 'secret-of-environment' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nearplay-credentials-'));
  // The SDK reads these itself; nothing of the developer's own machine may come in.
  for (const name of ['AWS_PROFILE', ...Object.keys(KEYS), 'AWS_SESSION_TOKEN']) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('HOME', folder);
  await write('credentials', 'default', 'studio');
  await writeFile(join(folder, 'config'), '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const section = (name: string, secret = `secret-of-${name}`) =>
  `[${name}]\naws_access_key_id = AKID${name.toUpperCase()}\naws_secret_access_key = ${secret}\n`;
const write = (file: string, ...names: string[]) =>
  writeFile(join(folder, file), names.map((name) => section(name)).join('\n'));
const start = (profile: string | null, env: Record<string, string | undefined> = {}) =>
  createCredentials({ env, profile: () => profile });

describe('the order', () => {
  it('is the chosen profile, keys of the environment, AWS_PROFILE, the default profile', async () => {
    const idOf = async (...options: Parameters<typeof start>) => (await start(...options).provider()).accessKeyId;
    expect(await idOf('studio', { ...KEYS, AWS_PROFILE: 'default' })).toBe('AKIDSTUDIO');
    expect(await idOf(null, { ...KEYS, AWS_PROFILE: 'studio' })).toBe('AKIDENVIRONMENT');
    expect(await idOf(null, { AWS_PROFILE: 'studio' })).toBe('AKIDSTUDIO');
    expect(await idOf(null, { AWS_PROFILE: '' })).toBe('AKIDDEFAULT');
    expect(await idOf(null, { AWS_ACCESS_KEY_ID: 'AKIDHALF' })).toBe('AKIDDEFAULT');
  });

  it('is told by the status, and the token of the environment is taken along', async () => {
    const sourceOf = async (...options: Parameters<typeof start>) => (await start(...options).status()).source;
    expect(await sourceOf('studio', KEYS)).toBe('profile studio');
    expect(await sourceOf(null, KEYS)).toBe('environment');
    expect(await sourceOf(null, { AWS_PROFILE: 'studio' })).toBe('profile studio (AWS_PROFILE)');
    expect(await sourceOf(null)).toBe('AWS default chain');
    expect(await start(null, { ...KEYS, AWS_SESSION_TOKEN: 'token' }).provider()).toMatchObject({
      sessionToken: 'token',
    });
    expect(await start(null, { ...KEYS, AWS_SESSION_TOKEN: '' }).provider()).not.toHaveProperty('sessionToken');
  });

  it('follows a choice that changes', async () => {
    let profile: string | null = 'studio';
    const { provider } = createCredentials({ env: KEYS, profile: () => profile });
    expect((await provider()).accessKeyId).toBe('AKIDSTUDIO');
    profile = null;
    expect((await provider()).accessKeyId).toBe('AKIDENVIRONMENT');
  });
});

describe('a profile', () => {
  it.each([
    ['chosen', start.bind(undefined, 'nobody', { ...KEYS, AWS_PROFILE: 'studio' })],
    ['of AWS_PROFILE', start.bind(undefined, null, { AWS_PROFILE: 'nobody' })],
  ])('%s that does not exist never falls back to another identity', async (_name, begin) => {
    await expect(begin().provider()).rejects.toMatchObject({
      code: 'credentials-missing',
      message: expect.stringContaining('"nobody"') as string,
    });
    expect(await begin().status()).toMatchObject({ source: null, problem: { code: 'credentials-missing' } });
  });

  it('that does not exist is told from one that gives nothing, and those that there are are named', async () => {
    await writeFile(
      join(folder, 'config'),
      '[profile broken]\nregion = us-east-1\n[profile "my studio"]\nregion = us-east-1\n',
    );
    const messageOf = (name: string) =>
      start(name)
        .provider()
        .then(
          () => 'credentials',
          (error: unknown) => (error as Error).message,
        );
    expect(await messageOf('nobody')).toMatch(/^There is no AWS profile "nobody"\. There are: .*broken.*studio/);
    expect(await messageOf('broken')).toContain('"broken" is there, but gives no credentials');
    expect(await messageOf('my studio')).toContain('A name with blanks is not read');
  });

  it('whose keys were written anew gives the new ones, without a restart', async () => {
    const { provider } = start('studio');
    expect((await provider()).secretAccessKey).toBe('secret-of-studio');
    await writeFile(join(folder, 'credentials'), section('studio', 'written-anew'));
    expect((await provider()).secretAccessKey).toBe('written-anew');
  });

  it('with a sign-in that is gone says what to run, for that profile', async () => {
    const config = `[profile artist]
sso_session = studio
sso_account_id = 123456789012
sso_role_name = media
region = us-east-1
[sso-session studio]
sso_start_url = https://studio.awsapps.example/start
sso_region = us-east-1
sso_registration_scopes = sso:account:access
`;
    await writeFile(join(folder, 'config'), config);
    await expect(start('artist').provider()).rejects.toMatchObject({
      code: 'credentials-expired',
      message: expect.stringContaining('aws sso login --profile artist') as string,
      retryable: true,
    });
    const { source, problem } = await start('artist').status();
    expect([source, problem?.code]).toEqual(['profile artist', 'credentials-expired']);
  });

  it('through a program gives its keys and their end', async () => {
    const answer = {
      Version: 1,
      AccessKeyId: 'AKIDPROGRAM',
      SecretAccessKey: 's',
      SessionToken: 't',
      Expiration: '2099-01-01T00:00:00Z',
    };
    await writeFile(join(folder, 'answer.json'), JSON.stringify(answer));
    await writeFile(
      join(folder, 'config'),
      `[profile program]\ncredential_process = cat ${join(folder, 'answer.json')}\n`,
    );
    const { accessKeyId, expiration } = await start('program').provider();
    expect([accessKeyId, expiration?.getTime()]).toEqual(['AKIDPROGRAM', Date.UTC(2099, 0, 1)]);
  });
});

describe('the list of profiles', () => {
  it('has those of both files once, in order, and no sso-session or services section', async () => {
    await writeFile(
      join(folder, 'config'),
      '[default]\nregion=us-east-1\n[profile artist]\nregion=us-east-1\n[sso-session studio]\nsso_region=us-east-1\n[services local]\ns3 =\n  endpoint_url = http://x\n',
    );
    expect((await start('studio').status()).profiles).toEqual(['artist', 'default', 'studio']);
  });

  it('is empty where there are no files, and nothing is found then', async () => {
    await rm(join(folder, 'config'));
    await rm(join(folder, 'credentials'));
    expect(await start(null).status()).toMatchObject({
      source: null,
      profiles: [],
      problem: { code: 'credentials-missing' },
    });
  });

  it('and everything else of the status tell no secret', async () => {
    expect(JSON.stringify(await start('studio', KEYS).status())).not.toMatch(/secret-of|AKID/);
  });
});
