import { describe, expect, it } from 'vitest';
import {
  askDelay,
  INITIAL_PLAYER_LINK,
  type PlayerEffect,
  type PlayerEvent,
  type PlayerLink,
  secondsOfDelayLeft,
  step,
} from '../../../../renderer/player/playerLink.ts';
import type { Link } from '../../../../shared/link.ts';
import type { Route } from '../../../../shared/routing.ts';

const HOUR = 3600_000;
const OFFLINE = { code: 'offline', message: 'No network.', retryable: true } as const;
const SYDNEY: Route = { storage: 'sydney', reason: 'replica-by-ip', details: { replica: 'sydney' } };
const SOURCE: Route = {
  storage: 'main-us',
  reason: 'within-replication-delay',
  details: { replica: 'sydney', secondsLeft: 14 },
};
const NOT_READY: Route = { storage: 'main-us', reason: 'replica-not-ready', details: { replica: 'sydney' } };

function linkOf(route: Route, url: string, more: Partial<Link> = {}): Link {
  return {
    key: 'shot.mp4',
    url,
    route,
    region: 'r',
    bucket: 'b',
    kind: 'video',
    contentType: 'video/mp4',
    size: 1,
    lastModified: 0,
    expiresAt: HOUR,
    ...more,
  };
}

/** Plays events one after the other and remembers what was to be done. */
class Run {
  state: PlayerLink = INITIAL_PLAYER_LINK;
  effects: PlayerEffect[] = [];
  now = 0;

  tell(event: PlayerEvent): this {
    const next = step(this.state, event, this.now);
    this.state = next.state;
    this.effects = next.effects;
    return this;
  }

  at(now: number): this {
    this.now = now;
    return this.tell({ type: 'tick' });
  }

  /** Answers the link request that is under way. */
  answer(link: Link): this {
    return this.tell({ type: 'link-arrived', id: this.state.request?.id ?? -1, link });
  }

  get does(): string[] {
    return this.effects.map(({ type }) => type);
  }
}

const playing = (route: Route, more: Partial<Link> = {}): Run =>
  new Run().tell({ type: 'opened' }).answer(linkOf(route, 'first', more));

describe('opening', () => {
  it('asks for a link and loads it', () => {
    const run = new Run().tell({ type: 'opened' });
    expect(run.effects).toEqual([{ type: 'request-link', id: 1, purpose: 'open' }]);
    run.answer(linkOf(SYDNEY, 'a'));
    expect(run.does).toContain('load');
    expect(run.state).toMatchObject({ phase: 'playing', link: { url: 'a' } });
  });

  it('ignores an answer to an older question', () => {
    const run = new Run().tell({ type: 'opened' }).tell({ type: 'link-arrived', id: 99, link: linkOf(SYDNEY, 'late') });
    expect(run.state.link).toBeUndefined();
  });

  it('says why when there is no link, and asks again on retry', () => {
    const run = new Run().tell({ type: 'opened' }).tell({ type: 'link-refused', id: 1, report: OFFLINE });
    expect(run.state).toMatchObject({ phase: 'failed', failure: { report: { code: 'offline' } } });
    expect(run.tell({ type: 'retried' }).effects).toEqual([{ type: 'request-link', id: 2, purpose: 'open' }]);
  });
});

