// `npm run docs:notice`: writes NOTICE, the licences of everything that ships.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ShippedPackage, shippedPackages } from './shippedPackages.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Path of NOTICE. */
export const NOTICE_FILE = join(root, 'NOTICE');

const RULE = '='.repeat(80);
const INTRODUCTION = `Nearplay contains the software and the fonts below, under their own licences.

Made from package-lock.json by \`npm run docs:notice\`: the packages that the app, its window and its command line are bundled from.
Packages whose licences agree to the letter share one entry. Electron is the runtime; what it is made of (Chromium, Node.js and
others) stands in the LICENSES.chromium.html of each of its releases, https://github.com/electron/electron/releases, which is
beside the installed app on Windows and Linux.
`;

/** The whole file: for each licence text the packages that it stands in, in the order of their names. */
export async function notice(): Promise<string> {
  const packages = await shippedPackages(root);
  const texts = await Promise.all(packages.map(licenceText));
  const entries = new Map<string, ShippedPackage[]>();
  for (const [index, shipped] of packages.entries()) {
    const text = texts[index] ?? '';
    entries.set(text, [...(entries.get(text) ?? []), shipped]);
  }
  const parts = [...entries].map(([text, those]) => `${RULE}\n\n${those.map(titleOf).join('\n')}\n\n${text}\n`);
  return [INTRODUCTION, ...parts].join('\n');
}

function titleOf({ name, version, license }: ShippedPackage): string {
  return `${name} ${version} (${license === '' ? 'see below' : license})`;
}

/** The text that the package brings, or what its package.json says of licence and author where it brings none. */
async function licenceText({ folder, license }: ShippedPackage): Promise<string> {
  const files = await readdir(join(root, folder));
  const named = files.filter((file) => /^(licen[cs]e|copying|notice)([.-]|$)/i.test(file)).sort();
  const texts = await Promise.all(named.map((file) => readFile(join(root, folder, file), 'utf8')));
  if (texts.length === 0) return `No licence file. Licence: ${license}. ${await authorOf(folder)}`.trim();
  return texts.map(tidy).join('\n\n');
}

async function authorOf(folder: string): Promise<string> {
  const { author } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')) as { author?: unknown };
  if (typeof author === 'string') return `Author: ${author}`;
  const name: unknown = typeof author === 'object' && author !== null && 'name' in author ? author.name : undefined;
  return typeof name === 'string' ? `Author: ${name}` : '';
}

/** Line ends, tabs and blanks at the ends of lines differ between packages; the words are the licence. */
function tidy(text: string): string {
  return text
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', '    ')
    .replace(/[^\S\n]+$/gm, '')
    .trim();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(NOTICE_FILE, await notice());
