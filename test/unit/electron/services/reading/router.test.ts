import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplicaProof } from '../../../../../electron/services/reading/replicaProof.ts';
import { Router } from '../../../../../electron/services/reading/router.ts';
import { preferencesSchema } from '../../../../../shared/preferencesSchema.ts';
import type { ClientAddress } from '../../../../../shared/routing.ts';
import { aVersion } from '../../../../mothers/versions.ts';

const SECOND = 1000;
const NOW = Date.UTC(2026, 0, 2, 12);
const REPLICAS = ['sydney', 'perth', 'london'];
const STORAGES = ['main', ...REPLICAS];
const PREFERENCES = preferencesSchema.parse({
  version: 1,
  s3Configuration: Object.fromEntries(STORAGES.map((name) => [name, { region: 'us-east-1', bucket: `media-${name}` }])),
  mainStorage: 'main',
  replication: {
    delaySeconds: 60,
    replicas: REPLICAS.map((storage, index) => ({ storage, ipRanges: [`10.${index}.0.0/16`] })),
  },
});
const VERSION = aVersion({ lastModified: NOW - 3600 * SECOND });

type Truth = 'yes' | 'no' | 'silent';

/** A router on storages whose state a test can change at any moment. */
function startRouter() {
  const state = {
    now: NOW,
    readFrom: 'auto',
    addresses: [{ address: '10.0.0.1', source: 'public' }] as ClientAddress[],
    away: new Set<string>(),
    truth: new Map<string, Truth>(REPLICAS.map((name) => [name, 'yes'])),
    asked: [] as string[],
    /** Called while a question is on its way. */
    meanwhile: (): unknown => undefined,
  };
  const proof = new ReplicaProof(
    async (storage) => {
      state.asked.push(storage);
      await Promise.resolve();
      state.meanwhile();
      const truth = state.truth.get(storage);
      if (truth === 'silent') throw new Error('no answer');
      return truth === 'yes';
    },
    () => state.now,
  );
  const router = new Router({
    preferences: PREFERENCES,
    readFrom: () => state.readFrom,
    addresses: () => state.addresses,
    reachability: { isReachable: (storage) => !state.away.has(storage) },
    proof,
    storageNow: () => state.now,
  });
  return { state, proof, router };
}