describe('moving to the replica', () => {
  it('counts the delay down in whole seconds, and asks for the route when it is over', () => {
    const run = playing(SOURCE);
    expect(secondsOfDelayLeft(run.state, 0)).toBe(14);
    expect(secondsOfDelayLeft(run.state, 12_100)).toBe(2);
    expect(run.at(13_999).does).toEqual([]);
    expect(run.at(14_000).does).toEqual(['explain-route']);
    expect(secondsOfDelayLeft(run.state, 14_000)).toBeUndefined();
  });

  it.each([-1, -250, -3_600_000])('counts down from what the route said on a clock that is %i ms off', (off) => {
    expect(secondsOfDelayLeft(playing(SOURCE).state, off)).toBe(14);
    const explained = playing(SOURCE).tell({
      type: 'route-explained',
      route: { ...SOURCE, details: { replica: 'sydney', secondsLeft: 9 } },
    });
    expect(secondsOfDelayLeft(explained.state, off)).toBe(9);
  });

  it('asks with back-off while the replica does not hold the file', () => {
    const run = playing(SOURCE).at(14_000).tell({ type: 'route-explained', route: NOT_READY });
    const asked: number[] = [];
    for (let now = 14_000; now < 200_000; now += 250) {
      if (!run.at(now).does.includes('explain-route')) continue;
      asked.push(now);
      run.tell({ type: 'route-explained', route: NOT_READY });
    }
    const gaps = asked.slice(1).map((now, index) => now - (asked[index] ?? 0));
    expect(gaps.length).toBeGreaterThan(5);
    expect(gaps).toEqual([...gaps].sort((a, b) => a - b));
    expect(gaps.at(-1)).toBeLessThanOrEqual(30_250);
  });

  it('prepares the replica behind the picture and swaps only when it is ready', () => {
    const run = playing(SOURCE).at(14_000).tell({ type: 'route-explained', route: SYDNEY });
    expect(run.effects).toMatchObject([{ type: 'request-link', purpose: 'move' }]);
    run.answer(linkOf(SYDNEY, 'replica'));
    expect(run.effects).toMatchObject([{ type: 'prepare', link: { url: 'replica' } }]);
    expect(run.state.link?.url).toBe('first');
    run.tell({ type: 'standby-ready' });
    expect(run.does).toEqual(['swap']);
    expect(run.state).toMatchObject({ link: { url: 'replica' }, standby: undefined, askAt: undefined });
  });

  it('stays where it is when the replica cannot be prepared, and tries again later', () => {
    const run = playing(SOURCE).at(14_000).tell({ type: 'route-explained', route: SYDNEY });
    run.answer(linkOf(SYDNEY, 'replica')).tell({ type: 'standby-failed', fault: 'network' });
    expect(run.does).toEqual(['discard-standby']);
    expect(run.state).toMatchObject({ phase: 'playing', link: { url: 'first' } });
    expect(run.state.askAt).toBeGreaterThan(14_000);
  });

  it('asks at once when the choice of region may have changed, and only once at a time', () => {
    const run = playing(SYDNEY).tell({ type: 'route-suspect' });
    expect(run.does).toEqual(['explain-route']);
    expect(run.tell({ type: 'route-suspect' }).does).toEqual([]);
  });
});

describe('renewing', () => {
  it('gets a new link before the old one ends, and swaps to it', () => {
    const run = playing(SYDNEY);
    expect(run.at(0.79 * HOUR).does).toEqual([]);
    expect(run.at(0.8 * HOUR).effects).toMatchObject([{ type: 'request-link', purpose: 'renew' }]);
    run.answer(linkOf(SYDNEY, 'second', { expiresAt: 2 * HOUR }));
    expect(run.does).toEqual(['prepare']);
  });

  it('leaves an image alone: what is on screen needs its link no more', () => {
    expect(playing(SYDNEY, { kind: 'image' }).at(HOUR).does).toEqual([]);
  });

  it('takes the link that a reader renewed by itself, or went over to: no question is open', () => {
    const run = playing(SYDNEY).tell({ type: 'link-taken', link: linkOf(SOURCE, 'b', { expiresAt: 2 * HOUR }) });
    expect(run.effects).toEqual([]);
    expect(run.state).toMatchObject({ phase: 'playing', link: { url: 'b' }, request: undefined });
    expect(run.at(HOUR).does).not.toContain('request-link');
    const failed = new Run().tell({ type: 'opened' }).tell({ type: 'link-taken', link: linkOf(SYDNEY, 'late') });
    expect(failed.state.link).toBeUndefined();
  });

  it('does not hammer when links are very short-lived', () => {
    expect(playing(SYDNEY, { expiresAt: 100 }).at(4000).does).toEqual([]);
  });
});

const LONDON: Route = { storage: 'london', reason: 'replica-by-ip', details: { replica: 'london' } };

