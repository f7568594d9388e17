import { beforeEach, describe, expect, it } from 'vitest';
import { ReplicaProof } from '../../../../../electron/services/reading/replicaProof.ts';
import type { ObjectVersion } from '../../../../../electron/services/storage/objectVersion.ts';
import { aVersion } from '../../../../mothers/versions.ts';

const SECOND = 1000;
const V1 = aVersion();
const V2 = aVersion({ etag: '"2"', lastModified: V1.lastModified + 5000, versionId: 'v2' });

let now = 0;
let asked: string[] = [];
let withBytes: boolean[] = [];
let answer: (storage: string, version: ObjectVersion) => Promise<boolean>;
let proof: ReplicaProof;
beforeEach(() => {
  now = 5_000_000;
  asked = [];
  withBytes = [];
  answer = () => Promise.resolve(true);
  proof = new ReplicaProof(
    (storage, version, bytes) => {
      asked.push(`${storage} ${version.etag}`);
      withBytes.push(bytes);
      return answer(storage, version);
    },
    () => now,
  );
});
const deny = () => Promise.resolve(false);
const silence = () => Promise.reject(new Error('no answer'));

describe('what is proved', () => {
  it('is asked once, holds for that version on that storage, and for no other', async () => {
    expect(proof.of('sydney', V1)).toEqual({ holds: 'unknown' });
    expect(await proof.prove('sydney', V1)).toEqual({ holds: 'yes', by: 'version' });
    expect(await proof.prove('sydney', V1)).toEqual({ holds: 'yes', by: 'version' });
    expect(asked).toEqual(['sydney "1"']);
    for (const [storage, version] of [
      ['perth', V1],
      ['sydney', V2],
      ['sydney', { ...V1, size: 8 }],
      ['sydney', { ...V1, key: 'b.mov' }],
    ] as const) {
      expect(proof.of(storage, version)).toEqual({ holds: 'unknown' });
    }
  });

  it('serves a listing too, which counts whole seconds and names no version', async () => {
    await proof.prove('sydney', { ...V1, lastModified: V1.lastModified + 999 });
    const { versionId: _versionId, ...listed } = V1;
    expect(proof.of('sydney', listed)).toEqual({ holds: 'yes', by: 'version' });
  });

  it('is shared by all who ask at the same time', async () => {
    let release: (holds: boolean) => void = () => undefined;
    answer = () => new Promise((resolve) => (release = resolve));
    const all = [proof.prove('sydney', V1), proof.prove('sydney', V1), proof.prove('sydney', V1)];
    release(true);
    expect(await Promise.all(all)).toEqual(Array(3).fill({ holds: 'yes', by: 'version' }));
    expect(asked).toHaveLength(1);
  });

  it('can be taken back by a storage that says so', async () => {
    await proof.prove('sydney', V1);
    proof.confirmed('sydney', V1, false);
    expect(proof.of('sydney', V1)).toEqual({ holds: 'no', by: 'version' });
  });
});

