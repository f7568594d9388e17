import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NearplayApiError } from '../../../../renderer/api.ts';
import { PlayerSession } from '../../../../renderer/player/playerSession.ts';
import type { Stage } from '../../../../renderer/player/stage.ts';
import type { Link } from '../../../../shared/link.ts';
import type { Route } from '../../../../shared/routing.ts';

const MAIN: Route = {
  storage: 'main-us',
  reason: 'within-replication-delay',
  details: { replica: 'syd', secondsLeft: 5 },
};
const SYDNEY: Route = { storage: 'syd', reason: 'replica-by-ip', details: { replica: 'syd' } };

/** A stage that writes down what it is told. */
class PaperStage implements Stage {
  readonly told: string[] = [];
  load({ url }: Link): void {
    this.told.push(`load ${url}`);
  }
  prepare({ url }: Link): void {
    this.told.push(`prepare ${url}`);
  }
  swap(): void {
    this.told.push('swap');
  }
  discardStandby(): void {
    this.told.push('discard');
  }
  dispose(): void {
    this.told.push('dispose');
  }
}

const CLOCKS = { clock: () => performance.now(), now: () => Date.now() };

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

function linkTo(route: Route): Link {
  return {
    key: 'a.mp4',
    url: route.storage,
    route,
    region: '',
    bucket: '',
    kind: 'video',
    contentType: '',
    size: 1,
    lastModified: 0,
    expiresAt: 3600_000,
  };
}

it('plays from the source, then moves to the replica by itself', async () => {
  const delayOver = (): boolean => Date.now() >= 5000;
  const createLink = vi.fn(() => Promise.resolve(linkTo(delayOver() ? SYDNEY : MAIN)));
  const explainRoute = vi.fn(() => Promise.resolve(delayOver() ? SYDNEY : MAIN));
  const stage = new PaperStage();
  const session = new PlayerSession({ createLink, explainRoute }, 'a.mp4', CLOCKS);
  session.open(stage);

  await vi.advanceTimersByTimeAsync(4900);
  expect(stage.told).toEqual(['discard', 'load main-us']);
  expect(explainRoute).not.toHaveBeenCalled();

  await vi.advanceTimersByTimeAsync(600);
  expect(explainRoute).toHaveBeenCalledOnce();
  expect(stage.told).toEqual(['discard', 'load main-us', 'prepare syd']);

  session.dispatch({ type: 'standby-ready' });
  expect(stage.told.at(-1)).toBe('swap');
  expect(session.state.link?.route.storage).toBe('syd');

  await vi.advanceTimersByTimeAsync(60_000);
  expect(explainRoute).toHaveBeenCalledOnce();
  session.dispose();
});

it('names the storage that failed when it asks again', async () => {
  const createLink = vi.fn(() => Promise.resolve(linkTo(SYDNEY)));
  const session = new PlayerSession({ createLink, explainRoute: () => Promise.resolve(SYDNEY) }, 'a.mp4', CLOCKS);
  session.open(new PaperStage());
  await vi.advanceTimersByTimeAsync(10);
  session.dispatch({ type: 'media-failed', fault: 'network' });
  expect(createLink).toHaveBeenLastCalledWith({ key: 'a.mp4', purpose: 'play', failed: 'syd' });
  session.dispose();
});

it('keeps the code of a refusal, and is silent after its end', async () => {
  const refusal = new NearplayApiError({ code: 'access-denied', message: 'No.', retryable: false });
  const createLink = vi.fn(() => Promise.reject(refusal));
  const session = new PlayerSession({ createLink, explainRoute: () => Promise.resolve(SYDNEY) }, 'a.mp4', CLOCKS);
  const changed = vi.fn();
  session.subscribe(changed);
  session.open(new PaperStage());
  await vi.advanceTimersByTimeAsync(10);
  expect(session.state.failure).toMatchObject({ report: { code: 'access-denied' } });
  session.dispose();
  changed.mockClear();
  session.dispatch({ type: 'retried' });
  await vi.advanceTimersByTimeAsync(5000);
  expect(changed).not.toHaveBeenCalled();
});

describe('a clock of this machine that is set', () => {
  const HOUR = 3600_000;

  it.each([3 * HOUR, -3 * HOUR])('by %d ms neither skips nor prolongs the wait for the replica', async (set) => {
    let at = MAIN;
    const createLink = () => Promise.resolve({ ...linkTo(at), expiresAt: Date.now() + HOUR });
    const explainRoute = vi.fn(() => Promise.resolve(at));
    const session = new PlayerSession({ createLink, explainRoute }, 'a.mp4', CLOCKS);
    session.open(new PaperStage());
    await vi.advanceTimersByTimeAsync(100);
    vi.setSystemTime(Date.now() + set);
    await vi.advanceTimersByTimeAsync(4500);
    expect(explainRoute).not.toHaveBeenCalled();
    at = SYDNEY;
    await vi.advanceTimersByTimeAsync(1000);
    expect(explainRoute).toHaveBeenCalledOnce();
    session.dispose();
  });

  it.each([3 * HOUR, -3 * HOUR])('by %d ms leaves a link to be renewed when its time comes', async (set) => {
    const createLink = vi.fn(() => Promise.resolve({ ...linkTo(SYDNEY), expiresAt: Date.now() + HOUR }));
    const session = new PlayerSession({ createLink, explainRoute: () => Promise.resolve(SYDNEY) }, 'a.mp4', CLOCKS);
    session.open(new PaperStage());
    await vi.advanceTimersByTimeAsync(100);
    vi.setSystemTime(Date.now() + set);
    await vi.advanceTimersByTimeAsync(0.79 * HOUR);
    expect(createLink).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(0.02 * HOUR);
    expect(createLink).toHaveBeenCalledTimes(2);
    session.dispose();
  });
});