describe('faults', () => {
  const broken = (): Run => playing(SYDNEY).tell({ type: 'media-failed', fault: 'network' });

  it('asks for a fresh link and names the storage that failed; the picture stays and no error is shown', () => {
    const run = broken();
    expect(run.effects).toContainEqual({ type: 'request-link', id: 2, purpose: 'recover', failed: 'sydney' });
    expect(run.state).toMatchObject({ phase: 'playing', broken: 'network', failure: undefined });
    run.answer(linkOf(SOURCE, 'fresh'));
    expect(run.effects).toMatchObject([{ type: 'prepare', link: { url: 'fresh' } }]);
    run.tell({ type: 'standby-ready' });
    expect(run.does).toEqual(['swap']);
    expect(run.state).toMatchObject({ phase: 'playing', broken: undefined, link: { url: 'fresh' } });
  });

  it('gives a cause one fresh link, then explains', () => {
    const run = broken().answer(linkOf(SYDNEY, 'fresh')).tell({ type: 'standby-ready' });
    run.tell({ type: 'media-failed', fault: 'network' });
    expect(run.does).not.toContain('request-link');
    expect(run.state).toMatchObject({ phase: 'failed', failure: { kind: 'media', fault: 'network' } });
  });

  it('gives another storage, and another fault, their own', () => {
    const run = broken().answer(linkOf(LONDON, 'fresh')).tell({ type: 'standby-ready' });
    run.tell({ type: 'media-failed', fault: 'network' });
    expect(run.effects).toContainEqual({ type: 'request-link', id: 3, purpose: 'recover', failed: 'london' });
    run.answer(linkOf(LONDON, 'again')).tell({ type: 'standby-ready' });
    expect(run.tell({ type: 'media-failed', fault: 'decode' }).does).toContain('request-link');
  });

  it('goes on to the next storage when the replacement fails as well, and has an end', () => {
    const run = broken().answer(linkOf(LONDON, 'second')).tell({ type: 'standby-failed', fault: 'network' });
    expect(run.effects).toContainEqual({ type: 'request-link', id: 3, purpose: 'recover', failed: 'london' });
    run.answer(linkOf(SYDNEY, 'third')).tell({ type: 'standby-failed', fault: 'network' });
    expect(run.state).toMatchObject({ phase: 'failed', failure: { fault: 'network' } });
  });

  it('asks for no link when the bytes came and nothing plays them', () => {
    const run = playing(SYDNEY).tell({ type: 'media-failed', fault: 'unsupported' });
    expect(run.does).not.toContain('request-link');
    expect(run.state).toMatchObject({ phase: 'failed', failure: { fault: 'unsupported' } });
  });

  it('starts counting anew once the media has played', () => {
    const run = broken()
      .answer(linkOf(SYDNEY, 'fresh'))
      .tell({ type: 'standby-ready' })
      .tell({ type: 'media-playing' });
    expect(run.tell({ type: 'media-failed', fault: 'network' }).does).toContain('request-link');
  });

  it('one failure told twice is one failure', () => {
    const run = broken().tell({ type: 'media-failed', fault: 'decode' });
    expect(run.does).toEqual([]);
    expect(run.state.phase).toBe('playing');
  });

  it('lets a link take over that is nearly ready, instead of asking for another', () => {
    const run = playing(SYDNEY)
      .at(0.8 * HOUR)
      .answer(linkOf(SYDNEY, 'renewed', { expiresAt: 2 * HOUR }));
    expect(run.tell({ type: 'media-failed', fault: 'network' }).does).toEqual([]);
    expect(run.tell({ type: 'standby-ready' }).does).toEqual(['swap']);
    expect(run.state.broken).toBeUndefined();
  });

  it('drops a renewal under way: its storage may be the one that failed', () => {
    const run = playing(SYDNEY).at(0.8 * HOUR);
    const renewal = run.state.request?.id ?? -1;
    run.tell({ type: 'media-failed', fault: 'network' });
    expect(run.tell({ type: 'link-arrived', id: renewal, link: linkOf(SYDNEY, 'late') }).does).toEqual([]);
  });

  it('asks again after 1, 2, 4 and 8 seconds while the link is refused for a reason that may pass, then explains', () => {
    const run = broken();
    const asked: number[] = [];
    for (let now = 0; now < 60_000; now += 250) {
      if (run.state.request) run.tell({ type: 'link-refused', id: run.state.request.id, report: OFFLINE });
      if (run.at(now).does.includes('request-link')) asked.push(now);
    }
    expect(asked).toEqual([1000, 3000, 7000, 15_000]);
    expect(run.state).toMatchObject({ phase: 'failed', failure: { report: { code: 'offline' } } });
  });

  it('explains a refusal that will not pass at once', () => {
    const report = { code: 'access-denied', message: 'No.', retryable: false } as const;
    const run = broken();
    run.tell({ type: 'link-refused', id: run.state.request?.id ?? -1, report });
    expect(run.state).toMatchObject({ phase: 'failed', failure: { report: { code: 'access-denied' } } });
  });
});