describe('the route with proof', () => {
  it('names a replica after asking it for this version, once', async () => {
    const { state, router } = startRouter();
    expect(await router.proved(VERSION)).toMatchObject({ storage: 'sydney', reason: 'replica-by-ip' });
    await router.proved(VERSION);
    expect(state.asked).toEqual(['sydney']);
  });

  it('asks although a listing said yes, and believes the answer', async () => {
    const { state, proof, router } = startRouter();
    proof.listed('sydney', VERSION, VERSION);
    state.truth.set('sydney', 'no');
    expect(router.known(VERSION)).toMatchObject({ storage: 'sydney' });
    expect(await router.proved(VERSION)).toMatchObject({ storage: 'main', reason: 'replica-not-ready' });
  });

  it('comes back to a replica that denied, when it has the version by now', async () => {
    const { state, router } = startRouter();
    state.truth.set('sydney', 'no');
    expect(await router.proved(VERSION)).toMatchObject({ storage: 'main', reason: 'replica-not-ready' });
    state.truth.set('sydney', 'yes');
    expect(await router.proved(VERSION)).toMatchObject({ reason: 'replica-not-ready' });
    expect(state.asked).toHaveLength(1);
    // What asks nobody does not promise more than was said last.
    state.now += SECOND;
    expect(router.known(VERSION)).toMatchObject({ storage: 'main', reason: 'replica-not-ready' });
    expect(await router.proved(VERSION)).toMatchObject({ storage: 'sydney', reason: 'replica-by-ip' });
  });

  it('is main when the replica does not answer, and asks it once', async () => {
    const { state, router } = startRouter();
    state.truth.set('sydney', 'silent');
    expect(await router.proved(VERSION)).toMatchObject({ storage: 'main' });
    expect(state.asked).toEqual(['sydney']);
    state.meanwhile = () => state.away.add('sydney');
    expect(await router.proved(VERSION)).toMatchObject({ storage: 'main', reason: 'replica-unreachable' });
  });

  it('asks nobody for a young object, nor where main was chosen', async () => {
    const { state, router } = startRouter();
    const young = { ...VERSION, lastModified: NOW - 10 * SECOND };
    expect(await router.proved(young)).toMatchObject({
      reason: 'within-replication-delay',
      details: { secondsLeft: 50 },
    });
    state.readFrom = 'main';
    expect(await router.proved(VERSION)).toMatchObject({ reason: 'main-chosen' });
    expect(state.asked).toEqual([]);
  });

  it('takes any replica that holds the version while main is away, the wanted one first', async () => {
    const { state, router } = startRouter();
    state.away.add('main');
    expect(await router.proved(VERSION)).toMatchObject({ storage: 'sydney', reason: 'main-unreachable' });
    state.away.add('sydney');
    expect(await router.proved(VERSION)).toMatchObject({ storage: 'perth', reason: 'main-unreachable' });
  });

  it('lets another holder be read from only where it is main, or proved to hold the version after the delay', async () => {
    const { state, router } = startRouter();
    const may = (version = VERSION) =>
      Promise.all([...STORAGES, 'elsewhere'].map((storage) => router.mayRead(storage, version)));
    state.truth.set('perth', 'no');
    state.truth.set('london', 'silent');
    expect(await may()).toEqual([true, true, false, false, false]);
    const young = { ...VERSION, key: 'b.mov', lastModified: NOW - 10 * SECOND };
    expect(await may(young)).toEqual([true, false, false, false, false]);
    state.away.add('main').add('sydney');
    expect(await may()).toEqual([false, false, false, false, false]);
  });

  it('counts the age from the end of an upload of this machine, whose object S3 dates by its beginning', async () => {
    const { state, router } = startRouter();
    router.uploadCompleted(VERSION.key);
    expect(await router.proved(VERSION)).toMatchObject({ reason: 'within-replication-delay' });
    expect(await router.proved({ ...VERSION, key: 'b.mov' })).toMatchObject({ reason: 'replica-by-ip' });
    state.now += 61 * SECOND;
    expect(await router.proved(VERSION)).toMatchObject({ reason: 'replica-by-ip' });
  });

  it('property: never names a replica without a yes to exactly this version, asks each at most twice, and ends, whatever changes meanwhile', async () => {
    const truth = fc.constantFrom<Truth>('yes', 'no', 'silent');
    const change = fc.record({
      readFrom: fc.constantFrom('auto', 'main', ...REPLICAS),
      addresses: fc.subarray(['10.0.0.1', '10.1.0.1', '10.2.0.1', '192.0.2.1']),
      away: fc.subarray(STORAGES),
      listed: fc.subarray(REPLICAS),
      denied: fc.subarray(REPLICAS),
      pass: fc.integer({ min: -3600, max: 3600 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(truth, truth, truth),
        fc.array(change, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: -120, max: 7200 }),
        async (truths, changes, age) => {
          const { state, proof, router } = startRouter();
          const version = { ...VERSION, lastModified: NOW - age * SECOND };
          REPLICAS.forEach((name, index) => state.truth.set(name, truths[index] ?? 'no'));
          const next = () => {
            const changed = changes.shift();
            if (!changed) return;
            state.readFrom = changed.readFrom;
            state.addresses = changed.addresses.map((address) => ({ address, source: 'public' }));
            state.away = new Set(changed.away);
            for (const storage of changed.listed) proof.listed(storage, version, version);
            for (const storage of changed.denied) proof.listed(storage, version, undefined);
            state.now += changed.pass * SECOND;
          };
          next();
          state.meanwhile = next;
          const decision = await router.proved(version);
          if (decision.storage !== 'main') {
            expect(state.truth.get(decision.storage)).toBe('yes');
            expect(state.asked).toContain(decision.storage);
          }
          for (const storage of REPLICAS) {
            expect(state.asked.filter((one) => one === storage).length).toBeLessThanOrEqual(2);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('where this machine reads from in general', () => {
  it('is told without asking and without any object', () => {
    const { state, router } = startRouter();
    expect(router.general()).toMatchObject({ storage: 'sydney', reason: 'replica-by-ip' });
    expect(router.wantedReplica()).toBe('sydney');
    state.away.add('sydney');
    expect(router.general()).toMatchObject({ storage: 'main', reason: 'replica-unreachable' });
    state.addresses = [];
    expect(router.general()).toMatchObject({ storage: 'main', reason: 'ip-unknown' });
    expect(router.wantedReplica()).toBeUndefined();
    expect(state.asked).toEqual([]);
  });
});
