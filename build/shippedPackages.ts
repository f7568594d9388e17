import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const lockfileSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      license: z.string().optional(),
      dev: z.boolean().optional(),
      devOptional: z.boolean().optional(),
    }),
  ),
});

/** A package that goes into the bundles. */
export interface ShippedPackage {
  name: string;
  version: string;
  /** SPDX expression, as the package says; empty where it says nothing. */
  license: string;
  /** Its folder, relative to the project: the same package can be there in several versions. */
  folder: string;
}

/**
 * Ship though npm calls them packages for development: the runtime, which the installer brings, and what packages of the
 * bundle import where it is there (debug: supports-color with has-flag; escodegen: source-map).
 */
const SHIPPED_ALL_THE_SAME = new Set(
  ['electron', 'supports-color', 'has-flag', 'source-map'].map((name) => `node_modules/${name}`),
);

/** Named by mistake by a package that ships (turbores): the bundler's own binary, on Linux alone. No bundle holds it. */
const NEVER_SHIPPED = 'node_modules/@rollup/rollup-';

/**
 * What the lockfile installs for the dependencies alone, without those for development: all that a bundle may hold
 * (package-lock.json of npm, `dev` and `devOptional`), and what ships all the same. In the order of names and versions.
 */
export async function shippedPackages(root: string): Promise<ShippedPackage[]> {
  const text = await readFile(join(root, 'package-lock.json'), 'utf8');
  const { packages } = lockfileSchema.parse(JSON.parse(text));
  return Object.entries(packages)
    .filter(
      ([folder, { dev, devOptional }]) =>
        SHIPPED_ALL_THE_SAME.has(folder) ||
        (folder !== '' && dev !== true && devOptional !== true && !folder.startsWith(NEVER_SHIPPED)),
    )
    .map(([folder, { version = '', license = '' }]) => ({
      name: packageOf(folder) ?? folder,
      version,
      license,
      folder,
    }))
    .sort((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
}

/** The package that a path of a module belongs to; undefined for the product's own modules and the bundler's. */
export function packageOf(path: string): string | undefined {
  const inside = path.replaceAll('\\', '/').split('node_modules/').at(-1);
  return path.includes('node_modules') ? /^(@[^/]+\/[^/]+|[^/]+)/.exec(inside ?? '')?.[0] : undefined;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
