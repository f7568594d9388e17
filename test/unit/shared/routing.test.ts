import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IsolationPreferences, preferencesSchema } from '../../../shared/preferencesSchema.ts';
import { type ClientAddress, type ReplicaState, route, ROUTE_REASONS } from '../../../shared/routing.ts';

const NOW = Date.UTC(2026, 0, 2, 12);
const DELAY = 60;
const OLD = { lastModified: NOW - 3600_000 };
const YOUNG = { lastModified: NOW - 20_500 };
const INSIDE: ClientAddress = { address: '203.0.113.9', source: 'public' };
const OUTSIDE: ClientAddress = { address: '198.51.100.1', source: 'public' };

function studio(replicas = [{ storage: 'sydney', ipRanges: ['203.0.113.0/24'] }]): IsolationPreferences {
  const bucket = (region: string, name: string) => ({ region, bucket: name });
  return preferencesSchema.parse({
    version: 1,
    s3Configuration: {
      'main-us': bucket('us-east-1', 'media'),
      sydney: bucket('ap-southeast-2', 'media-syd'),
      'sydney-2': bucket('ap-southeast-2', 'media-syd-2'),
    },
    mainStorage: 'main-us',
    replication: { delaySeconds: DELAY, replicas },
  });
}

const decide = (
  options: {
    object?: { lastModified: number };
    preferences?: IsolationPreferences;
    readFrom?: string;
    client?: ClientAddress[];
    state?: ReplicaState;
  } = {},
) =>
  route(
    options.object ?? OLD,
    options.preferences ?? studio(),
    options.readFrom ?? 'auto',
    options.client ?? [INSIDE],
    options.state ?? {},
    NOW,
  );

describe('the route table, row by row', () => {
  it('1: main unreachable, a replica is known to hold this version', () => {
    const state: ReplicaState = {
      'main-us': { reachable: false, holds: 'yes' },
      sydney: { reachable: true, holds: 'yes' },
    };
    const decision = decide({ object: YOUNG, readFrom: 'main', state });
    expect(decision).toMatchObject({ storage: 'sydney', reason: 'main-unreachable' });
  });

  it('1: does not apply while no replica is known to hold it', () => {
    for (const holds of ['no', 'unknown'] as const) {
      const state: ReplicaState = { 'main-us': { reachable: false, holds: 'yes' }, sydney: { reachable: true, holds } };
      expect(decide({ readFrom: 'main', state })).toMatchObject({ storage: 'main-us', reason: 'main-chosen' });
    }
  });

  it('2: no replica configured', () => {
    expect(decide({ preferences: studio([]) })).toMatchObject({ storage: 'main-us', reason: 'no-replica-configured' });
  });

  it('3: read from is main', () => {
    expect(decide({ readFrom: 'main' })).toMatchObject({ storage: 'main-us', reason: 'main-chosen' });
  });

  it('4: automatic, no client address known', () => {
    expect(decide({ client: [] })).toMatchObject({ storage: 'main-us', reason: 'ip-unknown' });
  });

  it('5: automatic, no range contains a client address', () => {
    expect(decide({ client: [OUTSIDE] })).toMatchObject({ storage: 'main-us', reason: 'ip-outside-ranges' });
  });

  it('6: the object is younger than the delay, by hand too', () => {
    for (const readFrom of ['auto', 'sydney']) {
      const decision = decide({ object: YOUNG, readFrom });
      expect(decision).toMatchObject({ storage: 'main-us', reason: 'within-replication-delay' });
      expect(decision.details.secondsLeft).toBe(40);
    }
  });

  it('6: ends exactly when the delay has passed', () => {
    expect(decide({ object: { lastModified: NOW - DELAY * 1000 + 1 } }).reason).toBe('within-replication-delay');
    expect(decide({ object: { lastModified: NOW - DELAY * 1000 } }).reason).toBe('replica-by-ip');
  });

  it('6: a date to come gives no age, so how long the source is read is not said', () => {
    const object = { lastModified: NOW + 3600 * 1000 };
    const decision = decide({ object });
    expect(decision).toMatchObject({ storage: 'main-us', reason: 'within-replication-delay' });
    expect(decision.details).not.toHaveProperty('secondsLeft');
    const { replication, ...rest } = studio();
    const preferences = { ...rest, replication: { ...replication, delaySeconds: 0 } };
    expect(decide({ object, preferences }).reason).toBe('replica-by-ip');
    // Clocks of one storage's machines differ a little.
    expect(decide({ object: { lastModified: NOW + 1000 } }).details.secondsLeft).toBe(DELAY);
  });

  it('7: the replica is unreachable', () => {
    const decision = decide({ state: { sydney: { reachable: false, holds: 'yes' } } });
    expect(decision).toMatchObject({ storage: 'main-us', reason: 'replica-unreachable' });
  });

  it('8: says when replication takes longer than the preferences allow', () => {
    const state: ReplicaState = { sydney: { reachable: true, holds: 'no' } };
    const late = { lastModified: NOW - 16 * 60 * 1000 };
    expect(decide({ object: late, state }).details.overdue).toBe(true);
    const soon = { lastModified: NOW - 14 * 60 * 1000 };
    expect(decide({ object: soon, state }).details).not.toHaveProperty('overdue');
  });

  it('8: the replica is known not to hold this version', () => {
    const decision = decide({ state: { sydney: { reachable: true, holds: 'no' } } });
    expect(decision).toMatchObject({ storage: 'main-us', reason: 'replica-not-ready' });
  });

  it('9: picked by hand', () => {
    const decision = decide({ readFrom: 'sydney', client: [] });
    expect(decision).toMatchObject({ storage: 'sydney', reason: 'replica-chosen' });
  });

  it('10: picked by address, with the range that matched', () => {
    expect(decide({ client: [OUTSIDE, INSIDE] })).toEqual({
      storage: 'sydney',
      reason: 'replica-by-ip',
      details: { replica: 'sydney', matchedRange: '203.0.113.0/24', matchedAddress: '203.0.113.9' },
    });
  });
});

