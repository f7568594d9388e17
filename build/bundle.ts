// Bundles everything that runs: main (ESM), preload (one CommonJS file), the renderer, the command line.
//
//   node build/bundle.ts [--development] [--if-stale]
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, esmExternalRequirePlugin, type InlineConfig, type Plugin } from 'vite';
import { packageOf, shippedPackages } from './shippedPackages.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const stampFile = join(dist, '.stamp');
const rendererConfig = join(root, 'renderer', 'vite.config.ts');

/** What the bundles are made from. A change in any of these makes them stale. */
const SOURCES = ['shared', 'electron', 'renderer', 'build/bundle.ts', 'package.json', 'package-lock.json'];

const EXTERNAL = ['electron', ...builtinModules, ...builtinModules.map((name) => `node:${name}`)];

/** What every client of the SDK is made of: one file, where the providers of credentials would break it into many. */
const SDK_CORE =
  /node_modules[\\/](@smithy[\\/](core|node-http-handler|signature-v4|types)|@aws-sdk[\\/](core|client-s3|middleware-sdk-s3|checksums|lib-storage))[\\/]/;

export type BundleMode = 'production' | 'development';

export interface BundleOptions {
  /** `development` adds source maps and leaves the renderer readable. Default: `production`. */
  mode?: BundleMode;
}

/**
 * Bundles into dist/{main,preload,renderer,cli}. The new bundles replace the old ones only when all of them are made, so
 * that a build which fails leaves the last good one in place.
 */
