import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffPreferences, mergePreferences } from '../../../shared/preferencesMerge.ts';
import { type IsolationPreferences, preferencesSchema } from '../../../shared/preferencesSchema.ts';

type Replica = IsolationPreferences['replication']['replicas'][number];

function studio(change: (draft: IsolationPreferences) => void = () => undefined): IsolationPreferences {
  const draft = preferencesSchema.parse({
    version: 1,
    s3Configuration: {
      'main-us': { region: 'us-east-1', bucket: 'studio-media', prefix: 'media' },
      sydney: { region: 'ap-southeast-2', bucket: 'studio-media-syd', prefix: 'media' },
      tokyo: { region: 'ap-northeast-1', bucket: 'studio-media-tyo', prefix: 'media' },
    },
    mainStorage: 'main-us',
    replication: {
      delaySeconds: 60,
      replicas: [{ storage: 'sydney', ipRanges: ['203.0.113.0/24', '198.51.100.0/24'] }],
    },
  });
  change(draft);
  return draft;
}

const firstReplica = (draft: IsolationPreferences): Replica => {
  const [replica] = draft.replication.replicas;
  if (!replica) throw new Error('There is no replica');
  return replica;
};
const addTokyo = (draft: IsolationPreferences) =>
  void draft.replication.replicas.push({ storage: 'tokyo', ipRanges: ['192.0.2.0/24'] });

describe('the difference between two documents', () => {
  it('names each place, replicas by their storage, and is empty for the same document', () => {
    const after = studio((draft) => {
      draft.replication.delaySeconds = 90;
      firstReplica(draft).label = 'Sydney';
      addTokyo(draft);
    });
    expect(diffPreferences(studio(), after)).toEqual([
      { path: 'replication.delaySeconds', before: 60, after: 90 },
      { path: 'replication.replicas.sydney.label', before: undefined, after: 'Sydney' },
      {
        path: 'replication.replicas.tokyo',
        before: undefined,
        after: { storage: 'tokyo', ipRanges: ['192.0.2.0/24'] },
      },
    ]);
    expect(diffPreferences(after, after)).toEqual([]);
  });
});

describe('two admins at once', () => {
  it('keeps what each of them changed elsewhere', () => {
    const mine = studio((draft) => (draft.replication.delaySeconds = 90));
    const theirs = studio((draft) => {
      addTokyo(draft);
      firstReplica(draft).ipRanges.push('192.0.2.128/25');
    });
    const { document, conflicts } = mergePreferences(studio(), mine, theirs);
    expect(conflicts).toEqual([]);
    expect(preferencesSchema.parse(document)).toMatchObject({
      replication: {
        delaySeconds: 90,
        replicas: [{ ipRanges: expect.arrayContaining(['192.0.2.128/25']) as string[] }, { storage: 'tokyo' }],
      },
    });
  });

  it('merges lists line by line: an added line stays, a removed line is gone', () => {
    const mine = studio((draft) => (firstReplica(draft).ipRanges = ['203.0.113.0/24']));
    const theirs = studio((draft) => void firstReplica(draft).ipRanges.push('192.0.2.0/24'));
    const merged = preferencesSchema.parse(mergePreferences(studio(), mine, theirs).document);
    expect(firstReplica(merged).ipRanges).toEqual(['203.0.113.0/24', '192.0.2.0/24']);
  });

  it('names a value that both changed, and keeps mine until somebody decides', () => {
    const mine = studio((draft) => (draft.replication.delaySeconds = 90));
    const theirs = studio((draft) => (draft.replication.delaySeconds = 120));
    const { document, conflicts } = mergePreferences(studio(), mine, theirs);
    expect(conflicts).toEqual([{ path: 'replication.delaySeconds', base: 60, mine: 90, theirs: 120 }]);
    expect(preferencesSchema.parse(document).replication.delaySeconds).toBe(90);
  });

  it('names a replica that one removed while the other changed it', () => {
    const mine = studio((draft) => (draft.replication.replicas = []));
    const theirs = studio((draft) => (firstReplica(draft).label = 'Sydney'));
    expect(mergePreferences(studio(), mine, theirs).conflicts).toMatchObject([{ path: 'replication.replicas.sydney' }]);
  });
});

describe('looks', () => {
  const withLooks = (looks: IsolationPreferences['looks']) => studio((draft) => (draft.looks = looks));
  const show = { name: 'Show.v2', key: 'looks/show.cube' };
  const base = withLooks([show, { name: '__proto__', key: 'p.cube' }]);

  it('are told apart by their names', () => {
    const after = withLooks([
      { name: 'Night', key: 'n.cube' },
      { ...show, key: 'looks/show2.cube' },
    ]);
    expect(diffPreferences(base, after)).toEqual([
      { path: 'looks.Show.v2.key', before: 'looks/show.cube', after: 'looks/show2.cube' },
      { path: 'looks.__proto__', before: { name: '__proto__', key: 'p.cube' }, after: undefined },
      { path: 'looks.Night', before: undefined, after: { name: 'Night', key: 'n.cube' } },
    ]);
  });

  it('of two administrators are put together, and one that both changed is asked about', () => {
    const mine = withLooks([...base.looks, { name: 'Night', key: 'n.cube' }]);
    const theirs = withLooks([...base.looks, { name: 'Day', key: 'd.cube' }]);
    const { document, conflicts } = mergePreferences(base, mine, theirs);
    expect(conflicts).toEqual([]);
    expect(preferencesSchema.parse(document).looks.map(({ name }) => name)).toEqual([
      ...['Show.v2', '__proto__', 'Night', 'Day'],
    ]);
    const changed = (key: string) => withLooks([{ ...show, key }, ...base.looks.slice(1)]);
    expect(mergePreferences(base, changed('a.cube'), changed('b.cube')).conflicts).toEqual([
      { path: 'looks.Show.v2.key', base: 'looks/show.cube', mine: 'a.cube', theirs: 'b.cube' },
    ]);
  });
});

describe('laws of merging', () => {
  const changes = fc.record({
    delay: fc.option(fc.integer({ min: 0, max: 900 })),
    label: fc.option(fc.string({ minLength: 1, maxLength: 10 })),
    ranges: fc.subarray(['203.0.113.0/24', '198.51.100.0/24', '192.0.2.0/24', '10.0.0.0/8']),
    tokyo: fc.boolean(),
  });
  const documents = changes.map(({ delay, label, ranges, tokyo }) =>
    studio((draft) => {
      if (delay !== null) draft.replication.delaySeconds = delay;
      if (label !== null) firstReplica(draft).label = label;
      firstReplica(draft).ipRanges = ranges;
      if (tokyo) addTokyo(draft);
    }),
  );
  const sameAs = (document: unknown, wanted: IsolationPreferences) =>
    diffPreferences(preferencesSchema.parse(document), wanted).length === 0;

  it('a side that changed nothing takes the other side whole', () => {
    fc.assert(
      fc.property(documents, documents, (base, changed) => {
        expect(sameAs(mergePreferences(base, changed, base).document, changed)).toBe(true);
        expect(sameAs(mergePreferences(base, base, changed).document, changed)).toBe(true);
        expect(mergePreferences(base, changed, changed).conflicts).toEqual([]);
      }),
    );
  });
});
