import { expect, it } from 'vitest';
import { applyChoices, type Choices, type Side, undecided } from '../../../../renderer/store/mergeChoices.ts';
import type { IsolationPreferences } from '../../../../shared/preferences.ts';
import { mergePreferences } from '../../../../shared/preferencesMerge.ts';
import { thePreferences, TWO_REGIONS } from '../../../mothers/preferences.ts';

function documentOf(change: { delay?: number; bucket?: string; label?: string; main?: string }): IsolationPreferences {
  return thePreferences({
    ...TWO_REGIONS,
    s3Configuration: {
      virginia: TWO_REGIONS.s3Configuration.virginia,
      'syd.au': { region: 'ap-southeast-2', bucket: change.bucket ?? 'media-syd' },
      london: { region: 'eu-west-2', bucket: 'media-lon' },
    },
    mainStorage: change.main ?? 'virginia',
    replication: {
      delaySeconds: change.delay ?? 60,
      replicas: [{ storage: 'syd.au', ...(change.label !== undefined && { label: change.label }) }],
    },
  });
}

const BASE = documentOf({});
const MINE = documentOf({ delay: 90, bucket: 'mine', label: 'Mine' });
const THEIRS = documentOf({ delay: 120, bucket: 'theirs', label: 'Theirs' });
const MERGED = mergePreferences(BASE, MINE, THEIRS);

function decide(side: (path: string) => Side): Choices {
  return Object.fromEntries(MERGED.conflicts.map(({ path }) => [path, side(path)]));
}

it('asks about every place that both changed', () => {
  expect(undecided(MERGED.conflicts, {})).toHaveLength(3);
  expect(
    undecided(
      MERGED.conflicts,
      decide(() => 'mine'),
    ),
  ).toEqual([]);
});

it('gives mine where mine was chosen everywhere, and theirs likewise', () => {
  expect(
    applyChoices(
      MERGED.document,
      MERGED.conflicts,
      decide(() => 'mine'),
    ),
  ).toEqual(JSON.parse(JSON.stringify(MINE)));
  expect(
    applyChoices(
      MERGED.document,
      MERGED.conflicts,
      decide(() => 'theirs'),
    ),
  ).toEqual(JSON.parse(JSON.stringify(THEIRS)));
});

it('decides each place by itself, in storages whose names have dots and in replicas', () => {
  const choices = decide((path) => (path.includes('bucket') ? 'theirs' : 'mine'));
  expect(applyChoices(MERGED.document, MERGED.conflicts, choices)).toMatchObject({
    s3Configuration: { 'syd.au': { bucket: 'theirs' } },
    replication: { delaySeconds: 90, replicas: [{ storage: 'syd.au', label: 'Mine' }] },
  });
});

it('takes away what the chosen side does not have', () => {
  const conflict = { path: 'replication.replicas.syd.au.label', base: 'Sydney', mine: 'Mine', theirs: undefined };
  const after = applyChoices(applyChoices(MERGED.document, [], {}), [conflict], { [conflict.path]: 'theirs' });
  expect(after).toMatchObject({ replication: { replicas: [{ storage: 'syd.au', ipRanges: [] }] } });
  expect(JSON.stringify(after)).not.toContain('Mine');
});

it('decides about looks by their names', () => {
  const show = { name: 'Show', key: 's.cube' };
  const looks = (key: string, more: object[] = []) =>
    thePreferences({ ...TWO_REGIONS, looks: [show, { name: 'Show.v2', key }, ...more] });
  const night = { name: 'Show.night', key: 'n.cube' };
  const base = looks('a.cube', [night]);
  const { document, conflicts } = mergePreferences(
    base,
    looks('b.cube'),
    looks('c.cube', [{ ...night, key: 'n2.cube' }]),
  );
  expect(conflicts.map(({ path }) => path)).toEqual(['looks.Show.v2.key', 'looks.Show.night']);
  const decided = applyChoices(document, conflicts, { 'looks.Show.v2.key': 'theirs', 'looks.Show.night': 'theirs' });
  expect(thePreferences(decided).looks).toEqual([
    show,
    { name: 'Show.v2', key: 'c.cube' },
    { ...night, key: 'n2.cube' },
  ]);
});