describe('a denial', () => {
  it('is not asked about again before 1, 2, 4 … 60 seconds', async () => {
    answer = deny;
    const pauses: number[] = [];
    for (let round = 0; round < 9; round++) {
      expect(await proof.prove('sydney', V1)).toEqual({ holds: 'no', by: 'version' });
      const before = asked.length;
      let waited = 0;
      while (asked.length === before) {
        expect(proof.isWorthAsking('sydney', V1)).toBe(false);
        now += SECOND;
        waited += SECOND;
        if (!proof.isWorthAsking('sydney', V1)) {
          await proof.prove('sydney', V1);
          expect(asked).toHaveLength(before);
        } else break;
      }
      pauses.push(waited / SECOND);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('ends when the replica has it, and the next one begins at one second again', async () => {
    answer = deny;
    for (let round = 0; round < 4; round++, now += 60 * SECOND) await proof.prove('sydney', V1);
    answer = () => Promise.resolve(true);
    expect((await proof.prove('sydney', V1)).holds).toBe('yes');
    proof.confirmed('sydney', V1, false);
    now += SECOND;
    expect(proof.isWorthAsking('sydney', V1)).toBe(true);
  });
});

describe('a storage that does not answer', () => {
  it('leaves it unknown, and is asked again at once', async () => {
    answer = silence;
    expect(await proof.prove('sydney', V1)).toEqual({ holds: 'unknown' });
    expect(proof.of('sydney', V1)).toEqual({ holds: 'unknown' });
    answer = () => Promise.resolve(true);
    expect((await proof.prove('sydney', V1)).holds).toBe('yes');
    expect(asked).toHaveLength(2);
  });

  it('proves nothing, also where a listing had said yes', async () => {
    proof.listed('sydney', V1, V1);
    answer = silence;
    expect(await proof.prove('sydney', V1)).toEqual({ holds: 'unknown' });
    expect(proof.of('sydney', V1)).toEqual({ holds: 'yes', by: 'listing' });
  });
});

describe('a listing', () => {
  it('says yes by ETag or by second, and only with the same size', () => {
    const cases: [ObjectVersion | undefined, 'yes' | 'no'][] = [
      [V1, 'yes'],
      [{ ...V1, etag: '"encrypted otherwise"' }, 'yes'],
      [{ ...V1, lastModified: V1.lastModified + 1000 }, 'yes'],
      [{ ...V1, etag: '"0"', lastModified: V1.lastModified - 1000 }, 'no'],
      [{ ...V1, size: 8 }, 'no'],
      [undefined, 'no'],
    ];
    for (const [found, holds] of cases) {
      proof.listed('sydney', V1, found);
      expect(proof.of('sydney', V1)).toEqual({ holds, by: 'listing' });
    }
  });

  it('is no proof: the storage is still asked, and what it says counts', async () => {
    proof.listed('sydney', V1, V1);
    answer = deny;
    expect(await proof.prove('sydney', V1)).toEqual({ holds: 'no', by: 'version' });
    expect(asked).toHaveLength(1);
  });

  it('never overrules a proof by version', async () => {
    await proof.prove('sydney', V1);
    proof.listed('sydney', V1, undefined);
    proof.listed('sydney', V1, { ...V1, size: 1 });
    expect(proof.of('sydney', V1)).toEqual({ holds: 'yes', by: 'version' });
  });

  it('that denies holds the next question back', async () => {
    proof.listed('sydney', V1, undefined);
    expect(await proof.prove('sydney', V1)).toEqual({ holds: 'no', by: 'listing' });
    expect(asked).toHaveLength(0);
    now += SECOND;
    expect(await proof.prove('sydney', V1)).toEqual({ holds: 'yes', by: 'version' });
  });
});

it('remembers 200,000 versions and forgets the oldest first', () => {
  for (let index = 0; index <= 200_000; index++) proof.confirmed('sydney', { ...V1, key: `${index}` }, true);
  expect(proof.of('sydney', { ...V1, key: '0' }).holds).toBe('unknown');
  expect(proof.of('sydney', { ...V1, key: '1' }).holds).toBe('yes');
  expect(proof.of('sydney', { ...V1, key: '200000' }).holds).toBe('yes');
});

describe('a storage where reading failed', () => {
  it('is left alone for a minute, whatever it or its listing says, and asked again after that', async () => {
    await proof.prove('sydney', V1);
    proof.refused('sydney', V1, 'archived');
    proof.listed('sydney', V1, V1);
    expect(await proof.prove('sydney', V1)).toEqual({ holds: 'no', by: 'version', refusedFor: 'archived' });
    expect(asked).toHaveLength(1);
    now += 61 * SECOND;
    expect(await proof.prove('sydney', V1)).toEqual({ holds: 'yes', by: 'version' });
  });

  it('is asked for bytes before it counts again, and left alone for longer each time that it refuses them', async () => {
    proof.refused('sydney', V1, 'archived');
    answer = deny;
    for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
      now += minutes * 60 * SECOND - 1;
      expect(proof.isWorthAsking('sydney', V1)).toBe(false);
      now += 1;
      expect(await proof.prove('sydney', V1)).toEqual({ holds: 'no', by: 'version', refusedFor: 'archived' });
    }
    expect(withBytes).toEqual(Array(8).fill(true));
  });

  it('does not keep a listing from correcting a mere denial', async () => {
    answer = deny;
    await proof.prove('sydney', V1);
    proof.listed('sydney', V1, V1);
    expect(proof.of('sydney', V1)).toEqual({ holds: 'yes', by: 'listing' });
  });
});