it('takes the most specific range when several replicas match', () => {
  const wide = { storage: 'sydney', ipRanges: ['203.0.0.0/16'] };
  const narrow = { storage: 'sydney-2', ipRanges: ['203.0.113.0/28'] };
  for (const replicas of [
    [wide, narrow],
    [narrow, wide],
  ]) {
    expect(decide({ preferences: studio(replicas) }).storage).toBe('sydney-2');
  }
});

it('is not misled by a storage that is called like a property of every object', () => {
  const parsed = studio([{ storage: 'constructor', ipRanges: ['203.0.113.0/24'] }]);
  expect(decide({ preferences: parsed })).toMatchObject({ storage: 'constructor', reason: 'replica-by-ip' });
});

it('gives exactly one of the reasons, and a storage of the preferences, for every input', () => {
  const state = fc.record({ reachable: fc.boolean(), holds: fc.constantFrom('yes', 'no', 'unknown') });
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant(INSIDE.address), fc.string());
  const seen = new Set<string>();
  fc.assert(
    fc.property(
      fc.record({
        age: fc.oneof(fc.integer({ min: -10_000_000, max: 10_000_000 }), fc.integer({ min: 0, max: 120_000 })),
        replicas: fc.subarray([
          { storage: 'sydney', ipRanges: ['203.0.113.0/24'] },
          { storage: 'sydney-2', ipRanges: ['2001:db8::/32'] },
        ]),
        readFrom: fc.constantFrom('auto', 'main', 'sydney', 'sydney-2', 'gone'),
        addresses: fc.array(address, { maxLength: 3 }),
        states: fc.dictionary(fc.constantFrom('main-us', 'sydney', 'sydney-2'), state),
      }),
      ({ age, replicas, readFrom, addresses, states }) => {
        const preferences = studio(replicas);
        const client = addresses.map((text): ClientAddress => ({ address: text, source: 'given' }));
        const decision = route({ lastModified: NOW - age }, preferences, readFrom, client, states, NOW);
        seen.add(decision.reason);
        expect(ROUTE_REASONS.filter((reason) => reason === decision.reason)).toHaveLength(1);
        expect(Object.keys(preferences.s3Configuration)).toContain(decision.storage);
        const fromReplica = ['main-unreachable', 'replica-chosen', 'replica-by-ip'].includes(decision.reason);
        expect(decision.storage !== preferences.mainStorage).toBe(fromReplica);
      },
    ),
    { numRuns: 5000 },
  );
  expect([...seen].sort()).toEqual([...ROUTE_REASONS].sort());
});
