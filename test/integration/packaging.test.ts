import { extractFile, listPackage } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { validateConfiguration } from 'app-builder-lib/out/util/config/config.js';
import { DebugLogger } from 'builder-util';
import { build, type Configuration, Platform } from 'electron-builder';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleIfStale } from '../../build/bundle.ts';
import { FUSES, packagingConfiguration, refusedFeed, signingSentence } from '../../build/electron-builder.ts';

const root = join(import.meta.dirname, '..', '..');
const MINUTE = 60_000;

/** It coerces what it is given, so it gets a clone. */
const validate = (config: Configuration) => validateConfiguration(structuredClone(config), new DebugLogger(false));

describe('the packaging configuration', () => {
  it('is valid, whatever the environment adds', async () => {
    const feed = { NEARPLAY_UPDATES_BUCKET: 'studio-updates', NEARPLAY_UPDATES_REGION: 'us-east-1' };
    const azure = {
      NEARPLAY_AZURE_SIGN_ENDPOINT: 'https://weu.codesigning.azure.net',
      NEARPLAY_AZURE_SIGN_ACCOUNT: 'studio',
      NEARPLAY_AZURE_SIGN_PROFILE: 'desktop',
      NEARPLAY_AZURE_SIGN_PUBLISHER: 'Studio',
    };
    const apple = { APPLE_API_KEY: 'key.p8', APPLE_API_KEY_ID: 'id', APPLE_API_ISSUER: 'issuer' };
    for (const env of [{}, feed, azure, apple, { NEARPLAY_UPDATES_URL: 'https://updates.studio.example' }]) {
      await expect(validate(packagingConfiguration(env))).resolves.toBeUndefined();
    }
  });

  it('would be refused with a key that electron-builder does not know', async () => {
    await expect(validate({ ...packagingConfiguration({}), ...{ certificateFile: 'x' } })).rejects.toThrow(
      /certificateFile/,
    );
  });

  it('publishes nowhere unless the build names a feed, and never publicly', () => {
    expect(packagingConfiguration({}).publish).toBeNull();
    const bucket = { NEARPLAY_UPDATES_BUCKET: 'studio-updates', NEARPLAY_UPDATES_REGION: 'us-east-1' };
    expect(packagingConfiguration(bucket).publish).toMatchObject({ provider: 's3', acl: 'private' });
  });

  const FEED = { NEARPLAY_UPDATES_URL: 'https://updates.studio.example' };
  const SIGNED = { WIN_CSC_LINK: 'x', CSC_LINK: 'y' };

  it('forces signing where the app updates itself', () => {
    expect(packagingConfiguration({})).toMatchObject({ forceCodeSigning: false });
    expect(packagingConfiguration(FEED)).toMatchObject({
      forceCodeSigning: true,
      win: { verifyUpdateCodeSignature: true },
    });
  });

  it.each(['http://updates.studio.example', 'http://127.0.0.1:8080', 'HTTP://localhost', 'ftp://a', 'updates'])(
    'refuses updates from %s, signed or not',
    (url) => {
      const refused = refusedFeed(['windows', 'mac'], { ...SIGNED, NEARPLAY_UPDATES_URL: url });
      expect(refused).toEqual([`NEARPLAY_UPDATES_URL has to begin with https://, and is ${url}`]);
    },
  );

  it.each([
    ['windows', {}, /have to be signed/],
    ['windows', { CSC_NAME: 'only for macOS' }, /have to be signed/],
    ['windows', { NEARPLAY_AZURE_SIGN_ENDPOINT: 'https://weu.codesigning.azure.net' }, /have to be signed/],
    ['mac', {}, /has to be signed/],
    ['mac', { WIN_CSC_LINK: 'only for Windows' }, /has to be signed/],
    ['linux', SIGNED, /cannot verify an update/],
  ] as const)('refuses updates of %s that nobody could verify, with %j', (system, env, sentence) => {
    const bucket = { NEARPLAY_UPDATES_BUCKET: 'studio-updates', NEARPLAY_UPDATES_REGION: 'us-east-1' };
    expect(refusedFeed([system], env)).toEqual([]);
    for (const feed of [FEED, bucket]) {
      const refused = refusedFeed([system], { ...env, ...feed });
      expect(refused).toHaveLength(1);
      expect(refused[0]).toMatch(sentence);
    }
  });

  it('refuses half a bucket, and takes a signed feed over https', () => {
    expect(refusedFeed(['mac'], { ...SIGNED, NEARPLAY_UPDATES_BUCKET: 'studio-updates' })).toHaveLength(1);
    expect(refusedFeed(['windows', 'mac'], { ...SIGNED, ...FEED })).toEqual([]);
  });

  it('is not even used for a feed that is refused', async () => {
    const dist = join(root, 'build', 'dist.ts');
    const env = { ...process.env, NEARPLAY_UPDATES_URL: 'http://updates.studio.example' };
    const failed = await promisify(execFile)(process.execPath, [dist, '--windows', '--folder'], {
      env,
      cwd: root,
    }).catch((error: unknown) => error as { code: number; stdout: string });
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stdout).toContain('have to be signed');
    expect(failed.stdout).toContain('has to begin with https://');
  });

  it('says in plain words when nothing is signed', () => {
    expect(signingSentence('windows', {})).toContain('NOT SIGNED');
    expect(signingSentence('mac', {})).toContain('NOT SIGNED');
    expect(signingSentence('mac', { CSC_LINK: 'x' })).toContain('NOT NOTARISED');
    expect(signingSentence('windows', { WIN_CSC_LINK: 'x' })).not.toContain('NOT SIGNED');
  });
});

