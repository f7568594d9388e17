import i18next from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import { startText } from '../../../../renderer/text/i18n.ts';
import { clockText, modeText, proofText, replicationText, storageFacts } from '../../../../renderer/why/whyText.ts';
import type { ReadingStatus, RouteExplanation } from '../../../../shared/reading.ts';

const { t } = i18next;
beforeAll(() => startText());

const READING: ReadingStatus = {
  readFrom: 'auto',
  route: { storage: 'sydney', reason: 'replica-by-ip', details: {} },
  region: 'ap-southeast-2',
  label: 'Sydney',
  addresses: [],
  replicationDelaySeconds: 60,
  storages: [
    { name: 'main-us', label: 'Virginia', region: 'us-east-1', bucket: 'm', role: 'main', reachable: true },
    { name: 'sydney', label: 'Sydney', region: 'ap-southeast-2', bucket: 's', role: 'replica', reachable: true },
    { name: 'london', label: 'London', region: 'eu-west-2', bucket: 'l', role: 'replica', reachable: false },
  ],
};

function explained(more: Partial<RouteExplanation> = {}): RouteExplanation {
  return { reading: READING, measurements: [], clockOffsets: [], text: '', ...more };
}

describe('storages', () => {
  it('marks the one that is read from: of the file, where there is one', () => {
    const inUse = (whole: RouteExplanation) =>
      storageFacts(whole, t)
        .filter((facts) => facts.inUse)
        .map(({ storage }) => storage.name);
    expect(inUse(explained())).toEqual(['sydney']);
    const object = {
      key: 'a.mp4',
      size: 1,
      lastModified: 0,
      ageSeconds: 3,
      route: { storage: 'main-us', reason: 'within-replication-delay' as const, details: {} },
      proofs: [],
    };
    expect(inUse(explained({ object }))).toEqual(['main-us']);
  });

  it('draws latency and speed in proportion to the largest, and says why one has none', () => {
    const error = { code: 'timeout', message: 'No answer in time.', retryable: true } as const;
    const [main, sydney, london] = storageFacts(
      explained({
        measurements: [
          { storage: 'main-us', latency: 200, throughput: 5_000_000 },
          { storage: 'sydney', latency: 10.4, throughput: 100_000_000 },
          { storage: 'london', error },
        ],
      }),
      t,
    );
    expect(main?.measured).toMatchObject({ latency: '200 ms', latencyShare: 1, throughputShare: 0.05 });
    expect(sydney?.measured).toMatchObject({ latency: '10 ms', throughput: '100 MB/s' });
    expect(sydney?.measured?.latencyShare).toBeCloseTo(0.052);
    expect(london?.measured).toMatchObject({ latency: undefined, error, latencyShare: 0 });
  });

  it('shows nothing measured before there was a measurement', () => {
    expect(storageFacts(explained(), t).map(({ measured }) => measured)).toEqual([undefined, undefined, undefined]);
  });
});

describe('clocks', () => {
  it.each([
    [0, 'clock as here'],
    [-1, 'clock as here'],
    [45, 'clock 45 s ahead of this computer'],
    [-10_800, 'clock 3 h behind this computer'],
    [5400, 'clock 1 h 30 min ahead of this computer'],
    [7170, 'clock 2 h ahead of this computer'],
  ])('%i s: %s', (seconds, words) => {
    expect(clockText(seconds, t)).toBe(words);
  });
});

it('says what S3 says, and repeats what it does not know', () => {
  expect(replicationText('FAILED', t)).toContain('failed');
  expect(replicationText(undefined, t)).toContain('no replication status');
  expect(replicationText('SOMETHING-NEW', t)).toBe('SOMETHING-NEW');
});

it('says how a proof is known', () => {
  const { storages } = READING;
  expect(proofText({ storage: 'sydney', holds: 'yes', by: 'version' }, storages, t)).toBe('Sydney holds this version.');
  expect(proofText({ storage: 'sydney', holds: 'yes', by: 'listing' }, storages, t)).toContain('lists');
  expect(proofText({ storage: 'london', holds: 'no', by: 'version' }, storages, t)).toContain('does not hold');
  expect(proofText({ storage: 'london', holds: 'unknown' }, storages, t)).toContain('not asked');
});

it('names the choice', () => {
  expect(modeText('auto', READING.storages, t)).toMatch(/^Automatic/);
  expect(modeText('london', READING.storages, t)).toBe('London, chosen by hand.');
});
