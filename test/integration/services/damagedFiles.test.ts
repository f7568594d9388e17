import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestStudio, type TestStudio } from './studio.ts';

let studio: TestStudio;
beforeEach(async () => {
  studio = await startTestStudio();
});
afterEach(() => studio.stop());

it.each<[string, string, Buffer]>([
  ['torn', 'downloads.json', Buffer.from('{"downloads":[{"key":')],
  ['no UTF-8', 'downloads.json', Buffer.from('{"downloads":[{"key":"caf\xe9.mov"}]}', 'latin1')],
  ['torn and of an earlier version', 'copies.json', Buffer.from('{"copies":[{"key":')],
])('sets a list of downloads aside that is %s, with its content', async (_is, name, bytes) => {
  const journalFolder = join(studio.folder, 'damaged');
  await mkdir(journalFolder, { recursive: true });
  await writeFile(join(journalFolder, name), bytes);
  const services = await studio.join({ journalFolder });
  services.downloads.add('nothing.mov', join(studio.folder, 'nothing.mov'));
  const [aside = ''] = (await readdir(journalFolder)).filter((found) => found.startsWith(`${name}.damaged-`));
  expect(await readFile(join(journalFolder, aside))).toEqual(bytes);
});
