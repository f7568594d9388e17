// `npm run measure -- [FOLDER]`: figures of the code in this checkout, or in another one: lines of each room, passages that stand
// twice, what is unused, and the longest files and functions. For a comparison before and after a change; it judges nothing.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { z } from 'zod';
import { duplicatesIn } from './duplicates.ts';

const root = join(import.meta.dirname, '..');
const measured = resolve(process.argv[2] ?? root);
const PRODUCT = ['shared', 'electron', 'renderer'];
const TOOLS = ['build', 'test'];
const LONGEST_FILES_SHOWN = 10;

interface SourceText {
  /** Relative to the folder that is measured, with `/`. */
  path: string;
  text: string;
  lines: number;
}

function sourcesOf(folders: readonly string[]): SourceText[] {
  const paths = folders.flatMap((folder) => globSync(`${folder}/**/*.{ts,tsx}`, { cwd: measured }));
  return paths
    .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(measured, path), 'utf8') }))
    .map(({ path, text }) => ({ path, text, lines: text.split('\n').length - 1 }));
}

/** Folder of a file; for tests and tools its first two parts, since they mirror the others. */
function areaOf(path: string): string {
  const folder = dirname(path);
  return TOOLS.includes(folder.split('/')[0] ?? '') ? folder.split('/').slice(0, 2).join('/') : folder;
}

function rooms(sources: readonly SourceText[]): string[] {
  const sizes = new Map<string, { files: number; lines: number }>();
  for (const { path, lines } of sources) {
    const { files, lines: before } = sizes.get(areaOf(path)) ?? { files: 0, lines: 0 };
    sizes.set(areaOf(path), { files: files + 1, lines: before + lines });
  }
  const ordered = [...sizes].sort(([one], [other]) => (one < other ? -1 : 1));
  const total = sources.reduce((sum, { lines }) => sum + lines, 0);
  return [
    ...ordered.map(([room, { files, lines }]) => row(lines, `${room} (${files} files)`)),
    row(total, `all ${sources.length} files`),
  ];
}

function duplicates(sources: readonly SourceText[]): string[] {
  const found = duplicatesIn(sources);
  const lines = found.reduce((sum, { count }) => sum + count, 0);
  return [
    `${found.length} passages of six lines and more, ${lines} lines`,
    ...found.slice(0, LONGEST_FILES_SHOWN).map(({ count, one, other }) => row(count, `${one} ~ ${other}`)),
  ];
}

const knipSchema = z.object({ issues: z.array(z.record(z.string(), z.unknown())) });

/** Counts of knip, with this checkout's configuration. */
function unused(): string[] {
  const tool = join(root, 'node_modules', 'knip', 'bin', 'knip.js');
  const args = [tool, '--no-progress', '--reporter', 'json', '--directory', measured];
  const config = ['--config', join(root, 'knip.config.ts')];
  const { stdout } = spawnSync(process.execPath, [...args, ...config], { cwd: measured, encoding: 'utf8' });
  const { issues } = knipSchema.parse(JSON.parse(stdout.slice(stdout.indexOf('{'))));
  const counts = new Map<string, number>();
  for (const issue of issues)
    for (const [kind, found] of Object.entries(issue))
      if (Array.isArray(found)) counts.set(kind, (counts.get(kind) ?? 0) + found.length);
  return [...counts].filter(([, count]) => count > 0).map(([kind, count]) => row(count, kind));
}

interface NamedLength {
  name: string;
  lines: number;
}

function functionsOf({ path, text }: SourceText): NamedLength[] {
  const kind = path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind);
  const found: NamedLength[] = [];
  const lineOf = (position: number): number => file.getLineAndCharacterOfPosition(position).line + 1;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const first = lineOf(node.getStart());
      found.push({ name: `${nameOf(node)} ${path}:${first}`, lines: lineOf(node.end) - first + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name !== undefined) return node.name.getText();
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) return parent.name.getText();
  return ts.isConstructorDeclaration(node) ? 'constructor' : '(no name)';
}

function longest(those: readonly NamedLength[]): string[] {
  const ordered = [...those].sort((one, other) => other.lines - one.lines);
  return ordered.slice(0, LONGEST_FILES_SHOWN).map(({ name, lines }) => row(lines, name));
}

function row(count: number, text: string): string {
  return `${String(count).padStart(7)}  ${text}`;
}

function print(title: string, rows: readonly string[]): void {
  process.stdout.write(`\n${title}\n${rows.join('\n')}\n`);
}

const product = sourcesOf(PRODUCT);
const tools = sourcesOf(TOOLS);
print('Lines of each room, product', rooms(product));
print('Lines of each room, tests and tools', rooms(tools));
print('What stands twice, product', duplicates(product));
print('What stands twice, tests and tools', duplicates(tools));
print('Unused (knip)', unused());
print('Longest files, product', longest(product.map(({ path, lines }) => ({ name: path, lines }))));
print('Longest functions, product', longest(product.flatMap(functionsOf)));
