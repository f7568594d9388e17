import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import { age, Desk, makeQueue } from './surroundings.ts';

const FILES = 300;

it('a window that follows the events has the present list, also when it is cleared while more comes', async () => {
  const sandbox = await startSandbox();
  const desk = await Desk.open();
  const running = makeQueue(sandbox, desk);
  try {
    const folder = join(desk.folder, 'frames');
    await mkdir(folder);
    for (let frame = 0; frame < FILES; frame++) {
      const path = join(folder, `${frame}.exr`);
      await writeFile(path, `frame ${frame}`);
      await age(path);
    }
    await running.queue.start();
    const followed = () => {
      const ids = new Set<string>();
      for (const { changed, removed } of running.deltas) {
        for (const { id } of changed) ids.add(id);
        for (const id of removed) ids.delete(id);
      }
      return [...ids].sort();
    };
    const listed = () =>
      running.queue
        .list()
        .map(({ id }) => id)
        .sort();
    for (let round = 0; round < 4; round++) {
      await running.queue.add('', [folder], { onConflict: 'replace' });
      await running.queue.finished();
      running.queue.clear();
    }
    await running.queue.add('', [join(folder, '7.exr')]);
    await running.queue.finished();
    await expect.poll(followed).toEqual(listed());
    expect(listed()).toHaveLength(1);
  } finally {
    await running.stop();
    await sandbox.close();
    await desk.close();
  }
});