export async function bundle({ mode = 'production' }: BundleOptions = {}): Promise<void> {
  // Vite and React go by this before they go by the mode: a build that a test run asks for would be of React's
  // development version, and would stay.
  process.env['NODE_ENV'] = mode;
  const stamp = await stampOf(mode);
  const fresh = join(root, `.dist-${process.pid}`);
  await rm(fresh, { recursive: true, force: true });
  try {
    const present = PARTS.filter(({ entry }) => existsSync(join(root, entry)));
    const made = await Promise.allSettled(present.map(({ make }) => make(fresh, mode)));
    for (const part of made) if (part.status === 'rejected') throw part.reason;
    await writeFile(join(fresh, '.stamp'), stamp);
    await replaceFolder(dist, fresh);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Bundles when a source is newer than the bundles, or another mode is wanted; resolves to whether it did. */
export async function bundleIfStale(options: BundleOptions = {}): Promise<boolean> {
  const made = await readFile(stampFile, 'utf8').catch(() => '');
  if (made === (await stampOf(options.mode ?? 'production'))) return false;
  await bundle(options);
  return true;
}

const PARTS: { entry: string; make: (outDir: string, mode: BundleMode) => Promise<void> }[] = [
  { entry: 'electron/main.ts', make: (outDir, mode) => bundleForNode('main', 'es', outDir, mode) },
  { entry: 'electron/cli.ts', make: bundleCli },
  { entry: 'electron/preload.ts', make: bundlePreload },
  { entry: 'renderer/vite.config.ts', make: bundleRenderer },
];

async function bundleForNode(
  name: 'main' | 'cli',
  format: 'es' | 'cjs',
  outDir: string,
  mode: BundleMode,
): Promise<void> {
  await build({
    ...common(mode),
    // Everything but Electron and Node goes in: what is installed has no node_modules.
    ssr: { target: 'node', noExternal: true },
    plugins: [
      onlyNamedPackages(),
      versionAlone(),
      // CommonJS packages say require('electron'); as an import it goes the same way as ours.
      ...(format === 'es' ? [esmExternalRequirePlugin({ external: EXTERNAL, skipDuplicateCheck: true })] : []),
    ],
    build: {
      ...output(join(outDir, name), mode),
      target: 'node24',
      ssr: join(root, 'electron', `${name}.ts`),
      // Stack traces in a user's log must be readable.
      minify: false,
      rolldownOptions: {
        ...(format === 'cjs' && { external: EXTERNAL }),
        output: {
          format,
          dynamicImportInCjs: false,
          ...(format === 'cjs' && { codeSplitting: { groups: [{ name: 'sdk', test: SDK_CORE }] } }),
          comments: { jsdoc: false, annotation: false },
          entryFileNames: '[name].js',
          chunkFileNames: 'chunks/[name]-[hash].js',
        },
      },
    },
  });
}

/**
 * The command line alone, as `cli/cli.js` in the folder. It is CommonJS, which starts sooner: Node has no loader of modules
 * to set up, and an import of node:http would make Node load its whole fetch for names that are not used.
 */
export async function bundleCli(outDir: string, mode: BundleMode): Promise<void> {
  await bundleForNode('cli', 'cjs', outDir, mode);
  // A package.json further up may say otherwise.
  await writeFile(join(outDir, 'cli', 'package.json'), '{ "type": "commonjs" }\n');
  const file = join(outDir, 'cli', 'cli.js');
  const text = await readFile(file, 'utf8');
  if (!text.startsWith('#!')) await writeFile(file, `#!/usr/bin/env node\n${text}`);
  await chmod(file, 0o755);
}

async function bundlePreload(outDir: string, mode: BundleMode): Promise<void> {
  await build({
    ...common(mode),
    plugins: [onlyNamedPackages()],
    build: {
      ...output(join(outDir, 'preload'), mode),
      target: 'chrome140',
      minify: false,
      lib: { entry: join(root, 'electron', 'preload.ts'), formats: ['cjs'], fileName: () => 'preload.cjs' },
      // A sandboxed preload can require electron and nothing of ours (Electron docs, "Process Sandboxing").
      rolldownOptions: { external: ['electron'], output: { codeSplitting: false } },
    },
  });
}

async function bundleRenderer(outDir: string, mode: BundleMode): Promise<void> {
  await build({
    ...common(mode),
    plugins: [onlyNamedPackages()],
    configFile: rendererConfig,
    root: dirname(rendererConfig),
    build: { ...output(join(outDir, 'renderer'), mode), minify: mode === 'production' },
  });
  await addFontLicences(join(outDir, 'renderer', 'licences'));
}

/** What renderer/styles/index.css imports. */
const FONTS = ['inter', 'jetbrains-mono'];

/** SIL Open Font License 1.1, section 2: each copy of a font contains its copyright notice and the licence. */
async function addFontLicences(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const font of FONTS) {
    await copyFile(join(root, 'node_modules', '@fontsource-variable', font, 'LICENSE'), join(folder, `${font}.txt`));
  }
}

/** Of our own package.json, a bundle holds the version alone. */
function versionAlone(): Plugin {
  const manifest = join(root, 'package.json');
  return {
    name: 'nearplay-version-alone',
    enforce: 'pre',
    transform(text, id) {
      if (id !== manifest) return undefined;
      const { version } = JSON.parse(text) as { version: string };
      return { code: JSON.stringify({ version }), map: null };
    },
  };
}

/** Refuses a bundle that holds a package which NOTICE does not name: what ships goes with its licence. */
function onlyNamedPackages(): Plugin {
  return {
    name: 'nearplay-only-named-packages',
    async generateBundle(_options, output) {
      const named = new Set((await shippedPackages(root)).map(({ name }) => name));
      const modules = Object.values(output).flatMap((part) => (part.type === 'chunk' ? part.moduleIds : []));
      const unnamed = new Set(modules.map(packageOf).filter((name) => name !== undefined && !named.has(name)));
      if (unnamed.size > 0)
        this.error(`These ship, and build/shippedPackages.ts does not know of it: ${[...unnamed].join(', ')}`);
    },
  };
}

function common(mode: BundleMode): InlineConfig {
  return { configFile: false, root, mode, logLevel: 'warn', publicDir: false };
}

function output(outDir: string, mode: BundleMode): NonNullable<InlineConfig['build']> {
  return {
    outDir,
    emptyOutDir: true,
    copyPublicDir: false,
    sourcemap: mode === 'development',
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4096,
  };
}

async function replaceFolder(folder: string, fresh: string): Promise<void> {
  const old = `${fresh}-old`;
  await rename(folder, old).catch(ignoreMissing);
  await rename(fresh, folder);
  await rm(old, { recursive: true, force: true });
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}

/** A digest of the mode and of every source: equal exactly when the bundles would be equal. */
async function stampOf(mode: BundleMode): Promise<string> {
  const hash = createHash('sha256').update(mode);
  for (const source of SOURCES) {
    for (const file of await filesUnder(join(root, source))) {
      hash.update(`\0${relative(root, file)}\0`).update(await readFile(file));
    }
  }
  return hash.digest('hex');
}

async function filesUnder(path: string): Promise<string[]> {
  if (!existsSync(path)) return [];
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => null);
  if (entries === null) return [path];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const begin = performance.now();
  const mode: BundleMode = process.argv.includes('--development') ? 'development' : 'production';
  const made = process.argv.includes('--if-stale')
    ? await bundleIfStale({ mode })
    : await bundle({ mode }).then(() => true);
  const missing = PARTS.filter(({ entry }) => !existsSync(join(root, entry))).map(({ entry }) => entry);
  if (missing.length > 0) process.stdout.write(`Left out, not there yet: ${missing.join(', ')}\n`);
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  process.stdout.write(made ? `Bundled for ${mode} into dist/ in ${seconds} s\n` : 'dist/ is up to date\n');
}
