import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestStudio, type TestStudio } from './studio.ts';

let studio: TestStudio;
beforeEach(async () => {
  studio = await startTestStudio();
});
afterEach(() => studio.stop());

it.each<[string, Buffer]>([
  ['torn', Buffer.from('{"copies":[{"key":')],
  ['no UTF-8', Buffer.from('{"copies":[{"key":"caf\xe9.mov"}]}', 'latin1')],
])('sets a list of copies aside that is %s, and keeps what it was', async (_is, bytes) => {
  const journalFolder = join(studio.folder, 'damaged');
  await mkdir(journalFolder, { recursive: true });
  await writeFile(join(journalFolder, 'copies.json'), bytes);
  const services = await studio.join({ journalFolder });
  services.downloads.add('nothing.mov', join(studio.folder, 'nothing.mov'));
  const [aside = ''] = (await readdir(journalFolder)).filter((name) => name.startsWith('copies.json.damaged-'));
  expect(await readFile(join(journalFolder, aside))).toEqual(bytes);
});
