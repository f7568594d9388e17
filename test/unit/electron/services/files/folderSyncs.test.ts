import { expect, it } from 'vitest';
import { FolderSyncs } from '../../../../../electron/services/files/folderSyncs.ts';

it('share one sync that begins after all of their calls', async () => {
  const running: PromiseWithResolvers<undefined>[] = [];
  const syncs = new FolderSyncs(() => {
    const sync = Promise.withResolvers<undefined>();
    running.push(sync);
    return sync.promise;
  });
  const first = syncs.after('a');
  const others = Array.from({ length: 50 }, () => syncs.after('a'));
  expect(running).toHaveLength(1);
  running[0]?.resolve(undefined);
  await first;
  // The next one has begun, for all of the others.
  await new Promise((resolve) => setImmediate(resolve));
  expect(running).toHaveLength(2);
  running[1]?.resolve(undefined);
  await Promise.all(others);
  const later = syncs.after('a');
  expect(running).toHaveLength(3);
  running[2]?.resolve(undefined);
  await later;
});

it('of one folder do not wait for those of another, nor for a failed one', async () => {
  const syncs = new FolderSyncs((folder) =>
    folder === 'broken'
      ? Promise.reject(new Error('EIO'))
      : folder === 'slow'
        ? new Promise(() => undefined)
        : Promise.resolve(),
  );
  void syncs.after('slow');
  await syncs.after('a');
  const both = [syncs.after('broken'), syncs.after('broken')];
  for (const one of both) await expect(one).rejects.toThrow('EIO');
});
