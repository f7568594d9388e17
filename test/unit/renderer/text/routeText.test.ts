import i18next from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import { folderText } from '../../../../renderer/text/folderText.ts';
import { startText } from '../../../../renderer/text/i18n.ts';
import { isNear, isSettling, roleText, routeText, storageLabel } from '../../../../renderer/text/routeText.ts';
import type { StorageSummary } from '../../../../shared/reading.ts';
import { type Route, ROUTE_REASONS } from '../../../../shared/routing.ts';

const storage = (name: string, label: string, role: StorageSummary['role']): StorageSummary => ({
  name,
  label,
  role,
  region: '',
  bucket: '',
  reachable: true,
});
const STORAGES = [storage('main-us', 'Virginia', 'main'), storage('syd', 'Sydney', 'replica')];
const DETAILS = { replica: 'syd', matchedAddress: '203.0.113.7', matchedRange: '203.0.113.0/24' };

beforeAll(startText);

describe.each(ROUTE_REASONS)('%s', (reason) => {
  const details = { ...DETAILS, ...(reason === 'within-replication-delay' && { secondsLeft: 40 }) };
  const say = () =>
    routeText({ storage: reason.startsWith('replica-by') ? 'syd' : 'main-us', reason, details }, STORAGES, i18next.t);

  it('has a short label and a whole sentence with nothing left open', () => {
    const { label, sentence } = say();
    expect(label).not.toContain('reason.');
    expect(label.split(' ').length).toBeLessThanOrEqual(4);
    expect(sentence).toMatch(/^[A-Z].*\.$/);
    expect(sentence).not.toMatch(/\{\{|undefined/);
    expect(sentence).toMatch(/Virginia|Sydney/);
  });
});

it('an object with a date to come is not called new', () => {
  const route: Route = { storage: 'main-us', reason: 'within-replication-delay', details: DETAILS };
  const { label, sentence } = routeText(route, STORAGES, i18next.t);
  expect(label).toBe('Age not known');
  expect(sentence).toContain('is to come, by the clock of Virginia');
  expect(sentence).not.toMatch(/younger/);
});

it('names the address and the range', () => {
  const route: Route = { storage: 'syd', reason: 'replica-by-ip', details: DETAILS };
  expect(routeText(route, STORAGES, i18next.t).sentence).toBe(
    'Your address 203.0.113.7 is in 203.0.113.0/24, which belongs to Sydney.',
  );
});

it('marks a replica as near, and neither the main storage nor one that is not in the preferences', () => {
  expect(['syd', 'main-us', 'tokyo'].map((name) => isNear(name, STORAGES))).toEqual([true, false, false]);
});

it('has a word for every role', () => {
  const roles = ['main', 'replica', 'other'] as const;
  expect(roles.map((role) => roleText({ role }, i18next.t))).toEqual(['main', 'replica', 'other']);
});

it('names a folder by its path, and the topmost one as the library', () => {
  expect(['shots/', ''].map((folder) => folderText(folder, i18next.t))).toEqual(['shots/', 'the library']);
});

it('calls a storage without a label by its name', () => expect(storageLabel('tokyo', STORAGES)).toBe('tokyo'));

it('a faster source is told with the one that was slower', () => {
  const route: Route = { storage: 'main-us', reason: 'measured-faster', details: { slower: 'syd' } };
  expect(routeText(route, STORAGES, i18next.t)).toEqual({
    place: 'Virginia',
    label: 'Faster now',
    sentence: 'Sydney gave this more slowly than it plays; Virginia was measured to be faster.',
  });
  expect(isSettling(route)).toBe(false);
});

it('knows which routes change by themselves', () => {
  const settling = ROUTE_REASONS.filter((reason) => isSettling({ storage: 'x', reason, details: {} }));
  expect(settling).toEqual([
    'main-unreachable',
    'within-replication-delay',
    'replica-unreachable',
    'replica-not-ready',
  ]);
});