describe('the packaged app, on a stub of the runtime', () => {
  let folder: string;
  let app: string;
  let files: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nearplay-packaging-'));
    await bundleIfStale({ mode: 'production' });
    await build({
      projectDir: root,
      targets: Platform.LINUX.createTarget('dir'),
      publish: 'never',
      config: {
        ...packagingConfiguration({ NEARPLAY_UPDATES_URL: 'https://updates.studio.example' }),
        directories: { output: join(folder, 'release'), buildResources: join(root, 'build', 'resources') },
        electronDist: await stubRuntime(join(folder, 'runtime')),
      },
    });
    app = join(folder, 'release', 'linux-unpacked');
    files = listPackage(join(app, 'resources', 'app.asar'), { isPack: false }).map((file) =>
      file.replaceAll('\\', '/'),
    );
  }, 3 * MINUTE);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('holds the fonts of the window for all scripts that they know, each with its licence', () => {
    for (const font of ['inter', 'jetbrains-mono']) {
      for (const script of ['latin', 'latin-ext', 'cyrillic', 'greek', 'vietnamese']) {
        const file = new RegExp(`^/dist/renderer/assets/${font}-${script}-wght-normal-[^/]+\\.woff2$`);
        expect(files.filter((name) => file.test(name))).toHaveLength(1);
      }
      const licence = extractFile(join(app, 'resources', 'app.asar'), `dist/renderer/licences/${font}.txt`).toString();
      expect(licence).toMatch(/^Copyright .*SIL OPEN FONT LICENSE Version 1\.1/s);
    }
  });

  it('holds main, preload, renderer and package.json', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        '/dist/main/main.js',
        '/dist/preload/preload.cjs',
        '/dist/renderer/index.html',
        '/package.json',
      ]),
    );
  });

  it('holds no dependency folder, no test code, no sources and no source maps', () => {
    const foreign = files.filter((file) => !/^\/(dist(\/(main|preload|renderer)(\/.*)?)?|package\.json)$/.test(file));
    expect(foreign).toEqual([]);
    expect(files.filter((file) => /\.(map|tsx?)$|node_modules|sandbox|stand-in/.test(file))).toEqual([]);
    const main = extractFile(join(app, 'resources', 'app.asar'), 'dist/main/main.js').toString('utf8');
    expect(main).not.toContain('sourceMappingURL');
    expect(main).not.toContain(root);
  });

  it('starts the bundled main, without scripts or development dependencies in its package.json', () => {
    const text = extractFile(join(app, 'resources', 'app.asar'), 'package.json').toString('utf8');
    const manifest: unknown = JSON.parse(text);
    expect(manifest).toMatchObject({ main: 'dist/main/main.js', type: 'module', desktopName: 'nearplay.desktop' });
    expect(manifest).not.toHaveProperty('devDependencies');
    expect(manifest).not.toHaveProperty('scripts');
  });

  it('has a preload that requires electron and nothing else', () => {
    const preload = extractFile(join(app, 'resources', 'app.asar'), 'dist/preload/preload.cjs').toString('utf8');
    expect([...preload.matchAll(/require\(["'](.*?)["']\)/g)].map(([, name]) => name)).toEqual(['electron']);
  });

  it('has every fuse as configured', async () => {
    const wire = await getCurrentFuseWire(join(app, 'nearplay'));
    const expected: [FuseV1Options, boolean][] = [
      [FuseV1Options.RunAsNode, FUSES.runAsNode],
      [FuseV1Options.EnableCookieEncryption, FUSES.enableCookieEncryption],
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable, FUSES.enableNodeOptionsEnvironmentVariable],
      [FuseV1Options.EnableNodeCliInspectArguments, FUSES.enableNodeCliInspectArguments],
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation, FUSES.enableEmbeddedAsarIntegrityValidation],
      [FuseV1Options.OnlyLoadAppFromAsar, FUSES.onlyLoadAppFromAsar],
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot, FUSES.loadBrowserProcessSpecificV8Snapshot],
      [FuseV1Options.GrantFileProtocolExtraPrivileges, FUSES.grantFileProtocolExtraPrivileges],
    ];
    // On the wire a fuse is the character 0 or 1.
    for (const [fuse, on] of expected)
      expect(String.fromCharCode(Number(wire[fuse])), FuseV1Options[fuse]).toBe(on ? '1' : '0');
    expect([FUSES.runAsNode, FUSES.enableNodeCliInspectArguments, FUSES.onlyLoadAppFromAsar]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('names what it is made of, with the licences', async () => {
    const notice = await readFile(join(app, 'resources', 'NOTICE.txt'), 'utf8');
    expect(notice).toBe(await readFile(join(root, 'NOTICE'), 'utf8'));
  });

  it('knows the feed for updates that the build named, and carries the command line beside the app', async () => {
    const feed = await readFile(join(app, 'resources', 'app-update.yml'), 'utf8');
    expect(feed).toContain('https://updates.studio.example');
    expect(await readdir(join(app, 'resources', 'cli'))).toContain('cli.js');
  });
});

/** The smallest folder that passes for an unpacked Electron: an executable with fuses in the state of a fresh download. */
async function stubRuntime(runtime: string): Promise<string> {
  await mkdir(join(runtime, 'resources'), { recursive: true });
  const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
  const wire = Buffer.from([1, 8, ...Buffer.from('10110001')]); // Version, length, then a '0' or '1' for each fuse.
  await writeFile(join(runtime, 'electron'), Buffer.concat([Buffer.from(`stub${SENTINEL}`), wire, Buffer.alloc(64)]));
  await chmod(join(runtime, 'electron'), 0o755);
  await writeFile(join(runtime, 'LICENSE'), 'stub');
  await writeFile(join(runtime, 'version'), '45.4.1');
  return runtime;
}
