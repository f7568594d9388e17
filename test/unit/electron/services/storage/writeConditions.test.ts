import { expect, it } from 'vitest';
import { type ConditionProbe, probeWriteConditions } from '../../../../../electron/services/storage/writeConditions.ts';
import { NearplayError } from '../../../../../shared/errors.ts';

/** What a storage answers to the probe; by default all writes are done, whatever their condition. */
function probe(answers: Partial<ConditionProbe>) {
  const removed: (string | undefined)[] = [];
  const asked: ConditionProbe = {
    put: () => Promise.resolve({ versionId: 'v', isProved: true }),
    has: () => Promise.reject(new Error('not asked')),
    remove: (_key, versionId) => Promise.resolve(void removed.push(versionId)),
    ...answers,
  };
  return { found: probeWriteConditions(asked), removed };
}

it('a proved write against its condition says that conditions are ignored', async () => {
  const { found, removed } = probe({});
  expect(await found).toBe('ignored');
  expect(removed).toEqual(['v', 'v']);
});

it('so does one without proof, whose object is there', async () => {
  const put = () => Promise.resolve({ isProved: false });
  expect(await probe({ put, has: () => Promise.resolve(true) }).found).toBe('ignored');
});

it('an answer of success that left nothing says nothing about conditions', async () => {
  const { found, removed } = probe({
    put: () => Promise.resolve({ isProved: false }),
    has: () => Promise.resolve(false),
  });
  await expect(found).rejects.toMatchObject({ code: 'not-a-storage' });
  // It is perhaps there all the same.
  expect(removed).toHaveLength(1);
});

it('without permission to look, it is not known', async () => {
  const { found } = probe({
    put: () => Promise.resolve({ isProved: false }),
    has: () => Promise.reject(new NearplayError('access-denied')),
  });
  expect(await found).toBe('unknown');
});
