import type { Configuration } from 'electron-builder';
import { join } from 'node:path';

type Fuses = Required<Omit<NonNullable<Configuration['electronFuses']>, 'resetAdHocDarwinSignature'>>;
type Environment = Readonly<Record<string, string | undefined>>;

const APP_ID = 'app.nearplay.desktop';
const root = join(import.meta.dirname, '..');

/**
 * Every fuse of the runtime, set explicitly, so that a new version's default cannot enable what was disabled (Electron
 * docs, "Electron Fuses"). Off: everything that turns the signed app into a Node that runs other code.
 */
export const FUSES: Fuses = {
  runAsNode: false,
  enableNodeOptionsEnvironmentVariable: false,
  enableNodeCliInspectArguments: false,
  grantFileProtocolExtraPrivileges: false,
  enableCookieEncryption: true,
  enableEmbeddedAsarIntegrityValidation: true,
  onlyLoadAppFromAsar: true,
  // Nearplay ships no snapshot of its own for the main process.
  loadBrowserProcessSpecificV8Snapshot: false,
};

/** How the app is packaged. Signing and the feed for updates come from the environment; see docs/it.md. */
export function packagingConfiguration(env: Environment): Configuration {
  return {
    appId: APP_ID,
    productName: 'Nearplay',
    copyright: 'Copyright © Nearplay',
    directories: { output: join(root, 'release'), buildResources: join(root, 'build', 'resources') },
    // The bundles hold every dependency: nothing of node_modules is shipped, and no test code can slip in.
    files: ['dist/main/**', 'dist/preload/**', 'dist/renderer/**', 'package.json', '!**/node_modules/**', '!**/*.map'],
    extraResources: [
      { from: 'dist/cli', to: 'cli', filter: ['**/*.js', 'package.json'] },
      { from: 'NOTICE', to: 'NOTICE.txt' },
    ],
    asar: true,
    npmRebuild: false,
    removePackageScripts: true,
    extraMetadata: { desktopName: 'nearplay.desktop' },
    electronFuses: FUSES,
    publish: updatesFeed(env),
    // An update replaces the app by any content of its feed: only a signature shows its origin.
    forceCodeSigning: updatesFeed(env) !== null,
    artifactName: '${productName}-${version}-${os}-${arch}.${ext}',
    win: {
      target: ['nsis', 'msi'],
      verifyUpdateCodeSignature: true,
      ...(azureSigning(env) ?? {}),
    },
    nsis: {
      oneClick: false,
      perMachine: true,
      allowToChangeInstallationDirectory: true,
      deleteAppDataOnUninstall: false,
      artifactName: '${productName}-${version}-setup-${arch}.${ext}',
    },
    msi: { oneClick: false, perMachine: true, runAfterFinish: false },
    mac: {
      // electron-updater takes its updates from the zip.
      target: ['dmg', 'zip'],
      category: 'public.app-category.video',
      hardenedRuntime: true,
      gatekeeperAssess: false,
      entitlements: join(root, 'build', 'resources', 'entitlements.mac.plist'),
      entitlementsInherit: join(root, 'build', 'resources', 'entitlements.mac.plist'),
      minimumSystemVersion: '13.0',
      notarize: canNotarize(env),
    },
    dmg: { sign: false },
    linux: {
      target: ['AppImage', 'deb', 'rpm'],
      executableName: 'nearplay',
      category: 'AudioVideo',
      synopsis: "Media from the nearest copy of the studio's S3 bucket",
      maintainer: 'Nearplay <support@nearplay.example>',
      syncDesktopName: true,
    },
  };
}

/**
 * Where installed apps look for updates: nowhere, unless IT's build names a web folder (NEARPLAY_UPDATES_URL) or a bucket
 * (NEARPLAY_UPDATES_BUCKET and NEARPLAY_UPDATES_REGION). electron-builder would make uploads public by default.
 */
function updatesFeed(env: Environment): NonNullable<Configuration['publish']> | null {
  const url = valueOf(env, 'NEARPLAY_UPDATES_URL');
  if (url !== undefined) return { provider: 'generic', url };
  const bucket = valueOf(env, 'NEARPLAY_UPDATES_BUCKET');
  const region = valueOf(env, 'NEARPLAY_UPDATES_REGION');
  if (bucket === undefined || region === undefined) return null;
  const path = valueOf(env, 'NEARPLAY_UPDATES_PATH');
  return { provider: 's3', bucket, region, acl: 'private', ...(path !== undefined && { path }) };
}

