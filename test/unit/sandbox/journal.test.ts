import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { withFolder } from '../../helpers/fixtures.ts';
import { Journal, type JournalEntry } from '../../sandbox/journal.ts';

const it = withFolder.extend('file', ({ folder }) => join(folder, 'index.jsonl'));

const gone = (versionId: string): JournalEntry => ({ what: 'version-gone', key: 'a\nb', versionId });

describe('the index on disk', () => {
  it('gives back what was written, and nothing when there is none', async ({ file }) => {
    const journal = new Journal(file);
    expect(await journal.read()).toEqual([]);
    await journal.rewrite([gone('1')]);
    journal.append(gone('2'));
    journal.close();
    expect(await new Journal(file).read()).toEqual([gone('1'), gone('2')]);
  });

  it('does without a last line that was cut off, and names any other that is damaged', async ({ file }) => {
    const journal = new Journal(file);
    await journal.rewrite([gone('1')]);
    journal.close();
    await appendFile(file, '{"what":"version-go');
    expect(await new Journal(file).read()).toEqual([gone('1')]);
    await appendFile(file, '\n');
    await expect(new Journal(file).read()).rejects.toThrow(/line 2/);
    await writeFile(file, '{"what":"something else"}\n');
    await expect(new Journal(file).read()).rejects.toThrow(/line 1/);
  });

  it('is replaced as a whole', async ({ file }) => {
    const journal = new Journal(file);
    await journal.rewrite([gone('1'), gone('2')]);
    await journal.rewrite([gone('3')]);
    journal.append(gone('4'));
    journal.close();
    expect((await readFile(file, 'utf8')).trimEnd().split('\n')).toHaveLength(2);
  });
});
