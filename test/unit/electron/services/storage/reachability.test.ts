import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Reachability } from '../../../../../electron/services/storage/reachability.ts';
import { NearplayError } from '../../../../../shared/errors.ts';

const SECOND = 1000;
const SILENT = new NearplayError('timeout', 'It is silent.');
let probes: { storage: string; at: number }[] = [];
let changes: string[] = [];
let probe: () => Promise<void>;
let reachability: Reachability;
beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  probes = [];
  changes = [];
  probe = () => Promise.reject(new Error('no answer'));
  reachability = new Reachability({
    probe: (storage) => {
      probes.push({ storage, at: Date.now() });
      return probe();
    },
    changed: (storage, reachable) => changes.push(`${storage} ${reachable}`),
  });
});
afterEach(() => {
  reachability.stop();
  vi.useRealTimers();
});
const times = () => probes.map(({ at }) => at / SECOND);

describe('an outage', () => {
  it('begins with the first failure, once, and concerns that storage alone', () => {
    expect(reachability.isReachable('sydney')).toBe(true);
    reachability.failed('sydney', SILENT);
    reachability.failed('sydney', SILENT);
    expect(reachability.isReachable('sydney')).toBe(false);
    expect(reachability.isReachable('main')).toBe(true);
    expect(changes).toEqual(['sydney false']);
  });

  it('is probed after 2, 4, 8 … seconds, then every minute', async () => {
    reachability.failed('sydney', SILENT);
    await vi.advanceTimersByTimeAsync(250 * SECOND);
    expect(times()).toEqual([2, 6, 14, 30, 62, 122, 182, 242]);
    expect(changes).toEqual(['sydney false']);
  });

  it('ends with the first probe that is answered, and then nobody probes any more', async () => {
    reachability.failed('sydney', SILENT);
    await vi.advanceTimersByTimeAsync(3 * SECOND);
    probe = () => Promise.resolve();
    await vi.advanceTimersByTimeAsync(4 * SECOND);
    expect(reachability.isReachable('sydney')).toBe(true);
    expect(changes).toEqual(['sydney false', 'sydney true']);
    await vi.advanceTimersByTimeAsync(300 * SECOND);
    expect(times()).toEqual([2, 6]);
  });

  it('ends with any answer, and the next one is probed from 2 seconds on', async () => {
    reachability.failed('sydney', SILENT);
    await vi.advanceTimersByTimeAsync(20 * SECOND);
    reachability.succeeded('sydney');
    reachability.succeeded('sydney');
    expect(changes).toEqual(['sydney false', 'sydney true']);
    probes = [];
    reachability.failed('sydney', SILENT);
    await vi.advanceTimersByTimeAsync(3 * SECOND);
    expect(times()).toEqual([22]);
  });
});

describe('why a storage is not asked', () => {
  it('is what was heard of it last, by a question or by a probe, and nothing once it answers', async () => {
    expect(reachability.errorOf('sydney')).toBeUndefined();
    reachability.failed('sydney', SILENT);
    expect(reachability.errorOf('sydney')).toBe(SILENT);
    const page = new NearplayError('not-a-storage', 'A page came.');
    reachability.failed('sydney', page);
    expect(reachability.errorOf('sydney')).toBe(page);
    expect(reachability.errorOf('main')).toBeUndefined();
    const broken = new NearplayError('storage-failed', 'It failed.');
    probe = () => Promise.reject(broken);
    await vi.advanceTimersByTimeAsync(3 * SECOND);
    expect(reachability.errorOf('sydney')).toBe(broken);
    probe = () => Promise.resolve();
    await vi.advanceTimersByTimeAsync(60 * SECOND);
    expect(reachability.errorOf('sydney')).toBeUndefined();
  });
});

describe('probing at once', () => {
  it('asks every storage that is away, and begins at 2 seconds again', async () => {
    reachability.failed('sydney', SILENT);
    reachability.failed('perth', SILENT);
    await vi.advanceTimersByTimeAsync(20 * SECOND);
    probes = [];
    reachability.probeNow();
    expect(probes.map(({ storage }) => storage).sort()).toEqual(['perth', 'sydney']);
    await vi.advanceTimersByTimeAsync(13 * SECOND);
    expect(times()).toEqual([20, 20, 24, 24, 32, 32]);
  });

  it('again and again, while probes are on their way, never makes more than one chain of probes', async () => {
    probe = () => new Promise((_resolve, reject) => setTimeout(() => reject(new Error('slow')), 500));
    reachability.failed('sydney', SILENT);
    await vi.advanceTimersByTimeAsync(2100);
    for (let call = 0; call < 5; call++) reachability.probeNow();
    expect(probes).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(20 * SECOND);
    expect(probes.length).toBeLessThanOrEqual(5);
  });
});

describe('a probe of an outage that is over', () => {
  it('does not touch the next outage when it fails late', async () => {
    probe = () => new Promise((_resolve, reject) => setTimeout(() => reject(new Error('late')), 3 * SECOND));
    reachability.failed('sydney', SILENT);
    await vi.advanceTimersByTimeAsync(2 * SECOND);
    reachability.succeeded('sydney');
    reachability.failed('sydney', SILENT);
    probe = () => Promise.reject(new Error('no'));
    await vi.advanceTimersByTimeAsync(28 * SECOND);
    expect(times()).toEqual([2, 4, 8, 16]);
  });
});

it('after stop nothing is probed and nothing changes', async () => {
  reachability.failed('sydney', SILENT);
  let settle: () => void = () => undefined;
  probe = () => new Promise((resolve) => (settle = resolve));
  await vi.advanceTimersByTimeAsync(2 * SECOND);
  reachability.stop();
  settle();
  reachability.failed('perth', SILENT);
  reachability.probeNow();
  await vi.advanceTimersByTimeAsync(300 * SECOND);
  expect(times()).toEqual([2]);
  expect(changes).toEqual(['sydney false']);
});
