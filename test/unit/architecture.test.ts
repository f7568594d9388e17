import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const PAGE = await readFile(join(root, 'ARCHITECTURE.md'), 'utf8');
/** In backquotes, and with the name of a folder of this repository in front. */
const PATH = /`((?:shared|electron|renderer|build|test|docs)(?:\/[\w./-]+)?|\.[\w-]+\.mjs)`/g;

const pathsOf = (text: string): string[] => [...text.matchAll(PATH)].flatMap(([, path]) => path ?? []);

describe('ARCHITECTURE.md', () => {
  it('names no path that does not exist', () => {
    const paths = pathsOf(PAGE);
    expect(paths.length).toBeGreaterThan(40);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('answers "Where does this belong?" with ten examples, each a path', () => {
    const section = PAGE.split('## Where does this belong?')[1] ?? '';
    const examples = section
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .slice(2);
    expect(examples).toHaveLength(10);
    for (const example of examples) expect(pathsOf(example), example).not.toEqual([]);
  });
});

describe('every page for contributors', () => {
  const decisions = join('docs', 'decisions');
  it('links to files that exist', async () => {
    const names = (await readdir(join(root, decisions))).map((name) => join(decisions, name));
    for (const page of ['ARCHITECTURE.md', 'SECURITY.md', 'README.md', 'docs/contributing.md', ...names]) {
      const text = await readFile(join(root, page), 'utf8');
      const links = [...text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].flatMap(([, link]) => link ?? []);
      expect(
        links.filter((link) => !existsSync(join(root, dirname(page), link))),
        page,
      ).toEqual([]);
    }
  });
});
