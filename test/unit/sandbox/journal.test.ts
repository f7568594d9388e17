import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal, type JournalEntry } from '../../sandbox/journal.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nearplay-journal-'));
  file = join(folder, 'index.jsonl');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const gone = (versionId: string): JournalEntry => ({ what: 'version-gone', key: 'a\nb', versionId });

describe('the index on disk', () => {
  it('gives back what was written, and nothing when there is none', async () => {
    const journal = new Journal(file);
    expect(await journal.read()).toEqual([]);
    await journal.rewrite([gone('1')]);
    journal.append(gone('2'));
    journal.close();
    expect(await new Journal(file).read()).toEqual([gone('1'), gone('2')]);
  });

  it('does without a last line that was cut off, and names any other that is damaged', async () => {
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

  it('is replaced as a whole', async () => {
    const journal = new Journal(file);
    await journal.rewrite([gone('1'), gone('2')]);
    await journal.rewrite([gone('3')]);
    journal.append(gone('4'));
    journal.close();
    expect((await readFile(file, 'utf8')).trimEnd().split('\n')).toHaveLength(2);
  });
});