const FEED_VARIABLES = ['NEARPLAY_UPDATES_URL', 'NEARPLAY_UPDATES_BUCKET', 'NEARPLAY_UPDATES_REGION'] as const;

/**
 * Reasons why self-updating installers are not built for these systems; empty where they are, or without a feed.
 * Updates must use https and be signed; updates of Linux packages are not.
 */
export function refusedFeed(systems: readonly System[], env: Environment): string[] {
  if (FEED_VARIABLES.every((name) => valueOf(env, name) === undefined)) return [];
  const url = valueOf(env, 'NEARPLAY_UPDATES_URL');
  const isIncomplete = url === undefined && updatesFeed(env) === null;
  return [
    ...(isIncomplete ? ['A feed in a bucket takes both NEARPLAY_UPDATES_BUCKET and NEARPLAY_UPDATES_REGION.'] : []),
    ...(url !== undefined && !isHttps(url) ? [`NEARPLAY_UPDATES_URL has to begin with https://, and is ${url}`] : []),
    ...systems.flatMap((system) => unverifiable(system, env) ?? []),
  ];
}

function unverifiable(system: System, env: Environment): string | undefined {
  switch (system) {
    case 'windows':
      if (signsForWindows(env)) return undefined;
      return 'Windows installers with a feed for updates have to be signed: set WIN_CSC_LINK or NEARPLAY_AZURE_SIGN_*.';
    case 'mac':
      if (signsForMac(env)) return undefined;
      return 'A macOS app with a feed for updates has to be signed: set CSC_LINK or CSC_NAME.';
    case 'linux':
      return 'Linux packages cannot verify an update: make them without NEARPLAY_UPDATES_*, and serve them from a signed repository.';
  }
}

function isHttps(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === 'https:';
}

function signsForWindows(env: Environment): boolean {
  return (
    azureSigning(env) !== undefined || ['WIN_CSC_LINK', 'CSC_LINK'].some((name) => valueOf(env, name) !== undefined)
  );
}

function signsForMac(env: Environment): boolean {
  return ['CSC_LINK', 'CSC_NAME'].some((name) => valueOf(env, name) !== undefined);
}

/** Azure Trusted Signing where the environment names an account; a certificate file is found by electron-builder itself. */
function azureSigning(env: Environment): Pick<NonNullable<Configuration['win']>, 'azureSignOptions'> | undefined {
  const endpoint = valueOf(env, 'NEARPLAY_AZURE_SIGN_ENDPOINT');
  const codeSigningAccountName = valueOf(env, 'NEARPLAY_AZURE_SIGN_ACCOUNT');
  const certificateProfileName = valueOf(env, 'NEARPLAY_AZURE_SIGN_PROFILE');
  const publisherName = valueOf(env, 'NEARPLAY_AZURE_SIGN_PUBLISHER');
  if (!endpoint || !codeSigningAccountName || !certificateProfileName || !publisherName) return undefined;
  return { azureSignOptions: { endpoint, codeSigningAccountName, certificateProfileName, publisherName } };
}

function canNotarize(env: Environment): boolean {
  const has = (...names: string[]) => names.every((name) => valueOf(env, name) !== undefined);
  return (
    has('APPLE_API_KEY', 'APPLE_API_KEY_ID', 'APPLE_API_ISSUER') ||
    has('APPLE_ID', 'APPLE_APP_SPECIFIC_PASSWORD', 'APPLE_TEAM_ID')
  );
}

export type System = 'windows' | 'mac' | 'linux';

/** One sentence about the installers' signatures for a system. */
export function signingSentence(system: System, env: Environment): string {
  switch (system) {
    case 'linux':
      return 'Linux packages are not signed; sign the repository that serves them.';
    case 'windows':
      return signsForWindows(env)
        ? 'The Windows installers are signed with the certificate of the environment.'
        : 'The Windows installers are NOT SIGNED: SmartScreen will warn. Set WIN_CSC_LINK or NEARPLAY_AZURE_SIGN_*.';
    case 'mac':
      if (!signsForMac(env)) {
        return 'The macOS app is NOT SIGNED unless the keychain holds a Developer ID: Gatekeeper will refuse it elsewhere. Set CSC_LINK.';
      }
      return canNotarize(env)
        ? 'The macOS app is signed and notarised with the credentials of the environment.'
        : 'The macOS app is signed but NOT NOTARISED: Gatekeeper will warn. Set APPLE_API_KEY, APPLE_API_KEY_ID and APPLE_API_ISSUER.';
  }
}

function valueOf(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value === '' ? undefined : value;
}
