import i18next from 'i18next';
import { beforeAll, expect, it } from 'vitest';
import { describeChange, placeText } from '../../../../renderer/preferences/changeText.ts';
import { simulate } from '../../../../renderer/preferences/simulate.ts';
import { startText } from '../../../../renderer/text/i18n.ts';
import { thePreferences } from '../../../mothers/preferences.ts';

beforeAll(() => startText());

const document = thePreferences();

it.each([
  ['203.0.113.7', '60', 'auto', 'media-syd', 'replica-by-ip'],
  ['203.0.113.7', '59', 'auto', 'media', 'within-replication-delay'],
  ['198.51.100.1', '60', 'auto', 'media', 'ip-outside-ranges'],
  ['', '60', 'auto', 'media', 'ip-unknown'],
  ['', '60', 'sydney', 'media-syd', 'replica-chosen'],
])(
  'somebody at "%s", %s s after an upload, reading from %s: %s because of %s',
  (address, seconds, readFrom, ...wanted) => {
    const answer = simulate(document, { address, seconds, readFrom });
    expect(typeof answer === 'object' && [answer.bucket, answer.route.reason]).toEqual(wanted);
  },
);

it('names what is no address and no number of seconds', () => {
  expect(simulate(document, { address: 'here', seconds: '1', readFrom: 'auto' })).toBe('address');
  expect(simulate(document, { address: '', seconds: '1.5', readFrom: 'auto' })).toBe('seconds');
});

it('puts changes into the words of the form', () => {
  const { t } = i18next;
  const change = { path: 'replication.replicas.sydney.ipRanges', before: ['a', 'b'], after: ['b', 'c'] };
  const described = describeChange(change, t);
  expect(described).toEqual({ place: 'Replica sydney: IP ranges, one per line', removed: ['a'], added: ['c'] });
  expect(placeText('s3Configuration.main.us.bucket', t)).toBe('Storage main.us: bucket');
  expect(placeText('replication.delaySeconds', t)).toBe('Replication delay, seconds');
  expect(placeText('looks.Show.v2.key', t)).toBe('Look Show.v2: File, as the library shows it');
  const look = { path: 'looks.Night', before: undefined, after: { name: 'Night', key: 'n.cube' } };
  expect(describeChange(look, t)).toEqual({ place: 'Look Night', removed: [], added: ['name Night, key n.cube'] });
  expect(describeChange({ path: 'uploads.maxBytesPerSecond', before: undefined, after: 25_000_000 }, t)).toEqual({
    place: 'Ceiling for uploads of each machine, MB/s',
    removed: [],
    added: ['25 MB/s'],
  });
});