const FASTER: Route = { storage: 'main-us', reason: 'measured-faster', details: { slower: 'sydney' } };
const MEASURED = { storage: 'main-us', than: 'sydney' };

describe('a faster source', () => {
  const found = (run = playing(SYDNEY)): Run => run.tell({ type: 'faster-found', link: linkOf(FASTER, 'faster') });
  const gone = (): Run => found().tell({ type: 'standby-ready' });

  it('takes over behind the picture, and what plays says where from only then', () => {
    const run = found();
    expect(run.effects).toMatchObject([{ type: 'prepare', link: { url: 'faster' } }]);
    expect(run.state.link?.route).toEqual(SYDNEY);
    expect(run.tell({ type: 'standby-ready' }).does).toEqual(['swap']);
    expect(run.state).toMatchObject({ link: { route: FASTER }, faster: MEASURED, left: SYDNEY });
  });

  it('is stayed with: its links are renewed, and the route that was left is not returned to', () => {
    const run = gone().at(0.8 * HOUR);
    expect(run.effects).toMatchObject([{ type: 'request-link', purpose: 'renew', faster: MEASURED }]);
    run.answer(linkOf(FASTER, 'renewed', { expiresAt: 2 * HOUR })).tell({ type: 'standby-ready' });
    run.tell({ type: 'route-suspect' }).tell({ type: 'route-explained', route: SYDNEY });
    expect(run.does).toEqual([]);
    expect(run.state).toMatchObject({ link: { url: 'renewed' }, faster: MEASURED });
  });

  it('is left when the user chooses another region', () => {
    const run = gone().tell({ type: 'route-suspect' });
    run.tell({ type: 'route-explained', route: { ...SYDNEY, reason: 'replica-chosen' } });
    expect(run.effects).toEqual([{ type: 'request-link', id: run.state.request?.id, purpose: 'move' }]);
    expect(run.state.faster).toBeUndefined();
  });

  it('is left when it fails, as any other', () => {
    const run = gone().tell({ type: 'media-failed', fault: 'network' });
    const asked = { type: 'request-link', id: run.state.request?.id, purpose: 'recover', failed: 'main-us' };
    expect(run.effects).toContainEqual(asked);
    expect(gone().tell({ type: 'link-taken', link: linkOf(LONDON, 'own') }).state.faster).toBeUndefined();
  });

  it('takes over where the slow one fails meanwhile', () => {
    const run = playing(SYDNEY);
    run.tell({ type: 'faster-found', link: linkOf(FASTER, 'faster') });
    run.tell({ type: 'media-failed', fault: 'network' });
    expect(run.does).toEqual([]);
    expect(run.tell({ type: 'standby-ready' }).state).toMatchObject({ broken: undefined, link: { url: 'faster' } });
  });

  it('that cannot be prepared is no faster one', () => {
    const run = found().tell({ type: 'standby-failed', fault: 'network' });
    expect(run.does).toEqual(['discard-standby']);
    expect(run.state).toMatchObject({ faster: undefined, standby: undefined, link: { url: 'first' } });
  });

  it('waits while something else is under way, and is no news where it plays already', () => {
    expect(found(playing(SYDNEY).at(0.8 * HOUR)).does).toEqual([]);
    expect(found(playing(SYDNEY).tell({ type: 'media-failed', fault: 'network' })).does).toEqual([]);
    expect(found(playing(SOURCE)).does).toEqual([]);
  });
});

it('the back-off grows and has an end', () => {
  expect(askDelay(0)).toBe(1000);
  expect(askDelay(3)).toBeGreaterThan(askDelay(2));
  expect(askDelay(1000)).toBe(30_000);
});
